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
#define DEFAULT_COLUMNS 80

static gboolean
is_terminal (void)
{
  const char *term = getenv ("TERM");
  return isatty (STDERR_FILENO) && term != NULL && strcmp (term, "dumb") != 0;
}

static void
measure_rate (ShowProgress *self, gint64 now, guint64 bytes)
{
  gint64 since = now - self->sample_us;
  if (self->sample_us != 0 && since < SAMPLE_US)
    return;
  if (self->sample_us != 0) {
    double per_s = (double)(bytes - self->sample_bytes) * G_USEC_PER_SEC / (double)since;
    self->bytes_per_s = self->bytes_per_s == 0 ? per_s : self->bytes_per_s * 0.7 + per_s * 0.3;
  }
  self->sample_us = now;
  self->sample_bytes = bytes;
}

gboolean
show_progress_measure (ShowProgress *self, double done, double total, guint64 bytes)
{
  gint64 now = g_get_monotonic_time ();
  if (self->sample_us == 0)
    self->shown = is_terminal () ? 0 : -1;
  measure_rate (self, now, bytes);
  estimate_update (&self->estimate, now, done, total);
  return self->shown >= 0;
}

void
show_progress_append_rate (const ShowProgress *self, GString *line)
{
  g_autofree char *rate = g_format_size ((guint64)self->bytes_per_s);
  g_string_append_printf (line, ", %s/s", rate);
}

void
show_progress_append_time_left (const ShowProgress *self, GString *line)
{
  double seconds = estimate_left_s (&self->estimate);
  if (seconds <= 0)
    return;
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
show_progress_print (ShowProgress *self, GString *line)
{
  /* A line that wraps cannot be rewritten. */
  guint columns = terminal_columns ();
  if (g_utf8_strlen (line->str, -1) >= columns)
    g_string_truncate (line, g_utf8_offset_to_pointer (line->str, columns - 1) - line->str);
  fprintf (stderr, "\r%s\033[K", line->str);
  fflush (stderr);
  self->shown = 1;
}

void
show_progress (guint64 done, guint64 total, guint64 bytes, const char *what, gpointer user_data)
{
  ShowProgress *self = user_data;
  if (!show_progress_measure (self, (double)done, (double)total, bytes))
    return;
  g_autoptr (GString) line = g_string_new (what);
  if (total > 0)
    g_string_append_printf (line, ": %3d%% (%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT ")",
                            (int)(estimate_fraction (&self->estimate) * 100), done, total);
  if (bytes > 0) {
    g_autofree char *size = g_format_size (bytes);
    g_string_append_printf (line, ", %s", size);
    show_progress_append_rate (self, line);
  }
  show_progress_append_time_left (self, line);
  show_progress_print (self, line);
}

void
show_progress_end (ShowProgress *self)
{
  if (self->shown <= 0)
    return;
  fputs ("\r\033[K", stderr);
  self->shown = 0;
}
