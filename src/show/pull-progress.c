/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "src/show/pull-progress.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tree-error.h"

gboolean
show_pull_progress_init (ShowPullProgress *self, int fd, GError **error)
{
  *self = (ShowPullProgress){.fd = fd, .has_fd = fd != -1};
  if (!self->has_fd)
    return TRUE;
  int flags = fcntl (fd, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "--progress-fd=%d: no descriptor that is open for writing", fd);
    return FALSE;
  }
  /* Who does not want to read any more need not end the pull. */
  (void)signal (SIGPIPE, SIG_IGN);
  return TRUE;
}

/* ---- For programs ---- */

static void
append_total (GString *line, const char *name, guint64 value)
{
  if (value == 0)
    g_string_append_printf (line, ",\"%s\":null", name);
  else
    g_string_append_printf (line, ",\"%s\":%" G_GUINT64_FORMAT, name, value);
}

/* A line fits into a pipe or is left out: a reader that sleeps does not hold up the pull. Only the
 * last one is waited for. */
static void
write_line (ShowPullProgress *self, const TreePullProgress *progress, gboolean is_last)
{
  struct pollfd ready = {.fd = self->fd, .events = POLLOUT};
  if (!is_last && poll (&ready, 1, 0) <= 0)
    return;
  g_autoptr (GString) line = g_string_new (NULL);
  g_string_append_printf (line, "{\"phase\":\"%s\",\"bytes\":%" G_GUINT64_FORMAT,
                          is_last ? "done" : progress->phase, progress->bytes);
  append_total (line, "bytes_total", progress->bytes_total);
  g_string_append_printf (line, ",\"bytes_exact\":%s,\"objects\":%" G_GUINT64_FORMAT,
                          progress->is_exact ? "true" : "false", progress->objects);
  append_total (line, "objects_total", progress->objects_total);
  g_string_append (line, "}\n");
  if (write (self->fd, line->str, line->len) != (ssize_t)line->len)
    self->has_fd = FALSE;
}

/* ---- For people ---- */

static const char *
title_of (const TreePullProgress *progress)
{
  if (strcmp (progress->phase, "refs") == 0)
    return "Asking for refs";
  if (strcmp (progress->phase, "publish") == 0)
    return "Writing to disk";
  if (strcmp (progress->phase, "metadata") == 0)
    return progress->is_local ? "Importing metadata" : "Receiving metadata";
  return progress->is_local ? "Importing objects" : "Receiving objects";
}

static void
append_objects (GString *line, const TreePullProgress *progress)
{
  if (progress->objects_total > 0)
    g_string_append_printf (line, "%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT " objects",
                            progress->objects, progress->objects_total);
  else
    g_string_append_printf (line, "%" G_GUINT64_FORMAT " objects", progress->objects);
}

static void
append_bytes (GString *line, const TreePullProgress *progress)
{
  g_autofree char *bytes = g_format_size (progress->bytes);
  g_autofree char *total = g_format_size (progress->bytes_total);
  g_string_append_printf (line, ", %s", bytes);
  if (progress->bytes_total > 0)
    g_string_append_printf (line, " of %s%s", progress->is_exact ? "" : "about ", total);
}

static void
write_for_people (ShowPullProgress *self, const TreePullProgress *progress)
{
  /* Bytes say more than objects, where they are known and not only supposed. */
  double done = progress->is_exact ? (double)progress->bytes : (double)progress->objects;
  double total = progress->is_exact ? (double)progress->bytes_total
                                    : (double)progress->objects_total;
  if (!show_progress_measure (&self->line, done, total, progress->bytes))
    return;
  g_autoptr (GString) line = g_string_new (title_of (progress));
  if (progress->objects > 0 || total > 0) {
    g_string_append (line, ": ");
    if (total > 0)
      g_string_append_printf (line, "%3d%%, ",
                              (int)(estimate_fraction (&self->line.estimate) * 100));
    append_objects (line, progress);
  }
  if (!progress->is_local && progress->bytes > 0) {
    append_bytes (line, progress);
    show_progress_append_rate (&self->line, line);
  }
  show_progress_append_time_left (&self->line, line);
  show_progress_print (&self->line, line);
}

/* ---- Both ---- */

void
show_pull_progress (const TreePullProgress *progress, gpointer user_data)
{
  ShowPullProgress *self = user_data;
  self->last = *progress;
  if (self->has_fd)
    write_line (self, progress, /* is_last= */ FALSE);
  write_for_people (self, progress);
}

void
show_pull_warning (const char *text, gpointer user_data)
{
  ShowPullProgress *self = user_data;
  show_progress_end (&self->line);
  fprintf (stderr, "warning: %s\n", text);
}

void
show_pull_progress_end (ShowPullProgress *self, gboolean ok)
{
  show_progress_end (&self->line);
  if (ok && self->has_fd)
    write_line (self, &self->last, /* is_last= */ TRUE);
}
