/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "net/speed.h"

#define US_PER_MS 1000
/* A burst is as long as this. */
#define LIMIT_SLACK_US (100 * US_PER_MS)
/* Below this a single packet would take a second, and handshakes would time out. */
#define LIMIT_MIN_BYTES 1000
#define PACE_SAMPLE_US (250 * US_PER_MS)
/* Requests are held ready for so long; it covers any way there and back. */
#define PACE_AHEAD_S 4
/* Before anything is known. */
#define PACE_FIRST 64

gboolean
speed_watch (SpeedWatch *self, guint64 got, gint64 now_us, double bytes_per_s, guint window_s)
{
  double wanted = bytes_per_s * window_s;
  gboolean enough = (double)(got - self->bytes) >= wanted;
  if (self->since_us != 0 && !enough)
    return now_us - self->since_us < (gint64)window_s * G_USEC_PER_SEC;
  self->since_us = now_us;
  self->bytes = got;
  return TRUE;
}

guint
speed_limit_wait_ms (SpeedLimit *self, guint64 got, gint64 now_us)
{
  if (self->bytes_per_s == 0)
    return 0;
  guint64 fresh = got - self->counted;
  self->counted = got;
  self->due_us = MAX (self->due_us, now_us - LIMIT_SLACK_US);
  self->due_us += (gint64)((double)fresh * G_USEC_PER_SEC / (double)self->bytes_per_s);
  gint64 wait_us = self->due_us - now_us;
  return wait_us <= 0 ? 0 : (guint)MIN (wait_us / US_PER_MS + 1, G_MAXINT);
}

gboolean
speed_parse (const char *text, guint64 *out)
{
  static const struct {
    const char *name;
    guint64 factor;
  } units[] = {{"", 1}, {"k", 1000}, {"M", 1000 * 1000}, {"G", 1000 * 1000 * 1000}};
  char *end = NULL;
  if (!g_ascii_isdigit (*text))
    return FALSE;
  guint64 number = g_ascii_strtoull (text, &end, 10);
  for (gsize i = 0; i < G_N_ELEMENTS (units); i++) {
    guint64 rate;
    if (g_strcmp0 (end, units[i].name) != 0 ||
        !g_uint64_checked_mul (&rate, number, units[i].factor))
      continue;
    if (rate != 0 && rate < LIMIT_MIN_BYTES)
      return FALSE;
    *out = rate;
    return TRUE;
  }
  return FALSE;
}

void
speed_pace_count (SpeedPace *self, gint64 now_us)
{
  if (self->since_us == 0)
    self->since_us = now_us;
  self->ended++;
  gint64 passed_us = now_us - self->since_us;
  if (passed_us < PACE_SAMPLE_US)
    return;
  double per_s = self->ended * (double)G_USEC_PER_SEC / (double)passed_us;
  self->per_s = self->per_s == 0 ? per_s : (self->per_s + per_s) / 2;
  self->since_us = now_us;
  self->ended = 0;
}

guint
speed_pace_width (const SpeedPace *self, guint max)
{
  double width = self->per_s == 0 ? PACE_FIRST : self->per_s * PACE_AHEAD_S;
  return MIN (max, width >= G_MAXINT ? G_MAXINT : MAX (SPEED_PACE_MIN, (guint)width));
}
