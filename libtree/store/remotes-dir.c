/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/remotes-dir.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "store/root.h"

#define REMOTES_DIR "etc/ostree/remotes.d"
#define FILE_SUFFIX ".conf"
#define FILE_MAX_BYTES ((gsize)1024 * 1024)

/* Where the directory would be, relative to *@out_dfd; owned by the caller. NULL for a repository
 * by itself. */
static char *
locate (const TreeRepo *repo, int *out_dfd)
{
  const char *root = root_locate (repo, out_dfd);
  return root != NULL ? g_strconcat (root, REMOTES_DIR, NULL) : NULL;
}

static void
file_free (gpointer data)
{
  RemotesFile *file = data;
  g_free (file->name);
  g_key_file_unref (file->keys);
  g_free (file);
}

static gboolean
load_file (int dfd, const char *name, GPtrArray *out, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  if (!file_read_at (dfd, name, FILE_MAX_BYTES, &bytes, error))
    return FALSE;
  if (bytes == NULL)
    return TRUE; /* gone meanwhile */
  g_autoptr (GKeyFile) keys = g_key_file_new ();
  g_autoptr (GError) local = NULL;
  if (!g_key_file_load_from_bytes (keys, bytes, G_KEY_FILE_KEEP_COMMENTS, &local))
    return throw_error (error, TREE_ERROR_CORRUPT, REMOTES_DIR "/%s: %s", name, local->message);
  RemotesFile *file = g_new0 (RemotesFile, 1);
  file->name = g_strdup (name);
  file->keys = g_steal_pointer (&keys);
  g_ptr_array_add (out, file);
  return TRUE;
}

gboolean
remotes_dir_load (const TreeRepo *repo, GPtrArray **out, GError **error)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (file_free);
  g_autoptr (GPtrArray) entries = NULL;
  int base;
  g_autofree char *path = locate (repo, &base);
  autofd int dfd = path != NULL ? openat (base, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  if (path != NULL && dfd < 0 && errno != ENOENT && errno != ENOTDIR)
    return throw_errno (error, "open '%s'", path);
  if (dfd >= 0 && !dir_list (dfd, &entries, error))
    return prefix_error (error, "'%s'", path);
  for (guint i = 0; entries != NULL && i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    if (g_str_has_suffix (entry->name, FILE_SUFFIX) && entry->type == DT_REG &&
        !load_file (dfd, entry->name, files, error))
      return FALSE;
  }
  *out = g_steal_pointer (&files);
  return TRUE;
}

gboolean
remotes_dir_read (const TreeRepo *repo, const char *name, gsize max_bytes, GBytes **out,
                  GError **error)
{
  int base;
  g_autofree char *path = locate (repo, &base);
  autofd int dfd = path != NULL ? openat (base, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  *out = NULL;
  if (path != NULL && dfd < 0 && errno != ENOENT && errno != ENOTDIR)
    return throw_errno (error, "open '%s'", path);
  return dfd < 0 || file_read_at (dfd, name, max_bytes, out, error);
}

static gboolean
save (int dfd, const char *name, GKeyFile *keys, GError **error)
{
  gsize len = 0;
  g_autofree char *text = g_key_file_to_data (keys, &len, NULL);
  return config_replace_at (dfd, name, text, len, error);
}

void
remotes_copy_group (GKeyFile *from, GKeyFile *to, const char *group)
{
  (void)g_key_file_remove_group (to, group, NULL);
  g_auto (GStrv) keys = g_key_file_get_keys (from, group, NULL, NULL);
  for (char **key = keys; key != NULL && *key != NULL; key++) {
    g_autofree char *value = g_key_file_get_value (from, group, *key, NULL);
    g_key_file_set_value (to, group, *key, value);
  }
}

gboolean
remotes_dir_write (const TreeRepo *repo, const char *name, const char *group, GKeyFile *keys,
                   GError **error)
{
  int base;
  g_autofree char *path = locate (repo, &base);
  if (path == NULL)
    return throw_error (error, TREE_ERROR_INVALID,
                        "core.add-remotes-config-dir is set, but '%s' is not the repository of a "
                        "system and has no remotes.d",
                        repo->path);
  if (!dir_ensure_at (base, path, 0755, error))
    return FALSE;
  autofd int dfd = openat (base, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dfd < 0)
    return throw_errno (error, "open '%s'", path);
  g_autofree char *file = g_strconcat (name, FILE_SUFFIX, NULL);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (file_free);
  if (!load_file (dfd, file, files, error))
    return FALSE;
  if (files->len == 0)
    return save (dfd, file, keys, error);
  /* Somebody put others into the file. */
  GKeyFile *all = ((RemotesFile *)files->pdata[0])->keys;
  remotes_copy_group (keys, all, group);
  return save (dfd, file, all, error);
}

gboolean
remotes_dir_remove_group (const TreeRepo *repo, const char *file, const char *group, GError **error)
{
  int base;
  g_autofree char *path = locate (repo, &base);
  autofd int dfd = path != NULL ? openat (base, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  if (dfd < 0)
    return throw_errno (error, "open '%s'", REMOTES_DIR);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (file_free);
  if (!load_file (dfd, file, files, error))
    return FALSE;
  if (files->len == 0)
    return TRUE;
  GKeyFile *keys = ((RemotesFile *)files->pdata[0])->keys;
  (void)g_key_file_remove_group (keys, group, NULL);
  g_auto (GStrv) left = g_key_file_get_groups (keys, NULL);
  if (left[0] != NULL)
    return save (dfd, file, keys, error);
  return unlinkat (dfd, file, 0) == 0 || errno == ENOENT ||
         throw_errno (error, "remove '%s'", file);
}
