/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making, finding and opening repositories. */
#include "config.h"

#include "store/repo.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "core/refspec.h"
#include "plain/layout.h"

enum {
  DIR_MODE = 0775,
  DEFAULT_DEFLATE_LEVEL = 6,
  DEFAULT_LOCK_TIMEOUT_SECS = 300,
  DEFAULT_TMP_EXPIRY_SECS = 24 * 60 * 60,
};

#define SYSTEM_REPO "/ostree/repo"

TreeRepo *
tree_repo_ref (TreeRepo *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
tree_repo_unref (TreeRepo *self)
{
  if (self == NULL || !g_atomic_int_dec_and_test (&self->ref_count))
    return;
  g_free (self->path);
  fd_cleanup (&self->dfd);
  fd_cleanup (&self->objects_dfd);
  fd_cleanup (&self->root_dfd);
  g_clear_pointer (&self->config, g_key_file_unref);
  g_free (self->collection_id);
  tree_repo_unref (self->parent);
  g_free (self);
}

/* ---- Making ---- */

static gboolean
write_first_config (int dfd, TreeMode mode, const char *collection_id, GError **error)
{
  g_autoptr (GString) text = g_string_new ("[core]\nrepo_version=1\n");
  g_string_append_printf (text, "mode=%s\n", tree_mode_to_string (mode));
  if (collection_id != NULL)
    g_string_append_printf (text, "collection-id=%s\n", collection_id);
  return file_replace_durable_at (dfd, REPO_CONFIG, text->str, text->len, 0644, error);
}

gboolean
tree_repo_create (int dfd, const char *path, TreeMode mode, const char *collection_id,
                  GError **error)
{
  if (collection_id != NULL && !refspec_check_collection (collection_id, error))
    return FALSE;
  if (mkdirat (dfd, path, DIR_MODE) < 0 && errno != EEXIST)
    return throw_errno (error, "create repository '%s'", path);
  autofd int repo_dfd = openat (dfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (repo_dfd < 0)
    return throw_errno (error, "open '%s'", path);
  struct stat st;
  if (fstatat (repo_dfd, REPO_OBJECTS, &st, 0) == 0)
    return TRUE;
  /* objects comes last: where it is, the repository is whole. */
  static const char *const dirs[] = {REPO_TMP,   REPO_EXTENSIONS, REPO_STATE,  REPO_REFS,
                                     REPO_HEADS, REPO_MIRRORS,    REPO_REMOTES};
  for (gsize i = 0; i < G_N_ELEMENTS (dirs); i++)
    if (!dir_ensure_at (repo_dfd, dirs[i], DIR_MODE, error))
      return FALSE;
  return write_first_config (repo_dfd, mode, collection_id, error) &&
         dir_ensure_at (repo_dfd, REPO_OBJECTS, DIR_MODE, error);
}

/* ---- Opening ---- */

static gboolean
read_mode (TreeRepo *self, GError **error)
{
  gint64 version = 0;
  if (!repo_config_int (self, "core", "repo_version", 0, &version, error))
    return FALSE;
  if (version != 1)
    return throw_error (error, TREE_ERROR_UNSUPPORTED,
                        "Invalid repository version '%" G_GINT64_FORMAT "': only 1 is known",
                        version);
  g_autofree char *name = g_key_file_get_string (self->config, "core", "mode", NULL);
  self->mode = store_mode_by_name (name != NULL ? name : "bare", error);
  return self->mode != NULL;
}

static gboolean
read_options (TreeRepo *self, GError **error)
{
  gint64 level = 0;
  gint64 timeout = 0;
  gint64 expiry = 0;
  if (!repo_config_boolean (self, "core", "fsync", TRUE, &self->fsync, error) ||
      !repo_config_boolean (self, "core", "per-object-fsync", FALSE, &self->per_object_fsync,
                            error) ||
      !repo_config_boolean (self, "core", "disable-xattrs", FALSE, &self->disable_xattrs, error) ||
      !repo_config_int (self, "archive", "zlib-level", DEFAULT_DEFLATE_LEVEL, &level, error) ||
      !repo_config_int (self, "core", "lock-timeout-secs", DEFAULT_LOCK_TIMEOUT_SECS, &timeout,
                        error) ||
      !repo_config_int (self, "core", "tmp-expiry-secs", DEFAULT_TMP_EXPIRY_SECS, &expiry, error))
    return FALSE;
  if (level < 1 || level > 9)
    return throw_error (error, TREE_ERROR_INVALID, "archive.zlib-level must be 1 to 9");
  self->deflate_level = (int)level;
  self->lock_timeout_secs = (int)CLAMP (timeout, -1, G_MAXINT);
  self->tmp_expiry_secs = (guint64)MAX (expiry, 0);
  self->collection_id = g_key_file_get_string (self->config, "core", "collection-id", NULL);
  return self->collection_id == NULL || refspec_check_collection (self->collection_id, error);
}

static gboolean
open_parent (TreeRepo *self, GError **error)
{
  g_autofree char *path = g_key_file_get_string (self->config, "core", "parent", NULL);
  if (path == NULL || *path == '\0')
    return TRUE;
  self->parent = tree_repo_open (self->dfd, path, error);
  return self->parent != NULL || prefix_error (error, "parent repository");
}

static gboolean
open_repo (TreeRepo *self, int dfd, const char *path, GError **error)
{
  self->dfd = openat (dfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (self->dfd < 0 && errno == ENOENT)
    return throw_error (error, TREE_ERROR_NOT_FOUND,
                        "opendir(%s): No such file or directory; `init` makes a repository", path);
  if (self->dfd < 0)
    return throw_errno (error, "opendir(%s)", path);
  if (!repo_config_load (self, error))
    return FALSE;
  /* A cleaner may have taken it. Where it cannot be made, writers will say so. */
  (void)mkdirat (self->dfd, REPO_TMP, 0775);
  self->objects_dfd = dir_open_at (self->dfd, REPO_OBJECTS, error);
  struct stat st;
  if (self->objects_dfd < 0)
    return FALSE;
  if (fstat (self->objects_dfd, &st) < 0)
    return throw_errno (error, "stat '" REPO_OBJECTS "'");
  self->owner = st.st_uid;
  return read_mode (self, error) && read_options (self, error);
}

TreeRepo *
repo_open_alone (int dfd, const char *path, GError **error)
{
  g_autoptr (TreeRepo) self = g_new0 (TreeRepo, 1);
  self->ref_count = 1;
  self->path = g_strdup (path);
  self->dfd = self->objects_dfd = self->root_dfd = -1;
  if (!open_repo (self, dfd, path, error))
    return prefix_null (error, "opening repo");
  return g_steal_pointer (&self);
}

TreeRepo *
tree_repo_open (int dfd, const char *path, GError **error)
{
  g_autoptr (TreeRepo) self = repo_open_alone (dfd, path, error);
  if (self == NULL)
    return NULL;
  return open_parent (self, error) ? g_steal_pointer (&self) : prefix_null (error, "opening repo");
}

/* A deployment has a link to the physical root's, and an etc of its own. */
TreeRepo *
tree_repo_open_root (int dfd, const char *root, GError **error)
{
  g_autofree char *path = g_build_filename (root, SYSROOT_REPO, NULL);
  g_autoptr (TreeRepo) self = tree_repo_open (dfd, path, error);
  struct stat st;
  if (self == NULL)
    return NULL;
  autofd int root_dfd = openat (dfd, root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root_dfd < 0 || fstatat (root_dfd, SYSROOT_OSTREE, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno_null (error, "open '%s'", root);
  if (S_ISLNK (st.st_mode))
    self->root_dfd = fd_steal (&root_dfd);
  return g_steal_pointer (&self);
}

static gboolean
is_repo (const char *path)
{
  struct stat st;
  g_autofree char *objects = g_build_filename (path, REPO_OBJECTS, NULL);
  g_autofree char *config = g_build_filename (path, REPO_CONFIG, NULL);
  return stat (objects, &st) == 0 && stat (config, &st) == 0;
}

TreeRepo *
tree_repo_find (const char *path, GError **error)
{
  if (path == NULL && is_repo ("."))
    path = ".";
  if (path == NULL)
    path = g_getenv ("OSTREE_REPO");
  if (path == NULL && is_repo (SYSTEM_REPO))
    path = SYSTEM_REPO;
  if (path == NULL)
    return throw_null (
        error, TREE_ERROR_NOT_FOUND,
        "no repository: give --repo=PATH, set OSTREE_REPO, or run in one's directory");
  return tree_repo_open (AT_FDCWD, path, error);
}

TreeMode
tree_repo_get_mode (const TreeRepo *self)
{
  return self->mode->id;
}

const char *
tree_repo_get_path (const TreeRepo *self)
{
  return self->path;
}

int
tree_repo_get_dfd (const TreeRepo *self)
{
  return self->dfd;
}

const char *
tree_repo_get_collection_id (const TreeRepo *self)
{
  return self->collection_id;
}

/* ---- Lock ---- */

static int
unlocked (const TreeRepo *self, GError **error)
{
  int fd = openat (self->dfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    (void)throw_errno (error, "open '%s'", self->path);
  return fd;
}

gboolean
repo_has_locks (const TreeRepo *self, gboolean *out, GError **error)
{
  return repo_config_boolean (self, "core", "locking", TRUE, out, error);
}

static int
take_lock (const TreeRepo *self, const char *path, LockKind kind, GError **error)
{
  gboolean locking = TRUE;
  if (!repo_has_locks (self, &locking, error))
    return -1;
  if (!locking)
    return unlocked (self, error);
  int fd = lock_open_at (self->dfd, path, 0660, kind, self->lock_timeout_secs, NULL, error);
  if (fd < 0)
    (void)prefix_error (error, "repository '%s'", self->path);
  return fd;
}

int
repo_lock (const TreeRepo *self, RepoLockKind kind, GError **error)
{
  g_autoptr (GError) local = NULL;
  int fd = take_lock (self, REPO_LOCK, kind == REPO_LOCK_EXCLUSIVE ? LOCK_EXCLUSIVE : LOCK_SHARED,
                      &local);
  if (fd >= 0)
    return fd;
  if (kind == REPO_LOCK_READ && g_error_matches (local, TREE_ERROR, TREE_ERROR_DENIED))
    return unlocked (self, error);
  g_propagate_error (error, g_steal_pointer (&local));
  return -1;
}

int
repo_lock_file (const TreeRepo *self, const char *path, GError **error)
{
  return take_lock (self, path, LOCK_EXCLUSIVE, error);
}

void
repo_touch (const TreeRepo *self)
{
  (void)futimens (self->dfd, NULL); /* a hint for watchers, no promise */
}

gboolean
repo_replace_file (const TreeRepo *self, const char *path, GBytes *content, GError **error)
{
  gsize len;
  gconstpointer data = g_bytes_get_data (content, &len);
  return self->fsync ? file_replace_durable_at (self->dfd, path, data, len, 0644, error)
                     : file_replace_at (self->dfd, path, data, len, 0644, error);
}
