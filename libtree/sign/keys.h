/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of one engine: those that are trusted, and those that are trusted no more, whoever else says
 * so. They come as text, in files, and in folders:
 *
 *   trusted.TYPE   trusted.TYPE.d/ANY   revoked.TYPE   revoked.TYPE.d/ANY
 *
 * A file holds a key a line (empty lines, and those that begin with #, count for nothing), or PEM
 * blocks where the engine has them. What cannot be read or is no key is an error: a revocation that
 * is passed over would trust a thief. */
#pragma once

#include "sign/engine.h"

typedef struct {
  const SignEngine *engine;
  GPtrArray *trusted; /* owned GBytes, public keys as the engine parses them */
  GPtrArray *revoked; /* the same */
} SignKeys;

SignKeys *sign_keys_new (const SignEngine *engine);
void sign_keys_free (SignKeys *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignKeys, sign_keys_free)

/* One key, to trust. */
gboolean sign_keys_add_text (SignKeys *self, const char *text, GError **error);
/* All keys of a file that must be there, to trust. */
gboolean sign_keys_add_file (SignKeys *self, int dfd, const char *path, GError **error);

typedef enum {
  SIGN_KEYS_TRUSTED = 1 << 0,
  SIGN_KEYS_REVOKED = 1 << 1,
} SignKeysKind;
/* What the folder has of these kinds; none, or no folder, is fine. */
gboolean sign_keys_add_folder (SignKeys *self, int dfd, const char *path, SignKeysKind kinds,
                               GError **error);

/* From now on it counts for nothing. */
void sign_keys_revoke (SignKeys *self, GBytes *key);

/* Is there a key that is trusted and not revoked? */
gboolean sign_keys_any (const SignKeys *self);
gboolean sign_keys_is_revoked (const SignKeys *self, GBytes *key);

/* The keys in the text of a file, each as its text; as GPtrArray of owned char *. @pem: the label
 * of the blocks, or NULL. */
GPtrArray *sign_keys_split (GBytes *file, const char *pem, GError **error);
/* The secret keys in what @fd holds; as GPtrArray of owned GBytes, at least one. */
GPtrArray *sign_secrets_read (const SignEngine *engine, int fd, GError **error);
