/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signing what is written; the public part is in tree-sign.h. */
#pragma once

#include "store/txn.h"

/* Stages the detached metadata @dict (NULL: nothing yet) with signatures of the commit in @bytes
 * added by @signers (TreeSigner; NULL: none). Nothing is staged where there is neither. */
gboolean commit_put_detached (Txn *txn, const TreeChecksum *commit, GBytes *bytes, GVariant *dict,
                              const GPtrArray *signers, GError **error);
