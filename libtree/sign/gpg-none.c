/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In the place of gpg-*.c in a build without gpgme. */
#include "config.h"

#include "sign/gpg.h"

#include "base/error.h"

static gboolean
refuse (GError **error)
{
  return throw_error (error, TREE_ERROR_UNSUPPORTED,
                      "OpenPGP signatures: this program was built without gpgme");
}

GpgVerifier *
gpg_verifier_new (const GPtrArray *keyrings, gint64 floor_s, GError **error)
{
  (void)refuse (error);
  return NULL;
}

void
gpg_verifier_free (GpgVerifier *self)
{
}

void
gpg_signature_free (gpointer data)
{
}

char *
gpg_signature_describe (const GpgSignature *self, const char *indent)
{
  return g_strdup ("");
}

gboolean
gpg_verify (GpgVerifier *self, GBytes *data, const GPtrArray *signatures, GPtrArray **out,
            GError **error)
{
  return refuse (error);
}

gboolean
gpg_is_by (GBytes *data, GBytes *signature, const char *const *keys, gboolean *out, GError **error)
{
  return refuse (error);
}

GBytes *
gpg_sign (const char *key_id, const char *home, GBytes *data, GError **error)
{
  (void)refuse (error);
  return NULL;
}

char **
gpg_find_key (const char *key_id, const char *home, gboolean secret, GError **error)
{
  (void)refuse (error);
  return NULL;
}

gboolean
gpg_import (GBytes *keyring, const GPtrArray *keyrings, const char *const *key_ids, gint64 floor_s,
            GBytes **out, guint *out_n, GError **error)
{
  return refuse (error);
}

gboolean
gpg_list (const GPtrArray *keyrings, gint64 floor_s, GPtrArray **out, GError **error)
{
  return refuse (error);
}
