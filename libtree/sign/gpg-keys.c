/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sign/gpg.h"

#include <string.h>

#include "base/error.h"
#include "sign/gpg-home.h"

/* ---- Importing ---- */

/* The keys that are named, out of all of them. */
static gboolean
export_keys (const GpgHome *all, const char *const *key_ids, GPtrArray *out, GError **error)
{
  for (; *key_ids != NULL; key_ids++) {
    gpgme_data_t data = NULL;
    gpgme_error_t code = all->api->data_new (&data);
    if (code == GPG_ERR_NO_ERROR)
      code = all->api->op_export (all->ctx, *key_ids, 0, data);
    g_autoptr (GBytes) bytes = data != NULL ? gpg_data_take (all, data) : NULL;
    if (code != GPG_ERR_NO_ERROR)
      return gpg_throw (all, code, error, "Unable to export key '%s'", *key_ids);
    if (g_bytes_get_size (bytes) == 0)
      return throw_error (error, TREE_ERROR_NOT_FOUND, "there is no key '%s' among those given",
                          *key_ids);
    g_ptr_array_add (out, g_steal_pointer (&bytes));
  }
  return TRUE;
}

static gboolean
choose (const GPtrArray *keyrings, const char *const *key_ids, gint64 floor_s, GPtrArray *out,
        GError **error)
{
  g_auto (GpgHome) all = {0};
  g_autoptr (GPtrArray) none = gpg_keyrings_new ();
  if (!gpg_home_make (&all, none, floor_s, error))
    return FALSE;
  for (guint i = 0; i < keyrings->len; i++)
    if (!gpg_home_import (&all, keyrings->pdata[i], NULL, error))
      return FALSE;
  return export_keys (&all, key_ids, out, error);
}

gboolean
gpg_import (GBytes *keyring, const GPtrArray *keyrings, const char *const *key_ids, gint64 floor_s,
            GBytes **out, guint *out_n, GError **error)
{
  g_auto (GpgHome) home = {0};
  g_autoptr (GPtrArray) old = gpg_keyrings_new ();
  g_autoptr (GPtrArray) chosen = gpg_keyrings_new ();
  if (keyring != NULL)
    g_ptr_array_add (old, g_bytes_ref (keyring));
  gboolean all = key_ids == NULL || *key_ids == NULL;
  if ((!all && !choose (keyrings, key_ids, floor_s, chosen, error)) ||
      !gpg_home_make (&home, old, floor_s, error))
    return FALSE;
  const GPtrArray *from = all ? keyrings : chosen;
  guint n = 0;
  for (guint i = 0; i < from->len; i++) {
    guint n_new = 0;
    if (!gpg_home_import (&home, from->pdata[i], &n_new, error))
      return FALSE;
    n += n_new;
  }
  if (!gpg_home_read_keyring (&home, out, error))
    return FALSE;
  *out_n = n;
  return TRUE;
}

/* ---- Listing ---- */

static void
user_free (gpointer data)
{
  TreeGpgUser *self = data;
  g_free (self->name);
  g_free (self->mail);
  g_free (self);
}

static void
subkey_free (gpointer data)
{
  TreeGpgSubkey *self = data;
  g_free (self->fingerprint);
  g_free (self);
}

static void
key_free (gpointer data)
{
  TreeGpgKey *self = data;
  g_ptr_array_unref (self->keys);
  g_ptr_array_unref (self->users);
  g_free (self);
}

static TreeGpgKey *
convert (gpgme_key_t key)
{
  TreeGpgKey *self = g_new0 (TreeGpgKey, 1);
  self->keys = g_ptr_array_new_with_free_func (subkey_free);
  self->users = g_ptr_array_new_with_free_func (user_free);
  for (gpgme_subkey_t at = key->subkeys; at != NULL; at = at->next) {
    TreeGpgSubkey *sub = g_new0 (TreeGpgSubkey, 1);
    *sub = (TreeGpgSubkey){g_strdup (at->fpr), (gint64)at->timestamp, (gint64)at->expires,
                           at->revoked != 0};
    g_ptr_array_add (self->keys, sub);
  }
  for (gpgme_user_id_t at = key->uids; at != NULL; at = at->next) {
    TreeGpgUser *user = g_new0 (TreeGpgUser, 1);
    const char *mail = at->email != NULL && *at->email != '\0' ? at->email : NULL;
    *user = (TreeGpgUser){g_strdup (at->uid), g_strdup (mail), at->revoked != 0, at->invalid != 0};
    g_ptr_array_add (self->users, user);
  }
  return self;
}

gboolean
gpg_list (const GPtrArray *keyrings, gint64 floor_s, GPtrArray **out, GError **error)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (key_free);
  g_auto (GpgHome) home = {0};
  if (keyrings->len == 0) {
    *out = g_steal_pointer (&keys);
    return TRUE;
  }
  if (!gpg_home_make (&home, keyrings, floor_s, error))
    return FALSE;
  gpgme_error_t code = home.api->op_keylist_start (home.ctx, NULL, /* secret_only= */ 0);
  while (code == GPG_ERR_NO_ERROR) {
    gpgme_key_t key = NULL;
    code = home.api->op_keylist_next (home.ctx, &key);
    if (code == GPG_ERR_NO_ERROR) {
      g_ptr_array_add (keys, convert (key));
      home.api->key_unref (key);
    }
  }
  if (gpgme_err_code (code) != GPG_ERR_EOF)
    return gpg_throw (&home, code, error, "Unable to list keys");
  *out = g_steal_pointer (&keys);
  return TRUE;
}
