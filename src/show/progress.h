/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line on the terminal that says how far the work is, how fast, and how long it will take;
 * nothing when standard error is no terminal. */
#pragma once

#include "src/show/estimate.h"
#include "tree-types.h"

/* Zero-filled before the first call. */
typedef struct {
  Estimate estimate;
  gint64 sample_us; /* when the rate was measured last */
  guint64 sample_bytes;
  double bytes_per_s;
  int shown; /* -1: standard error is no terminal; 1: a line stands there */
} ShowProgress;

/* A TreeProgress; @user_data is a ShowProgress. */
void show_progress (guint64 done, guint64 total, guint64 bytes, const char *what,
                    gpointer user_data);
/* Clears the line, before anything else is printed. */
void show_progress_end (ShowProgress *self);

/* For those who write the line themselves. Takes the measures; FALSE when nobody would see it.
 * @total: 0 while unknown */
gboolean show_progress_measure (ShowProgress *self, double done, double total, guint64 bytes);
/* ", 3.2 MB/s" */
void show_progress_append_rate (const ShowProgress *self, GString *line);
/* ", 34 s left"; nothing when that cannot be told */
void show_progress_append_time_left (const ShowProgress *self, GString *line);
/* Replaces the line; may shorten @line. */
void show_progress_print (ShowProgress *self, GString *line);
