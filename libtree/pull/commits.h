/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commits of a pull: fetched with their detached metadata, verified, marked as partial, stored;
 * their parents as deep as it was asked for; their trees put into the queue. */
#pragma once

#include "pull/context.h"
#include "pull/refs.h"

typedef struct PullCommits PullCommits;

/* @context: borrowed */
PullCommits *pull_commits_new (PullContext *context);
void pull_commits_free (PullCommits *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PullCommits, pull_commits_free)

gboolean pull_commits_want (PullCommits *self, const WantedRef *ref, GError **error);
/* Goes on with those whose bytes have come. */
gboolean pull_commits_step (PullCommits *self, GError **error);
/* None is waited for, and no delta. */
gboolean pull_commits_is_done (const PullCommits *self);
/* After the transaction: the commits are complete, and their marks go. */
gboolean pull_commits_unmark (PullCommits *self, GError **error);
/* Commit objects and detached metadata that came. */
guint pull_commits_n_arrived (const PullCommits *self);
