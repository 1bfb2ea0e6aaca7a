/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "net/speed.h"

#define S(n) ((gint64)(n)*G_USEC_PER_SEC)

static void
test_watch (void)
{
  SpeedWatch watch = {0};
  guint64 got = 0;
  /* Just enough, for a long time. */
  for (int i = 1; i < 100; i++, got += 1000)
    g_assert_true (speed_watch (&watch, got, S (i), 1000, 30));
  /* It stops: after the window it is dead, and not before. */
  g_assert_true (speed_watch (&watch, got, S (100), 1000, 30));
  g_assert_true (speed_watch (&watch, got, S (110), 1000, 30));
  g_assert_false (speed_watch (&watch, got, S (131), 1000, 30));
  /* A burst begins a window and buys no more than that. */
  watch = (SpeedWatch){0};
  g_assert_true (speed_watch (&watch, 0, S (1), 1000, 30));
  g_assert_true (speed_watch (&watch, 10 * 1000 * 1000, S (2), 1000, 30));
  g_assert_true (speed_watch (&watch, 10 * 1000 * 1000, S (31), 1000, 30));
  g_assert_false (speed_watch (&watch, 10 * 1000 * 1000, S (33), 1000, 30));
  /* Dripping for ever. */
  watch = (SpeedWatch){0};
  gboolean alive = TRUE;
  for (int i = 1; i < 40; i++)
    alive = alive && speed_watch (&watch, (guint64)i * 10, S (i), 1000, 30);
  g_assert_false (alive);
}

static void
test_limit (void)
{
  SpeedLimit none = {0};
  g_assert_cmpuint (speed_limit_wait_ms (&none, G_MAXUINT64, S (1)), ==, 0);
  SpeedLimit limit = {.bytes_per_s = 10000};
  /* Two seconds' worth at once: waited for, but for the slack. */
  guint wait_ms = speed_limit_wait_ms (&limit, 20000, S (10));
  g_assert_cmpuint (wait_ms, >, 1800);
  g_assert_cmpuint (wait_ms, <=, 2000);
  g_assert_cmpuint (speed_limit_wait_ms (&limit, 20000, S (12)), ==, 0);
  /* An hour without a byte is not a credit. */
  wait_ms = speed_limit_wait_ms (&limit, 40000, S (3600));
  g_assert_cmpuint (wait_ms, >, 1800);
  /* A long run keeps the rate. */
  gint64 now = S (4000);
  guint64 got = 40000;
  for (int i = 0; i < 1000; i++) {
    got += 3000;
    now += (gint64)speed_limit_wait_ms (&limit, got, now) * 1000;
  }
  g_assert_cmpint (now - S (4000), >, S (299));
  g_assert_cmpint (now - S (4000), <, S (302));
}

static void
test_parse (void)
{
  guint64 rate = 1;
  g_assert_true (speed_parse ("0", &rate));
  g_assert_cmpuint (rate, ==, 0);
  g_assert_true (speed_parse ("1500", &rate));
  g_assert_cmpuint (rate, ==, 1500);
  g_assert_true (speed_parse ("500k", &rate));
  g_assert_cmpuint (rate, ==, 500 * 1000);
  g_assert_true (speed_parse ("2M", &rate));
  g_assert_cmpuint (rate, ==, 2 * 1000 * 1000);
  g_assert_true (speed_parse ("1G", &rate));
  static const char *const bad[] = {"",    "k",   "-1",  "1.5M", "2m",          "2MB",
                                    "999", " 2M", "2 M", "+2",   "99999999999G"};
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (speed_parse (bad[i], &rate));
}

/* Requests that take @rtt_us each, as many at a time as the pace says, or @per_s on a narrow line.
 */
static guint
settle (gint64 rtt_us, guint per_s)
{
  SpeedPace pace = {0};
  gint64 now = S (1);
  guint width = speed_pace_width (&pace, 256);
  for (int i = 0; i < 200; i++) {
    gint64 took_us = MAX (rtt_us, (gint64)width * G_USEC_PER_SEC / per_s);
    for (guint k = 1; k <= width; k++)
      speed_pace_count (&pace, now + took_us * k / width);
    now += took_us;
    width = speed_pace_width (&pace, 256);
  }
  return width;
}

static void
test_pace (void)
{
  SpeedPace fresh = {0};
  g_assert_cmpuint (speed_pace_width (&fresh, 256), >=, 32);
  g_assert_cmpuint (speed_pace_width (&fresh, 2), ==, 2);
  /* A long way: all that the server may be asked for at a time. */
  g_assert_cmpuint (settle (200 * 1000, 100000), ==, 256);
  g_assert_cmpuint (settle (2 * G_USEC_PER_SEC, 100000), ==, 256);
  /* A narrow one: seconds' worth. */
  g_assert_cmpuint (settle (20 * 1000, 8), <=, 40);
  g_assert_cmpuint (settle (20 * 1000, 8), >=, SPEED_PACE_MIN);
  g_assert_cmpuint (settle (20 * 1000, 1), ==, SPEED_PACE_MIN);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/speed/watch", test_watch);
  g_test_add_func ("/net/speed/limit", test_limit);
  g_test_add_func ("/net/speed/parse", test_parse);
  g_test_add_func ("/net/speed/pace", test_pace);
  return g_test_run ();
}
