/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a repository has its list of revoked keys (core/revoked-keys.h) and the list's signature,
 * and how its summary.sig announces it.
 *
 * A client would have to ask for the list at each check. So that one request is enough when nothing
 * is new, summary.sig has a key that says which list there is: while summary.sig stays the same, so
 * does the list. Nobody is believed who says so: the key is not signed, and a thief can sign what
 * he likes; so whoever gets another summary.sig, or is about to take a commit, asks for the list
 * whatever the key says (pull/revoked.h).
 *
 * Ours, not of the formats: other programs pass over the key, and a summary.sig without it makes
 * clients ask each time. */
#pragma once

#include "store/repo.h"

/* In the dictionary that summary.sig is: `ay`, the SHA-256 of the list; empty when there is none.
 */
#define REVOKED_ANNOUNCEMENT_KEY "pando.revoked-keys"

#define REVOKED_SIG_MAX_BYTES ((gsize)1024 * 1024)

/* Both are NULL where there is no list. */
gboolean revoked_read (const TreeRepo *repo, GBytes **out_list, GBytes **out_signature,
                       GError **error);
/* Adds the key to the dictionary *@signatures, which is replaced. @list: (nullable) */
void revoked_announce (GVariant **signatures, GBytes *list);
/* Do the bytes of a summary.sig (hostile; NULL: there is none) say that @list is the one?
 * @list: (nullable): there is none */
gboolean revoked_is_announced (GBytes *summary_signature, GBytes *list);
