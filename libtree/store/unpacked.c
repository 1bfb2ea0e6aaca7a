/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/unpacked.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/object.h"
#include "plain/layout.h"
#include "store/object-read.h"

gboolean
unpacked_open (const TreeRepo *repo, int *out, GError **error)
{
  gboolean enabled = FALSE;
  *out = -1;
  if (!repo->mode->archive)
    return TRUE;
  if (!repo_config_boolean (repo, "core", "enable-uncompressed-cache", TRUE, &enabled, error))
    return FALSE;
  if (!enabled || (mkdirat (repo->dfd, REPO_UNCOMPRESSED_CACHE, 0755) < 0 && errno != EEXIST) ||
      faccessat (repo->dfd, REPO_UNCOMPRESSED_CACHE, W_OK, AT_EACCESS) < 0)
    return TRUE;
  *out = dir_open_at (repo->dfd, REPO_UNCOMPRESSED_CACHE, error);
  return *out >= 0;
}

/* What user mode makes of a mode. */
static mode_t
user_mode (const FileMeta *meta)
{
  return (meta->mode & 0777) | S_IRUSR;
}

static gboolean
counts (const struct stat *entry, guint64 size, mode_t mode)
{
  return S_ISREG (entry->st_mode) && entry->st_mtim.tv_sec == 0 && entry->st_mtim.tv_nsec == 0 &&
         (guint64)entry->st_size == size && (entry->st_mode & 07777) == mode;
}

gboolean
unpacked_link (const TreeRepo *repo, int cache_dfd, const TreeChecksum *checksum, int dfd,
               const char *name, gboolean *out_linked, GError **error)
{
  char path[OBJECT_PATH_MAX];
  struct stat st;
  *out_linked = FALSE;
  object_path (&(ObjectName){*checksum, TREE_OBJECT_FILE}, /* archive= */ FALSE, path);
  if (fstatat (cache_dfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return TRUE;
  g_auto (StoreFile) file = {.fd = -1};
  if (!object_stat_file (repo, checksum, &file, error))
    return FALSE;
  if (!S_ISREG (file.meta.mode) || !counts (&st, file.size, user_mode (&file.meta)))
    return TRUE;
  *out_linked = linkat (cache_dfd, path, dfd, name, 0) == 0;
  /* What the link cannot be (another file system, too many links), the copy can; a name that is
   * taken is the caller's affair. */
  return *out_linked || errno != EEXIST || throw_errno (error, "link '%s'", name);
}

/* Is there room for the entry? Another worker may just have made it; what does not count goes. */
static gboolean
make_room (int cache_dfd, const char *path, const struct stat *file)
{
  struct stat entry;
  if (fstatat (cache_dfd, path, &entry, AT_SYMLINK_NOFOLLOW) < 0)
    return TRUE;
  return !counts (&entry, (guint64)file->st_size, file->st_mode & 07777) &&
         unlinkat (cache_dfd, path, 0) == 0;
}

void
unpacked_keep (int cache_dfd, const TreeChecksum *checksum, int dfd, const char *name)
{
  char path[OBJECT_PATH_MAX];
  struct stat st;
  const struct timespec zero[2] = {{0, UTIME_OMIT}, {0, 0}};
  object_path (&(ObjectName){*checksum, TREE_OBJECT_FILE}, /* archive= */ FALSE, path);
  if (utimensat (dfd, name, zero, AT_SYMLINK_NOFOLLOW) < 0 ||
      fstatat (dfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return;
  for (int attempt = 0; attempt < 2; attempt++) {
    if (linkat (dfd, name, cache_dfd, path, 0) == 0)
      return;
    if (errno == ENOENT) {
      char two_digits[3] = {path[0], path[1], '\0'};
      (void)mkdirat (cache_dfd, two_digits, 0755); /* the next link tells */
    } else if (errno != EEXIST || !make_room (cache_dfd, path, &st))
      return;
  }
}

static gboolean
prune_folder (int cache_dfd, const char *name, GError **error)
{
  autofd int dfd = dir_open_at (cache_dfd, name, error);
  g_autoptr (GPtrArray) entries = NULL;
  if (dfd < 0 || !dir_list (dfd, &entries, error))
    return FALSE;
  for (guint i = 0; i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    struct stat st;
    if (fstatat (dfd, entry->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG (st.st_mode) &&
        st.st_nlink == 1 && unlinkat (dfd, entry->name, 0) < 0 && errno != ENOENT)
      return throw_errno (error, "delete '%s'", entry->name);
  }
  (void)unlinkat (cache_dfd, name, AT_REMOVEDIR); /* fails while something is in it */
  return TRUE;
}

gboolean
unpacked_prune (const TreeRepo *repo, GError **error)
{
  autofd int dfd = openat (repo->dfd, REPO_UNCOMPRESSED_CACHE,
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (dfd < 0)
    return errno == ENOENT || throw_errno (error, "open '%s'", REPO_UNCOMPRESSED_CACHE);
  g_autoptr (GPtrArray) entries = NULL;
  if (!dir_list (dfd, &entries, error))
    return FALSE;
  for (guint i = 0; i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    if (entry->type == DT_DIR && !prune_folder (dfd, entry->name, error))
      return prefix_error (error, "'%s'", REPO_UNCOMPRESSED_CACHE);
  }
  return TRUE;
}
