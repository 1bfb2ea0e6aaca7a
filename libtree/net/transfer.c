/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "net/transfer.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "net/tls-time.h"
#include "net/url.h"

/* An error page is read to its end, so that the connection can be used again; not if it never ends.
 */
#define MAX_ERROR_PAGE_BYTES (64 * 1024)
#define MAX_REDIRECTS 10
/* A validator longer than this is not kept: it would be sent back each time. */
#define MAX_VALIDATOR_BYTES 1024
/* One connection that carries one answer at a time is read in large pieces. */
#define BUFFER_BYTES (128 * 1024)

static long
response_code (Transfer *self)
{
  long status = 0;
  (void)self->curl->easy_getinfo (self->easy, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

static void
too_long (Transfer *self)
{
  (void)throw_error (&self->write_error, TREE_ERROR_CORRUPT,
                     "exceeded maximum: the server sends more than the %" G_GUINT64_FORMAT
                     " bytes that this can have",
                     self->max_bytes);
}

/* Does the answer go on where we asked? */
static gboolean
takes_up (Transfer *self)
{
  guint64 start;
  return self->partial.fd >= 0 && response_code (self) == 206 && self->content_range != NULL &&
         sscanf (self->content_range, "bytes %" G_GUINT64_FORMAT "-", &start) == 1 &&
         start == self->partial.len &&
         (self->etag == NULL || strcmp (self->etag, self->partial.etag) == 0);
}

/* Where the bytes will go. @length: of what comes now, -1 if the server does not say. */
static void
choose_place (Transfer *self, curl_off_t length)
{
  if (response_code (self) == 206) {
    body_keep (self->body, &self->partial);
    return;
  }
  partial_close (&self->partial); /* the file is another one now */
  Partial fresh;
  if (self->keep_name != NULL && length >= PARTIAL_MIN_BYTES &&
      partial_begin (self->partials, self->keep_name, self->url, self->etag, &fresh))
    body_keep (self->body, &fresh);
  else if (length >= 0)
    body_expect (self->body, (guint64)length);
}

/* At the first bytes: is this the file, the rest of it, or an error page, and how much will come?
 */
static void
judge_status (Transfer *self)
{
  self->judged_status = TRUE;
  self->wanted = response_code (self) == 200 || takes_up (self);
  curl_off_t length = -1;
  (void)self->curl->easy_getinfo (self->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (!self->wanted)
    return;
  if (length >= 0 && (guint64)length > self->max_bytes)
    too_long (self);
  else
    choose_place (self, length);
}

static size_t
on_bytes (char *data, size_t size, size_t n, void *user_data)
{
  Transfer *self = user_data;
  gsize len = size * n;
  if (self->allowance != NULL) {
    self->paused = *self->allowance <= 0;
    if (self->paused)
      return CURL_WRITEFUNC_PAUSE;
    *self->allowance -= (gint64)len;
  }
  if (!self->judged_status)
    judge_status (self);
  *self->received += len;
  self->got += len;
  if (self->write_error != NULL)
    return 0;
  if (!self->wanted) {
    self->discarded += len;
    return self->discarded <= MAX_ERROR_PAGE_BYTES ? len : 0;
  }
  if (body_size (self->body) + len > self->max_bytes) {
    too_long (self);
    return 0;
  }
  return body_append (self->body, data, len, &self->write_error) ? len : 0;
}

static void
keep_header (const char *line, gsize len, const char *name, char **value)
{
  gsize name_len = strlen (name);
  if (len <= name_len || len > MAX_VALIDATOR_BYTES ||
      g_ascii_strncasecmp (line, name, name_len) != 0)
    return;
  g_free (*value);
  *value = g_strstrip (g_strndup (line + name_len, len - name_len));
}

static size_t
on_header (char *line, size_t size, size_t n, void *user_data)
{
  Transfer *self = user_data;
  gsize len = size * n;
  if (len > 5 && memcmp (line, "HTTP/", 5) == 0) {
    /* The answer after a redirect: what came before it says nothing about this one. */
    g_clear_pointer (&self->etag, g_free);
    g_clear_pointer (&self->last_modified, g_free);
    g_clear_pointer (&self->content_range, g_free);
  }
  keep_header (line, len, "etag:", &self->etag);
  keep_header (line, len, "last-modified:", &self->last_modified);
  keep_header (line, len, "content-range:", &self->content_range);
  return len;
}

/* With a limited rate, the kernel's buffers must not fill up at the rate of the line. */
#define LIMITED_SOCKET_BYTES (64 * 1024)

static int
on_socket_made (void *user_data, curl_socket_t fd, curlsocktype purpose)
{
  int bytes = LIMITED_SOCKET_BYTES;
  (void)setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes); /* else a little too fast */
  return CURL_SOCKOPT_OK;
}

/* Where a redirect may lead: never from a protected connection to an open one. */
static CURLcode
set_protocols (Transfer *self, gboolean https_only)
{
  /* The older names of these options are also known to all newer libraries. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  CURLcode code = self->curl->easy_setopt (self->easy, CURLOPT_PROTOCOLS,
                                           (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  if (code != CURLE_OK)
    return code;
  return self->curl->easy_setopt (
      self->easy, CURLOPT_REDIR_PROTOCOLS,
      (long)(https_only ? CURLPROTO_HTTPS : CURLPROTO_HTTP | CURLPROTO_HTTPS));
#pragma GCC diagnostic pop
}

/* What is the same for all requests. Options that an older library does not know would be ignored
 * by it; those that matter are checked. */
static CURLcode
configure (Transfer *self, const FetchConfig *config)
{
  const CurlApi *curl = self->curl;
  CURL *easy = self->easy;
  CURLcode bad = CURLE_OK;
#define SET(option, value)                                                                         \
  do {                                                                                             \
    CURLcode code_ = curl->easy_setopt (easy, option, value);                                      \
    if (code_ != CURLE_OK)                                                                         \
      bad = code_;                                                                                 \
  } while (0)
  SET (CURLOPT_NOSIGNAL, 1L);
  SET (CURLOPT_ERRORBUFFER, self->curl_error);
  SET (CURLOPT_WRITEFUNCTION, on_bytes);
  SET (CURLOPT_WRITEDATA, (void *)self);
  SET (CURLOPT_HEADERDATA, (void *)self);
  SET (CURLOPT_PRIVATE, (void *)self);
  SET (CURLOPT_FOLLOWLOCATION, 1L);
  SET (CURLOPT_MAXREDIRS, (long)MAX_REDIRECTS);
  SET (CURLOPT_TCP_KEEPALIVE, 1L);
  SET (CURLOPT_HTTP_VERSION,
       (long)(config->http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  SET (CURLOPT_CONNECTTIMEOUT, (long)config->connect_timeout_s);
  SET (CURLOPT_USERAGENT, config->user_agent);
  if (config->max_rate > 0)
    SET (CURLOPT_SOCKOPTFUNCTION, on_socket_made);
  if (config->tls_permissive) {
    SET (CURLOPT_SSL_VERIFYPEER, 0L);
    SET (CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (tls_time_is_behind (self->time_floor_s) && tls_time_can_help (curl)) {
    SET (CURLOPT_SSL_CTX_FUNCTION, tls_time_help);
    SET (CURLOPT_SSL_CTX_DATA, (void *)&self->time_floor_s);
  }
  if (config->tls_ca_path != NULL)
    SET (CURLOPT_CAINFO, config->tls_ca_path);
  if (config->tls_client_cert_path != NULL) {
    SET (CURLOPT_SSLCERT, config->tls_client_cert_path);
    SET (CURLOPT_SSLKEY, config->tls_client_key_path);
  }
  if (config->proxy != NULL)
    SET (CURLOPT_PROXY, config->proxy);
  if (config->cookie_path != NULL)
    SET (CURLOPT_COOKIEFILE, config->cookie_path);
#undef SET
  return bad;
}

Transfer *
transfer_new (const CurlApi *curl, const FetchConfig *config, BodyPool *bodies,
              PartialDir *partials, guint64 *received, gint64 *allowance, GError **error)
{
  Transfer *self = g_new0 (Transfer, 1);
  self->curl = curl;
  self->bodies = bodies;
  self->partials = partials;
  self->partial = PARTIAL_INIT;
  self->received = received;
  self->allowance = allowance;
  self->time_floor_s = config->time_floor_s;
  self->easy = curl->easy_init ();
  CURLcode code = self->easy == NULL ? CURLE_OUT_OF_MEMORY : configure (self, config);
  if (code == CURLE_OK)
    return self;
  transfer_free (self);
  return throw_null (error, TREE_ERROR_FAILED, "set up libcurl: %s", curl->easy_strerror (code));
}

void
transfer_free (Transfer *self)
{
  if (self == NULL)
    return;
  if (self->easy != NULL) {
    transfer_reset (self);
    self->curl->easy_cleanup (self->easy);
  }
  g_free (self);
}

static void
add_header (Transfer *self, const char *line)
{
  struct curl_slist *longer = self->curl->slist_append (self->headers, line);
  if (longer != NULL)
    self->headers = longer;
}

static void
add_condition (Transfer *self, const char *name, const char *value)
{
  if (value == NULL)
    return;
  g_autofree char *line = g_strdup_printf ("%s: %s", name, value);
  add_header (self, line);
}

static void
set_headers (Transfer *self, const FetchConfig *config, const FetchRequest *request)
{
  for (gsize i = 0; config->headers != NULL && config->headers[i] != NULL; i++)
    add_header (self, config->headers[i]);
  add_condition (self, "If-None-Match", request->etag);
  add_condition (self, "If-Modified-Since", request->last_modified);
  if (request->anew)
    add_header (self, "Cache-Control: no-cache");
  if (self->partial.fd < 0)
    return;
  g_autofree char *range = g_strdup_printf ("bytes=%" G_GUINT64_FORMAT "-", self->partial.len);
  add_condition (self, "Range", range);
  add_condition (self, "If-Range", self->partial.etag);
}

gboolean
transfer_prepare (Transfer *self, const char *url, const FetchRequest *request,
                  const FetchConfig *config, gboolean may_share, GError **error)
{
  g_assert (self->body == NULL);
  self->url = g_strdup (url);
  self->max_bytes = request->max_bytes;
  self->body = body_new (self->bodies);
  self->keep_name = self->partials != NULL ? request->keep_name : NULL;
  if (self->keep_name != NULL)
    (void)partial_find (self->partials, self->keep_name, url, &self->partial);
  set_headers (self, config, request);
  const CurlApi *curl = self->curl;
  CURLcode code = curl->easy_setopt (self->easy, CURLOPT_URL, url);
  if (code == CURLE_OK)
    code = curl->easy_setopt (self->easy, CURLOPT_HTTPHEADER, self->headers);
  if (code == CURLE_OK)
    code = curl->easy_setopt (self->easy, CURLOPT_HEADERFUNCTION, on_header);
  if (code == CURLE_OK)
    code = set_protocols (self, url_is_https (url));
  if (code != CURLE_OK)
    return throw_error (error, TREE_ERROR_FAILED, "fetch '%s': %s", url,
                        curl->easy_strerror (code));
  gboolean multiplexed = config->http2 && url_is_https (url);
  /* Many streams on one connection come in small frames anyway, and each handle has its own buffer.
   */
  gboolean small = multiplexed || config->max_rate > 0;
  (void)curl->easy_setopt (self->easy, CURLOPT_BUFFERSIZE,
                           (long)(small ? CURL_MAX_WRITE_SIZE : BUFFER_BYTES));
  /* Waiting for a connection that may turn out to take many requests; to wait for one that takes a
   * single one would let a stalled answer hold up all others. */
  (void)curl->easy_setopt (self->easy, CURLOPT_PIPEWAIT, multiplexed && may_share ? 1L : 0L);
  return TRUE;
}

gboolean
transfer_is_slow (Transfer *self, gint64 now_us, double bytes_per_s, guint window_s)
{
  curl_off_t begun_us = 0;
  /* One that waits for a connection has not begun; connecting has a limit of its own. */
  (void)self->curl->easy_getinfo (self->easy, CURLINFO_PRETRANSFER_TIME_T, &begun_us);
  if (begun_us == 0 || speed_watch (&self->watch, self->got, now_us, bytes_per_s, window_s))
    return FALSE;
  (void)g_snprintf (self->curl_error, sizeof self->curl_error,
                    "less than %.0f bytes came in %u seconds", bytes_per_s * window_s, window_s);
  return TRUE;
}

static TransferOutcome
judge_code (CURLcode code)
{
  switch (code) {
  case CURLE_URL_MALFORMAT:
  case CURLE_UNSUPPORTED_PROTOCOL:
  case CURLE_NOT_BUILT_IN:
  case CURLE_OUT_OF_MEMORY:
  case CURLE_TOO_MANY_REDIRECTS:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_CIPHER:
  case CURLE_WRITE_ERROR:
    return OUTCOME_FATAL;
  default:
    return OUTCOME_TRANSIENT;
  }
}

/* A server that does not go on where we asked gets another request, for all of the file. */
static TransferOutcome
judge_range (Transfer *self)
{
  if (self->wanted)
    return OUTCOME_OK;
  partial_forget (&self->partial);
  return self->partial.fd >= 0 ? OUTCOME_TRANSIENT : OUTCOME_FATAL;
}

static TransferOutcome
judge_response (Transfer *self, long status)
{
  switch (status) {
  case 200:
    return OUTCOME_OK;
  case 206:
  case 416:
    return judge_range (self);
  case 304:
    return OUTCOME_NOT_MODIFIED;
  case 403:
  case 404:
  case 410:
    return OUTCOME_NOT_FOUND;
  case 408:
  case 429:
    return OUTCOME_TRANSIENT;
  default:
    return status >= 500 ? OUTCOME_TRANSIENT : OUTCOME_FATAL;
  }
}

/* The remedies for the failures that a person has to do something about. */
static const char *
remedy_for (const Transfer *self, CURLcode code)
{
  if (code == CURLE_PEER_FAILED_VERIFICATION && tls_time_is_behind (self->time_floor_s))
    return "; the clock of this machine is behind: set it, or set the remote's tls-ca-path if the "
           "server has a certificate of its own";

  switch (code) {
  case CURLE_COULDNT_RESOLVE_HOST:
  case CURLE_COULDNT_CONNECT:
    return "; check the remote's url and the network";
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CACERT_BADFILE:
    return "; set the remote's tls-ca-path if the server has a certificate of its own";
  case CURLE_TOO_MANY_REDIRECTS:
    return "; the server's redirects form a loop";
  default:
    return "";
  }
}

/* The kind of failure, and what libcurl says about this one. */
static char *
code_text (Transfer *self, CURLcode code)
{
  const char *kind = self->curl->easy_strerror (code);
  if (self->curl_error[0] == '\0')
    return g_strdup (kind);
  return g_strdup_printf ("%s (%s)", kind, self->curl_error);
}

TransferOutcome
transfer_judge (Transfer *self, CURLcode code, GError **out_error)
{
  g_autofree char *shown = url_for_display (self->url);
  long status = response_code (self);
  gboolean cut_page = code == CURLE_WRITE_ERROR && self->write_error == NULL && !self->wanted;
  if (self->write_error != NULL) {
    g_propagate_prefixed_error (out_error, g_steal_pointer (&self->write_error),
                                "fetch '%s': ", shown);
    return OUTCOME_FATAL;
  }
  if (code != CURLE_OK && !cut_page) {
    g_autofree char *text = code_text (self, code);
    (void)throw_error (out_error, TREE_ERROR_NETWORK, "fetch '%s': %s%s", shown, text,
                       remedy_for (self, code));
    return judge_code (code);
  }
  TransferOutcome outcome = judge_response (self, status);
  if (outcome == OUTCOME_NOT_FOUND)
    (void)throw_error (out_error, TREE_ERROR_NOT_FOUND, "fetch '%s': server answered %ld", shown,
                       status);
  else if (outcome == OUTCOME_TRANSIENT || outcome == OUTCOME_FATAL)
    (void)throw_error (out_error, TREE_ERROR_NETWORK, "fetch '%s': server answered %ld", shown,
                       status);
  return outcome;
}

void
transfer_go_on (Transfer *self)
{
  if (!self->paused)
    return;
  self->paused = FALSE;
  (void)self->curl->easy_pause (self->easy,
                                CURLPAUSE_CONT); /* may call on_bytes(), and pause again */
}

gboolean
transfer_was_http2 (Transfer *self)
{
  long version = 0;
  (void)self->curl->easy_getinfo (self->easy, CURLINFO_HTTP_VERSION, &version);
  return version >= CURL_HTTP_VERSION_2_0;
}

guint
transfer_retry_after_s (Transfer *self)
{
  curl_off_t wait = 0;
  (void)self->curl->easy_getinfo (self->easy, CURLINFO_RETRY_AFTER, &wait);
  return wait > 0 ? (guint)MIN (wait, G_MAXINT) : 0;
}

void
transfer_reset (Transfer *self)
{
  g_clear_pointer (&self->body, fetch_body_free);
  if (self->headers != NULL) {
    (void)self->curl->easy_setopt (self->easy, CURLOPT_HTTPHEADER, NULL);
    self->curl->slist_free_all (self->headers);
    self->headers = NULL;
  }
  g_clear_pointer (&self->url, g_free);
  g_clear_error (&self->write_error);
  g_clear_pointer (&self->etag, g_free);
  g_clear_pointer (&self->last_modified, g_free);
  g_clear_pointer (&self->content_range, g_free);
  partial_close (&self->partial);
  self->keep_name = NULL;
  self->judged_status = FALSE;
  self->wanted = FALSE;
  self->discarded = 0;
  self->got = 0;
  self->watch = (SpeedWatch){0};
  self->curl_error[0] = '\0';
  self->job = NULL;
}
