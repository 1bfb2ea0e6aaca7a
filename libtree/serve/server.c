/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The read-only HTTP server: libmicrohttpd's threads, what site.c lets them see, and the headers
 * that make clients and caches fetch nothing twice. Nothing is written; a request costs the server
 * no memory beyond its connection and a small file. */
#include "config.h"

#include "tree-serve.h"

#include "base/error.h"

#ifdef HAVE_MICROHTTPD

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/http-date.h"
#include "base/pool.h"
#include "serve/http.h"
#include "serve/mhd-load.h"
#include "serve/site.h"

/* Up to this size one read and one send are cheaper than sendfile's extra calls. */
#define READ_MAX_BYTES ((guint64)32 * 1024)
#define CONNECTION_TIMEOUT_S 120
#define CONNECTION_LIMIT 4000

struct TreeServer {
  const MhdApi *mhd;
  struct MHD_Daemon *daemon;
  TreeRepo *repo;
  int dfd; /* of the repository; borrowed from it */
  TreeServeOptions options;
  guint port;
  char *url;
};

typedef struct {
  TreeServer *server;
  struct MHD_Connection *connection;
  const char *method;
  const char *path;
} Request;

static const char *
header_of (const Request *request, const char *name)
{
  return request->server->mhd->lookup_connection_value (request->connection, MHD_HEADER_KIND, name);
}

static void
add_header (const Request *request, struct MHD_Response *response, const char *name,
            const char *value)
{
  (void)request->server->mhd->add_response_header (response, name,
                                                   value); /* fails without memory */
}

/* Sends and releases @response. */
static enum MHD_Result
send_response (const Request *request, guint status, struct MHD_Response *response, guint64 bytes)
{
  const TreeServer *self = request->server;
  if (response == NULL)
    return MHD_NO;
  enum MHD_Result result = self->mhd->queue_response (request->connection, status, response);
  self->mhd->destroy_response (response);
  if (self->options.log != NULL)
    self->options.log (request->method, request->path, status, bytes, self->options.user_data);
  return result;
}

static enum MHD_Result
send_text (const Request *request, guint status, const char *text)
{
  struct MHD_Response *response = request->server->mhd->create_response_from_buffer (
      strlen (text), (void *)text, MHD_RESPMEM_PERSISTENT);
  if (response != NULL && status == MHD_HTTP_METHOD_NOT_ALLOWED)
    add_header (request, response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
  if (response != NULL)
    add_header (request, response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; charset=utf-8");
  return send_response (request, status, response, strlen (text));
}

static void
add_file_headers (const Request *request, struct MHD_Response *response, const SiteFile *file)
{
  char date[HTTP_DATE_LEN + 1];
  http_date_format (file->mtime_s, date);
  add_header (request, response, MHD_HTTP_HEADER_ETAG, file->etag);
  add_header (request, response, MHD_HTTP_HEADER_LAST_MODIFIED, date);
  add_header (request, response, MHD_HTTP_HEADER_CACHE_CONTROL,
              file->caching == SITE_IMMUTABLE ? "public, max-age=31536000, immutable" : "no-cache");
  add_header (request, response, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
}

/* Does the client have it already? An entity tag says more than a date and goes first. */
static gboolean
is_not_modified (const Request *request, const SiteFile *file)
{
  const char *tags = header_of (request, MHD_HTTP_HEADER_IF_NONE_MATCH);
  if (tags != NULL)
    return http_etag_in_list (tags, file->etag);
  const char *since = header_of (request, MHD_HTTP_HEADER_IF_MODIFIED_SINCE);
  gint64 since_s;
  return since != NULL && http_date_parse (since, &since_s) && file->mtime_s <= since_s;
}

/* A range of a file that has changed since the first part of it was fetched is of no use. */
static const char *
range_of (const Request *request, const SiteFile *file)
{
  const char *condition = header_of (request, MHD_HTTP_HEADER_IF_RANGE);
  gint64 time_s;
  if (condition != NULL && strcmp (condition, file->etag) != 0 &&
      !(http_date_parse (condition, &time_s) && time_s == file->mtime_s))
    return NULL;
  return header_of (request, MHD_HTTP_HEADER_RANGE);
}

static struct MHD_Response *
response_from_memory (const Request *request, char *data, guint64 len)
{
  struct MHD_Response *response = request->server->mhd->create_response_from_buffer (
      len, data, MHD_RESPMEM_MUST_FREE);
  if (response == NULL)
    g_free (data);
  return response;
}

static struct MHD_Response *
response_from_file (const Request *request, SiteFile *file, guint64 start, guint64 len)
{
  if (file->text != NULL)
    return response_from_memory (request, g_memdup2 (file->text + start, len), len);
  if (len > READ_MAX_BYTES)
    return request->server->mhd->create_response_from_fd_at_offset64 (len, fd_steal (&file->fd),
                                                                      start);
  g_autofree char *data = g_malloc (MAX (len, 1));
  gsize have = 0;
  while (have < len) {
    ssize_t n = pread (file->fd, data + have, len - have, (off_t)(start + have));
    if (n <= 0)
      return NULL; /* truncated under us: the connection is closed */
    have += (gsize)n;
  }
  return response_from_memory (request, g_steal_pointer (&data), len);
}

static enum MHD_Result
send_bad_range (const Request *request, const SiteFile *file)
{
  g_autofree char *size = g_strdup_printf ("bytes */%" G_GUINT64_FORMAT, file->size);
  struct MHD_Response *response = request->server->mhd->create_response_from_buffer (
      0, NULL, MHD_RESPMEM_PERSISTENT);
  if (response != NULL)
    add_header (request, response, MHD_HTTP_HEADER_CONTENT_RANGE, size);
  return send_response (request, MHD_HTTP_RANGE_NOT_SATISFIABLE, response, 0);
}

static enum MHD_Result
send_file (const Request *request, SiteFile *file)
{
  if (is_not_modified (request, file)) {
    struct MHD_Response *response = request->server->mhd->create_response_from_buffer (
        0, NULL, MHD_RESPMEM_PERSISTENT);
    if (response != NULL)
      add_file_headers (request, response, file);
    return send_response (request, MHD_HTTP_NOT_MODIFIED, response, 0);
  }
  guint64 start = 0, len = file->size;
  HttpRange range = http_range_parse (range_of (request, file), file->size, &start, &len);
  if (range == HTTP_RANGE_BAD)
    return send_bad_range (request, file);
  struct MHD_Response *response = response_from_file (request, file, start, len);
  if (response == NULL)
    return MHD_NO;
  add_file_headers (request, response, file);
  add_header (request, response, MHD_HTTP_HEADER_CONTENT_TYPE, file->content_type);
  if (range == HTTP_RANGE_PART) {
    g_autofree char *part = g_strdup_printf ("bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT
                                             "/%" G_GUINT64_FORMAT,
                                             start, start + len - 1, file->size);
    add_header (request, response, MHD_HTTP_HEADER_CONTENT_RANGE, part);
  }
  return send_response (request, range == HTTP_RANGE_PART ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK,
                        response, len);
}

static enum MHD_Result
on_request (void *user_data, struct MHD_Connection *connection, const char *url, const char *method,
            const char *version, const char *upload, size_t *upload_len, void **state)
{
  TreeServer *self = user_data;
  if (*state == NULL) /* the headers are there; the answer may be given when the request is whole */
  {
    *state = self;
    return MHD_YES;
  }
  if (*upload_len > 0) /* nobody wants it */
  {
    *upload_len = 0;
    return MHD_YES;
  }
  Request request = {self, connection, method, url};
  if (strcmp (method, MHD_HTTP_METHOD_GET) != 0 && strcmp (method, MHD_HTTP_METHOD_HEAD) != 0)
    return send_text (&request, MHD_HTTP_METHOD_NOT_ALLOWED, "this server is read-only\n");
  g_auto (SiteFile) file = {.fd = -1};
  if (!site_open (self->dfd, url, &file))
    return send_text (&request, MHD_HTTP_NOT_FOUND, "not found\n");
  return send_file (&request, &file);
}

typedef union {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} Address;

static gboolean
parse_address (const char *text, guint port, Address *out, GError **error)
{
  memset (out, 0, sizeof *out);
  if (port > 65535)
    return throw_error (error, TREE_ERROR_INVALID, "port %u is above 65535", port);
  if (inet_pton (AF_INET, text, &out->v4.sin_addr) == 1) {
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons ((guint16)port);
    return TRUE;
  }
  if (inet_pton (AF_INET6, text, &out->v6.sin6_addr) == 1) {
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = htons ((guint16)port);
    return TRUE;
  }
  return throw_error (error, TREE_ERROR_INVALID,
                      "'%s' is no IPv4 or IPv6 address; use 0.0.0.0 or :: to listen on all", text);
}

static gboolean
start (TreeServer *self, const char *text, GError **error)
{
  Address address;
  if (!parse_address (text, self->options.port, &address, error))
    return FALSE;
  guint threads = self->options.n_threads > 0 ? self->options.n_threads : pool_default_workers (0);
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD;
  if (address.any.sa_family == AF_INET6)
    flags |= MHD_USE_IPv6;
  self->daemon = self->mhd->start_daemon (
      flags, (guint16)self->options.port, NULL, NULL, on_request, self, MHD_OPTION_SOCK_ADDR,
      &address.any, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_TIMEOUT_S,
      MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTION_LIMIT, MHD_OPTION_THREAD_POOL_SIZE,
      threads > 1 ? threads : 0u, MHD_OPTION_END);
  if (self->daemon == NULL)
    return throw_errno (error, "listen on %s port %u", text, self->options.port);
  const union MHD_DaemonInfo *info = self->mhd->get_daemon_info (self->daemon,
                                                                 MHD_DAEMON_INFO_BIND_PORT);
  self->port = info != NULL ? info->port : self->options.port;
  self->url = g_strdup_printf (
      address.any.sa_family == AF_INET6 ? "http://[%s]:%u" : "http://%s:%u", text, self->port);
  return TRUE;
}

TreeServer *
tree_server_start (TreeRepo *repo, const TreeServeOptions *options, GError **error)
{
  if (tree_repo_get_mode (repo) != TREE_MODE_ARCHIVE)
    return throw_null (error, TREE_ERROR_UNSUPPORTED,
                       "'%s' is a %s repository: only archive repositories can be served; make one "
                       "and copy into it by pull-local",
                       tree_repo_get_path (repo), tree_mode_to_string (tree_repo_get_mode (repo)));
  const MhdApi *mhd = mhd_load (error);
  if (mhd == NULL)
    return NULL;
  g_autoptr (TreeServer) self = g_new0 (TreeServer, 1);
  self->mhd = mhd;
  self->repo = tree_repo_ref (repo);
  self->dfd = tree_repo_get_dfd (repo);
  self->options = *options;
  if (!start (self, options->listen != NULL ? options->listen : "127.0.0.1", error))
    return NULL;
  return g_steal_pointer (&self);
}

guint
tree_server_get_port (const TreeServer *self)
{
  return self->port;
}

const char *
tree_server_get_url (const TreeServer *self)
{
  return self->url;
}

void
tree_server_stop (TreeServer *self)
{
  if (self == NULL)
    return;
  if (self->daemon != NULL)
    self->mhd->stop_daemon (self->daemon);
  tree_repo_unref (self->repo);
  g_free (self->url);
  g_free (self);
}

#else

TreeServer *
tree_server_start (TreeRepo *repo, const TreeServeOptions *options, GError **error)
{
  return throw_null (
      error, TREE_ERROR_UNSUPPORTED,
      "serving is not built in: build with libmicrohttpd, or let any web server serve "
      "the repository's folder");
}

guint
tree_server_get_port (const TreeServer *self)
{
  return 0;
}

const char *
tree_server_get_url (const TreeServer *self)
{
  return NULL;
}

void
tree_server_stop (TreeServer *self)
{
}

#endif
