/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which objects a set of commits needs. Each directory is read once, however many commits share it;
 * files are not looked at. */
#pragma once

#include "core/object-set.h"
#include "store/repo.h"

typedef struct Traversal Traversal;

typedef enum {
  TRAVERSE_STRICT = 0, /* what a complete commit lacks is TREE_ERROR_NOT_FOUND */
  /* Directories that are missing or damaged are in the set like others; what is below them is not.
   */
  TRAVERSE_TOLERANT = 1 << 0,
  TRAVERSE_COMMITS = 1 << 1, /* only commits, not their trees */
} TraverseFlags;

Traversal *traversal_new (const TreeRepo *repo, TraverseFlags flags);
void traversal_free (Traversal *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Traversal, traversal_free)

/* Adds a commit, its tree, and @depth parents with theirs (-1: all). A parent that is not there
 * ends the way back; @commit itself must be. Below a partial commit anything may be missing. */
gboolean traversal_add_commit (Traversal *self, const TreeChecksum *commit, int depth,
                               GError **error);
/* Adds a commit and the parents behind it, up to the first commit that is older than @since or not
 * there; @commit itself however old. */
gboolean traversal_add_since (Traversal *self, const TreeChecksum *commit, gint64 since,
                              GError **error);
/* From now on this commit is treated as one that is not there. */
void traversal_block (Traversal *self, const TreeChecksum *commit);
/* What has been reached so far. Borrowed. */
const ObjectSet *traversal_objects (const Traversal *self);
/* The same, for who needs the traversal no longer. (transfer full) */
ObjectSet *traversal_steal_objects (Traversal *self);
