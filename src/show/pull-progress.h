/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far a pull is: a line on the terminal, and lines of JSON for programs. */
#pragma once

#include "src/show/progress.h"
#include "tree-pull.h"

typedef struct {
  ShowProgress line;
  gboolean has_fd;
  int fd; /* borrowed */
  TreePullProgress last;
} ShowPullProgress;

/* Where the JSON goes: a descriptor that whoever started the program opened. @fd: -1 for none.
 * FALSE when it is not open for writing. */
gboolean show_pull_progress_init (ShowPullProgress *self, int fd, GError **error);
/* A TreePullProgressFunc; @user_data is a ShowPullProgress. */
void show_pull_progress (const TreePullProgress *progress, gpointer user_data);
/* Of TreePullOptions; the same. */
void show_pull_warning (const char *text, gpointer user_data);
/* Clears the line; with @ok, the last line of JSON has the phase "done". */
void show_pull_progress_end (ShowPullProgress *self, gboolean ok);
