/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pulls from repositories that are at hand and are no remote's by their url. */
#pragma once

#include "tree-pull.h"

/* From a repository on a medium that anybody may have written, in the place of @remote: commits
 * must be signed as that one demands and not older than what is here, and everything is verified.
 * Errors: TREE_ERROR_SIGNATURE, also when the remote demands no signatures of commits */
gboolean pull_from_medium (TreeRepo *self, const char *remote, TreeRepo *medium,
                           const TreePullOptions *options, TreePullResult *out, GError **error);
/* Copies refs of a collection ("REF@CHECKSUM") to where another repository keeps those of it. */
gboolean pull_collection (TreeRepo *self, TreeRepo *source, const char *collection,
                          const TreePullOptions *options, TreePullResult *out, GError **error);
