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

/**
 * tree_signer_new_command:
 * @command: a program and its words, quoted as for a shell, which is not used
 *
 * Signs by what the program writes to its standard output when it is given the bytes on its
 * standard input: the key stays in a security module, or with a key service.
 */
TREE_API TreeSigner *tree_signer_new_command (const char *type, const char *command,
                                              GError **error);

/**
 * tree_signer_new_gpg:
 * @key_id: what gpg takes for the name of a key; its secret one must be there
 * @home: (nullable): the home directory of gpg; NULL: the user's
 *
 * Signs by OpenPGP. gpg's agent may ask for a passphrase.
 *
 * Errors: TREE_ERROR_UNSUPPORTED without gpgme or gpg; TREE_ERROR_NOT_FOUND
 */
TREE_API TreeSigner *tree_signer_new_gpg (const char *key_id, const char *home, GError **error);
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
 * tree_repo_gpg_unsign_commit:
 * @key_ids: keys as gpg names them, NULL-terminated
 * @home: (nullable): where gpg finds them; a key that is not there is meant by its fingerprint or
 * the end of it
 *
 * Removes OpenPGP signatures.
 */
TREE_API gboolean tree_repo_gpg_unsign_commit (TreeRepo *self, const TreeChecksum *commit,
                                               const char *const *key_ids, const char *home,
                                               guint *out_n, GError **error);

/**
 * tree_repo_gpg_describe_commit:
 * @remote: (nullable): check by the keys of this remote; NULL: by all that any remote has, and the
 * system's
 * @folder: (nullable): of more keyrings
 * @out: (transfer full): a text for each OpenPGP signature, of some lines; empty without any
 *
 * What there is to say about the signatures of a commit, good or not.
 */
TREE_API gboolean tree_repo_gpg_describe_commit (const TreeRepo *self, const TreeChecksum *commit,
                                                 const char *remote, const char *folder,
                                                 GPtrArray **out, GError **error);

/**
 * tree_repo_update_summary:
 * @metadata: (nullable): `a{sv}` added to it
 * @signers: (nullable): TreeSigner
 * @generations: `summary.sig` also names an immutable copy of its summary, summaries/DIGEST, so
 * that clients that know it never see two files that do not belong together
 *
 * Writes `summary` from the refs, and `summary.sig` by the signers. Without any, a signature that
 * no longer fits is removed.
 */
TREE_API gboolean tree_repo_update_summary (TreeRepo *self, GVariant *metadata,
                                            const GPtrArray *signers, gboolean generations,
                                            GError **error);

/* ---- Stolen keys ---- */

typedef struct {
  guint64 serial;
  GPtrArray *keys; /* char *: ed25519 public keys, base64 */
} TreeRevokedKeys;
TREE_API void tree_revoked_keys_free (TreeRevokedKeys *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TreeRevokedKeys, tree_revoked_keys_free)

/**
 * tree_repo_load_revoked_keys:
 * @out: (transfer full): NULL when the repository has no list
 *
 * The list of revoked keys that stands beside the summary. Its signature is not checked: which key
 * may sign it, only those know who pull.
 */
TREE_API gboolean tree_repo_load_revoked_keys (const TreeRepo *self, TreeRevokedKeys **out,
                                               GError **error);

/**
 * tree_repo_revoke_keys:
 * @keys: the public keys, of type "ed25519"; its folders mean nothing
 * @take_off_list: take them off the list instead
 * @serial: of the new list, higher than the old one's; 0: the next
 * @signers: TreeSigner, of type "ed25519", by keys that sign nothing else
 *
 * Writes the list of revoked keys anew: those of the old one, and these. Devices that know the key
 * that signs it accept nothing more that only these keys have signed.
 */
TREE_API gboolean tree_repo_revoke_keys (TreeRepo *self, const TreeVerifyKeys *keys,
                                         gboolean take_off_list, guint64 serial,
                                         const GPtrArray *signers, GError **error);

/* ---- OpenPGP keys of a remote ---- */

/**
 * tree_repo_remote_gpg_import:
 * @remote: an existing remote
 * @files: (nullable): paths of files with keys, NULL-terminated; NULL: what @fd holds
 * @fd: a file or pipe that is read to its end; -1 with @files
 * @key_ids: (nullable): import only these keys
 * @out_n: how many keys are new; what is newer of others is taken, too
 *
 * Adds keys to those that the remote's commits and summary must be signed by.
 */
TREE_API gboolean tree_repo_remote_gpg_import (TreeRepo *self, const char *remote,
                                               const char *const *files, int fd,
                                               const char *const *key_ids, guint *out_n,
                                               GError **error);

typedef struct {
  char *fingerprint;
  gint64 created; /* seconds since 1970 */
  gint64 expires; /* 0: never */
  gboolean is_revoked;
} TreeGpgSubkey;

typedef struct {
  char *name; /* as it stands there, "NAME <MAIL>" */
  char *mail; /* of it; NULL: none */
  gboolean is_revoked;
  gboolean is_invalid;
} TreeGpgUser;

typedef struct {
  GPtrArray *keys;  /* TreeGpgSubkey, the primary one first */
  GPtrArray *users; /* TreeGpgUser */
} TreeGpgKey;

/**
 * tree_repo_remote_gpg_keys:
 * @remote: (nullable): NULL: the keys that count for remotes that have none of their own
 * @out: (transfer full): TreeGpgKey
 *
 * The keys that the remote's signatures are checked with.
 */
TREE_API gboolean tree_repo_remote_gpg_keys (const TreeRepo *self, const char *remote,
                                             GPtrArray **out, GError **error);

G_END_DECLS
