/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fetcher against a small server in a thread that does what it is told by the path, also the
 * things that no server should do. */
#include "config.h"

#include "net/fetcher.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

typedef struct {
  int listener;
  char *base;
  GThread *thread;
  gint requests;         /* atomic */
  gint failures_to_come; /* atomic: /flaky answers 503 so many times */
} Server;

static void
say (int fd, const char *text)
{
  gsize len = strlen (text);
  while (len > 0) {
    ssize_t n = send (fd, text, len, MSG_NOSIGNAL);
    if (n <= 0)
      return;
    text += n;
    len -= (gsize)n;
  }
}

static void
say_forever (int fd)
{
  char block[4096];
  memset (block, 'x', sizeof block);
  while (send (fd, block, sizeof block, MSG_NOSIGNAL) > 0)
    ;
}

static void
answer (Server *self, int fd, const char *request)
{
  g_atomic_int_inc (&self->requests);
#define IS(path) g_str_has_prefix (request, "GET " path " ")
  if (IS ("/ok"))
    say (fd,
         "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"abc\"\r\nLast-Modified: Thu, 01 Jan 1970 "
         "00:00:01 GMT\r\nConnection: close\r\n\r\nhello");
  else if (IS ("/conditional") && strstr (request, "If-None-Match: \"abc\"\r\n") != NULL)
    say (fd, "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n");
  else if (IS ("/header") && strstr (request, "X-Key: value\r\n") != NULL)
    say (fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  else if (IS ("/truncated"))
    say (fd, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\nhello");
  else if (IS ("/endless")) {
    say (fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    say_forever (fd);
  } else if (IS ("/endless-404")) {
    say (fd, "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n");
    say_forever (fd);
  } else if (IS ("/huge"))
    say (fd, "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\nConnection: close\r\n\r\nx");
  else if (IS ("/loop"))
    say (fd,
         "HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  else if (IS ("/to-file"))
    say (fd,
         "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\nConnection: "
         "close\r\n\r\n");
  else if (IS ("/gone"))
    say (fd, "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  else if (IS ("/teapot"))
    say (fd, "HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  else if (IS ("/flaky") && g_atomic_int_add (&self->failures_to_come, -1) > 0)
    say (fd, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  else if (IS ("/flaky"))
    say (fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  else if (IS ("/in-a-second") && g_atomic_int_add (&self->failures_to_come, -1) > 0)
    say (fd, "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: "
             "close\r\n\r\n");
  else if (IS ("/in-a-second"))
    say (fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  else if (IS ("/in-an-hour"))
    say (fd, "HTTP/1.1 503 Busy\r\nRetry-After: 3600\r\nContent-Length: 0\r\nConnection: "
             "close\r\n\r\n");
  else if (IS ("/one-day"))
    say (fd, "HTTP/1.1 503 Busy\r\nRetry-After: Fri, 31 Dec 2100 23:59:59 "
             "GMT\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  else if (IS ("/nonsense"))
    say (fd, "this is not HTTP\r\n\r\n");
  else
    say (fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\nConnection: close\r\n\r\nnot there");
#undef IS
}

static gpointer
serve (gpointer data)
{
  Server *self = data;
  for (;;) {
    autofd int fd = accept (self->listener, NULL, NULL);
    if (fd < 0)
      return NULL;
    char request[4096];
    gsize len = 0;
    while (len < sizeof request - 1) {
      ssize_t n = recv (fd, request + len, sizeof request - 1 - len, 0);
      if (n <= 0)
        break;
      len += (gsize)n;
      request[len] = '\0';
      if (strstr (request, "\r\n\r\n") != NULL) {
        answer (self, fd, request);
        break;
      }
    }
    (void)shutdown (fd, SHUT_WR);
  }
}

static void
server_start (Server *self)
{
  memset (self, 0, sizeof *self);
  self->listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
  socklen_t len = sizeof address;
  g_assert_cmpint (bind (self->listener, (struct sockaddr *)&address, len), ==, 0);
  g_assert_cmpint (listen (self->listener, 64), ==, 0);
  g_assert_cmpint (getsockname (self->listener, (struct sockaddr *)&address, &len), ==, 0);
  self->base = g_strdup_printf ("http://127.0.0.1:%d", ntohs (address.sin_port));
  self->thread = g_thread_new ("server", serve, self);
}

static void
server_stop (Server *self)
{
  (void)shutdown (self->listener, SHUT_RDWR);
  (void)g_thread_join (self->thread);
  (void)close (self->listener);
  g_free (self->base);
}

/* What came of one request. */
typedef struct {
  gboolean done;
  FetchStatus status;
  char *text;
  char *etag;
  char *last_modified;
  char *message;
} Answer;

static void
on_done (FetchResult *result, gpointer user_data)
{
  Answer *answer = user_data;
  g_assert_false (answer->done);
  answer->done = TRUE;
  answer->status = result->status;
  answer->etag = g_strdup (result->etag);
  answer->last_modified = g_strdup (result->last_modified);
  answer->message = result->error != NULL ? g_strdup (result->error->message) : NULL;
  if (result->body != NULL) {
    const guint8 *data;
    gsize len;
    g_assert_true (fetch_body_data (result->body, &data, &len, NULL));
    answer->text = g_strndup ((const char *)data, len);
  }
}

static void
answer_clear (Answer *answer)
{
  g_free (answer->text);
  g_free (answer->etag);
  g_free (answer->last_modified);
  g_free (answer->message);
  memset (answer, 0, sizeof *answer);
}

static void
must_not_drop (gpointer user_data)
{
  g_assert_not_reached ();
}

static gboolean
until_done (gpointer user_data)
{
  return !((Answer *)user_data)->done;
}

typedef struct {
  Server server;
  FetchConfig config;
  Answer answer;
  int tmp;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  server_start (&self->server);
  self->tmp = open (g_get_tmp_dir (), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  static const char *const headers[] = {"X-Key: value", NULL};
  self->config = (FetchConfig){.user_agent = "test", .headers = headers, .tmp_dfd = self->tmp};
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  answer_clear (&self->answer);
  server_stop (&self->server);
  (void)close (self->tmp);
}

static void
fetch_from (Fixture *self, const char *const *bases, const char *path, const char *etag)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Fetcher) fetcher = fetcher_new (&self->config, &error);
  g_assert_no_error (error);
  answer_clear (&self->answer);
  FetchRequest request = {.bases = bases,
                          .path = path,
                          .max_bytes = 100 * 1000,
                          .etag = etag,
                          .done = on_done,
                          .user_data = &self->answer,
                          .drop = must_not_drop};
  fetcher_start (fetcher, &request);
  g_assert_false (fetcher_is_idle (fetcher));
  g_assert_true (fetcher_run (fetcher, until_done, &self->answer, &error));
  g_assert_no_error (error);
  g_assert_true (fetcher_is_idle (fetcher));
}

static void
fetch (Fixture *self, const char *path)
{
  const char *const bases[] = {self->server.base, NULL};
  fetch_from (self, bases, path, NULL);
}

static void
expect_failure (Fixture *self, const char *path, const char *words)
{
  fetch (self, path);
  g_assert_cmpint (self->answer.status, ==, FETCH_FAILED);
  g_autofree char *url = g_strdup_printf ("'%s/%s'", self->server.base, path);
  g_assert_nonnull (strstr (self->answer.message, url));
  if (strstr (self->answer.message, words) == NULL)
    g_error ("'%s' does not say '%s'", self->answer.message, words);
}

static void
test_ok (Fixture *self, gconstpointer data)
{
  fetch (self, "ok");
  g_assert_cmpint (self->answer.status, ==, FETCH_OK);
  g_assert_cmpstr (self->answer.text, ==, "hello");
  g_assert_cmpstr (self->answer.etag, ==, "\"abc\"");
  g_assert_cmpstr (self->answer.last_modified, ==, "Thu, 01 Jan 1970 00:00:01 GMT");
  fetch (self, "header");
  g_assert_cmpint (self->answer.status, ==, FETCH_OK);
}

static void
test_not_found (Fixture *self, gconstpointer data)
{
  self->config.max_retries = 3;
  static const char *const paths[] = {"missing", "gone", "endless-404"};
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
    fetch (self, paths[i]);
    g_assert_cmpint (self->answer.status, ==, FETCH_NOT_FOUND);
    g_assert_nonnull (self->answer.message);
  }
  g_assert_cmpint (g_atomic_int_get (&self->server.requests), ==, 3);
}

static void
test_not_modified (Fixture *self, gconstpointer data)
{
  const char *const bases[] = {self->server.base, NULL};
  fetch_from (self, bases, "conditional", "\"abc\"");
  g_assert_cmpint (self->answer.status, ==, FETCH_NOT_MODIFIED);
}

static void
test_hostile (Fixture *self, gconstpointer data)
{
  expect_failure (self, "truncated", "");
  expect_failure (self, "endless", "more than the 100000 bytes");
  expect_failure (self, "huge", "more than the 100000 bytes");
  expect_failure (self, "loop", "redirect");
  expect_failure (self, "to-file", "");
  expect_failure (self, "teapot", "answered 418");
  expect_failure (self, "nonsense", "");
}

static void
test_retry (Fixture *self, gconstpointer data)
{
  self->server.failures_to_come = 2;
  self->config.max_retries = 2;
  fetch (self, "flaky");
  g_assert_cmpint (self->answer.status, ==, FETCH_OK);
  g_assert_cmpint (g_atomic_int_get (&self->server.requests), ==, 3);

  self->server.failures_to_come = 2;
  self->config.max_retries = 1;
  expect_failure (self, "flaky", "answered 503; tried 2 times");
  g_assert_cmpint (g_atomic_int_get (&self->server.requests), ==, 5);

  self->config.max_retries = 3;
  expect_failure (self, "teapot", "answered 418");
  g_assert_cmpint (g_atomic_int_get (&self->server.requests), ==, 6);
}

/* "Retry-After", as seconds and as a date. */
static void
test_retry_after (Fixture *self, gconstpointer data)
{
  self->server.failures_to_come = 1;
  self->config.max_retries = 3;
  gint64 begin_us = g_get_monotonic_time ();
  fetch (self, "in-a-second");
  g_assert_cmpint (self->answer.status, ==, FETCH_OK);
  g_assert_cmpint (g_get_monotonic_time () - begin_us, >=, G_USEC_PER_SEC);

  /* Nobody is kept waiting so long, and the server is not asked again either. */
  expect_failure (self, "in-an-hour", "come back in 3600 seconds");
  expect_failure (self, "one-day", "come back in ");
  g_assert_cmpint (g_atomic_int_get (&self->server.requests), ==, 4);
}

static void
test_mirrors (Fixture *self, gconstpointer data)
{
  g_autofree char *wrong = g_strdup_printf ("%s/nowhere", self->server.base);
  /* Port 1 of this machine: nobody is there. */
  const char *const bases[] = {"http://127.0.0.1:1", wrong, self->server.base, NULL};
  fetch_from (self, bases, "ok", NULL);
  g_assert_cmpint (self->answer.status, ==, FETCH_OK);
  g_assert_cmpint (g_atomic_int_get (&self->server.requests), ==, 2);

  /* A mirror that could not be asked may well have the file: that is not "not found". */
  fetch_from (self, bases, "missing", NULL);
  g_assert_cmpint (self->answer.status, ==, FETCH_FAILED);
  g_assert_nonnull (strstr (self->answer.message, "127.0.0.1:1/missing"));
}

static void
test_config (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  self->config.tls_client_cert_path = "/x";
  g_assert_null (fetcher_new (&self->config, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_INVALID);
  g_clear_error (&error);
  self->config.tls_client_cert_path = NULL;
  static const char *const headers[] = {"A: b\r\nEvil: yes", NULL};
  self->config.headers = headers;
  g_assert_null (fetcher_new (&self->config, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_INVALID);
}

/* Many requests: each is answered once, and those that matter first are sent first. */
static void
count_done (FetchResult *result, gpointer user_data)
{
  g_assert_cmpint (result->status, ==, FETCH_OK);
  ++*(guint *)user_data;
}

typedef struct {
  guint content;
  guint metadata;
  guint content_before_metadata;
} Counts;

static gboolean
until_all (gpointer user_data)
{
  Counts *counts = user_data;
  if (counts->metadata < 20)
    counts->content_before_metadata = counts->content;
  return counts->content + counts->metadata < 220;
}

static void
test_many (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Fetcher) fetcher = fetcher_new (&self->config, &error);
  const char *const bases[] = {self->server.base, NULL};
  Counts counts = {0};
  for (guint i = 0; i < 220; i++) {
    gboolean metadata = i >= 200;
    FetchRequest request = {.bases = bases,
                            .path = "ok",
                            .max_bytes = 5,
                            .priority = metadata ? FETCH_PRIORITY_METADATA : FETCH_PRIORITY_CONTENT,
                            .done = count_done,
                            .user_data = metadata ? &counts.metadata : &counts.content};
    fetcher_start (fetcher, &request);
  }
  g_assert_true (fetcher_run (fetcher, until_all, &counts, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (counts.content_before_metadata, <, 50);
  g_assert_cmpuint (fetcher_received_bytes (fetcher), ==, 220 * 5);
  g_assert_cmpuint (fetcher_sent_requests (fetcher), ==, 220);
}

/* Never more requests under way than that, and not fewer while there are any. */
typedef struct {
  Fetcher *fetcher;
  guint n_done;
  guint64 most;
} Breadth;

static void
count_end (FetchResult *result, gpointer user_data)
{
  g_assert_cmpint (result->status, ==, FETCH_OK);
  ((Breadth *)user_data)->n_done++;
}

static gboolean
until_twenty (gpointer user_data)
{
  Breadth *self = user_data;
  self->most = MAX (self->most, fetcher_sent_requests (self->fetcher) - self->n_done);
  return self->n_done < 20;
}

static void
test_breadth (Fixture *self, gconstpointer data)
{
  const char *const bases[] = {self->server.base, NULL};
  for (guint max = 1; max <= 3; max++) {
    g_autoptr (GError) error = NULL;
    self->config.max_requests = max;
    g_autoptr (Fetcher) fetcher = fetcher_new (&self->config, &error);
    Breadth breadth = {.fetcher = fetcher};
    FetchRequest request = {
        .bases = bases, .path = "ok", .max_bytes = 5, .done = count_end, .user_data = &breadth};
    for (guint i = 0; i < 20; i++)
      fetcher_start (fetcher, &request);
    g_assert_true (fetcher_run (fetcher, until_twenty, &breadth, &error));
    g_assert_no_error (error);
    g_assert_cmpuint (breadth.most, ==, max);
  }
}

/* A fetcher that is given up: one request waits for a retry, one is in flight, one is queued. */
static void
must_not_end (FetchResult *result, gpointer user_data)
{
  g_assert_not_reached ();
}

static void
count_drop (gpointer user_data)
{
  ++*(guint *)user_data;
}

static gboolean
until_second_request (gpointer user_data)
{
  Server *server = user_data;
  return g_atomic_int_get (&server->requests) < 2;
}

static void
test_drop (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  self->config.max_connections = 1;
  self->config.max_retries = 3;
  self->server.failures_to_come = 1000;
  const char *const bases[] = {self->server.base, NULL};
  g_autoptr (Fetcher) fetcher = fetcher_new (&self->config, &error);
  guint n_dropped = 0;
  FetchRequest request = {.bases = bases,
                          .path = "flaky",
                          .max_bytes = 5,
                          .done = must_not_end,
                          .user_data = &n_dropped,
                          .drop = count_drop};
  for (guint i = 0; i < 3; i++)
    fetcher_start (fetcher, &request);
  g_assert_true (fetcher_run (fetcher, until_second_request, &self->server, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n_dropped, ==, 0);
  g_clear_pointer (&fetcher, fetcher_free);
  g_assert_cmpuint (n_dropped, ==, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
  g_test_add ("/net/fetcher/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("ok", test_ok);
  ADD ("not-found", test_not_found);
  ADD ("not-modified", test_not_modified);
  ADD ("hostile", test_hostile);
  ADD ("retry", test_retry);
  ADD ("retry-after", test_retry_after);
  ADD ("mirrors", test_mirrors);
  ADD ("config", test_config);
  ADD ("many", test_many);
  ADD ("breadth", test_breadth);
  ADD ("drop", test_drop);
#undef ADD
  return g_test_run ();
}
