/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One curl handle and what comes in through it; it serves one request after another. */
#pragma once

#include "net/curl-load.h"
#include "net/fetcher.h"
#include "net/speed.h"

typedef enum {
  OUTCOME_OK,
  OUTCOME_NOT_FOUND,
  OUTCOME_NOT_MODIFIED,
  OUTCOME_TRANSIENT, /* trying again may help */
  OUTCOME_FATAL,
} TransferOutcome;

typedef struct {
  const CurlApi *curl;
  CURL *easy;
  BodyPool *bodies;  /* borrowed */
  guint64 *received; /* borrowed: adds up */
  gint64 *allowance; /* borrowed: what may come until libcurl is called again; NULL: all */
  gint64 time_floor_s;
  struct curl_slist *headers; /* of this request, when it has any of its own */
  char *url;
  guint64 max_bytes;
  guint64 got;      /* bytes of this request */
  SpeedWatch watch; /* over them */
  FetchBody *body;
  PartialDir *partials;   /* borrowed; NULL: nothing is kept */
  const char *keep_name;  /* of this request, borrowed; NULL as well */
  Partial partial;        /* what this request goes on from, until the server agrees */
  gboolean judged_status; /* the first bytes were seen, and the rest is treated like them */
  gboolean wanted;        /* the bytes are the file, not an error page */
  guint64 discarded;      /* bytes of an error page */
  gboolean paused;        /* there was no allowance left */
  GError *write_error;    /* why we stopped the transfer */
  char *etag;
  char *last_modified;
  char *content_range;
  char curl_error[CURL_ERROR_SIZE];
  gpointer job; /* for the fetcher */
} Transfer;

/* All but @config and @error are borrowed. @partials, @allowance: (nullable) */
Transfer *transfer_new (const CurlApi *curl, const FetchConfig *config, BodyPool *bodies,
                        PartialDir *partials, guint64 *received, gint64 *allowance, GError **error);
void transfer_free (Transfer *self);

/* Readies the handle for @url, one of @request's; what @request points to is borrowed until
 * transfer_reset(). @may_share: wait for a connection that is being made, for it may take many
 * requests at a time. */
gboolean transfer_prepare (Transfer *self, const char *url, const FetchRequest *request,
                           const FetchConfig *config, gboolean may_share, GError **error);
/* Has it been on its way for so long, and brought so little, that it is dead? Then it says so, as
 * the reason of CURLE_OPERATION_TIMEDOUT. */
gboolean transfer_is_slow (Transfer *self, gint64 now_us, double bytes_per_s, guint window_s);
/* There is an allowance again. */
void transfer_go_on (Transfer *self);
/* What came of it. *@out_error names the URL, also for OUTCOME_NOT_FOUND; unset for OK and
 * NOT_MODIFIED. */
TransferOutcome transfer_judge (Transfer *self, CURLcode code, GError **out_error);
/* Whether the server spoke HTTP/2. */
gboolean transfer_was_http2 (Transfer *self);
/* How long the server asked us to wait before the next try, in seconds; 0 if it did not. */
guint transfer_retry_after_s (Transfer *self);
/* Ready for the next request: forgets all about this one. */
void transfer_reset (Transfer *self);
