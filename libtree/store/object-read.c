/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/object-read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/checksum.h"
#include "plain/layout.h"

gboolean
object_load_optional (const TreeRepo *repo, TreeObjectType type, const TreeChecksum *checksum,
                      GBytes **out, GError **error)
{
  char path[OBJECT_PATH_MAX];
  object_path (&(ObjectName){*checksum, type}, repo->mode->archive, path);
  if (!file_read_at (repo->objects_dfd, path, OBJECT_METADATA_MAX, out, error))
    return FALSE;
  if (*out == NULL && repo->parent != NULL)
    return object_load_optional (repo->parent, type, checksum, out, error);
  return TRUE;
}

static gboolean
not_found (TreeObjectType type, const TreeChecksum *checksum, GError **error)
{
  g_autofree char *name = object_to_string (&(ObjectName){*checksum, type});
  return throw_error (error, TREE_ERROR_NOT_FOUND, "No such metadata object %s; %s", name,
                      type == TREE_OBJECT_COMMIT
                          ? "it was pruned, or never pulled (see 'pull --depth')"
                          : "it was left out of a pull, or lost (see 'fsck --repair')");
}

gboolean
object_load (const TreeRepo *repo, TreeObjectType type, const TreeChecksum *checksum, GBytes **out,
             GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  if (!object_load_optional (repo, type, checksum, &bytes, error))
    return FALSE;
  if (bytes == NULL)
    return not_found (type, checksum, error);
  *out = g_steal_pointer (&bytes);
  return TRUE;
}

/* In this repository itself, whatever its parents have. */
static gboolean
has_own (const TreeRepo *repo, TreeObjectType type, const TreeChecksum *checksum, gboolean *out,
         GError **error)
{
  char path[OBJECT_PATH_MAX];
  object_path (&(ObjectName){*checksum, type}, repo->mode->archive, path);
  struct stat st;
  *out = fstatat (repo->objects_dfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
  return *out || errno == ENOENT || throw_errno (error, "stat 'objects/%s'", path);
}

gboolean
object_exists (const TreeRepo *repo, TreeObjectType type, const TreeChecksum *checksum,
               gboolean *out, GError **error)
{
  if (!has_own (repo, type, checksum, out, error))
    return FALSE;
  if (!*out && repo->parent != NULL)
    return object_exists (repo->parent, type, checksum, out, error);
  return TRUE;
}

gboolean
tree_repo_load_metadata (const TreeRepo *self, TreeObjectType type, const TreeChecksum *checksum,
                         GBytes **out, GError **error)
{
  return object_load (self, type, checksum, out, error);
}

gboolean
tree_repo_has_object (const TreeRepo *self, TreeObjectType type, const TreeChecksum *checksum,
                      gboolean *out, GError **error)
{
  return object_exists (self, type, checksum, out, error);
}

/* The end of a load-and-parse: names the object in the error. */
static gboolean
parsed (gboolean ok, TreeObjectType type, const TreeChecksum *checksum, GError **error)
{
  if (ok)
    return TRUE;
  g_autofree char *name = object_to_string (&(ObjectName){*checksum, type});
  return prefix_error (error, "Corrupted object %s", name);
}

gboolean
object_load_commit (const TreeRepo *repo, const TreeChecksum *checksum, Commit *out, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  return object_load (repo, TREE_OBJECT_COMMIT, checksum, &bytes, error) &&
         parsed (commit_parse (bytes, out, error), TREE_OBJECT_COMMIT, checksum, error);
}

gboolean
object_load_commit_optional (const TreeRepo *repo, const TreeChecksum *checksum,
                             gboolean *out_found, Commit *out, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  if (!object_load_optional (repo, TREE_OBJECT_COMMIT, checksum, &bytes, error))
    return FALSE;
  *out_found = bytes != NULL;
  return bytes == NULL ||
         parsed (commit_parse (bytes, out, error), TREE_OBJECT_COMMIT, checksum, error);
}

gboolean
object_load_dirtree (const TreeRepo *repo, const TreeChecksum *checksum, DirTree *out,
                     GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  return object_load (repo, TREE_OBJECT_DIR_TREE, checksum, &bytes, error) &&
         parsed (dirtree_parse (bytes, out, error), TREE_OBJECT_DIR_TREE, checksum, error);
}

gboolean
object_load_dirmeta (const TreeRepo *repo, const TreeChecksum *checksum, FileMeta *out,
                     GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  return object_load (repo, TREE_OBJECT_DIR_META, checksum, &bytes, error) &&
         parsed (filemeta_parse_dirmeta (bytes, S_IFDIR, out, error), TREE_OBJECT_DIR_META,
                 checksum, error);
}

static gboolean
open_file (const TreeRepo *repo, ModeWorker *worker, gboolean stat_only,
           const TreeChecksum *checksum, StoreFile *out, GError **error)
{
  char path[OBJECT_PATH_MAX];
  object_path (&(ObjectName){*checksum, TREE_OBJECT_FILE}, repo->mode->archive, path);
  g_autoptr (GError) local = NULL;
  if (stat_only && repo->mode->stat != NULL
          ? repo->mode->stat (repo->objects_dfd, path, out, &local)
          : repo->mode->open (worker, repo->objects_dfd, path, out, &local))
    return TRUE;
  gboolean missing = g_error_matches (local, TREE_ERROR, TREE_ERROR_NOT_FOUND);
  if (missing && repo->parent != NULL)
    return open_file (repo->parent, worker, stat_only, checksum, out, error);
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (checksum, hex);
  if (missing)
    return throw_error (error, TREE_ERROR_NOT_FOUND, "Couldn't find file object '%s'", hex);
  gboolean corrupt = g_error_matches (local, TREE_ERROR, TREE_ERROR_CORRUPT);
  g_propagate_error (error, g_steal_pointer (&local));
  return prefix_error (error, "%s '%s.file'", corrupt ? "Corrupted object" : "reading object", hex);
}

gboolean
object_open_file (const TreeRepo *repo, ModeWorker *worker, const TreeChecksum *checksum,
                  StoreFile *out, GError **error)
{
  return open_file (repo, worker, /* stat_only= */ FALSE, checksum, out, error);
}

gboolean
object_stat_file (const TreeRepo *repo, const TreeChecksum *checksum, StoreFile *out,
                  GError **error)
{
  return open_file (repo, NULL, /* stat_only= */ TRUE, checksum, out, error);
}

gboolean
object_stored_size (const TreeRepo *repo, const ObjectName *name, guint64 *out, GError **error)
{
  char path[OBJECT_PATH_MAX];
  struct stat st;
  object_path (name, repo->mode->archive, path);
  if (fstatat (repo->objects_dfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0) {
    *out = (guint64)st.st_size;
    return TRUE;
  }
  if (errno == ENOENT && repo->parent != NULL)
    return object_stored_size (repo->parent, name, out, error);
  return throw_errno (error, "stat 'objects/%s'", path);
}

char *
commit_partial_path (const TreeChecksum *commit)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (commit, hex);
  return g_strconcat (REPO_STATE "/", hex, ".commitpartial", NULL);
}

static gboolean
has_mark (const TreeRepo *repo, const char *path, gboolean *out, GError **error)
{
  struct stat st;
  *out = fstatat (repo->dfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
  return *out || errno == ENOENT || throw_errno (error, "stat '%s'", path);
}

gboolean
commit_is_partial (const TreeRepo *repo, const TreeChecksum *commit, gboolean *out, GError **error)
{
  g_autofree char *path = commit_partial_path (commit);
  gboolean here = FALSE;
  *out = FALSE;
  for (; repo != NULL && !here && !*out; repo = repo->parent)
    if (!has_mark (repo, path, out, error) ||
        !has_own (repo, TREE_OBJECT_COMMIT, commit, &here, error))
      return FALSE;
  return TRUE;
}

gboolean
commit_is_complete (const TreeRepo *repo, const TreeChecksum *commit, gboolean *out, GError **error)
{
  gboolean exists = FALSE;
  gboolean partial = FALSE;
  if (!object_exists (repo, TREE_OBJECT_COMMIT, commit, &exists, error) ||
      !commit_is_partial (repo, commit, &partial, error))
    return FALSE;
  *out = exists && !partial;
  return TRUE;
}

gboolean
commit_is_settled (const TreeRepo *repo, const TreeChecksum *commit, gboolean *out, GError **error)
{
  if (!has_own (repo, TREE_OBJECT_COMMIT, commit, out, error))
    return FALSE;
  return *out || repo->parent == NULL || commit_is_complete (repo->parent, commit, out, error);
}

gboolean
commit_set_partial (const TreeRepo *repo, const TreeChecksum *commit, gboolean partial,
                    GError **error)
{
  g_autofree char *path = commit_partial_path (commit);
  if (!partial)
    return unlinkat (repo->dfd, path, 0) == 0 || errno == ENOENT ||
           throw_errno (error, "remove '%s'", path);
  autofd int fd = openat (repo->dfd, path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  return fd >= 0 || throw_errno (error, "create '%s'", path);
}

gboolean
commit_write_tombstone (const TreeRepo *repo, const TreeChecksum *commit, GError **error)
{
  g_autoptr (GBytes) bytes = commit_build_tombstone (commit);
  char path[OBJECT_PATH_MAX];
  object_path (&(ObjectName){*commit, TREE_OBJECT_TOMBSTONE}, repo->mode->archive, path);
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *temp = NULL;
  if (!dir_ensure_at (repo->objects_dfd, directory, 0775, error))
    return FALSE;
  /* In tmp/, where what a killed process leaves is cleaned away. */
  autofd int fd = file_open_temp (repo->dfd, REPO_TMP "/tombstone", &temp, error);
  if (fd < 0)
    return FALSE;
  if (fd_write_all (fd, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), error) &&
      (fchmod (fd, 0644) == 0 || throw_errno (error, "set mode")) &&
      (renameat (repo->dfd, temp, repo->objects_dfd, path) == 0 || throw_errno (error, "rename")))
    return TRUE;
  (void)unlinkat (repo->dfd, temp, 0);
  return prefix_error (error, "write '%s'", path);
}
