/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much room a pull needs and how many bytes it fetches, as far as that can be known before it
 * does: commits tell the sizes of their objects if they were made so, and static deltas always do.
 * What is known and does not fit ends the pull before anything is written. What is not known is
 * estimated once the trees are walked and some files are there; then there is only a warning. */
#pragma once

#include "core/commit.h"
#include "pull/context.h"

/* @context: borrowed */
PullSpace *pull_space_new (PullContext *context);
void pull_space_free (PullSpace *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PullSpace, pull_space_free)

/* The tree of a commit will be pulled, beside those that were added before. With @alone, what an
 * earlier pull of something else left is removed first, if that can be told.
 * Errors: TREE_ERROR_NO_SPACE; TREE_ERROR_CORRUPT for sizes that are none */
gboolean pull_space_add (PullSpace *self, const TreeChecksum *checksum, const Commit *commit,
                         gboolean alone, GError **error);
/* Bytes that are to come, and files and directories; FALSE while they are not known for all
 * commits. */
gboolean pull_space_total (const PullSpace *self, guint64 *out_bytes, guint64 *out_objects);
/* Between two steps of the pull: warns if what is estimated does not fit. @n_left: files to come */
void pull_space_estimate (PullSpace *self, guint64 n_left);
