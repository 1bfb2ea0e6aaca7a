/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long work will take, from how much of it is done. What it says only ever goes forward: the
 * fraction never falls, though the total may grow, and the time left never rises. When it should
 * have, for the work got slower by far, nothing is said until it is true again. */
#pragma once

#include <glib.h>

/* Zero-filled before the first call. */
typedef struct {
  gint64 begin_us; /* when it was looked at first */
  double begin_fraction;
  gint64 now_us;
  double fraction;
  double per_s;  /* fraction that is done in a second, of late */
  double left_s; /* that was said last; 0: nothing was said yet */
  gboolean is_sane;
} Estimate;

/* @now_us: a clock that never goes back. @total: 0 while unknown. */
void estimate_update (Estimate *self, gint64 now_us, double done, double total);
/* Of the work, 0 to 1. */
double estimate_fraction (const Estimate *self);
/* Seconds, at least 1; 0 when that cannot be told. */
double estimate_left_s (const Estimate *self);
