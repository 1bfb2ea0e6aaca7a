/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which static deltas a repository keeps, as its configuration says:
 *
 *   [static-delta-policy]
 *   branches=os/stable;os/beta   refs, or what they begin with: "os" is all below it
 *   versions=3                   so many versions before the newest get a delta to it (default 3)
 *   from-empty=true              and there is one from nothing (default)
 *
 * The versions of a branch are its commit and those that it had before, which are the parents
 * unless a release said otherwise (store/predecessors.h). What the policy makes has
 * DELTA_POLICY_MARK and is deleted when the policy does not want it any more; but deltas to the
 * version before the newest stay until the next one, for clients that are under way.
 *
 * All here is under REPO_RELEASE_LOCK, and the repository's shared lock. */
#pragma once

#include "core/delta-name.h"
#include "store/predecessors.h"
#include "tree-delta.h"

typedef struct {
  char **branches; /* owned; none: there is no policy */
  guint n_versions;
  gboolean from_empty;
  Predecessors predecessors;
} DeltaPolicy;

void delta_policy_clear (DeltaPolicy *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DeltaPolicy, delta_policy_clear)

gboolean delta_policy_load (const TreeRepo *repo, DeltaPolicy *out, GError **error);
/* Is it about this branch? */
gboolean delta_policy_has (const DeltaPolicy *self, const char *branch);

/* Makes what is wanted and not there of the deltas to @newest, which is or will be what @branch
 * points at. */
gboolean delta_policy_make (const DeltaPolicy *self, TreeRepo *repo, const char *branch,
                            const TreeChecksum *newest, const TreeDeltaPolicyOptions *options,
                            TreeDeltaPolicyResult *result, GError **error);
/* Deletes what the branches, as they are now, do not want any more. */
gboolean delta_policy_prune (const DeltaPolicy *self, TreeRepo *repo,
                             const TreeDeltaPolicyOptions *options, TreeDeltaPolicyResult *result,
                             GError **error);
