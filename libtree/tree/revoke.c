/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of revoked keys where it is made: between the store, which publishes it, and those who
 * sign. It is read, changed and replaced under the lock of what is signed; the commit point is the
 * store's. */
#include "config.h"

#include "base/error.h"
#include "base/fd.h"
#include "core/revoked-keys.h"
#include "plain/layout.h"
#include "sign/judge.h"
#include "sign/signer.h"
#include "store/publish.h"
#include "store/revoked.h"
#include "tree/commit-sign.h"

static void
unref_bytes (gpointer bytes)
{
  g_bytes_unref (bytes);
}

/* The serial is 0 when there is no list. */
static gboolean
load (const TreeRepo *repo, RevokedKeys *out, GError **error)
{
  g_autoptr (GBytes) list = NULL;
  g_autoptr (GBytes) signature = NULL;
  if (!revoked_read (repo, &list, &signature, error))
    return FALSE;
  if (list != NULL)
    return revoked_keys_parse (list, out, error);
  *out = (RevokedKeys){.keys = g_ptr_array_new_with_free_func (unref_bytes)};
  return TRUE;
}

/* ---- Reading ---- */

void
tree_revoked_keys_free (TreeRevokedKeys *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->keys);
  g_free (self);
}

static char *
key_text (GBytes *key)
{
  return g_base64_encode (g_bytes_get_data (key, NULL), g_bytes_get_size (key));
}

gboolean
tree_repo_load_revoked_keys (const TreeRepo *self, TreeRevokedKeys **out, GError **error)
{
  g_auto (RevokedKeys) list = {0};
  *out = NULL;
  if (!load (self, &list, error))
    return prefix_error (error, "'%s'", self->path);
  if (list.serial == 0)
    return TRUE;
  *out = g_new0 (TreeRevokedKeys, 1);
  (*out)->serial = list.serial;
  (*out)->keys = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < list.keys->len; i++)
    g_ptr_array_add ((*out)->keys, key_text (list.keys->pdata[i]));
  return TRUE;
}

/* ---- Changing ---- */

static gboolean
equal_bytes (gconstpointer a, gconstpointer b)
{
  return g_bytes_equal (a, b);
}

static gboolean
add (RevokedKeys *list, GBytes *key, GError **error)
{
  if (g_ptr_array_find_with_equal_func (list->keys, key, equal_bytes, NULL))
    return TRUE;
  if (list->keys->len >= REVOKED_KEYS_MAX)
    return throw_error (error, TREE_ERROR_INVALID, "there are %d revoked keys, and no more can be",
                        REVOKED_KEYS_MAX);
  g_ptr_array_add (list->keys, g_bytes_ref (key));
  return TRUE;
}

static gboolean
take_off (RevokedKeys *list, GBytes *key, GError **error)
{
  guint at = 0;
  if (g_ptr_array_find_with_equal_func (list->keys, key, equal_bytes, &at)) {
    g_ptr_array_remove_index (list->keys, at);
    return TRUE;
  }
  g_autofree char *text = key_text (key);
  return throw_error (error, TREE_ERROR_NOT_FOUND, "the key '%s' is not on the list", text);
}

/* Whoever may write to the repository may have put a list there, and what is on it is about to be
 * signed. That it is by one of those who sign now shows when they sign it again: ed25519 gives the
 * same signature each time. */
static gboolean
check_old (const TreeRepo *repo, const GPtrArray *signers, GError **error)
{
  g_autoptr (GBytes) list = NULL;
  g_autoptr (GBytes) signature = NULL;
  g_autoptr (GVariant) again = NULL;
  if (!revoked_read (repo, &list, &signature, error))
    return FALSE;
  if (list == NULL)
    return TRUE;
  if (!signers_sign (signers, list, &again, error))
    return FALSE;
  g_autoptr (GVariant) dict = sign_dict_parse (signature);
  g_autoptr (GPtrArray) ours = sign_dict_get (again, sign_ed25519.metadata_key);
  g_autoptr (GPtrArray) theirs = sign_dict_get (dict, sign_ed25519.metadata_key);
  for (guint i = 0; i < ours->len; i++)
    if (g_ptr_array_find_with_equal_func (theirs, ours->pdata[i], equal_bytes, NULL))
      return TRUE;
  return throw_error (error, TREE_ERROR_SIGNATURE,
                      "the list in '%s' is not signed by this key: if it is not yours, remove "
                      "'" REPO_REVOKED "' and '" REPO_REVOKED_SIG
                      "', and make another with a --serial higher than that of your last one",
                      repo->path);
}

static gboolean
set_serial (RevokedKeys *list, guint64 serial, GError **error)
{
  if (serial == 0 && list->serial < G_MAXUINT64)
    serial = list->serial + 1;
  if (serial <= list->serial)
    return throw_error (error, TREE_ERROR_INVALID,
                        "serial %" G_GUINT64_FORMAT
                        ": must be higher than that of the list, %" G_GUINT64_FORMAT,
                        serial, list->serial);
  list->serial = serial;
  return TRUE;
}

/* Would devices take it? One by a key that it revokes they would not. */
static gboolean
check_signatures (const RevokedKeys *list, GBytes *bytes, GVariant *signatures, GError **error)
{
  g_autoptr (SignKeys) revoked = sign_keys_new (&sign_ed25519);
  g_autofree char *text = NULL;
  g_autoptr (GPtrArray) found = sign_dict_get (signatures, sign_ed25519.metadata_key);
  if (found->len == 0)
    return throw_error (error, TREE_ERROR_INVALID,
                        "a list of revoked keys is signed by a key of type ed25519");
  for (guint i = 0; i < list->keys->len; i++)
    g_ptr_array_add (revoked->trusted, g_bytes_ref (list->keys->pdata[i]));
  return sign_judge (revoked, bytes, signatures, &text) != SIGN_GOOD ||
         throw_error (error, TREE_ERROR_INVALID,
                      "the list revokes the key that signs it: it takes another one, which signs "
                      "nothing else");
}

static gboolean
sign_and_publish (TreeRepo *repo, const RevokedKeys *list, const GPtrArray *signers, GError **error)
{
  g_autoptr (GBytes) bytes = revoked_keys_build (list);
  g_autoptr (GVariant) signatures = NULL;
  if (!signers_sign (signers, bytes, &signatures, error) ||
      !check_signatures (list, bytes, signatures, error))
    return FALSE;
  g_autoptr (GBytes) signature = g_variant_get_data_as_bytes (signatures);
  return publish_revoked (repo, bytes, signature, error);
}

gboolean
tree_repo_revoke_keys (TreeRepo *self, const TreeVerifyKeys *keys, gboolean take_off_list,
                       guint64 serial, const GPtrArray *signers, GError **error)
{
  g_auto (RevokedKeys) list = {0};
  g_autoptr (SignKeys) given = given_keys_load (keys, error);
  autofd int lock = given != NULL ? repo_lock_file (self, REPO_SIGN_LOCK, error) : -1;
  if (lock < 0 || !check_old (self, signers, error) || !load (self, &list, error) ||
      !set_serial (&list, serial, error))
    return FALSE;
  if (given->engine != &sign_ed25519)
    return throw_error (error, TREE_ERROR_INVALID, "only keys of type ed25519 can be revoked so");
  for (guint i = 0; i < given->trusted->len; i++)
    if (!(take_off_list ? take_off : add) (&list, given->trusted->pdata[i], error))
      return FALSE;
  return sign_and_publish (self, &list, signers, error);
}
