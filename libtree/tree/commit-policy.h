/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which SELinux policy the options of a commit mean. */
#pragma once

#include "tree-commit.h"
#include "tree/sepolicy.h"

/* *@out is NULL where they mean none. */
gboolean commit_policy_open (const TreeRepo *repo, const TreeSource *sources, guint n_sources,
                             const TreeCommitOptions *options, SePolicy **out, GError **error);
