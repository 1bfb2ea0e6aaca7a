/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signing commits and summaries, and verifying commits by hand. What a pull verifies is set in the
 * configuration of the remote. */
#pragma once

#include "tree-repo.h"

G_BEGIN_DECLS

/* Is @type one that signatures can be of? The error lists them. */
TREE_API gboolean tree_sign_check_type (const char *type, GError **error);

/* One who signs: an engine and its secret keys, which are erased when it is freed. */
typedef struct TreeSigner TreeSigner;

/**
 * tree_signer_new:
 * @type: "ed25519" or "spki"; "dummy" for tests, with OSTREE_DUMMY_SIGN_ENABLED in the environment
 * @secret: for ed25519 base64 of seed and public key, for spki base64 of PKCS #8
 *
 * Errors: TREE_ERROR_UNSUPPORTED; TREE_ERROR_INVALID for what is no secret key
 */
TREE_API TreeSigner *tree_signer_new (const char *type, const char *secret, GError **error);

/**
 * tree_signer_new_from_fd:
 * @fd: a file or pipe that holds a key a line, or for spki PEM blocks; read to its end
 *
 * The same without the secret passing through the memory of others. It signs by each key.
 */
TREE_API TreeSigner *tree_signer_new_from_fd (const char *type, int fd, GError **error);
TREE_API void tree_signer_free (TreeSigner *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TreeSigner, tree_signer_free)

/**
 * tree_repo_sign_commit:
 * @signers: TreeSigner
 *
 * Adds signatures to those that the commit has. Its checksum stays the same.
 */
TREE_API gboolean tree_repo_sign_commit (TreeRepo *self, const TreeChecksum *commit,
                                         const GPtrArray *signers, GError **error);

/**
 * TreeVerifyKeys:
 * @type: of the engine, as above
 * @keys: (nullable): public keys, NULL-terminated: base64 of 32 bytes for ed25519, of a
 * SubjectPublicKeyInfo for spki
 * @keys_file: (nullable): a file of them
 * @keys_dir: (nullable): a folder with trusted.TYPE, trusted.TYPE.d, revoked.TYPE and
 * revoked.TYPE.d; NULL: those of the system, usr/share/ostree and etc/ostree, of which the trusted
 * ones count only where nothing else is given
 */
typedef struct {
  const char *type;
  const char *const *keys;
  const char *keys_file;
  const char *keys_dir;
} TreeVerifyKeys;

/**
 * tree_repo_verify_commit:
 * @out_text: (transfer full): by which key it is signed
 *
 * One signature by a key that is trusted and not revoked is enough.
 *
 * Errors: TREE_ERROR_SIGNATURE when there is none
 */
TREE_API gboolean tree_repo_verify_commit (const TreeRepo *self, const TreeChecksum *commit,
                                           const TreeVerifyKeys *keys, char **out_text,
                                           GError **error);

/**
 * tree_repo_unsign_commit:
 * @keys: the public keys whose signatures go; its folders mean nothing
 * @out_n: how many went
 *
 * Removes signatures.
 */
TREE_API gboolean tree_repo_unsign_commit (TreeRepo *self, const TreeChecksum *commit,
                                           const TreeVerifyKeys *keys, guint *out_n,
                                           GError **error);

/**
 * tree_repo_update_summary:
 * @metadata: (nullable): `a{sv}` added to it
 * @signers: (nullable): TreeSigner
 *
 * Writes `summary` from the refs, and `summary.sig` by the signers. Without any, a signature that
 * no longer fits is removed.
 */
TREE_API gboolean tree_repo_update_summary (TreeRepo *self, GVariant *metadata,
                                            const GPtrArray *signers, GError **error);

G_END_DECLS
