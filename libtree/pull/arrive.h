/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects on their way into the transaction, on worker threads.
 *
 * The thread that owns the pull pushes jobs: a body from the network, the name of an object to
 * import from a local repository, a dirtree to read. Workers verify, unpack and stage; of dirtrees
 * they find out what is missing below. What they found waits until arrival_collect() moves it into
 * the queue, so that only one thread ever touches that. */
#pragma once

#include "net/body.h"
#include "pull/queue.h"
#include "store/txn.h"

typedef struct {
  Txn *txn;
  GPtrArray *sources;          /* TreeRepo: local repositories to import from; borrowed */
  gboolean source_has_all;     /* the first of them is what is pulled from: do not look, take */
  gboolean trusted;            /* import without checking */
  gboolean as_is;              /* the repository is an archive: store what servers send unchecked */
  gboolean refuse_special;     /* see object_writer_refuse_special() */
  const char *const *subpaths; /* NULL: everything */
  void (*wake) (gpointer user_data); /* something can be collected, or failed; from workers */
  gpointer wake_data;
} ArrivalConfig;

typedef struct Arrival Arrival;

/* @config is copied, what it points to borrowed. */
Arrival *arrival_new (const ArrivalConfig *config);
/* Waits for the workers and frees; FALSE with the first error of any of them. */
gboolean arrival_finish (Arrival *self, GError **error);

/* Where an object is now. Any thread. */
gboolean arrival_locate (Arrival *self, TreeObjectType type, const TreeChecksum *checksum,
                         PullWhere *out, GError **error);
/* From now on others stage objects, too, which are to be found here. The owner's thread. */
void arrival_expect_staged (Arrival *self);
/* Takes what @item owns, and @body (PULL_FETCH, from @url; NULL otherwise). */
void arrival_push (Arrival *self, PullAction action, PullItem *item, FetchBody *body,
                   const char *url);
/* Did the object come once already, with bytes that were not its own? It is fetched once more. */
gboolean arrival_was_bad (Arrival *self, const TreeChecksum *checksum);
/* Has a worker publish what is whole by now (txn_publish_early()); does nothing while one is at it.
 */
void arrival_publish (Arrival *self);
/* Jobs that were pushed and not collected yet. */
guint arrival_n_underway (Arrival *self);
/* Moves results to @queue. FALSE when a job failed: then arrival_finish() tells why. */
gboolean arrival_collect (Arrival *self, PullQueue *queue);
/* Sleeps until there is something to collect; for pulls without a fetcher to run. */
void arrival_wait (Arrival *self, guint timeout_ms);
