/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signing what is written; the public part is in tree-sign.h. */
#pragma once

#include "sign/keys.h"
#include "store/txn.h"
#include "tree-sign.h"

/* Stages the detached metadata @dict (NULL: nothing yet) with signatures of the commit in @bytes
 * added by @signers (TreeSigner; NULL: none). Nothing is staged where there is neither. */
gboolean commit_put_detached (Txn *txn, const TreeChecksum *commit, GBytes *bytes, GVariant *dict,
                              const GPtrArray *signers, GError **error);

/* The keys that were given, and no others. */
SignKeys *given_keys_load (const TreeVerifyKeys *given, GError **error);
/* tree_repo_sign_commit() by those whose signature is not there. *@out_signed: there was one. */
gboolean commit_sign_missing (TreeRepo *repo, const TreeChecksum *commit, const GPtrArray *signers,
                              gboolean *out_signed, GError **error);

/* The keys that count when somebody verifies by hand: those that were given, and those of the
 * system as far as TreeVerifyKeys says. */
SignKeys *verify_keys_load (const TreeRepo *repo, const TreeVerifyKeys *given, GError **error);

/* Removes from @signatures (GBytes, of the bytes @data) those that must go. */
typedef gboolean (*CommitRemove) (GBytes *data, GPtrArray *signatures, gpointer user_data,
                                  guint *out_n, GError **error);
/* Removes signatures from the array @key of a commit's detached metadata. */
gboolean commit_remove_signatures (TreeRepo *repo, const TreeChecksum *commit, const char *key,
                                   CommitRemove remove, gpointer user_data, guint *out_n,
                                   GError **error);
