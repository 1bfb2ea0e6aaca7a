/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OpenPGP signatures of commits, and the keyrings of remotes. */
#include "config.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/fd.h"
#include "plain/layout.h"
#include "sign/gpg.h"
#include "sign/judge.h"
#include "store/remote.h"
#include "store/time-floor.h"
#include "tree/commit-sign.h"
#include "tree/trust.h"

/* ---- What is said of them ---- */

gboolean
tree_repo_gpg_describe_commit (const TreeRepo *self, const TreeChecksum *commit, const char *remote,
                               const char *folder, GPtrArray **out, GError **error)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (TreeCommitInfo) info = tree_repo_load_commit (self, commit, error);
  if (info == NULL)
    return FALSE;
  g_autoptr (GPtrArray) signatures = sign_dict_get (info->detached, GPG_METADATA_KEY);
  if (signatures->len > 0) {
    g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (info->variant);
    g_autoptr (GPtrArray) keyrings = gpg_keyrings_new ();
    g_autoptr (GPtrArray) found = NULL;
    if (!trust_add_keyrings (self, remote, keyrings, error) ||
        (folder != NULL && !gpg_keyrings_add_folder (keyrings, AT_FDCWD, folder, error)))
      return FALSE;
    g_autoptr (GpgVerifier) verifier = gpg_verifier_new (keyrings, time_floor_s (), error);
    if (verifier == NULL || !gpg_verify (verifier, bytes, signatures, &found, error))
      return FALSE;
    for (guint i = 0; i < found->len; i++)
      g_ptr_array_add (texts, gpg_signature_describe (found->pdata[i], ""));
  }
  *out = g_steal_pointer (&texts);
  return TRUE;
}

/* ---- Removing ---- */

/* All fingerprints that the names stand for; NULL-terminated. */
static char **
resolve_keys (const char *const *key_ids, const char *home)
{
  GPtrArray *all = g_ptr_array_new ();
  for (; *key_ids != NULL; key_ids++) {
    g_auto (GStrv) key = gpg_find_key (*key_ids, home, /* secret= */ FALSE, NULL);
    for (char **fingerprint = key; fingerprint != NULL && *fingerprint != NULL; fingerprint++)
      g_ptr_array_add (all, g_strdup (*fingerprint));
    if (key == NULL)
      g_ptr_array_add (all, g_strdup (*key_ids));
  }
  g_ptr_array_add (all, NULL);
  return (char **)g_ptr_array_free (all, FALSE);
}

static gboolean
remove_by (GBytes *data, GPtrArray *signatures, gpointer user_data, guint *out_n, GError **error)
{
  guint n = 0;
  for (guint i = signatures->len; i-- > 0;) {
    gboolean is_by = FALSE;
    if (!gpg_is_by (data, signatures->pdata[i], user_data, &is_by, error))
      return FALSE;
    if (is_by) {
      g_ptr_array_remove_index (signatures, i);
      n++;
    }
  }
  *out_n = n;
  return TRUE;
}

gboolean
tree_repo_gpg_unsign_commit (TreeRepo *self, const TreeChecksum *commit, const char *const *key_ids,
                             const char *home, guint *out_n, GError **error)
{
  g_auto (GStrv) keys = resolve_keys (key_ids, home);
  return commit_remove_signatures (self, commit, GPG_METADATA_KEY, remove_by, keys, out_n, error);
}

/* ---- Keyrings of remotes ---- */

gboolean
tree_repo_remote_gpg_import (TreeRepo *self, const char *remote, const char *const *files, int fd,
                             const char *const *key_ids, guint *out_n, GError **error)
{
  g_autofree char *url = NULL;
  g_autoptr (GPtrArray) given = gpg_keyrings_new ();
  g_autoptr (GBytes) old = NULL;
  g_autoptr (GBytes) keyring = NULL;
  guint n = 0;
  for (; files != NULL && *files != NULL; files++)
    if (!gpg_keyrings_add_file (given, AT_FDCWD, *files, error))
      return FALSE;
  if (fd >= 0 && !gpg_keyrings_add_fd (given, fd, error))
    return FALSE;
  /* A keyring belongs to its remote, and goes when that is deleted, under the same lock. */
  autofd int lock = repo_config_begin (self, error);
  if (lock < 0 || !tree_repo_remote_option (self, remote, REMOTE_URL, &url, error) ||
      !remote_keyring_read (self, remote, &old, error) ||
      !gpg_import (old, given, key_ids, time_floor_s (), &keyring, &n, error) ||
      !remote_keyring_write (self, remote, keyring, error))
    return FALSE;
  *out_n = n;
  return TRUE;
}

gboolean
tree_repo_remote_gpg_keys (const TreeRepo *self, const char *remote, GPtrArray **out,
                           GError **error)
{
  g_autoptr (GPtrArray) keyrings = gpg_keyrings_new ();
  gboolean any = FALSE;
  if (!(remote != NULL ? trust_add_own_keyrings (self, remote, keyrings, &any, error)
                       : trust_add_system_keyrings (self, keyrings, error)))
    return FALSE;
  return gpg_list (keyrings, time_floor_s (), out, error);
}
