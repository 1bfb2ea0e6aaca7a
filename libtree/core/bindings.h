/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which refs and collection a commit says it was made for: what keeps a server, or somebody
 * between, from giving one branch's commit out as another's. */
#pragma once

#include "tree-types.h"

/**
 * bindings_verify:
 * @metadata: of the commit
 * @collection: (nullable): what the remote is said to be
 * @ref: (nullable): what was asked for, without a remote
 *
 * Errors: TREE_ERROR_INVALID when the commit is bound to something else. A commit without any
 * binding is accepted when there is no @collection.
 */
gboolean bindings_verify (GVariant *metadata, const char *collection, const char *ref,
                          GError **error);
