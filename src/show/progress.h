/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line on the terminal that says how far the work is, how fast, and how long it will take;
 * nothing when standard error is no terminal. */
#pragma once

#include "tree-types.h"

/* Zero-filled before the first call. */
typedef struct {
  gint64 begin_us;
  gint64 sample_us; /* when the rate was measured last */
  guint64 sample_bytes;
  guint64 sample_done;
  double bytes_per_s;
  double done_per_s;
  int shown; /* -1: standard error is no terminal; 1: a line stands there */
} ShowProgress;

/* A TreeProgress; @user_data is a ShowProgress. */
void show_progress (guint64 done, guint64 total, guint64 bytes, const char *what,
                    gpointer user_data);
/* Clears the line, before anything else is printed. */
void show_progress_end (ShowProgress *self);
