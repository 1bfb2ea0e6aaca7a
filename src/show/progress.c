/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "src/show/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Rates are taken over this long, and averaged with those before. */
#define SAMPLE_US (500 * 1000)
/* Before, an estimate of the time left says nothing. */
#define ESTIMATE_AFTER_US (2 * G_USEC_PER_SEC)
#define DEFAULT_COLUMNS 80

static gboolean
is_terminal (void)
{
  const char *term = getenv ("TERM");
  return isatty (STDERR_FILENO) && term != NULL && strcmp (term, "dumb") != 0;
}

static void
measure (ShowProgress *self, gint64 now, guint64 done, guint64 bytes)
{
  gint64 since = now - self->sample_us;
  if (since < SAMPLE_US)
    return;
  double seconds = (double)since / G_USEC_PER_SEC;
  double bytes_per_s = (double)(bytes - self->sample_bytes) / seconds;
  double done_per_s = (double)(done - self->sample_done) / seconds;
  gboolean first = self->sample_us == self->begin_us;
  self->bytes_per_s = first ? bytes_per_s : self->bytes_per_s * 0.7 + bytes_per_s * 0.3;
  self->done_per_s = first ? done_per_s : self->done_per_s * 0.7 + done_per_s * 0.3;
  self->sample_us = now;
  self->sample_bytes = bytes;
  self->sample_done = done;
}

static void
append_time_left (GString *line, const ShowProgress *self, gint64 now, guint64 left)
{
  if (now - self->begin_us < ESTIMATE_AFTER_US || self->done_per_s <= 0 || left == 0)
    return;
  double seconds = (double)left / self->done_per_s;
  if (seconds < 100)
    g_string_append_printf (line, ", %.0f s left", seconds);
  else if (seconds < 100 * 60)
    g_string_append_printf (line, ", %.0f min left", seconds / 60);
  else
    g_string_append_printf (line, ", %.0f h left", seconds / 3600);
}

static guint
terminal_columns (void)
{
  struct winsize size;
  if (ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return DEFAULT_COLUMNS;
}

void
show_progress (guint64 done, guint64 total, guint64 bytes, const char *what, gpointer user_data)
{
  ShowProgress *self = user_data;
  gint64 now = g_get_monotonic_time ();
  if (self->begin_us == 0) {
    self->begin_us = self->sample_us = now;
    self->shown = is_terminal () ? 0 : -1;
  }
  if (self->shown < 0)
    return;
  measure (self, now, done, bytes);
  g_autoptr (GString) line = g_string_new (what);
  if (total > 0)
    g_string_append_printf (line, ": %3d%% (%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT ")",
                            (int)(done * 100 / total), done, total);
  if (bytes > 0) {
    g_autofree char *size = g_format_size (bytes);
    g_autofree char *rate = g_format_size ((guint64)self->bytes_per_s);
    g_string_append_printf (line, " %s %s/s", size, rate);
  }
  append_time_left (line, self, now, total > done ? total - done : 0);
  /* A line that wraps cannot be rewritten. */
  guint columns = terminal_columns ();
  if (g_utf8_strlen (line->str, -1) >= columns)
    g_string_truncate (line, g_utf8_offset_to_pointer (line->str, columns - 1) - line->str);
  fprintf (stderr, "\r%s\033[K", line->str);
  fflush (stderr);
  self->shown = 1;
}

void
show_progress_end (ShowProgress *self)
{
  if (self->shown <= 0)
    return;
  fputs ("\r\033[K", stderr);
  self->shown = 0;
}
