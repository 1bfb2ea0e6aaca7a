/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What to do next in a pull, decided from facts alone: no files, no network, one thread.
 *
 * The facts are items: objects that a commit or a dirtree names, and where they were found. Each
 * leads to one action or to none:
 *
 *                   missing      in a local repository    here (in the repository or staged)
 *   file, dirmeta   fetch        import                   nothing
 *   dirtree         fetch        import                   read: what is below it may be missing
 *
 * Reading, fetching or importing a dirtree gives the facts about what is in it, and so on. A tree
 * ends where a dirtree is the same as the one at the same place of a commit that is known to be
 * complete: such dirtrees are never even added (pull/arrive.c). No object is acted on twice.
 */
#pragma once

#include "tree-types.h"

typedef enum {
  PULL_MISSING,
  PULL_CACHED, /* in a local repository that may be copied from */
  PULL_HERE,
} PullWhere;

typedef enum {
  PULL_FETCH,
  PULL_IMPORT,
  PULL_READ, /* a dirtree that is here */
  PULL_N_ACTIONS,
} PullAction;

typedef struct {
  TreeObjectType type; /* FILE, DIR_TREE or DIR_META */
  PullWhere where;
  TreeChecksum checksum;
  /* Of a dirtree: the one at the same place of a complete commit, to compare with. */
  gboolean has_against;
  TreeChecksum against;
  /* Of a dirtree, when only parts of the tree are wanted and not all below it: where it is. Owned.
   */
  char *route;
} PullItem;

void pull_item_clear (PullItem *self);

typedef struct {
  guint64 n_metadata[PULL_N_ACTIONS]; /* done, by action */
  guint64 n_content[PULL_N_ACTIONS];
  guint64 n_known; /* to fetch and import, done or not; grows while trees are read */
  guint64 n_done;
} PullCounts;

typedef struct PullQueue PullQueue;

PullQueue *pull_queue_new (void);
void pull_queue_free (PullQueue *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PullQueue, pull_queue_free)

/* Takes what @item owns. */
void pull_queue_add (PullQueue *self, PullItem *item);
/* The next item for this action, metadata first, since it leads to more, unless many files wait
 * already. FALSE when there is none now.
 * @out owns what it has. */
gboolean pull_queue_next (PullQueue *self, PullAction action, PullItem *out);
/* An item from pull_queue_next() is through; what it led to was added before. */
void pull_queue_finish (PullQueue *self, PullAction action, TreeObjectType type);
/* An item from pull_queue_next() is to be acted on again. Takes what @item owns. */
void pull_queue_put_back (PullQueue *self, PullAction action, PullItem *item);
/* No dirtree waits or is under way: what is known to be missing is all that is. */
gboolean pull_queue_is_walked (const PullQueue *self);
/* Nothing waits and nothing is under way. */
gboolean pull_queue_is_done (const PullQueue *self);
const PullCounts *pull_queue_counts (const PullQueue *self);
