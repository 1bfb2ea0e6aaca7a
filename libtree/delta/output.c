/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commit point: of a delta in the repository, the rename of its directory (an exchange, where
 * there is one already), so that a client finds the old one or the new one; of one elsewhere, the
 * rename of the superblock, which comes after those of the parts. */
#include "config.h"

#include "delta/output.h"

#include <errno.h>
#include <stdio.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/remove.h"
#include "plain/layout.h"
#include "store/delta-index.h"

void
delta_output_clear (DeltaOutput *self)
{
  fd_cleanup (&self->dfd);
  if (self->work_name != NULL)
    (void)dir_remove_all_at (self->parent_dfd, self->work_name, NULL);
  g_clear_pointer (&self->work_name, g_free);
  g_clear_pointer (&self->file, g_free);
  fd_cleanup (&self->parent_dfd);
}

static gboolean
make_work_dir (DeltaOutput *self, GError **error)
{
  for (int attempt = 0; attempt < 100; attempt++) {
    g_autofree char *name = g_strdup_printf (DELTA_WORK_PREFIX "%08x", g_random_int ());
    if (mkdirat (self->parent_dfd, name, 0755) == 0) {
      self->work_name = g_steal_pointer (&name);
      self->dfd = dir_open_at (self->parent_dfd, self->work_name, error);
      return self->dfd >= 0;
    }
    if (errno != EEXIST)
      break;
  }
  return throw_errno (error, "create a directory to work in");
}

gboolean
delta_output_open (DeltaOutput *self, const TreeRepo *repo, const char *filename, GError **error)
{
  *self = (DeltaOutput)DELTA_OUTPUT_INIT;
  self->repo = repo;
  if (filename == NULL)
    self->parent_dfd = dir_open_at (repo->dfd, REPO_TMP, error);
  else {
    g_autofree char *dir = g_path_get_dirname (filename);
    self->file = g_path_get_basename (filename);
    self->parent_dfd = openat (AT_FDCWD, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (self->parent_dfd < 0)
      (void)throw_errno (error, "open '%s'", dir);
  }
  if (self->parent_dfd >= 0 && make_work_dir (self, error))
    return TRUE;
  delta_output_clear (self);
  return FALSE;
}

int
delta_output_create (const DeltaOutput *self, const char *file, GError **error)
{
  int fd = openat (self->dfd, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0)
    (void)throw_errno (error, "create '%s'", file);
  return fd;
}

gboolean
delta_output_finish (const DeltaOutput *self, int fd, GError **error)
{
  return !self->repo->fsync || fsync (fd) == 0 || throw_errno (error, "sync");
}

static gboolean
sync_dir (const DeltaOutput *self, int dfd, GError **error)
{
  return !self->repo->fsync || fsync (dfd) == 0 || throw_errno (error, "sync a directory");
}

/* Over a directory that is there: an exchange, or where the file system has none, removal first. */
static gboolean
replace_dir (DeltaOutput *self, const char *path, GError **error)
{
  int dfd = self->repo->dfd;
  if (renameat2 (self->parent_dfd, self->work_name, dfd, path, RENAME_EXCHANGE) == 0)
    return TRUE; /* clearing removes the old one */
  if (errno != EINVAL && errno != ENOSYS)
    return throw_errno (error, "replace '%s'", path);
  if (!dir_remove_all_at (dfd, path, error))
    return FALSE;
  return renameat (self->parent_dfd, self->work_name, dfd, path) == 0 ||
         throw_errno (error, "rename to '%s'", path);
}

static gboolean
publish_in_repo (DeltaOutput *self, const DeltaName *name, GError **error)
{
  int dfd = self->repo->dfd;
  g_autofree char *path = delta_name_to_path (name);
  g_autofree char *above = g_path_get_dirname (path);
  if (!dir_ensure_at (dfd, above, 0775, error) || !sync_dir (self, self->dfd, error))
    return FALSE;
  if (renameat (self->parent_dfd, self->work_name, dfd, path) < 0) {
    if (errno != ENOTEMPTY && errno != EEXIST)
      return throw_errno (error, "rename to '%s'", path);
    if (!replace_dir (self, path, error))
      return FALSE;
  }
  autofd int above_dfd = dir_open_at (dfd, above, error);
  return above_dfd >= 0 && sync_dir (self, above_dfd, error);
}

static gboolean
publish_outside (DeltaOutput *self, guint n_files, GError **error)
{
  for (guint i = 0; i < n_files; i++) {
    char file[16];
    (void)g_snprintf (file, sizeof file, "%u", i);
    if (renameat (self->dfd, file, self->parent_dfd, file) < 0)
      return throw_errno (error, "rename part %u", i);
  }
  if (renameat (self->dfd, DELTA_SUPERBLOCK, self->parent_dfd, self->file) < 0)
    return throw_errno (error, "rename to '%s'", self->file);
  return sync_dir (self, self->parent_dfd, error);
}

gboolean
delta_output_publish (DeltaOutput *self, const DeltaName *name, guint n_files, GError **error)
{
  return self->file != NULL ? publish_outside (self, n_files, error)
                            : publish_in_repo (self, name, error);
}
