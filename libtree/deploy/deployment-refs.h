/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refs ostree/B/S/INDEX, which keep the commits of deployments from being pruned. */
#pragma once

#include "tree-repo.h"

/* Writes those of a list (of Deployment) without a sync: the barrier before the switch covers them.
 */
gboolean deployment_refs_write (TreeRepo *repo, const GPtrArray *list, int bootversion,
                                int subbootversion, GError **error);
/* Deletes all of deployments but the first @n of this version; other refs below ostree/ stay. */
gboolean deployment_refs_clean (TreeRepo *repo, guint n, int bootversion, int subbootversion,
                                GError **error);
