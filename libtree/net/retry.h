/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a request that failed is made again, and when: decided from facts alone.
 *
 *   what happened                        what is done
 *   404 and its kin                      nothing: it will not come by asking
 *   the connection, 408, 429, 5xx        again, after a wait that doubles each time
 *   other bytes than it must be          once more, at once
 *   anything else (a certificate, 4xx)   nothing, unless all is to be tried again
 *
 * Waits are spread at random: many devices that lost one server should not come back in step. */
#pragma once

#include <glib.h>

typedef enum {
  RETRY_MISSING,
  RETRY_PASSING,   /* it may pass */
  RETRY_BAD_BYTES, /* whole, and not what it must be */
  RETRY_FINAL,     /* trying again does not help */
} RetryKind;

typedef struct {
  guint max_tries; /* after the first, without any progress between them */
  gboolean all;    /* treat RETRY_FINAL like RETRY_PASSING */
} RetryPolicy;

/* A server may ask for patience ("Retry-After"), up to this; one that asks for more has said when
 * to come back, and is left alone until then. */
#define RETRY_AFTER_MAX_S 300
/* The longest wait that is our own choice. */
#define RETRY_WAIT_MAX_MS (60 * 1000)
#define RETRY_GIVE_UP ((gint64)-1)

/* How long to wait, in milliseconds, or RETRY_GIVE_UP. @tries: made again before, without progress.
 * @after_s: what the server asked for, 0 if it did not. @random: from 0 to 1. */
gint64 retry_wait_ms (const RetryPolicy *policy, RetryKind kind, guint tries, guint after_s,
                      double random);
