/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Publishing: the summary that clients read first, and the indexes of static deltas. The public
 * part is in tree-repo.h. */
#pragma once

#include "store/repo.h"

/* Writes the summary of what the repository holds now; the caller holds the repository's lock.
 * tree_repo_update_summary() also makes the commit of the ref ostree-metadata, where there is a
 * collection; a transaction that updates the summary by itself must not. @metadata: (nullable)
 * `a{sv}` added. */
gboolean publish_summary (TreeRepo *repo, GVariant *metadata, GError **error);
/* The same after a change of refs, where core.auto-update-summary says so. */
gboolean publish_automatically (TreeRepo *repo, GError **error);
