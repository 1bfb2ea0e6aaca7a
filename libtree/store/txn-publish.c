/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commit point of everything that writes objects; the order is explained in txn.h. */
#include "config.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "store/publish.h"
#include "store/refs-write.h"
#include "store/tmp-clean.h"
#include "store/txn-private.h"

enum {
  /* Up to so many directories are synced one by one; beyond, one syncfs is cheaper. Unless it is
   * not wanted: then this is all that there are. */
  MAX_DIR_SYNCS = 8,
  ALL_DIR_SYNCS = 256
};

/* What has been renamed in one pass. */
typedef struct {
  gboolean commits;   /* this pass takes the commits; else all others */
  gboolean left_over; /* the pass saw files for the other pass */
  GArray *touched;    /* int: descriptors of changed directories, while there are few */
  guint n_touched;
  guint max_touched;
} Pass;

static gboolean
is_commit_file (const char *name)
{
  return g_str_has_suffix (name, ".commit");
}

static gboolean
is_damaged (const Txn *self, const char *dir, const char *name)
{
  ObjectName object;
  if (self->damaged == NULL || !object_from_path (dir, name, self->repo->mode->archive, &object))
    return FALSE;
  /* A part of the file, though not of its name. */
  if (object.type == TREE_OBJECT_FILE_XATTRS_LINK)
    object.type = TREE_OBJECT_FILE;
  return object_set_contains (self->damaged, object.type, &object.checksum);
}

/* Of payload links the newer one leads somewhere for sure. */
static gboolean
is_replaced (const Txn *self, const char *dir, const char *name)
{
  return g_str_has_suffix (name, ".commitmeta") || g_str_has_suffix (name, ".payload-link") ||
         is_damaged (self, dir, name);
}

static gboolean
publish_file (int from, int to, const char *name, gboolean replace, GError **error)
{
  if (!replace) {
    /* The object that is there stays: checkouts may be linked to it. */
    if (renameat2 (from, name, to, name, RENAME_NOREPLACE) == 0)
      return TRUE;
    if (errno == EEXIST)
      return unlinkat (from, name, 0) == 0 || throw_errno (error, "remove staged '%s'", name);
    if (errno != EINVAL)
      return throw_errno (error, "publish object '%s'", name);
    /* A file system without RENAME_NOREPLACE: the same bytes replace each other. */
  }
  return renameat (from, name, to, name) == 0 || throw_errno (error, "publish object '%s'", name);
}

/* A commit that comes back is not deleted any more. */
static void
drop_tombstone (int dfd, const char *commit_name)
{
  g_autofree char *hex = g_strndup (commit_name, strlen (commit_name) - strlen (".commit"));
  g_autofree char *name = g_strconcat (hex, ".", object_type_to_string (TREE_OBJECT_TOMBSTONE),
                                       NULL);
  (void)unlinkat (dfd, name, 0); /* hardly ever there */
}

static gboolean
publish_dir (Txn *self, Pass *pass, const char *dir, GError **error)
{
  autofd int from = dir_open_at (self->staging_dfd, dir, error);
  g_autoptr (GPtrArray) files = NULL;
  if (from < 0 || !dir_list (from, &files, error))
    return FALSE;
  autofd int to = -1;
  /* From the end: what lies beside a file, and has a longer name, comes before it. */
  for (guint i = files->len; i-- > 0;) {
    const DirEntry *file = files->pdata[i];
    if (is_commit_file (file->name) != pass->commits) {
      pass->left_over = TRUE;
      continue;
    }
    if (to < 0) {
      if (!dir_ensure_at (self->repo->objects_dfd, dir, 0775, error))
        return FALSE;
      to = dir_open_at (self->repo->objects_dfd, dir, error);
      if (to < 0)
        return FALSE;
    }
    if (!publish_file (from, to, file->name, is_replaced (self, dir, file->name), error))
      return FALSE;
    if (pass->commits)
      drop_tombstone (to, file->name);
  }
  if (to >= 0 && pass->n_touched++ < pass->max_touched) {
    int fd = fd_steal (&to);
    g_array_append_val (pass->touched, fd);
  }
  return TRUE;
}

static gboolean
sync_pass (Txn *self, Pass *pass, GError **error)
{
  if (!self->fsync || pass->n_touched == 0)
    return TRUE;
  if (pass->n_touched > pass->max_touched)
    return syncfs (self->repo->dfd) == 0 || throw_errno (error, "sync the file system");
  for (guint i = 0; i < pass->touched->len; i++)
    if (fsync (g_array_index (pass->touched, int, i)) < 0)
      return throw_errno (error, "sync objects");
  return fsync (self->repo->objects_dfd) == 0 || throw_errno (error, "sync objects");
}

static void
close_fd (gpointer fd)
{
  (void)close (*(int *)fd);
}

static gboolean
publish_pass (Txn *self, gboolean commits, gboolean *out_left_over, GError **error)
{
  g_autoptr (GPtrArray) dirs = NULL;
  if (!dir_list (self->staging_dfd, &dirs, error))
    return FALSE;
  g_autoptr (GArray) touched = g_array_new (FALSE, FALSE, sizeof (int));
  g_array_set_clear_func (touched, close_fd);
  Pass pass = {.commits = commits,
               .touched = touched,
               .max_touched = self->repo->per_object_fsync ? ALL_DIR_SYNCS : MAX_DIR_SYNCS};
  for (guint i = 0; i < dirs->len; i++)
    if (!publish_dir (self, &pass, ((const DirEntry *)dirs->pdata[i])->name, error))
      return FALSE;
  *out_left_over = pass.left_over;
  return sync_pass (self, &pass, error);
}

static gboolean
sync_staged_dir (int dfd, GError **error)
{
  g_autoptr (GPtrArray) files = NULL;
  if (!dir_list (dfd, &files, error))
    return FALSE;
  for (guint i = 0; i < files->len; i++) {
    const DirEntry *file = files->pdata[i];
    struct stat st;
    /* What is a link to somebody else's file was not sealed as ours. */
    if (fstatat (dfd, file->name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG (st.st_mode) ||
        st.st_nlink < 2)
      continue;
    autofd int fd = openat (dfd, file->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fsync (fd) < 0)
      return throw_errno (error, "sync '%s'", file->name);
  }
  return fsync (dfd) == 0 || throw_errno (error, "sync");
}

/* All that is staged is on the disk. Of objects that were synced one by one, what is left are names
 * and links: no syncfs, which others that write much would have to wait for. */
static gboolean
sync_staged (const Txn *self, GError **error)
{
  g_autoptr (GPtrArray) dirs = NULL;
  if (!self->fsync)
    return TRUE;
  if (!self->repo->per_object_fsync)
    return syncfs (self->repo->dfd) == 0 || throw_errno (error, "sync the file system");
  if (!dir_list (self->staging_dfd, &dirs, error))
    return FALSE;
  for (guint i = 0; i < dirs->len; i++) {
    const DirEntry *dir = dirs->pdata[i];
    autofd int dfd = dir_open_at (self->staging_dfd, dir->name, error);
    if (dfd < 0 || !sync_staged_dir (dfd, error))
      return prefix_error (error, "staged '%s'", dir->name);
  }
  return TRUE;
}

static gboolean
publish_objects (Txn *self, GError **error)
{
  gboolean has_new = self->stats.n_content_written > 0 || self->stats.n_metadata_written > 0;
  g_autoptr (GPtrArray) staged = NULL;
  if (!has_new && !dir_list (self->staging_dfd, &staged, error))
    return FALSE;
  gboolean has_objects = has_new || staged->len > 0;
  /* What a ref will name may have been published by somebody else, who has not synced it yet. */
  if (!has_objects && self->refs->len == 0)
    return TRUE;
  if (!sync_staged (self, error))
    return FALSE;
  gboolean commits_left = FALSE;
  if (!has_objects)
    return TRUE;
  if (!publish_pass (self, FALSE, &commits_left, error))
    return FALSE;
  return !commits_left || publish_pass (self, TRUE, &commits_left, error);
}

typedef struct {
  const Txn *txn;
  GPtrArray *paths; /* below the staging directory */
} Early;

static gboolean
list_settled (const char *dir, int dfd, const char *name, gboolean settled, gpointer user_data,
              GError **error)
{
  Early *self = user_data;
  if (settled && !is_replaced (self->txn, dir, name))
    g_ptr_array_add (self->paths, g_strconcat (dir, "/", name, NULL));
  return TRUE;
}

/* Listed first and synced then: what becomes whole meanwhile may not be on the disk. The renames
 * are synced with what comes next. */
gboolean
txn_publish_early (Txn *self, GError **error)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  if (!self->fsync)
    return TRUE;
  Early early = {self, paths};
  if (!staging_each (self->repo->mode, self->staging_dfd, list_settled, &early, error))
    return FALSE;
  if (paths->len > 0 && !sync_staged (self, error))
    return FALSE;
  for (guint i = 0; i < paths->len; i++) {
    const char *path = paths->pdata[i];
    const char dir[] = {path[0], path[1], '\0'};
    if (!dir_ensure_at (self->repo->objects_dfd, dir, 0775, error) ||
        !publish_file (self->staging_dfd, self->repo->objects_dfd, path, FALSE, error))
      return FALSE;
  }
  return TRUE;
}

/* For tests of what a failure leaves behind; the name is what scripts use. */
static gboolean
check_injected (GError **error)
{
  return g_strcmp0 (g_getenv ("OSTREE_REPO_TEST_ERROR"), "pre-commit") != 0 ||
         throw_error (error, TREE_ERROR_FAILED, "OSTREE_REPO_TEST_ERROR_PRE_COMMIT specified");
}

gboolean
txn_commit (Txn *self, TxnStats *out_stats, GError **error)
{
  if (!check_injected (error) || !publish_objects (self, error) ||
      !refs_write_all (self->repo, self->refs, self->fsync, error))
    return prefix_error (error, "commit the transaction in '%s'", self->repo->path);
  staging_remove (self);
  tmp_clean (self->repo);
  if (out_stats != NULL)
    *out_stats = self->stats;
  return TRUE;
}
