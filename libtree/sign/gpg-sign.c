/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signing by keys in somebody's home of gpg, whose agent may ask that person for a passphrase. */
#include "config.h"

#include "sign/gpg.h"

#include "base/error.h"
#include "sign/gpg-home.h"

static gboolean
find_key (const GpgHome *home, const char *key_id, const char *path, gboolean secret,
          gpgme_key_t *out, GError **error)
{
  gpgme_error_t code = home->api->get_key (home->ctx, key_id, out, secret);
  const char *where = path != NULL ? path : "the user's";
  switch (gpgme_err_code (code)) {
  case GPG_ERR_NO_ERROR:
    return TRUE;
  case GPG_ERR_EOF:
    return throw_error (error, TREE_ERROR_NOT_FOUND, "No gpg key found with ID %s (homedir: %s)",
                        key_id, where);
  case GPG_ERR_AMBIGUOUS_NAME:
    return throw_error (error, TREE_ERROR_INVALID,
                        "gpg key id %s ambiguous (homedir: %s). Try the fingerprint instead",
                        key_id, where);
  default:
    return gpg_throw (home, code, error, "Unable to lookup key ID %s", key_id);
  }
}

static GBytes *
sign (const GpgHome *home, gpgme_key_t key, GBytes *data, GError **error)
{
  gpgme_data_t out = NULL;
  gpgme_error_t code = home->api->signers_add (home->ctx, key);
  if (code == GPG_ERR_NO_ERROR)
    code = home->api->data_new (&out);
  if (code != GPG_ERR_NO_ERROR) {
    (void)gpg_throw (home, code, error, "prepare to sign");
    return NULL;
  }
  gpgme_data_t in = gpg_data_new (home, data);
  code = home->api->op_sign (home->ctx, in, out, GPGME_SIG_MODE_DETACH);
  home->api->data_release (in);
  g_autoptr (GBytes) signature = gpg_data_take (home, out);
  if (code == GPG_ERR_NO_ERROR)
    return g_steal_pointer (&signature);
  (void)gpg_throw (home, code, error, "Failure signing commit file");
  return NULL;
}

GBytes *
gpg_sign (const char *key_id, const char *home_path, GBytes *data, GError **error)
{
  g_auto (GpgHome) home = {0};
  gpgme_key_t key = NULL;
  if (!gpg_home_open (&home, home_path, error) ||
      !find_key (&home, key_id, home_path, /* secret= */ TRUE, &key, error))
    return NULL;
  GBytes *signature = sign (&home, key, data, error);
  home.api->key_unref (key);
  return signature;
}

char **
gpg_find_key (const char *key_id, const char *home_path, gboolean secret, GError **error)
{
  g_auto (GpgHome) home = {0};
  gpgme_key_t key = NULL;
  if (!gpg_home_open (&home, home_path, error) ||
      !find_key (&home, key_id, home_path, secret, &key, error))
    return NULL;
  g_autoptr (GPtrArray) fingerprints = g_ptr_array_new ();
  for (gpgme_subkey_t sub = key->subkeys; sub != NULL; sub = sub->next)
    if (sub->fpr != NULL)
      g_ptr_array_add (fingerprints, g_strdup (sub->fpr));
  g_ptr_array_add (fingerprints, NULL);
  home.api->key_unref (key);
  return (char **)g_ptr_array_free (g_steal_pointer (&fingerprints), FALSE);
}
