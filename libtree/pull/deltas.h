/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Static deltas in a pull. A delta is looked for before the commit is asked for, since it brings
 * the commit with it; its parts are fetched and applied once the commit was verified and stored;
 * and then the tree is walked as without one, which fetches what the delta left out. */
#pragma once

#include "pull/context.h"
#include "pull/summary.h"

/* @context: borrowed */
PullDeltas *pull_deltas_new (PullContext *context);
/* To be called before the fetcher and the transaction are freed. */
void pull_deltas_free (PullDeltas *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PullDeltas, pull_deltas_free)

/* Finds a delta to @commit, if deltas are to be used and there is one. Errors: TREE_ERROR_NOT_FOUND
 * when there must be one and is none. */
gboolean pull_deltas_find (PullDeltas *self, const PullSummary *summary, const TreeChecksum *commit,
                           const char *ref, GError **error);
/* Of the parts and fallbacks that are needed of the delta to @commit: bytes to fetch, and what they
 * take on the disk. */
gboolean pull_deltas_sizes (PullDeltas *self, const TreeChecksum *commit, guint64 *out_fetched,
                            guint64 *out_disk, GError **error);
/* The bytes of a commit that a delta brings; borrowed. NULL when there is no delta to it. */
GBytes *pull_deltas_commit (const PullDeltas *self, const TreeChecksum *commit);
/* Its detached metadata, if it brings that: (transfer full), or NULL. */
GBytes *pull_deltas_commitmeta (const PullDeltas *self, const TreeChecksum *commit);
/* Begins with the delta to a commit, if there is one. */
gboolean pull_deltas_start (PullDeltas *self, const TreeChecksum *commit, GError **error);
/* Goes on with what was begun. */
gboolean pull_deltas_step (PullDeltas *self, GError **error);
/* Nothing of the delta to this commit is under way, and will not be. */
gboolean pull_deltas_is_done (PullDeltas *self, const TreeChecksum *commit);

typedef struct {
  guint n_parts; /* of all deltas together */
  guint n_done;
  guint64 bytes;
  guint64 unpacked_bytes;
} PullDeltaCounts;
void pull_deltas_count (PullDeltas *self, PullDeltaCounts *out);
