/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fetches URLs: a URL in, a body out.
 *
 * One thread owns a fetcher: it queues requests, turns the engine with fetcher_run(), and gets
 * every result in a callback. Only fetcher_wakeup() and what is done with a body (net/body.h) may
 * come from elsewhere.
 *
 *   fetcher_start -> queue by priority -> transfer (a curl handle, reused) -> judged: done
 *                         ^                                                |
 *                         +-- next mirror at once, or all again later <----+  when trying again may
 * help
 *
 * How many requests are in flight: over HTTP/1.1 as many as there may be connections; once a server
 * answered by HTTP/2, as many as the line brings to an end in a few seconds (net/speed.h). Mirrors
 * and retries are here and nowhere above. A line that is too slow is one on which all transfers
 * together are: on a modem each of them has a small share. */
#pragma once

#include "net/body.h"
#include "tree-error.h"

typedef struct Fetcher Fetcher;

/* Strings are copied. Zero is the default where the comment names one. */
typedef struct {
  gboolean http2;                   /* where the server has it */
  gboolean tls_permissive;          /* accept any certificate */
  const char *tls_ca_path;          /* file of trusted certificates; NULL = the system's */
  const char *tls_client_cert_path; /* both or neither */
  const char *tls_client_key_path;
  gint64 time_floor_s;     /* it is this late at least, whatever the clock says (tls-time.h) */
  const char *proxy;       /* NULL = what the environment says */
  const char *cookie_path; /* file of cookies to send, or NULL */
  const char *user_agent;
  const char *const *headers; /* "Name: value" lines for every request, or NULL */
  guint connect_timeout_s;    /* 0 = 30 */
  guint low_speed_bytes;      /* a line that carries less than this many bytes a second … */
  guint low_speed_s;          /* … for so long is dead; 0 = 1000 and 30 */
  guint64 max_rate;           /* bytes a second, all transfers together; 0 = what the line gives */
  guint max_retries;          /* rounds through the mirrors after the first */
  gboolean retry_all;         /* also what is thought not to get better */
  guint max_requests;         /* in flight; 0 = 256 */
  guint max_connections;      /* 0 = 8 */
  int tmp_dfd;                /* borrowed; for bodies that are too large for memory */
  gboolean keep_partials;     /* of requests with a name for it, what came before a cut, … */
  gboolean sync_partials;     /* … also when the power is cut … */
  int partial_dfd;            /* … in this directory; borrowed */
  gsize memory_bytes;         /* all bodies together; 0 = 8 MiB */
} FetchConfig;

typedef enum {
  FETCH_PRIORITY_FIRST,    /* what decides on everything else: summary, commits */
  FETCH_PRIORITY_METADATA, /* what names further objects */
  FETCH_PRIORITY_CONTENT,
  FETCH_N_PRIORITIES,
} FetchPriority;

typedef enum {
  FETCH_OK,
  FETCH_NOT_FOUND,    /* 403, 404, 410 from every mirror */
  FETCH_NOT_MODIFIED, /* 304: what the caller has is current */
  FETCH_FAILED,
} FetchStatus;

typedef struct {
  FetchStatus status;
  FetchBody *body;  /* with FETCH_OK; the callback may take it and set NULL */
  const char *url;  /* which answered last, for messages */
  const char *etag; /* as the server sent them; NULL if it did not */
  const char *last_modified;
  const GError *error; /* with FETCH_FAILED and FETCH_NOT_FOUND: names the URL */
} FetchResult;

typedef void (*FetchDone) (FetchResult *result, gpointer user_data);

typedef struct {
  const char *const *bases; /* base URLs, tried in order; borrowed until done */
  const char *path;         /* below the base; NULL: the base is the URL itself; copied */
  guint64 max_bytes;        /* more is an error */
  FetchPriority priority;
  const char *etag;          /* the copy that the caller has (may be NULL); copied */
  const char *last_modified; /* the same */
  /* Under this name what came is kept when the transfer is cut, and a later request of the same
   * name goes on from there; copied. NULL: each try begins anew. */
  const char *keep_name;
  gboolean anew;  /* it came once and was bad: not from a cache, and from another mirror if there is
                     one */
  FetchDone done; /* called once, from fetcher_run() */
  gpointer user_data;
  GDestroyNotify drop; /* (nullable) called with @user_data when @done never will be */
} FetchRequest;

/* Between two steps of the engine: may queue requests and look at what other threads did. FALSE
 * ends fetcher_run(). */
typedef gboolean (*FetcherTurn) (gpointer user_data);

Fetcher *fetcher_new (const FetchConfig *config, GError **error);
/* Drops what is queued and in flight, calling each request's drop and not its done. Bodies must
 * have been freed. */
void fetcher_free (Fetcher *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fetcher, fetcher_free)

/* Queues a request; never blocks, never calls back itself. */
void fetcher_start (Fetcher *self, const FetchRequest *request);
/* TRUE while another request would go out at once: callers that choose the order themselves hold
 * their requests back until then. FALSE also while bodies take up the memory. */
gboolean fetcher_has_room (Fetcher *self);
/* Nothing is queued and nothing in flight. */
gboolean fetcher_is_idle (Fetcher *self);
/* Works until @turn returns FALSE. */
gboolean fetcher_run (Fetcher *self, FetcherTurn turn, gpointer user_data, GError **error);
/* Makes fetcher_run() take a turn soon. Any thread. */
void fetcher_wakeup (Fetcher *self);
/* Bytes of bodies received, also of those that were given up. */
guint64 fetcher_received_bytes (Fetcher *self);
/* Requests that were sent out. */
guint64 fetcher_sent_requests (Fetcher *self);
