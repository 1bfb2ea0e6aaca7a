/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How fast bytes come: too slowly, faster than they may, and how many requests that is good for.
 * Decided from facts alone; times are microseconds of a clock that never goes back. */
#pragma once

#include <glib.h>

/* Is a transfer dead? Each time that as much came as must come in a window, a new window begins. */
typedef struct {
  gint64 since_us; /* 0: not begun */
  guint64 bytes;   /* that had come by then */
} SpeedWatch;

/* FALSE: less came in @window_s seconds than @bytes_per_s demands. @got: so far. */
gboolean speed_watch (SpeedWatch *self, guint64 got, gint64 now_us, double bytes_per_s,
                      guint window_s);

/* What is received above a rate is paid for by waiting. What was not used is not saved up. */
typedef struct {
  guint64 bytes_per_s; /* 0: no limit */
  guint64 counted;
  gint64 due_us; /* when all that came would have come at this rate */
} SpeedLimit;

/* How long to leave the network alone, in milliseconds. @got: by all transfers, so far. */
guint speed_limit_wait_ms (SpeedLimit *self, guint64 got, gint64 now_us);
/* "500k", "2M", "1500": bytes a second, k, M and G being powers of 1000. FALSE for other text, and
 * for less than 1k; "0" is no limit. */
gboolean speed_parse (const char *text, guint64 *out);

/* How many requests are worth having under way: as many as came to an end in the last seconds. A
 * long way makes that many, a narrow one few: what is cut off there has to come again. */
typedef struct {
  gint64 since_us;
  guint ended;  /* since then */
  double per_s; /* before */
} SpeedPace;

#define SPEED_PACE_MIN 8

/* A request came to its end. */
void speed_pace_count (SpeedPace *self, gint64 now_us);
/* At most @max. */
guint speed_pace_width (const SpeedPace *self, guint max);
