/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The word of a command line that names a commit. */
#pragma once

#include "tree-repo.h"

/* tree_repo_resolve_rev(), whose error also names a ref that was perhaps meant. */
gboolean rev_resolve (const TreeRepo *repo, const char *rev, TreeChecksum *out, GError **error);
