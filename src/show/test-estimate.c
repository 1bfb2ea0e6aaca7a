/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "src/show/estimate.h"

#define STEP_US (G_USEC_PER_SEC / 10)

/* What a person sees must only ever go forward. */
typedef struct {
  Estimate estimate;
  gint64 now_us;
  double fraction;
  double left_s;
} Watcher;

static void
look (Watcher *self, double done, double total)
{
  self->now_us += STEP_US;
  estimate_update (&self->estimate, self->now_us, done, total);
  double fraction = estimate_fraction (&self->estimate);
  double left_s = estimate_left_s (&self->estimate);
  g_assert_cmpfloat (fraction, >=, self->fraction);
  g_assert_cmpfloat (fraction, <=, 1);
  self->fraction = fraction;
  if (left_s == 0)
    return;
  g_assert_cmpfloat (left_s, >=, 1);
  if (self->left_s > 0)
    g_assert_cmpfloat (left_s, <=, self->left_s);
  self->left_s = left_s;
}

static void
test_steady (void)
{
  Watcher watcher = {.now_us = 1};
  for (int i = 0; i <= 1000; i++) {
    look (&watcher, i, 1000);
    double truth_s = (1000 - i) * 0.1;
    if (i >= 10 && i < 990) { /* from the first second */
      g_assert_cmpfloat (estimate_left_s (&watcher.estimate), >, truth_s * 0.8 - 1);
      g_assert_cmpfloat (estimate_left_s (&watcher.estimate), <, truth_s * 1.2 + 1);
    }
  }
  g_assert_cmpfloat (watcher.fraction, ==, 1);
  g_assert_cmpfloat (estimate_left_s (&watcher.estimate), ==, 0);
}

/* What is done already when it begins is not work of this run. */
static void
test_resumed (void)
{
  Watcher watcher = {.now_us = 1};
  for (int i = 0; i < 20; i++)
    look (&watcher, 900 + i, 1000);
  g_assert_cmpfloat (estimate_left_s (&watcher.estimate), >, 6);
  g_assert_cmpfloat (estimate_left_s (&watcher.estimate), <, 10);
}

static void
test_stall (void)
{
  Watcher watcher = {.now_us = 1};
  for (int i = 0; i < 500; i++)
    look (&watcher, i, 1000);
  /* It stands still: after a while nothing is said rather than something false. */
  for (int i = 0; i < 3000; i++)
    look (&watcher, 500, 1000);
  g_assert_cmpfloat (estimate_left_s (&watcher.estimate), ==, 0);
  /* It goes on, and what is said is true again. */
  for (int i = 500; i < 900; i++)
    look (&watcher, i, 1000);
  g_assert_cmpfloat (estimate_left_s (&watcher.estimate), <=, 12);
}

/* More turns out to be missing while it goes on, and the speed jumps. */
static void
test_growing (void)
{
  Watcher watcher = {.now_us = 1};
  double done = 0;
  for (int i = 0; i < 2000; i++) {
    done += i % 100 < 50 ? 1 : 3;
    look (&watcher, done, 1000 + i * 2);
  }
  look (&watcher, 0, 0); /* unknown */
  look (&watcher, 5000, 4000);
  g_assert_cmpfloat (watcher.fraction, ==, 1);
}

static void
test_unknown (void)
{
  Watcher watcher = {.now_us = 1};
  for (int i = 0; i < 100; i++)
    look (&watcher, i, 0);
  g_assert_cmpfloat (estimate_left_s (&watcher.estimate), ==, 0);
  g_assert_cmpfloat (watcher.fraction, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/show/estimate/steady", test_steady);
  g_test_add_func ("/show/estimate/resumed", test_resumed);
  g_test_add_func ("/show/estimate/stall", test_stall);
  g_test_add_func ("/show/estimate/growing", test_growing);
  g_test_add_func ("/show/estimate/unknown", test_unknown);
  return g_test_run ();
}
