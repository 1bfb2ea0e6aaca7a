/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is all there that a commit needs? */
#pragma once

#include "store/txn.h"

/* In the repository or staged; TREE_ERROR_CORRUPT names what is missing. */
gboolean delta_check_complete (Txn *txn, const TreeChecksum *root, const TreeChecksum *root_meta,
                               GError **error);
