/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sign/evp.h"

#include <openssl/err.h>

#include "base/error.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EVP_MD_CTX, EVP_MD_CTX_free)

const char *
evp_error (void)
{
  unsigned long code = ERR_get_error ();
  ERR_clear_error ();
  const char *reason = code != 0 ? ERR_reason_error_string (code) : NULL;
  return reason != NULL ? reason : "no reason given";
}

GBytes *
evp_sign (EVP_PKEY *key, GBytes *data, GError **error)
{
  gsize len;
  const guint8 *bytes = g_bytes_get_data (data, &len);
  g_autoptr (EVP_MD_CTX) ctx = EVP_MD_CTX_new ();
  size_t n = 0;
  if (ctx == NULL || EVP_DigestSignInit (ctx, NULL, NULL, NULL, key) != 1 ||
      EVP_DigestSign (ctx, NULL, &n, bytes, len) != 1)
    return throw_null (error, TREE_ERROR_FAILED, "libcrypto cannot sign with this key: %s",
                       evp_error ());
  g_autofree guint8 *signature = g_malloc (n);
  if (EVP_DigestSign (ctx, signature, &n, bytes, len) != 1)
    return throw_null (error, TREE_ERROR_FAILED, "libcrypto cannot sign with this key: %s",
                       evp_error ());
  return g_bytes_new (signature, n);
}

gboolean
evp_verify (EVP_PKEY *key, GBytes *data, GBytes *signature)
{
  gsize len;
  gsize n;
  const guint8 *bytes = g_bytes_get_data (data, &len);
  const guint8 *sig = g_bytes_get_data (signature, &n);
  g_autoptr (EVP_MD_CTX) ctx = EVP_MD_CTX_new ();
  gboolean good = ctx != NULL && EVP_DigestVerifyInit (ctx, NULL, NULL, NULL, key) == 1 &&
                  EVP_DigestVerify (ctx, sig, n, bytes, len) == 1;
  ERR_clear_error ();
  return good;
}
