/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A read-only HTTP server for one repository. */
#pragma once

#include "tree-repo.h"

G_BEGIN_DECLS

/* A running server; its threads are its own. */
typedef struct TreeServer TreeServer;

/* Called for each request when it is answered, by any of the server's threads, several at once.
 * @bytes: of the body */
typedef void (*TreeServeLog) (const char *method, const char *path, guint status, guint64 bytes,
                              gpointer user_data);

/**
 * TreeServeOptions:
 * @listen: (nullable): an IPv4 or IPv6 address; NULL is 127.0.0.1
 * @port: 0 lets the system choose: tree_server_get_port()
 * @n_threads: 0 is one for each processor
 * @log: (nullable): told about each request
 */
typedef struct {
  const char *listen;
  guint port;
  guint n_threads;
  TreeServeLog log;
  gpointer user_data;
} TreeServeOptions;

/**
 * tree_server_start:
 * @repo: an archive repository
 *
 * Listens and returns at once. GET and HEAD only, of: the [core] group of `config`, `summary`,
 * `summary.sig`, and the files below `refs`, `objects`, `deltas` and `delta-indexes`; never of
 * anything outside of the repository. Ranges and conditional requests are answered as HTTP says.
 * The caller should block SIGPIPE before, in all threads.
 *
 * Errors: TREE_ERROR_UNSUPPORTED for a repository of another mode, and when libmicrohttpd is not
 * built in or not installed.
 * Returns: (transfer full): the server, or NULL
 */
TREE_API TreeServer *tree_server_start (TreeRepo *repo, const TreeServeOptions *options,
                                        GError **error);
/* The port that it listens on. */
TREE_API guint tree_server_get_port (const TreeServer *self);
/* The URL of the repository, without a slash at its end; borrowed. */
TREE_API const char *tree_server_get_url (const TreeServer *self);
/* Stops listening, closes all connections and frees. NULL is fine. */
TREE_API void tree_server_stop (TreeServer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TreeServer, tree_server_stop)

G_END_DECLS
