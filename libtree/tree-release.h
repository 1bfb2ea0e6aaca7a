/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Releasing: a commit becomes what those who follow a branch get. */
#pragma once

#include "tree-delta.h"

G_BEGIN_DECLS

/**
 * TreeReleaseOptions:
 * @signers: (nullable): TreeSigner, of the commit, the static deltas and the summary
 * @no_deltas: leave the deltas to tree_repo_apply_delta_policy()
 * @report: (nullable): called for each delta that was made or deleted
 * @user_data: for @report
 * @progress: (nullable): of the delta that is being made
 * @progress_data: for @progress
 */
typedef struct {
  const GPtrArray *signers;
  gboolean no_deltas;
  void (*report) (const char *delta, gboolean made, gpointer user_data);
  gpointer user_data;
  TreeProgress progress;
  gpointer progress_data;
} TreeReleaseOptions;

/**
 * TreeReleaseResult:
 * @commit: what the branch has now
 * @is_same: it is the one that was asked for; else another of its tree, which is meant for the
 * branch
 * @has_previous: the branch had a commit before
 * @moved: the branch had another commit before
 * @added_signatures: to the commit
 * @deltas: what became of them
 * @wrote_summary: it was not as it should be
 */
typedef struct {
  TreeChecksum commit;
  gboolean is_same;
  gboolean has_previous;
  TreeChecksum previous;
  gboolean moved;
  gboolean added_signatures;
  TreeDeltaPolicyResult deltas;
  gboolean wrote_summary;
} TreeReleaseResult;

/**
 * tree_repo_release:
 * @branch: a local ref, which need not be there yet
 * @commit: what is released: of this branch, or of another one
 *
 * Signs the commit, makes the static deltas that the repository's policy wants to it, points the
 * branch at it, and writes the summary, in this order: until the ref moves no client sees any of
 * it. What is there already is not made anew, so that one that was cut short goes on when it is
 * called again; and when nothing is left to do nothing is done.
 *
 * A commit that is bound to other branches is not what clients of this one take: then a commit of
 * the same tree, time and metadata is released, which is bound to it and follows what it has now.
 *
 * Errors: TREE_ERROR_NOT_FOUND for a commit that is not here as a whole; TREE_ERROR_INVALID for one
 * that is older than what the branch has, which clients would refuse; TREE_ERROR_SIGNATURE where
 * what is signed now would not be; TREE_ERROR_LOCKED while another release is under way
 */
TREE_API gboolean tree_repo_release (TreeRepo *self, const char *branch, const TreeChecksum *commit,
                                     const TreeReleaseOptions *options, TreeReleaseResult *out,
                                     GError **error);

G_END_DECLS
