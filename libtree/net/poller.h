/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waits for the sockets of a curl multi handle, for its timer, and for wake-ups from other threads.
 *
 * libcurl is told which socket is ready, so that it need not ask the kernel about each of its
 * transfers: with a hundred streams on one connection that would be a hundred system calls for each
 * packet. */
#pragma once

#include "net/curl-load.h"

typedef struct Poller Poller;

/* @multi: borrowed; must be cleaned up before the poller is freed, since that may call back. */
Poller *poller_new (const CurlApi *curl, CURLM *multi, GError **error);
void poller_free (Poller *self);

/* Lets libcurl do what is due, after having slept for at most @timeout_ms if nothing is. */
gboolean poller_step (Poller *self, int timeout_ms, GError **error);
/* Sleeps and leaves the network alone, unless woken; data waits with its senders meanwhile. */
gboolean poller_rest (Poller *self, int timeout_ms, GError **error);
/* Ends the sleep of poller_step(), now or the next time. Any thread. */
void poller_wake (Poller *self);
