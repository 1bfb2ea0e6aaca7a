/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Staging objects. Where they lie is in txn-staging.c, publishing them in txn-publish.c. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/error.h"
#include "base/fd.h"
#include "plain/layout.h"
#include "store/object-read.h"
#include "store/payload.h"
#include "store/refs-write.h"
#include "store/txn-private.h"

/* ---- Room ---- */

static gboolean
parse_size (const char *text, guint64 *out)
{
  char *end = NULL;
  guint64 n = g_ascii_strtoull (text, &end, 10);
  guint shift = g_str_equal (end, "MB")   ? 20
                : g_str_equal (end, "GB") ? 30
                : g_str_equal (end, "TB") ? 40
                                          : 0;
  if (end == text || shift == 0 || !g_ascii_isdigit (*text) || n > (G_MAXUINT64 >> shift))
    return FALSE;
  *out = n << shift;
  return TRUE;
}

/* How much may be written before `core.min-free-space-*` stops us. */
static gboolean
measure_room (Txn *self, GError **error)
{
  struct statvfs st;
  if (fstatvfs (self->repo->dfd, &st) < 0)
    return throw_errno (error, "statvfs");
  self->block_size = st.f_frsize > 0 ? st.f_frsize : 4096;
  gint64 percent = 3;
  g_autofree char *size = g_key_file_get_string (self->repo->config, "core", "min-free-space-size",
                                                 NULL);
  if (!repo_config_int (self->repo, "core", "min-free-space-percent", 3, &percent, error))
    return FALSE;
  guint64 reserve = 0;
  if (size != NULL) {
    if (!parse_size (size, &reserve))
      return throw_error (error, TREE_ERROR_INVALID,
                          "config: core.min-free-space-size is '%s', but must be like 500MB", size);
    reserve /= self->block_size;
    self->room_rule = g_strdup_printf ("min-free-space-size %s", size);
  } else {
    if (percent < 0 || percent > 99)
      return throw_error (error, TREE_ERROR_INVALID,
                          "config: core.min-free-space-percent must be 0 to 99");
    reserve = (guint64)st.f_blocks * (guint64)percent / 100;
    self->room_rule = g_strdup_printf ("min-free-space-percent '%d%%'", (int)percent);
  }
  guint64 available = geteuid () == 0 ? st.f_bfree : st.f_bavail;
  self->free_blocks = (gint64)(available > reserve ? available - reserve : 0);
  return TRUE;
}

guint64
txn_size_on_disk (const Txn *self, guint64 bytes)
{
  guint64 blocks = bytes / self->block_size + 1;
  return blocks > G_MAXUINT64 / self->block_size ? G_MAXUINT64 : blocks * self->block_size;
}

gboolean
txn_check_room (Txn *self, guint64 disk_bytes, GError **error)
{
  g_mutex_lock (&self->mutex);
  guint64 room = (guint64)self->free_blocks * self->block_size;
  g_mutex_unlock (&self->mutex);
  if (disk_bytes <= room)
    return TRUE;
  g_autofree char *needed = g_format_size (disk_bytes);
  g_autofree char *left = g_format_size (room);
  return throw_error (error, TREE_ERROR_NO_SPACE,
                      "%s are needed on the disk, and %s may be used (with %s); free some space, "
                      "prune, or lower the limit in config",
                      needed, left, self->room_rule);
}

void
txn_get_stats (Txn *self, TxnStats *out)
{
  g_mutex_lock (&self->mutex);
  *out = self->stats;
  g_mutex_unlock (&self->mutex);
}

gboolean
txn_each_staged (Txn *self, StagedFunc func, gpointer user_data, GError **error)
{
  return staging_each (self->repo->mode, self->staging_dfd, func, user_data, error);
}

gboolean
txn_reserve (Txn *self, guint64 bytes, GError **error)
{
  gint64 blocks = (gint64)(bytes / self->block_size) + 1;
  g_mutex_lock (&self->mutex);
  gboolean ok = self->free_blocks >= blocks;
  if (ok)
    self->free_blocks -= blocks;
  g_mutex_unlock (&self->mutex);
  if (ok)
    return TRUE;
  g_autofree char *shown = g_format_size (bytes);
  return throw_error (error, TREE_ERROR_NO_SPACE,
                      "%s would be exceeded, at least %s requested; free some space, prune, or "
                      "lower the limit in config",
                      self->room_rule, shown);
}

/* ---- Life ---- */

Txn *
txn_begin (TreeRepo *repo, gboolean fsync, GError **error)
{
  if (repo->mode->check_writable != NULL && !repo->mode->check_writable (error))
    return NULL;
  g_autoptr (Txn) self = g_new0 (Txn, 1);
  self->repo = tree_repo_ref (repo);
  self->staging_dfd = self->staging_lock_fd = self->lock_fd = -1;
  self->fsync = fsync && repo->fsync;
  self->refs = g_ptr_array_new_with_free_func ((GDestroyNotify)ref_change_free);
  g_mutex_init (&self->mutex);
  self->lock_fd = repo_lock (repo, REPO_LOCK_SHARED, error);
  gboolean locked = FALSE;
  if (self->lock_fd < 0 || !repo_has_locks (repo, &locked, error) || !measure_room (self, error) ||
      !payload_threshold (repo, &self->payload_min, error) || !staging_open (self, error))
    return prefix_null (error, "begin a transaction in '%s'", repo->path);
  if (locked)
    self->index = object_index_new (repo);
  return g_steal_pointer (&self);
}

void
txn_free (Txn *self)
{
  if (self == NULL)
    return;
  staging_close (self);
  fd_cleanup (&self->lock_fd);
  object_index_free (self->index);
  g_ptr_array_unref (self->refs);
  g_free (self->room_rule);
  g_mutex_clear (&self->mutex);
  tree_repo_unref (self->repo);
  g_free (self);
}

TreeRepo *
txn_get_repo (Txn *self)
{
  return self->repo;
}

gboolean
txn_is_resumed (const Txn *self)
{
  return self->resumed;
}

static RefChange *
queue_ref (Txn *self, const char *collection, const char *ref, const TreeChecksum *checksum)
{
  RefChange *queued = g_new0 (RefChange, 1);
  queued->collection = g_strdup (collection);
  queued->name = g_strdup (ref);
  queued->is_delete = checksum == NULL;
  if (checksum != NULL)
    queued->checksum = *checksum;
  g_ptr_array_add (self->refs, queued);
  return queued;
}

void
txn_set_ref (Txn *self, const char *refspec, const TreeChecksum *checksum)
{
  (void)queue_ref (self, NULL, refspec, checksum);
}

void
txn_set_collection_ref (Txn *self, const char *collection, const char *ref,
                        const TreeChecksum *checksum)
{
  (void)queue_ref (self, collection, ref, checksum);
}

void
txn_move_ref (Txn *self, const char *refspec, const TreeChecksum *before,
              const TreeChecksum *checksum)
{
  RefChange *queued = queue_ref (self, NULL, refspec, checksum);
  queued->is_move = TRUE;
  queued->was_there = before != NULL;
  if (before != NULL)
    queued->before = *before;
}

void
txn_replace (Txn *self, const ObjectSet *damaged)
{
  self->damaged = damaged;
}

int
txn_get_staging_dfd (const Txn *self)
{
  return self->staging_dfd;
}

/* ---- Objects ---- */

gboolean
txn_found_object (Txn *self, TreeObjectType type, const TreeChecksum *checksum, gboolean *out,
                  GError **error)
{
  if (self->damaged != NULL && object_set_contains (self->damaged, type, checksum)) {
    *out = FALSE;
    return TRUE;
  }
  *out = self->index != NULL && object_index_has (self->index, type, checksum);
  if (*out)
    return TRUE;
  return type == TREE_OBJECT_COMMIT ? commit_is_settled (self->repo, checksum, out, error)
                                    : object_exists (self->repo, type, checksum, out, error);
}

gboolean
txn_has_object (Txn *self, TreeObjectType type, const TreeChecksum *checksum, gboolean *out,
                GError **error)
{
  if (!txn_found_object (self, type, checksum, out, error))
    return FALSE;
  if (*out)
    return TRUE;
  char path[OBJECT_PATH_MAX];
  object_path (&(ObjectName){*checksum, type}, self->repo->mode->archive, path);
  struct stat st;
  if (fstatat (self->staging_dfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT || throw_errno (error, "stat staged '%s'", path);
  /* One that is still being written is not there yet. */
  *out = st.st_mtime == 0;
  return TRUE;
}

gboolean
txn_load_metadata (Txn *self, TreeObjectType type, const TreeChecksum *checksum, GBytes **out,
                   GError **error)
{
  char path[OBJECT_PATH_MAX];
  object_path (&(ObjectName){*checksum, type}, self->repo->mode->archive, path);
  g_autoptr (GBytes) staged = NULL;
  if (!file_read_at (self->staging_dfd, path, OBJECT_METADATA_MAX, &staged, error))
    return FALSE;
  if (staged == NULL)
    return object_load (self->repo, type, checksum, out, error);
  *out = g_steal_pointer (&staged);
  return TRUE;
}

gboolean
txn_load_dirtree (Txn *self, const TreeChecksum *checksum, DirTree *out, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  if (!txn_load_metadata (self, TREE_OBJECT_DIR_TREE, checksum, &bytes, error))
    return FALSE;
  if (dirtree_parse (bytes, out, error))
    return TRUE;
  g_autofree char *name = object_to_string (&(ObjectName){*checksum, TREE_OBJECT_DIR_TREE});
  return prefix_error (error, "Corrupted object '%s'", name);
}

gboolean
txn_make_dir_of (Txn *self, const char *object_path, GError **error)
{
  char dir[3] = {object_path[0], object_path[1], '\0'};
  return mkdirat (self->staging_dfd, dir, 0755) == 0 || errno == EEXIST ||
         throw_errno (error, "create staging directory '%s'", dir);
}

gboolean
txn_create_file (Txn *self, const char *path, int *out_fd, GError **error)
{
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
  int fd = openat (self->staging_dfd, path, flags, 0600);
  if (fd < 0 && errno == ENOENT) {
    if (!txn_make_dir_of (self, path, error))
      return FALSE;
    fd = openat (self->staging_dfd, path, flags, 0600);
  }
  if (fd < 0 && errno != EEXIST)
    return throw_errno (error, "create '%s'", path);
  *out_fd = fd;
  return TRUE;
}

gboolean
txn_seal_file (Txn *self, int fd, GError **error)
{
  if (self->repo->per_object_fsync && self->fsync && fsync (fd) < 0)
    return throw_errno (error, "sync");
  const struct timespec zero[2] = {{0, UTIME_OMIT}, {0, 0}};
  return futimens (fd, zero) == 0 || throw_errno (error, "set mtime");
}

static gboolean
write_metadata (Txn *self, const char *path, gboolean replace, GBytes *bytes, gboolean *out_written,
                GError **error)
{
  if (replace && unlinkat (self->staging_dfd, path, 0) < 0 && errno != ENOENT)
    return throw_errno (error, "remove staged '%s'", path);
  autofd int fd = -1;
  *out_written = FALSE;
  if (!txn_create_file (self, path, &fd, error))
    return FALSE;
  if (fd < 0)
    return TRUE; /* another thread writes the same bytes */
  gsize len = 0;
  const void *data = g_bytes_get_data (bytes, &len);
  gboolean ok = fd_write_all (fd, data, len, error) &&
                (fchmod (fd, 0644) == 0 || throw_errno (error, "set mode")) &&
                txn_seal_file (self, fd, error);
  if (!ok)
    (void)unlinkat (self->staging_dfd, path, 0);
  *out_written = ok;
  return ok;
}

gboolean
txn_put_metadata (Txn *self, TreeObjectType type, GBytes *bytes, const TreeChecksum *expected,
                  TreeChecksum *out, GError **error)
{
  ObjectName name = {.type = type};
  gboolean named_by_commit = type == TREE_OBJECT_COMMIT_META || type == TREE_OBJECT_TOMBSTONE;
  if (named_by_commit)
    name.checksum = *expected;
  else
    hash_data (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &name.checksum);
  if (expected != NULL && !object_check_sum (&(ObjectName){*expected, type}, &name.checksum, error))
    return FALSE;
  if (g_bytes_get_size (bytes) > OBJECT_METADATA_MAX)
    return throw_error (error, TREE_ERROR_INVALID, "metadata object is larger than 128 MiB");
  char path[OBJECT_PATH_MAX];
  object_path (&name, self->repo->mode->archive, path);
  gboolean exists = FALSE;
  gboolean written = FALSE;
  if (!named_by_commit && !txn_has_object (self, type, &name.checksum, &exists, error))
    return FALSE;
  if (!exists && !write_metadata (self, path, named_by_commit, bytes, &written, error))
    return prefix_error (error, "writing object %s", path);
  txn_count (self, TRUE, written, 0);
  if (out != NULL)
    *out = name.checksum;
  return TRUE;
}

void
txn_count (Txn *self, gboolean metadata, gboolean written, guint64 content_bytes)
{
  g_mutex_lock (&self->mutex);
  guint64 *total = metadata ? &self->stats.n_metadata : &self->stats.n_content;
  guint64 *new = metadata ? &self->stats.n_metadata_written : &self->stats.n_content_written;
  (*total)++;
  if (written) {
    (*new)++;
    self->stats.content_bytes_written += content_bytes;
  }
  g_mutex_unlock (&self->mutex);
}
