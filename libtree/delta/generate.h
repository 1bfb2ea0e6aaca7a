/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tree-delta.h"

/* tree_repo_generate_delta(). @by_policy: leaves DELTA_POLICY_MARK in it. */
gboolean delta_generate (TreeRepo *self, const TreeChecksum *from, const TreeChecksum *to,
                         const TreeGenerateDeltaOptions *options, gboolean by_policy,
                         TreeGenerateDeltaResult *out, GError **error);
