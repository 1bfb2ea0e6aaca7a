/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "net/retry.h"

static const RetryPolicy five = {.max_tries = 5};

static void
test_kinds (void)
{
  static const RetryPolicy all = {.max_tries = 5, .all = TRUE};
  g_assert_cmpint (retry_wait_ms (&five, RETRY_MISSING, 0, 0, 0.5), ==, RETRY_GIVE_UP);
  g_assert_cmpint (retry_wait_ms (&all, RETRY_MISSING, 0, 0, 0.5), ==, RETRY_GIVE_UP);
  g_assert_cmpint (retry_wait_ms (&five, RETRY_FINAL, 0, 0, 0.5), ==, RETRY_GIVE_UP);
  g_assert_cmpint (retry_wait_ms (&all, RETRY_FINAL, 0, 0, 0.5), >, 0);
  g_assert_cmpint (retry_wait_ms (&five, RETRY_PASSING, 0, 0, 0.5), >, 0);
  /* Once more, whatever the number of tries. */
  static const RetryPolicy none = {0};
  g_assert_cmpint (retry_wait_ms (&none, RETRY_BAD_BYTES, 0, 0, 0.5), ==, 0);
  g_assert_cmpint (retry_wait_ms (&five, RETRY_BAD_BYTES, 1, 0, 0.5), ==, RETRY_GIVE_UP);
}

static void
test_back_off (void)
{
  gint64 before = 0;
  for (guint i = 0; i < 5; i++) {
    gint64 shortest = retry_wait_ms (&five, RETRY_PASSING, i, 0, 0);
    gint64 longest = retry_wait_ms (&five, RETRY_PASSING, i, 0, 1);
    g_assert_cmpint (longest, ==, shortest * 2);
    g_assert_cmpint (shortest, >=, before);
    before = longest;
  }
  g_assert_cmpint (retry_wait_ms (&five, RETRY_PASSING, 5, 0, 0), ==, RETRY_GIVE_UP);
  static const RetryPolicy none = {0};
  g_assert_cmpint (retry_wait_ms (&none, RETRY_PASSING, 0, 0, 0), ==, RETRY_GIVE_UP);
}

/* A network that is gone for 20 minutes: who asks for it waits so long, and for ever nobody waits.
 */
static void
test_patience (void)
{
  static const RetryPolicy patient = {.max_tries = 60};
  gint64 sum_ms = 0;
  guint tries = 0;
  for (gint64 wait_ms; (wait_ms = retry_wait_ms (&patient, RETRY_PASSING, tries, 0, 0)) >= 0;
       tries++)
    sum_ms += wait_ms;
  g_assert_cmpuint (tries, ==, 60);
  g_assert_cmpint (sum_ms, >, 20 * 60 * 1000);
  static const RetryPolicy endless = {.max_tries = G_MAXUINT};
  g_assert_cmpint (retry_wait_ms (&endless, RETRY_PASSING, G_MAXUINT - 1, 0, 1), ==,
                   RETRY_WAIT_MAX_MS);
}

static void
test_after (void)
{
  g_assert_cmpint (retry_wait_ms (&five, RETRY_PASSING, 0, 7, 1), ==, 7000);
  /* It is a lower bound, no more: one that asks for a second each time is not asked each second. */
  g_assert_cmpint (retry_wait_ms (&five, RETRY_PASSING, 4, 1, 1), >, 1000);
  g_assert_cmpint (retry_wait_ms (&five, RETRY_PASSING, 0, RETRY_AFTER_MAX_S, 0), ==,
                   RETRY_AFTER_MAX_S * 1000);
  g_assert_cmpint (retry_wait_ms (&five, RETRY_PASSING, 0, RETRY_AFTER_MAX_S + 1, 0), ==,
                   RETRY_GIVE_UP);
  g_assert_cmpint (retry_wait_ms (&five, RETRY_PASSING, 0, G_MAXUINT, 0), ==, RETRY_GIVE_UP);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/retry/kinds", test_kinds);
  g_test_add_func ("/net/retry/back-off", test_back_off);
  g_test_add_func ("/net/retry/patience", test_patience);
  g_test_add_func ("/net/retry/after", test_after);
  return g_test_run ();
}
