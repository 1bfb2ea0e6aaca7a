/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "net/fetcher.h"

#include <string.h>

#include "base/error.h"
#include "net/poller.h"
#include "net/retry.h"
#include "net/transfer.h"
#include "net/url.h"

#define DEFAULT_CONNECTIONS 8
#define DEFAULT_REQUESTS 256
#define DEFAULT_MEMORY_BYTES (8 * 1024 * 1024)
/* A try that kept so much more is a step forward. */
#define PROGRESS_BYTES (64 * 1024)
/* A limited rate is kept in steps of what a connection brings in one; there are no more of these
 * than come in a second. */
#define RATE_STEP_BYTES (16 * 1024)
/* With a limited rate, what may come at once is a tenth of a second's worth, and a buffer. */
#define STEPS_PER_S 10
/* How often it is looked whether transfers are too slow. */
#define WATCH_INTERVAL_US (G_USEC_PER_SEC / 2)
/* How long fetcher_run() sleeps when nothing happens: it is woken when something does. */
#define IDLE_MS 1000

/* A request until it is answered for good. */
typedef struct {
  FetchRequest request; /* path, etag, last_modified and keep_name are owned */
  guint n_mirrors;
  guint mirror;         /* tried before in this round */
  guint rounds;         /* through all mirrors that are behind us, since the last step forward */
  guint64 kept_bytes;   /* the most that was ever kept of it */
  gint64 not_before_us; /* monotonic; when it waits for a retry */
  guint after_s;        /* what the servers of this round asked for */
  RetryKind kind;       /* the most hopeful failure of this round */
  GError *failure;      /* the first of this round that says more than "not found" */
} FetchJob;

struct Fetcher {
  const CurlApi *curl;
  CURLM *multi;
  FetchConfig config; /* strings owned */
  BodyPool *bodies;
  PartialDir *partials;              /* or NULL */
  GQueue queues[FETCH_N_PRIORITIES]; /* owned FetchJob */
  GQueue delayed;                    /* owned FetchJob that wait for a retry */
  GPtrArray *idle;                   /* owned Transfer without a job */
  GPtrArray *active;                 /* owned Transfer with one */
  Poller *poller;
  guint limit;          /* requests in flight */
  gboolean knows_http1; /* the last answer was one at a time */
  SpeedPace pace;       /* of requests that end */
  SpeedLimit rate;
  gint64 allowance; /* what may come until libcurl is called again, with a limited rate */
  gint64 rested_us; /* for its sake: that is not the line's fault */
  gint64 next_watch_us;
  guint64 received;
  guint64 sent;
  gint woken; /* atomic: a wakeup was sent since the last turn */
};

static void
fetch_job_free (FetchJob *job)
{
  if (job->request.drop != NULL)
    job->request.drop (job->request.user_data);
  g_free ((char *)job->request.path);
  g_free ((char *)job->request.etag);
  g_free ((char *)job->request.last_modified);
  g_free ((char *)job->request.keep_name);
  g_clear_error (&job->failure);
  g_free (job);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FetchJob, fetch_job_free)

static void
copy_config (FetchConfig *to, const FetchConfig *from)
{
  *to = *from;
  to->tls_ca_path = g_strdup (from->tls_ca_path);
  to->tls_client_cert_path = g_strdup (from->tls_client_cert_path);
  to->tls_client_key_path = g_strdup (from->tls_client_key_path);
  to->proxy = g_strdup (from->proxy);
  to->cookie_path = g_strdup (from->cookie_path);
  to->user_agent = g_strdup (from->user_agent);
  to->headers = (const char *const *)g_strdupv ((char **)from->headers);
  if (to->connect_timeout_s == 0)
    to->connect_timeout_s = 30;
  if (to->low_speed_bytes == 0)
    to->low_speed_bytes = 1000;
  if (to->low_speed_s == 0)
    to->low_speed_s = 30;
  if (to->max_requests == 0)
    to->max_requests = DEFAULT_REQUESTS;
  if (to->max_connections == 0)
    to->max_connections = DEFAULT_CONNECTIONS;
  if (to->max_rate > 0)
    to->max_connections = (guint)CLAMP (to->max_rate / RATE_STEP_BYTES, 1, to->max_connections);
  if (to->memory_bytes == 0)
    to->memory_bytes = DEFAULT_MEMORY_BYTES;
}

static void
clear_config (FetchConfig *config)
{
  g_free ((char *)config->tls_ca_path);
  g_free ((char *)config->tls_client_cert_path);
  g_free ((char *)config->tls_client_key_path);
  g_free ((char *)config->proxy);
  g_free ((char *)config->cookie_path);
  g_free ((char *)config->user_agent);
  g_strfreev ((char **)config->headers);
}

static gboolean
check_config (const FetchConfig *config, GError **error)
{
  if ((config->tls_client_cert_path == NULL) != (config->tls_client_key_path == NULL))
    return throw_error (
        error, TREE_ERROR_INVALID,
        "tls-client-cert-path and tls-client-key-path go together: set both or neither");
  for (gsize i = 0; config->headers != NULL && config->headers[i] != NULL; i++) {
    if (strpbrk (config->headers[i], "\r\n") != NULL)
      return throw_error (error, TREE_ERROR_INVALID, "a line break in HTTP header '%s'",
                          config->headers[i]);
  }
  return TRUE;
}

Fetcher *
fetcher_new (const FetchConfig *config, GError **error)
{
  const CurlApi *curl = curl_load (error);
  if (curl == NULL || !check_config (config, error))
    return NULL;
  Fetcher *self = g_new0 (Fetcher, 1);
  self->curl = curl;
  copy_config (&self->config, config);
  self->bodies = body_pool_new (config->tmp_dfd, self->config.memory_bytes,
                                /* each_bytes= */ self->config.memory_bytes / 8);
  if (config->keep_partials)
    self->partials = partial_dir_new (config->partial_dfd, config->sync_partials);
  self->idle = g_ptr_array_new_with_free_func ((GDestroyNotify)transfer_free);
  self->active = g_ptr_array_new ();
  self->limit = MIN (self->config.max_connections, self->config.max_requests);
  self->rate.bytes_per_s = self->config.max_rate;
  self->multi = curl->multi_init ();
  if (self->multi == NULL) {
    fetcher_free (self);
    return throw_null (error, TREE_ERROR_FAILED, "set up libcurl: out of memory");
  }
  self->poller = poller_new (curl, self->multi, error);
  if (self->poller == NULL) {
    fetcher_free (self);
    return NULL;
  }
  long connections = (long)self->config.max_connections;
  (void)curl->multi_setopt (self->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
  (void)curl->multi_setopt (self->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
  (void)curl->multi_setopt (self->multi, CURLMOPT_MAX_HOST_CONNECTIONS, connections);
  (void)curl->multi_setopt (self->multi, CURLMOPT_MAXCONNECTS, connections);
  (void)curl->multi_setopt (self->multi, CURLMOPT_MAX_CONCURRENT_STREAMS,
                            (long)self->config.max_requests);
  return self;
}

static void
drop_queue (GQueue *queue)
{
  FetchJob *job;
  while ((job = g_queue_pop_head (queue)) != NULL)
    fetch_job_free (job);
}

void
fetcher_free (Fetcher *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < self->active->len; i++) {
    Transfer *transfer = self->active->pdata[i];
    (void)self->curl->multi_remove_handle (self->multi, transfer->easy);
    fetch_job_free (transfer->job);
    transfer_free (transfer);
  }
  g_ptr_array_unref (self->active);
  g_ptr_array_unref (self->idle);
  for (int i = 0; i < FETCH_N_PRIORITIES; i++)
    drop_queue (&self->queues[i]);
  drop_queue (&self->delayed);
  if (self->multi != NULL)
    (void)self->curl->multi_cleanup (self->multi);
  poller_free (self->poller);
  body_pool_free (self->bodies);
  partial_dir_free (self->partials);
  clear_config (&self->config);
  g_free (self);
}

void
fetcher_start (Fetcher *self, const FetchRequest *request)
{
  g_assert (request->bases != NULL && request->bases[0] != NULL);
  FetchJob *job = g_new0 (FetchJob, 1);
  job->request = *request;
  job->request.path = g_strdup (request->path);
  job->request.etag = g_strdup (request->etag);
  job->request.last_modified = g_strdup (request->last_modified);
  job->request.keep_name = g_strdup (request->keep_name);
  job->n_mirrors = g_strv_length ((char **)request->bases);
  g_queue_push_tail (&self->queues[request->priority], job);
}

static gsize
n_queued (Fetcher *self)
{
  gsize n = 0;
  for (int i = 0; i < FETCH_N_PRIORITIES; i++)
    n += self->queues[i].length;
  return n;
}

gboolean
fetcher_has_room (Fetcher *self)
{
  return self->active->len + n_queued (self) < self->limit &&
         body_pool_used (self->bodies) < self->config.memory_bytes / 2;
}

gboolean
fetcher_is_idle (Fetcher *self)
{
  return self->active->len == 0 && self->delayed.length == 0 && n_queued (self) == 0;
}

guint64
fetcher_received_bytes (Fetcher *self)
{
  return self->received;
}

guint64
fetcher_sent_requests (Fetcher *self)
{
  return self->sent;
}

void
fetcher_wakeup (Fetcher *self)
{
  if (g_atomic_int_exchange (&self->woken, 1) == 0)
    poller_wake (self->poller);
}

/* Ends a job: calls back and frees it. */
static void
finish (FetchJob *job, FetchStatus status, Transfer *transfer, const GError *failure)
{
  FetchResult result = {.status = status, .error = failure};
  g_autofree char *shown = transfer->url != NULL ? url_for_display (transfer->url) : NULL;
  result.url = shown != NULL ? shown : job->request.path;
  result.etag = transfer->etag;
  result.last_modified = transfer->last_modified;
  if (status == FETCH_OK)
    result.body = g_steal_pointer (&transfer->body);
  job->request.drop = NULL; /* the data is now done's */
  job->request.done (&result, job->request.user_data);
  fetch_body_free (result.body);
  fetch_job_free (job);
}

static void
delay_job (Fetcher *self, FetchJob *job, guint mirror, gint64 wait_ms)
{
  g_debug ("%s; trying again in %" G_GINT64_FORMAT " ms", job->failure->message, wait_ms);
  job->not_before_us = g_get_monotonic_time () + wait_ms * 1000;
  job->rounds++;
  job->mirror = mirror;
  job->after_s = 0;
  job->kind = RETRY_MISSING;
  g_clear_error (&job->failure);
  g_queue_push_tail (&self->delayed, job);
}

/* A bad line that lets something through each time is not what the number of retries is about. The
 * file has an end, and so have these steps. */
static gboolean
made_progress (FetchJob *job, Transfer *transfer)
{
  guint64 kept = body_kept_bytes (transfer->body);
  if (kept < job->kept_bytes + PROGRESS_BYTES)
    return FALSE;
  job->kept_bytes = kept;
  job->rounds = 0;
  return TRUE;
}

static RetryKind
kind_of (TransferOutcome outcome)
{
  return outcome == OUTCOME_TRANSIENT ? RETRY_PASSING
         : outcome == OUTCOME_FATAL   ? RETRY_FINAL
                                      : RETRY_MISSING;
}

/* What a round through the mirrors came to, so far. Of several failures, that is kept which says
 * more than that a file is missing; and one that may pass is what decides. */
static void
note_failure (FetchJob *job, Transfer *transfer, TransferOutcome outcome, GError *failure)
{
  RetryKind kind = kind_of (outcome);
  if (kind == RETRY_PASSING || job->kind == RETRY_MISSING)
    job->kind = kind;
  if (kind != RETRY_MISSING)
    job->after_s = MAX (job->after_s, transfer_retry_after_s (transfer));
  if (job->failure == NULL ||
      (kind != RETRY_MISSING && g_error_matches (job->failure, TREE_ERROR, TREE_ERROR_NOT_FOUND))) {
    g_clear_error (&job->failure);
    job->failure = failure;
  } else
    g_error_free (failure);
}

/* Why it is not tried again, where that is not what the failure itself says. */
static void
say_how_often (FetchJob *job)
{
  g_autofree char *more = NULL;
  if (job->after_s > RETRY_AFTER_MAX_S)
    more = g_strdup_printf ("; it asks to come back in %u seconds", job->after_s);
  else if (job->rounds > 0)
    more = g_strdup_printf ("; tried %u times", job->rounds + 1);
  if (more == NULL)
    return;
  char *longer = g_strconcat (job->failure->message, more, NULL);
  g_free (job->failure->message);
  job->failure->message = longer;
}

/* A mirror did not give the file: the next one, all of them again, or the end. One that gave a part
 * of it is asked for the rest: another one's is not the same file. */
static void
try_again (Fetcher *self, FetchJob *job, Transfer *transfer, TransferOutcome outcome,
           GError *failure)
{
  const RetryPolicy policy = {self->config.max_retries, self->config.retry_all};
  gboolean progress = made_progress (job, transfer);
  note_failure (job, transfer, outcome, failure);
  gint64 wait_ms = retry_wait_ms (&policy, job->kind, job->rounds, job->after_s,
                                  g_random_double ());
  gboolean may_wait = wait_ms != RETRY_GIVE_UP;
  if (job->mirror + 1 < job->n_mirrors && !(progress && may_wait)) {
    job->mirror++;
    g_queue_push_head (&self->queues[job->request.priority], job);
    return;
  }
  if (may_wait) {
    delay_job (self, job, progress ? job->mirror : 0, wait_ms);
    return;
  }
  say_how_often (job);
  gboolean missing = g_error_matches (job->failure, TREE_ERROR, TREE_ERROR_NOT_FOUND);
  finish (job, missing ? FETCH_NOT_FOUND : FETCH_FAILED, transfer, job->failure);
}

static Transfer *
take_transfer (Fetcher *self, GError **error)
{
  if (self->idle->len > 0)
    return g_ptr_array_steal_index_fast (self->idle, self->idle->len - 1);
  return transfer_new (self->curl, &self->config, self->bodies, self->partials, &self->received,
                       self->config.max_rate > 0 ? &self->allowance : NULL, error);
}

static gboolean
send_job (Fetcher *self, FetchJob *job, GError **error)
{
  guint mirror = (job->mirror + (job->request.anew ? 1 : 0)) % job->n_mirrors;
  const char *base = job->request.bases[mirror];
  g_autofree char *url = job->request.path != NULL ? url_join (base, job->request.path)
                                                   : g_strdup (base);
  Transfer *transfer = take_transfer (self, error);
  if (transfer == NULL)
    return FALSE;
  transfer->job = job;
  g_ptr_array_add (self->active, transfer);
  if (!transfer_prepare (transfer, url, &job->request, &self->config, !self->knows_http1, error))
    return FALSE;
  CURLMcode code = self->curl->multi_add_handle (self->multi, transfer->easy);
  if (code != CURLM_OK)
    return throw_error (error, TREE_ERROR_FAILED, "fetch '%s': %s", url,
                        self->curl->multi_strerror (code));
  self->sent++;
  return TRUE;
}

static FetchJob *
next_job (Fetcher *self)
{
  for (int i = 0; i < FETCH_N_PRIORITIES; i++) {
    FetchJob *job = g_queue_pop_head (&self->queues[i]);
    if (job != NULL)
      return job;
  }
  return NULL;
}

static gboolean
send_queued (Fetcher *self, GError **error)
{
  FetchJob *job;
  while (self->active->len < self->limit && (job = next_job (self)) != NULL) {
    if (!send_job (self, job, error))
      return FALSE;
  }
  return TRUE;
}

/* Back into the queue with those whose time has come; returns how long the others have to wait. */
static int
requeue_delayed (Fetcher *self)
{
  gint64 now = g_get_monotonic_time ();
  gint64 next = now + IDLE_MS * 1000;
  for (GList *at = self->delayed.head; at != NULL;) {
    GList *link = at;
    FetchJob *job = link->data;
    at = at->next;
    if (job->not_before_us <= now) {
      g_queue_delete_link (&self->delayed, link);
      g_queue_push_tail (&self->queues[job->request.priority], job);
    } else
      next = MIN (next, job->not_before_us);
  }
  return (int)((next - now) / 1000) + 1;
}

static void
choose_limit (Fetcher *self)
{
  guint max = self->config.max_requests;
  self->limit = self->knows_http1 ? MIN (self->config.max_connections, max)
                                  : speed_pace_width (&self->pace, max);
}

static void
settle (Fetcher *self, Transfer *transfer, CURLcode code)
{
  FetchJob *job = transfer->job;
  g_autoptr (GError) failure = NULL;
  TransferOutcome outcome = transfer_judge (transfer, code, &failure);
  if (code == CURLE_OK) {
    self->knows_http1 = !transfer_was_http2 (transfer);
    speed_pace_count (&self->pace, g_get_monotonic_time ());
    choose_limit (self);
  }
  if (outcome == OUTCOME_OK)
    finish (job, FETCH_OK, transfer, NULL);
  else if (outcome == OUTCOME_NOT_MODIFIED)
    finish (job, FETCH_NOT_MODIFIED, transfer, NULL);
  else
    try_again (self, job, transfer, outcome, g_steal_pointer (&failure));
}

/* Takes it out of the engine, whether it is through or not. */
static void
end_transfer (Fetcher *self, Transfer *transfer, CURLcode code)
{
  (void)self->curl->multi_remove_handle (self->multi, transfer->easy);
  (void)g_ptr_array_remove_fast (self->active, transfer);
  settle (self, transfer, code);
  transfer_reset (transfer);
  g_ptr_array_add (self->idle, transfer);
}

static void
collect (Fetcher *self)
{
  CURLMsg *message;
  int left;
  while ((message = self->curl->multi_info_read (self->multi, &left)) != NULL) {
    if (message->msg != CURLMSG_DONE)
      continue;
    CURLcode code = message->data.result; /* the message goes with the handle */
    Transfer *transfer = NULL;
    (void)self->curl->easy_getinfo (message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
    end_transfer (self, transfer, code);
  }
}

static guint64
least_rate (const FetchConfig *config)
{
  return config->max_rate > 0 ? MIN (config->low_speed_bytes, config->max_rate / 2)
                              : config->low_speed_bytes;
}

/* Each transfer has to bring its share of the least that the line must carry. */
static void
end_slow (Fetcher *self)
{
  gint64 now = g_get_monotonic_time ();
  if (now < self->next_watch_us)
    return;
  self->next_watch_us = now + WATCH_INTERVAL_US;
  double share = (double)least_rate (&self->config) / MAX (self->active->len, 1);
  for (guint i = self->active->len; i-- > 0;) {
    Transfer *transfer = self->active->pdata[i];
    if (transfer_is_slow (transfer, now - self->rested_us, share, self->config.low_speed_s))
      end_transfer (self, transfer, CURLE_OPERATION_TIMEDOUT);
  }
}

/* In one call libcurl would read all that a fast server has to send. */
static void
allow_more (Fetcher *self)
{
  self->allowance = (gint64)MAX (self->config.max_rate / STEPS_PER_S, 1);
  for (guint i = 0; i < self->active->len; i++)
    transfer_go_on (self->active->pdata[i]);
}

/* Moves bytes, or rests when more of them came than may. */
static gboolean
step (Fetcher *self, int timeout_ms, GError **error)
{
  gint64 begin_us = g_get_monotonic_time ();
  guint rest_ms = speed_limit_wait_ms (&self->rate, self->received, begin_us);
  if (rest_ms == 0) {
    allow_more (self);
    return poller_step (self->poller, timeout_ms, error);
  }
  if (!poller_rest (self->poller, MIN ((int)rest_ms, timeout_ms), error))
    return FALSE;
  self->rested_us += g_get_monotonic_time () - begin_us;
  return TRUE;
}

gboolean
fetcher_run (Fetcher *self, FetcherTurn turn, gpointer user_data, GError **error)
{
  for (;;) {
    g_atomic_int_set (&self->woken, 0);
    if (!turn (user_data))
      return TRUE;
    int timeout_ms = requeue_delayed (self);
    if (!send_queued (self, error))
      return FALSE;
    if (!step (self, timeout_ms, error))
      return FALSE;
    collect (self);
    end_slow (self);
  }
}
