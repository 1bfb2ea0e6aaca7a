/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "src/show/estimate.h"

/* What is older counts for half. */
#define HALF_LIFE_S 8
/* A first look at the pace. */
#define FIRST_US (G_USEC_PER_SEC / 2)
/* How far what was said may be from the truth: this many times, and seconds. */
#define MAX_ERROR_FACTOR 2
#define MAX_ERROR_S 5

/* The older pace fades; at first, that is the pace since the beginning. */
static void
measure (Estimate *self, double passed_s, double more)
{
  double all_s = (double)(self->now_us - self->begin_us) / G_USEC_PER_SEC;
  double per_s = (self->fraction - self->begin_fraction) / all_s;
  double weight = MIN (passed_s / HALF_LIFE_S * 0.7, 1);
  self->per_s = all_s < HALF_LIFE_S ? per_s : self->per_s * (1 - weight) + more / passed_s * weight;
}

static void
say (Estimate *self, double passed_s)
{
  double left_s = (1 - self->fraction) / self->per_s;
  double expected_s = MAX (self->left_s - passed_s, 1);
  if (self->left_s == 0 || left_s < expected_s)
    self->left_s = MAX (left_s, 1);
  else
    self->left_s = expected_s;
  self->is_sane = left_s <= self->left_s * MAX_ERROR_FACTOR + MAX_ERROR_S;
}

void
estimate_update (Estimate *self, gint64 now_us, double done, double total)
{
  double fraction = total > 0 ? CLAMP (done / total, 0, 1) : 0;
  double more = MAX (fraction - self->fraction, 0);
  if (total <= 0)
    return;
  if (self->begin_us == 0) {
    self->begin_us = self->now_us = now_us;
    self->fraction = self->begin_fraction = fraction;
    return;
  }
  double passed_s = (double)(now_us - self->now_us) / G_USEC_PER_SEC;
  self->fraction += more;
  if (passed_s <= 0)
    return;
  self->now_us = now_us;
  measure (self, passed_s, more);
  if (now_us - self->begin_us >= FIRST_US && self->per_s > 0)
    say (self, passed_s);
}

double
estimate_fraction (const Estimate *self)
{
  return self->fraction;
}

double
estimate_left_s (const Estimate *self)
{
  return self->is_sane && self->fraction < 1 ? self->left_s : 0;
}
