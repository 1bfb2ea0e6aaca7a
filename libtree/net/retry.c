/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "net/retry.h"

#define FIRST_WAIT_MS 200
/* Beyond, the longest wait is reached. */
#define MAX_DOUBLINGS 16

gint64
retry_wait_ms (const RetryPolicy *policy, RetryKind kind, guint tries, guint after_s, double random)
{
  if (kind == RETRY_BAD_BYTES)
    return tries == 0 ? 0 : RETRY_GIVE_UP;
  if (kind == RETRY_MISSING || (kind == RETRY_FINAL && !policy->all) ||
      tries >= policy->max_tries || after_s > RETRY_AFTER_MAX_S)
    return RETRY_GIVE_UP;
  gint64 wait_ms = (gint64)FIRST_WAIT_MS << MIN (tries, MAX_DOUBLINGS);
  wait_ms = MIN (wait_ms, RETRY_WAIT_MAX_MS);
  wait_ms = wait_ms / 2 + (gint64)((double)(wait_ms / 2) * random);
  return MAX (wait_ms, (gint64)after_s * 1000);
}
