/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signatures of static deltas. */
#pragma once

#include "delta/load.h"
#include "tree-sign.h"

/* @keys: NULL is an error: what must be signed needs one. *@out_text (transfer full): by which key
 * it is signed. */
gboolean delta_verify (const TreeRepo *repo, const Delta *delta, const TreeVerifyKeys *keys,
                       char **out_text, GError **error);
