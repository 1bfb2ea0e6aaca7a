/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/hash.h"

#include <openssl/evp.h>

struct Hasher {
  EVP_MD_CTX *ctx;
};

/* Looking an algorithm up by name costs more than hashing a small file, so it is fetched once. */
static const EVP_MD *
sha256 (void)
{
  static gsize once;
  static const EVP_MD *md;
  if (g_once_init_enter (&once)) {
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    md = EVP_MD_fetch (NULL, "SHA256", NULL);
#endif
    if (md == NULL)
      md = EVP_sha256 ();
    g_once_init_leave (&once, 1);
  }
  return md;
}

/* libcrypto fails here only without memory, where GLib's convention is to abort. */
static void
must (int ok)
{
  if (ok != 1)
    g_error ("libcrypto cannot compute SHA-256");
}

Hasher *
hasher_new (void)
{
  Hasher *self = g_new0 (Hasher, 1);
  self->ctx = EVP_MD_CTX_new ();
  must (self->ctx != NULL);
  hasher_reset (self);
  return self;
}

void
hasher_free (Hasher *self)
{
  if (self == NULL)
    return;
  EVP_MD_CTX_free (self->ctx);
  g_free (self);
}

void
hasher_reset (Hasher *self)
{
  must (EVP_DigestInit_ex (self->ctx, sha256 (), NULL));
}

void
hasher_update (Hasher *self, const void *data, gsize len)
{
  must (EVP_DigestUpdate (self->ctx, data, len));
}

void
hasher_final (Hasher *self, TreeChecksum *out)
{
  must (EVP_DigestFinal_ex (self->ctx, out->bytes, NULL));
}

void
hash_data (const void *data, gsize len, TreeChecksum *out)
{
  must (EVP_Digest (data, len, out->bytes, NULL, sha256 (), NULL));
}
