/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "plain/layout.h"
#include "sign/gpg.h"
#include "store/remote.h"
#include "store/root.h"

static gboolean
add_folders (const TreeRepo *repo, SignKeys *keys, SignKeysKind kinds, GError **error)
{
  static const char *const folders[] = {ROOT_KEYS_SHARED, ROOT_KEYS_LOCAL};
  int dfd;
  const char *root = root_locate (repo, &dfd);
  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++) {
    g_autofree char *path = g_strconcat (root != NULL ? root : "/", folders[i], NULL);
    if (!sign_keys_add_folder (keys, dfd, path, kinds, error))
      return FALSE;
  }
  return TRUE;
}

/* The file, to trust; *@out_found: there is one. */
static gboolean
add_revokers (const TreeRepo *repo, SignKeys *keys, gboolean *out_found, GError **error)
{
  int dfd;
  const char *root = root_locate (repo, &dfd);
  g_autofree char *path = g_strconcat (root != NULL ? root : "/",
                                       ROOT_KEYS_SHARED "/" ROOT_REVOKERS, NULL);
  struct stat st;
  *out_found = fstatat (dfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
  if (!*out_found)
    return errno == ENOENT || errno == ENOTDIR || throw_errno (error, "stat '%s'", path);
  return sign_keys_add_file (keys, dfd, path, error);
}

gboolean
trust_load_revokers (const TreeRepo *repo, SignKeys **out, GError **error)
{
  g_autoptr (SignKeys) keys = sign_keys_new (&sign_ed25519);
  gboolean found = FALSE;
  if (!add_revokers (repo, keys, &found, error) ||
      (found && !add_folders (repo, keys, SIGN_KEYS_REVOKED, error)))
    return FALSE;
  *out = found ? g_steal_pointer (&keys) : NULL;
  return TRUE;
}

gboolean
trust_add_system_keys (const TreeRepo *repo, SignKeys *keys, SignKeysKind kinds, GError **error)
{
  g_autoptr (SignKeys) revokers = sign_keys_new (&sign_ed25519);
  gboolean found = FALSE;
  if (!add_folders (repo, keys, kinds, error))
    return FALSE;
  if (keys->engine != &sign_ed25519 || (kinds & SIGN_KEYS_REVOKED) == 0)
    return TRUE;
  if (!add_revokers (repo, revokers, &found, error))
    return FALSE;
  for (guint i = 0; i < revokers->trusted->len; i++)
    sign_keys_revoke (keys, revokers->trusted->pdata[i]);
  return TRUE;
}

/* ---- OpenPGP ---- */

gboolean
trust_add_system_keyrings (const TreeRepo *repo, GPtrArray *keyrings, GError **error)
{
  const char *instead = g_getenv ("OSTREE_GPG_HOME");
  if (instead != NULL)
    return gpg_keyrings_add_folder (keyrings, AT_FDCWD, instead, error);
  int dfd;
  const char *root = root_locate (repo, &dfd);
  g_autofree char *path = g_strconcat (root != NULL ? root : "/",
                                       ROOT_KEYS_SHARED "/" ROOT_KEYRINGS, NULL);
  return gpg_keyrings_add_folder (keyrings, dfd, path, error);
}

/* A file or a folder, which must be there. */
static gboolean
add_path (GPtrArray *keyrings, const char *path, GError **error)
{
  struct stat st;
  if (stat (path, &st) < 0)
    return throw_errno (error, "keyring '%s'", path);
  return S_ISDIR (st.st_mode) ? gpg_keyrings_add_folder (keyrings, AT_FDCWD, path, error)
                              : gpg_keyrings_add_file (keyrings, AT_FDCWD, path, error);
}

/* gpgkeypath; *@out_any: there is such an option. */
static gboolean
add_key_paths (const TreeRepo *repo, const char *remote, GPtrArray *keyrings, gboolean *out_any,
               GError **error)
{
  g_autofree char *text = NULL;
  if (!tree_repo_remote_option (repo, remote, REMOTE_GPG_KEY_PATH, &text, error))
    return FALSE;
  *out_any = text != NULL;
  if (text == NULL)
    return TRUE;
  if (strchr (text, ';') != NULL && strchr (text, ',') != NULL)
    return throw_error (error, TREE_ERROR_INVALID,
                        REMOTE_GPG_KEY_PATH ": key value list contains more than one separator");
  g_auto (GStrv) paths = g_strsplit_set (text, ";,", -1);
  for (char **path = paths; *path != NULL; path++) {
    gboolean is_empty = *g_strstrip (*path) == '\0';
    if (is_empty && path[1] == NULL) /* behind the last separator */
      break;
    if (is_empty)
      return throw_error (error, TREE_ERROR_NOT_FOUND,
                          REMOTE_GPG_KEY_PATH ": keyring (): No such file or directory");
    if (!add_path (keyrings, *path, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
trust_add_own_keyrings (const TreeRepo *repo, const char *remote, GPtrArray *keyrings,
                        gboolean *out_any, GError **error)
{
  g_autoptr (GBytes) own = NULL;
  gboolean has_paths = FALSE;
  if (!remote_keyring_read (repo, remote, &own, error) ||
      !add_key_paths (repo, remote, keyrings, &has_paths, error))
    return prefix_error (error, "remote '%s'", remote);
  *out_any = own != NULL || has_paths; /* be it that they hold no key */
  if (own != NULL)
    g_ptr_array_add (keyrings, g_steal_pointer (&own));
  return TRUE;
}

gboolean
trust_add_keyrings (const TreeRepo *repo, const char *remote, GPtrArray *keyrings, GError **error)
{
  gboolean any = FALSE;
  if (remote != NULL)
    return trust_add_own_keyrings (repo, remote, keyrings, &any, error) &&
           (any || trust_add_system_keyrings (repo, keyrings, error));
  g_auto (GStrv) names = tree_repo_remote_list (repo);
  for (char **name = names; *name != NULL; name++)
    if (!trust_add_own_keyrings (repo, *name, keyrings, &any, error))
      return FALSE;
  return trust_add_system_keyrings (repo, keyrings, error);
}
