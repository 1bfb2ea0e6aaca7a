/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which objects a set of commits needs. Each directory is read once, however many commits share it;
 * files are not looked at. */
#pragma once

#include "core/object-set.h"
#include "store/repo.h"

typedef struct Traversal Traversal;

typedef enum {
  TRAVERSE_STRICT,   /* what a complete commit lacks is TREE_ERROR_NOT_FOUND */
  TRAVERSE_TOLERANT, /* directories that are missing or damaged are in the set like others; what is
                        below them is not */
} TraverseMode;

Traversal *traversal_new (const TreeRepo *repo, TraverseMode mode);
void traversal_free (Traversal *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Traversal, traversal_free)

/* Adds a commit, its tree, and @depth parents with theirs (-1: all). A parent that is not there
 * ends the way back; @commit itself must be. Below a partial commit anything may be missing. */
gboolean traversal_add_commit (Traversal *self, const TreeChecksum *commit, int depth,
                               GError **error);
/* What has been reached so far. Borrowed. */
const ObjectSet *traversal_objects (const Traversal *self);
