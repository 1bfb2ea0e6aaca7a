/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The directory in which a transaction stages its objects, in tmp/ of the repository, and the lock
 * beside it:
 *
 *   pando-staging-BOOTID-XXXXXXXX          in use, or left by a process that was killed: files in
 *                                          it may be unfinished
 *   staging-BOOTID-XXXXXX                  what `ostree` uses; all of its files are whole
 *
 * Whoever begins a transaction takes one over that nobody has locked, of either name. One that
 * fails in order gives its directory the second name once what is unfinished is gone, so that the
 * other program may go on with it, too. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/remove.h"
#include "plain/layout.h"
#include "store/txn-private.h"

#define OWN_PREFIX "pando-"
#define SHARED_PREFIX "staging-"
#define LOCK_SUFFIX "-lock"

/* Staged objects survive the process, not the boot: after a power cut their bytes may never have
 * reached the disk. */
static char *
boot_prefix (GError **error)
{
  const char *fake = g_getenv ("OSTREE_BOOTID");
  g_autoptr (GBytes) bytes = NULL;
  if (fake == NULL) {
    if (!file_read_at (AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &bytes, error))
      return NULL;
    if (bytes == NULL)
      return throw_null (error, TREE_ERROR_FAILED, "no boot id: is /proc mounted?");
  }
  g_autofree char *id = fake != NULL
                            ? g_strdup (fake)
                            : g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_strstrip (id);
  return g_strdup_printf (SHARED_PREFIX "%s-", id);
}

/* A staged file is whole when its mtime is 0. What is linked from elsewhere nobody may have
 * verified, or somebody may have changed since; commits and what is detached from them belong to
 * the operation that failed, and what they name may have been pruned. All of it is cheap to have
 * again. */
static gboolean
is_settled (const StoreMode *mode, const struct stat *st, const char *name)
{
  return st->st_mtime == 0 && st->st_nlink == 1 && !g_str_has_suffix (name, ".commit") &&
         !g_str_has_suffix (name, ".commitmeta") &&
         (mode->write_beside == NULL || !g_str_has_suffix (name, ".file"));
}

gboolean
staging_each (const StoreMode *mode, int staging_dfd, StagedFunc func, gpointer user_data,
              GError **error)
{
  g_autoptr (GPtrArray) dirs = NULL;
  if (!dir_list (staging_dfd, &dirs, error))
    return FALSE;
  for (guint i = 0; i < dirs->len; i++) {
    const DirEntry *dir = dirs->pdata[i];
    autofd int dfd = dir_open_at (staging_dfd, dir->name, error);
    g_autoptr (GPtrArray) files = NULL;
    if (dfd < 0 || !dir_list (dfd, &files, error))
      return FALSE;
    for (guint k = 0; k < files->len; k++) {
      const char *name = ((const DirEntry *)files->pdata[k])->name;
      struct stat st;
      if (fstatat (dfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
          !func (dir->name, dfd, name, is_settled (mode, &st, name), user_data, error))
        return FALSE;
    }
  }
  return TRUE;
}

/* Unlinks what a killed writer left and the next one should not trust. */
static gboolean
purge (const char *dir, int dfd, const char *name, gboolean settled, gpointer user_data,
       GError **error)
{
  return settled || unlinkat (dfd, name, 0) == 0 ||
         throw_errno (error, "remove unfinished '%s/%s'", dir, name);
}

/* ---- Taking one ---- */

static void
forget (Txn *self)
{
  fd_cleanup (&self->staging_lock_fd);
  fd_cleanup (&self->staging_dfd);
  g_clear_pointer (&self->staging_name, g_free);
}

/* -1: another process has it. Who had it before may have removed it: then it is the lock of
 * nothing. */
static int
take_lock (int tmp_dfd, const char *name)
{
  g_autofree char *lock_name = g_strconcat (name, LOCK_SUFFIX, NULL);
  autofd int fd = openat (tmp_dfd, lock_name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  struct stat st;
  return fd >= 0 && lock_try_fd (fd, LOCK_EXCLUSIVE) && fstat (fd, &st) == 0 && st.st_nlink > 0
             ? fd_steal (&fd)
             : -1;
}

static void
drop_lock (int tmp_dfd, const char *name)
{
  g_autofree char *lock_name = g_strconcat (name, LOCK_SUFFIX, NULL);
  (void)unlinkat (tmp_dfd, lock_name, 0);
}

/* FALSE without an error: another process uses it, or it went away. */
static gboolean
try_own (Txn *self, int tmp_dfd, const char *name, GError **error)
{
  self->staging_name = g_strdup (name);
  self->staging_lock_fd = take_lock (tmp_dfd, name);
  if (self->staging_lock_fd >= 0) {
    self->staging_dfd = openat (tmp_dfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (self->staging_dfd >= 0)
      return staging_each (self->repo->mode, self->staging_dfd, purge, NULL, error);
  }
  forget (self);
  return FALSE;
}

/* The same of one that is shared. It gets our name before anything is written to it: nobody else
 * would notice what a killed process left unfinished. */
static gboolean
try_shared (Txn *self, int tmp_dfd, const char *name, GError **error)
{
  g_autofree char *own = g_strconcat (OWN_PREFIX, name, NULL);
  autofd int lock = take_lock (tmp_dfd, name);
  if (lock < 0 || renameat (tmp_dfd, name, tmp_dfd, own) < 0)
    return FALSE;
  drop_lock (tmp_dfd, name);
  return try_own (self, tmp_dfd, own, error);
}

static gboolean
take_over (Txn *self, int tmp_dfd, const char *prefix, GError **error)
{
  g_autoptr (GPtrArray) entries = NULL;
  if (!dir_list (tmp_dfd, &entries, error))
    return FALSE;
  for (guint i = 0; i < entries->len && self->staging_dfd < 0; i++) {
    const DirEntry *entry = entries->pdata[i];
    gboolean shared = g_str_has_prefix (entry->name, prefix);
    gboolean own = g_str_has_prefix (entry->name, OWN_PREFIX) &&
                   g_str_has_prefix (entry->name + strlen (OWN_PREFIX), prefix);
    g_autoptr (GError) local = NULL;
    if (entry->type != DT_DIR || (!shared && !own))
      continue;
    (void)(shared ? try_shared (self, tmp_dfd, entry->name, &local)
                  : try_own (self, tmp_dfd, entry->name, &local));
    if (local != NULL) {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  }
  self->resumed = self->staging_dfd >= 0;
  return TRUE;
}

static gboolean
make_new (Txn *self, int tmp_dfd, const char *prefix, GError **error)
{
  for (int attempt = 0; attempt < 100; attempt++) {
    g_autofree char *name = g_strdup_printf (OWN_PREFIX "%s%08x", prefix, g_random_int ());
    if (mkdirat (tmp_dfd, name, 0700) < 0) {
      if (errno == EEXIST)
        continue;
      return throw_errno (error, "create '" REPO_TMP "/%s'", name);
    }
    g_autoptr (GError) local = NULL;
    if (try_own (self, tmp_dfd, name, &local))
      return TRUE;
    if (local != NULL) {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  }
  return throw_error (error, TREE_ERROR_FAILED,
                      "cannot make a staging directory in '" REPO_TMP "'");
}

gboolean
staging_open (Txn *self, GError **error)
{
  g_autofree char *prefix = boot_prefix (error);
  autofd int tmp_dfd = prefix != NULL ? dir_open_at (self->repo->dfd, REPO_TMP, error) : -1;
  if (tmp_dfd < 0 || !take_over (self, tmp_dfd, prefix, error))
    return FALSE;
  return self->resumed || make_new (self, tmp_dfd, prefix, error);
}

/* ---- Leaving it ---- */

static gboolean
has_files (int staging_dfd)
{
  g_autoptr (GPtrArray) dirs = NULL;
  if (!dir_list (staging_dfd, &dirs, NULL))
    return TRUE;
  for (guint i = 0; i < dirs->len; i++)
    if (unlinkat (staging_dfd, ((const DirEntry *)dirs->pdata[i])->name, AT_REMOVEDIR) < 0)
      return TRUE;
  return FALSE;
}

/* Best effort: under its old name it serves us alone. */
static void
hand_over (Txn *self)
{
  autofd int tmp_dfd = dir_open_at (self->repo->dfd, REPO_TMP, NULL);
  const char *shared = self->staging_name + strlen (OWN_PREFIX);
  if (tmp_dfd < 0 || !staging_each (self->repo->mode, self->staging_dfd, purge, NULL, NULL))
    return;
  int rc = has_files (self->staging_dfd)
               ? renameat2 (tmp_dfd, self->staging_name, tmp_dfd, shared, RENAME_NOREPLACE)
               : unlinkat (tmp_dfd, self->staging_name, AT_REMOVEDIR);
  if (rc == 0)
    drop_lock (tmp_dfd, self->staging_name);
}

void
staging_close (Txn *self)
{
  if (self->staging_dfd >= 0)
    hand_over (self);
  forget (self);
}

/* Best effort as well: all is done, and what stays expires. */
void
staging_remove (Txn *self)
{
  autofd int tmp_dfd = dir_open_at (self->repo->dfd, REPO_TMP, NULL);
  if (tmp_dfd >= 0 && dir_remove_all_at (tmp_dfd, self->staging_name, NULL))
    drop_lock (tmp_dfd, self->staging_name);
  forget (self);
}

/* ---- What nobody has ---- */

gboolean
staging_is_name (const char *name)
{
  return g_str_has_prefix (name, SHARED_PREFIX) ||
         g_str_has_prefix (name, OWN_PREFIX SHARED_PREFIX);
}

/* The lock is held until all is gone, also where there was none: whoever takes the directory over
 * makes it, and may do so at any moment. */
void
staging_expire (int tmp_dfd, const char *name)
{
  g_autofree char *dir = g_strdup (name);
  if (g_str_has_suffix (dir, LOCK_SUFFIX))
    dir[strlen (dir) - strlen (LOCK_SUFFIX)] = '\0';
  struct stat st;
  if (strcmp (dir, name) != 0 && fstatat (tmp_dfd, dir, &st, AT_SYMLINK_NOFOLLOW) == 0)
    return; /* the directory's own time decides */
  autofd int lock = take_lock (tmp_dfd, dir);
  if (lock >= 0 && dir_remove_all_at (tmp_dfd, dir, NULL))
    drop_lock (tmp_dfd, dir);
}
