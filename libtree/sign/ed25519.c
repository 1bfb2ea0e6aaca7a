/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ed25519 (RFC 8032). A public key is base64 of its 32 bytes, a secret one base64 of 64: the seed
 * and the public key that belongs to it. A signature is 64 bytes. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "sign/engine.h"
#include "sign/evp.h"

#define SEED_LEN 32
#define PUBLIC_LEN 32
#define SECRET_LEN (SEED_LEN + PUBLIC_LEN)
#define SIGNATURE_LEN 64

static gboolean
check_enabled (GError **error)
{
  return TRUE;
}

static GBytes *
parse_public (const char *text, GError **error)
{
  gsize len = 0;
  g_autofree guint8 *data = sign_base64_decode (text, &len, error);
  if (data == NULL)
    return prefix_null (error, "ed25519 public key");
  if (len == SECRET_LEN)
    return throw_null (error, TREE_ERROR_INVALID,
                       "ed25519 public key: this one is a secret key, which must not be here");
  if (len != PUBLIC_LEN)
    return throw_null (error, TREE_ERROR_INVALID,
                       "ed25519 public key: must be base64 of %d bytes, not %" G_GSIZE_FORMAT,
                       PUBLIC_LEN, len);
  return g_bytes_new (data, len);
}

/* Signing with a public key of another pair gives the secret away to who sees both signatures. */
static gboolean
belongs_together (const guint8 *secret, GError **error)
{
  guint8 found[PUBLIC_LEN];
  size_t len = sizeof found;
  g_autoptr (EVP_PKEY)
      key = EVP_PKEY_new_raw_private_key (EVP_PKEY_ED25519, NULL, secret, SEED_LEN);
  if (key == NULL || EVP_PKEY_get_raw_public_key (key, found, &len) != 1 || len != sizeof found)
    return throw_error (error, TREE_ERROR_FAILED, "libcrypto cannot read the key: %s",
                        evp_error ());
  return memcmp (found, secret + SEED_LEN, PUBLIC_LEN) == 0 ||
         throw_error (error, TREE_ERROR_INVALID, "its two halves do not belong together");
}

static GBytes *
parse_secret (const char *text, GError **error)
{
  gsize len = 0;
  guint8 *data = sign_base64_decode (text, &len, error);
  if (data == NULL)
    return prefix_null (error, "ed25519 secret key");
  g_autoptr (GBytes) secret = sign_secret_take (data, len);
  if (len != SECRET_LEN)
    return throw_null (error, TREE_ERROR_INVALID,
                       "ed25519 secret key: must be base64 of %d bytes (seed and public key), "
                       "not %" G_GSIZE_FORMAT,
                       SECRET_LEN, len);
  if (!belongs_together (data, error))
    return prefix_null (error, "ed25519 secret key");
  return g_steal_pointer (&secret);
}

static GBytes *
sign (GBytes *secret, GBytes *data, GError **error)
{
  g_autoptr (EVP_PKEY) key = EVP_PKEY_new_raw_private_key (
      EVP_PKEY_ED25519, NULL, g_bytes_get_data (secret, NULL), SEED_LEN);
  if (key == NULL)
    return throw_null (error, TREE_ERROR_FAILED, "libcrypto cannot read the key: %s", evp_error ());
  return evp_sign (key, data, error);
}

static gboolean
verify (GBytes *public_key, GBytes *data, GBytes *signature)
{
  if (g_bytes_get_size (signature) != SIGNATURE_LEN)
    return FALSE;
  g_autoptr (EVP_PKEY) key = EVP_PKEY_new_raw_public_key (
      EVP_PKEY_ED25519, NULL, g_bytes_get_data (public_key, NULL), PUBLIC_LEN);
  if (key == NULL) {
    (void)evp_error ();
    return FALSE;
  }
  return evp_verify (key, data, signature);
}

const SignEngine sign_ed25519 = {
    .name = "ed25519",
    .metadata_key = "ostree.sign.ed25519",
    .signature_len = SIGNATURE_LEN,
    .check_enabled = check_enabled,
    .parse_public = parse_public,
    .parse_secret = parse_secret,
    .sign = sign,
    .verify = verify,
};
