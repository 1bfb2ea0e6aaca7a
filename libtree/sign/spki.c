/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any kind of key that libcrypto can sign with, in X.509's clothes: a public key is a
 * SubjectPublicKeyInfo, a secret one a PKCS #8 PrivateKeyInfo; base64 of their DER, or PEM blocks
 * in files. The digest is the one that the kind of key implies. */
#include "config.h"

#include <openssl/x509.h>

#include "base/error.h"
#include "sign/engine.h"
#include "sign/evp.h"

static gboolean
check_enabled (GError **error)
{
  return TRUE;
}

static EVP_PKEY *
read_public (GBytes *bytes)
{
  gsize len;
  const unsigned char *data = g_bytes_get_data (bytes, &len);
  const unsigned char *end = data;
  g_autoptr (EVP_PKEY) key = d2i_PUBKEY (NULL, &end, (long)len);
  return key != NULL && end == data + len ? g_steal_pointer (&key) : NULL;
}

static EVP_PKEY *
read_secret (GBytes *bytes)
{
  gsize len;
  const unsigned char *data = g_bytes_get_data (bytes, &len);
  const unsigned char *end = data;
  g_autoptr (EVP_PKEY) key = d2i_AutoPrivateKey (NULL, &end, (long)len);
  return key != NULL && end == data + len ? g_steal_pointer (&key) : NULL;
}

static GBytes *
parse_public (const char *text, GError **error)
{
  gsize len = 0;
  guint8 *data = sign_base64_decode (text, &len, error);
  if (data == NULL)
    return prefix_null (error, "spki public key");
  g_autoptr (GBytes) bytes = g_bytes_new_take (data, len);
  g_autoptr (EVP_PKEY) key = read_public (bytes);
  if (key == NULL)
    return throw_null (error, TREE_ERROR_INVALID,
                       "spki public key: not a SubjectPublicKeyInfo that libcrypto knows: %s",
                       evp_error ());
  return g_steal_pointer (&bytes);
}

static GBytes *
parse_secret (const char *text, GError **error)
{
  gsize len = 0;
  guint8 *data = sign_base64_decode (text, &len, error);
  if (data == NULL)
    return prefix_null (error, "spki secret key");
  g_autoptr (GBytes) bytes = sign_secret_take (data, len);
  g_autoptr (EVP_PKEY) key = read_secret (bytes);
  if (key == NULL)
    return throw_null (error, TREE_ERROR_INVALID,
                       "spki secret key: not a private key that libcrypto knows: %s", evp_error ());
  return g_steal_pointer (&bytes);
}

static GBytes *
sign (GBytes *secret, GBytes *data, GError **error)
{
  g_autoptr (EVP_PKEY) key = read_secret (secret);
  if (key == NULL)
    return throw_null (error, TREE_ERROR_FAILED, "libcrypto cannot read the key: %s", evp_error ());
  return evp_sign (key, data, error);
}

static gboolean
verify (GBytes *public_key, GBytes *data, GBytes *signature)
{
  g_autoptr (EVP_PKEY) key = read_public (public_key);
  if (key == NULL) {
    (void)evp_error ();
    return FALSE;
  }
  return evp_verify (key, data, signature);
}

static gboolean
is_by (GBytes *secret, GBytes *data, GBytes *signature)
{
  g_autoptr (EVP_PKEY) key = read_secret (secret);
  if (key == NULL) {
    (void)evp_error ();
    return FALSE;
  }
  return evp_verify (key, data, signature);
}

const SignEngine sign_spki = {
    .name = "spki",
    .metadata_key = "ostree.sign.spki",
    .pem_public = "PUBLIC KEY",
    .pem_secret = "PRIVATE KEY",
    .check_enabled = check_enabled,
    .parse_public = parse_public,
    .parse_secret = parse_secret,
    .sign = sign,
    .verify = verify,
    .is_by = is_by,
};
