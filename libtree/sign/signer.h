/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who signs: a key and what it signs with. The public part is in tree-sign.h. */
#pragma once

#include "sign/engine.h"
#include "tree-sign.h"

/* Adds a signature by each of them to the dictionary *@dict, which is NULL for none yet; it is
 * replaced. */
gboolean signers_sign (const GPtrArray *signers, GBytes *data, GVariant **dict, GError **error);
/* The same by those of them whose signature is not there. */
gboolean signers_sign_missing (const GPtrArray *signers, GBytes *data, GVariant **dict,
                               GError **error);
