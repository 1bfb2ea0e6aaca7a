/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a commit must say before it is stored. */
#pragma once

#include "core/commit.h"

/* Is the commit meant for @ref (NULL: it was asked for by checksum, or is a parent) of @collection
 * (NULL: the remote has none)? */
gboolean verify_bindings (const Commit *commit, const char *ref, const char *collection,
                          GError **error);
/* Is @commit as new as @current? */
gboolean verify_timestamp (const TreeChecksum *checksum, const Commit *commit,
                           const TreeChecksum *current_checksum, const Commit *current,
                           GError **error);
