/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/revocations.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "plain/layout.h"
#include "store/root.h"

#define PREFIX "revoked-keys-"
#define TEMP ROOT_KEYS_LOCAL "/.revoked-keys"
#define FOLDER ROOT_KEYS_LOCAL "/" ROOT_REVOKED

/* Of the file of a list; 0 for all other names. */
static guint64
serial_of (const char *name)
{
  guint64 serial = 0;
  if (!g_str_has_prefix (name, PREFIX) ||
      !g_ascii_string_to_unsigned (name + strlen (PREFIX), 10, 1, G_MAXUINT64, &serial, NULL))
    return 0;
  return serial;
}

/* The root of the system; -1 with an error. */
static int
open_root (const TreeRepo *repo, GError **error)
{
  int dfd;
  const char *root = root_locate (repo, &dfd);
  return dir_open_at (dfd, root != NULL ? root : "/", error);
}

/* Calls for each list that is kept, until FALSE. */
typedef gboolean (*OnList) (int folder, const char *name, guint64 serial, gpointer user_data,
                            GError **error);

static gboolean
each_list (int root, OnList on_list, gpointer user_data, GError **error)
{
  autofd int folder = openat (root, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_autoptr (GPtrArray) entries = NULL;
  if (folder < 0)
    return errno == ENOENT || throw_errno (error, "open '/" FOLDER "'");
  if (!dir_list (folder, &entries, error))
    return prefix_error (error, "'/" FOLDER "'");
  for (guint i = 0; i < entries->len; i++) {
    const char *name = ((const DirEntry *)entries->pdata[i])->name;
    guint64 serial = serial_of (name);
    if (serial != 0 && !on_list (folder, name, serial, user_data, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
take_higher (int folder, const char *name, guint64 serial, gpointer user_data, GError **error)
{
  guint64 *highest = user_data;
  *highest = MAX (*highest, serial);
  return TRUE;
}

gboolean
revocations_serial (const TreeRepo *repo, guint64 *out, GError **error)
{
  autofd int root = open_root (repo, error);
  *out = 0;
  return root >= 0 && each_list (root, take_higher, out, error);
}

/* ---- Keeping ---- */

static char *
to_text (const RevokedKeys *list)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < list->keys->len; i++) {
    g_autofree char *key = g_base64_encode (g_bytes_get_data (list->keys->pdata[i], NULL),
                                            REVOKED_KEY_LEN);
    g_string_append_printf (text, "%s\n", key);
  }
  return g_string_free (text, FALSE);
}

static gboolean
sync_folder (int root, const char *path, GError **error)
{
  autofd int fd = dir_open_at (root, path, error);
  return fd >= 0 && (fsync (fd) == 0 || throw_errno (error, "sync '/%s'", path));
}

static gboolean
write_list (int root, const RevokedKeys *list, GError **error)
{
  g_autofree char *text = to_text (list);
  g_autofree char *path = g_strdup_printf (FOLDER "/" PREFIX "%" G_GUINT64_FORMAT, list->serial);
  g_autofree char *temp = NULL;
  if (!dir_ensure_at (root, FOLDER, 0755, error))
    return FALSE;
  autofd int fd = file_open_temp (root, TEMP, &temp, error);
  if (fd < 0)
    return FALSE;
  gboolean ok = fd_write_all (fd, text, strlen (text), error) &&
                (fchmod (fd, 0644) == 0 || throw_errno (error, "set mode")) &&
                (fsync (fd) == 0 || throw_errno (error, "sync")) &&
                (renameat (root, temp, root, path) == 0 || throw_errno (error, "rename"));
  if (!ok)
    (void)unlinkat (root, temp, 0);
  return ok ? sync_folder (root, FOLDER, error) && sync_folder (root, ROOT_KEYS_LOCAL, error)
            : prefix_error (error, "'/%s'", path);
}

static gboolean
remove_lower (int folder, const char *name, guint64 serial, gpointer user_data, GError **error)
{
  const guint64 *kept = user_data;
  return serial >= *kept || unlinkat (folder, name, 0) == 0 || errno == ENOENT ||
         throw_errno (error, "remove '%s'", name);
}

gboolean
revocations_keep (const TreeRepo *repo, const RevokedKeys *list, GError **error)
{
  autofd int root = open_root (repo, error);
  guint64 serial = list->serial;
  return (root >= 0 && write_list (root, list, error) &&
          each_list (root, remove_lower, &serial, error)) ||
         prefix_error (error, "keep the list of revoked keys");
}
