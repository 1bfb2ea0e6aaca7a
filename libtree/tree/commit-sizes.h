/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sizes of everything that a commit reaches, for its metadata. */
#pragma once

#include "tree/merge.h"

/* *@out: owned by the caller, as core/sizes.h says. All objects must be staged or in the
 * repository. */
gboolean commit_sizes_collect (Txn *txn, const TreeRoot *root, GVariant **out, GError **error);
