/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Repairing the repository of a sysroot (tree_repo_repair): files of deployments are links to
 * objects, so a damaged object is damaged in every deployment that has it, and replacing the object
 * leaves them with the damaged bytes.
 *
 * They are found by their inode in all that lies below ostree/deploy, whether or not a boot entry
 * leads there, and replaced before the object is: see RepairLinks.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "plain/layout.h"
#include "pull/repair.h"
#include "store/repo.h"

/* Beside the repository, which is ostree/repo. */
#define LOCK "../lock"
#define DEPLOY "../deploy"
/* What a killed repair leaves. */
#define TEMP_PREFIX ".pando-repair-"

typedef struct {
  TreeRepo *repo;
  const TreeFsckOptions *options;
  const RepairFile *files;
  guint n_files;
  guint64 *n_found; /* links found, for each file */
  int staging_dfd;
  gboolean is_running; /* of the deployment that is walked */
  guint n_failed;
} Relink;

/* ---- One file ---- */

static gboolean
replace (const Relink *self, const RepairFile *file, int dfd, const char *name)
{
  char temp[sizeof TEMP_PREFIX + 8];
  char path[OBJECT_PATH_MAX];
  (void)snprintf (temp, sizeof temp, TEMP_PREFIX "%08x", g_random_int ());
  object_path (&file->name, self->repo->mode->archive, path);
  if (linkat (self->staging_dfd, path, dfd, temp, 0) < 0)
    return FALSE;
  if (renameat (dfd, temp, dfd, name) == 0)
    return TRUE;
  int err = errno;
  (void)unlinkat (dfd, temp, 0);
  errno = err;
  return FALSE;
}

static void
replace_and_tell (Relink *self, guint i, int dfd, const char *name, const char *path)
{
  const RepairFile *file = &self->files[i];
  struct stat st;
  /* A listing gives the inode of what a mount point hides, too. */
  if (fstatat (dfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_ino != file->ino ||
      st.st_dev != file->dev)
    return;
  self->n_found[i]++;
  if (!replace (self, file, dfd, name)) {
    self->n_failed++;
    fsck_report (self->options, TRUE, "Cannot replace the damaged '%s': %s", path,
                 g_strerror (errno));
  } else if (self->is_running)
    fsck_report (self->options, TRUE,
                 "Replaced the damaged '%s': programs that run may use the old one until a reboot",
                 path);
  else
    fsck_report (self->options, FALSE, "Replaced the damaged '%s'", path);
}

/* ---- The walk ---- */

static gboolean walk (Relink *self, int dfd, const char *name, const char *path, GError **error);

static gboolean
visit (Relink *self, int dfd, const struct dirent *entry, const char *parent, GError **error)
{
  const char *name = entry->d_name;
  g_autofree char *path = g_build_filename (parent, name, NULL);
  struct stat st;
  gboolean unknown = entry->d_type == DT_UNKNOWN;
  if (unknown && fstatat (dfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno (error, "stat '%s'", path);
  if (unknown ? S_ISDIR (st.st_mode) : entry->d_type == DT_DIR)
    return walk (self, dfd, name, path, error);
  if (g_str_has_prefix (name, TEMP_PREFIX))
    return unlinkat (dfd, name, 0) == 0 || throw_errno (error, "remove '%s'", path);
  for (guint i = 0; i < self->n_files; i++)
    if (entry->d_ino == self->files[i].ino)
      replace_and_tell (self, i, dfd, name, path);
  return TRUE;
}

static gboolean
walk (Relink *self, int dfd, const char *name, const char *path, GError **error)
{
  int fd = openat (dfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0)
    return throw_errno (error, "open '%s'", path);
  DIR *dir = fdopendir (fd);
  if (dir == NULL) {
    (void)throw_errno (error, "list '%s'", path);
    (void)close (fd);
    return FALSE;
  }
  gboolean ok = TRUE;
  while (ok) {
    errno = 0;
    const struct dirent *entry = readdir (dir);
    if (entry == NULL) {
      ok = errno == 0 || throw_errno (error, "list '%s'", path);
      break;
    }
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
      ok = visit (self, fd, entry, path, error);
  }
  (void)closedir (dir);
  return ok;
}

static gboolean
is_running_root (int dfd)
{
  struct stat st, root;
  return fstat (dfd, &st) == 0 && stat ("/", &root) == 0 && st.st_dev == root.st_dev &&
         st.st_ino == root.st_ino;
}

static gboolean
walk_stateroot (Relink *self, int deploy_dfd, const char *stateroot, GError **error)
{
  g_autofree char *path = g_build_filename (stateroot, STATEROOT_DEPLOY, NULL);
  autofd int dfd = openat (deploy_dfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  g_autoptr (GPtrArray) entries = NULL;
  if (dfd < 0)
    return errno == ENOENT || throw_errno (error, "open '%s'", path);
  if (!dir_list (dfd, &entries, error))
    return FALSE;
  for (guint i = 0; i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    if (entry->type != DT_DIR)
      continue;
    g_autofree char *below = g_build_filename ("/" SYSROOT_DEPLOY, path, entry->name, NULL);
    autofd int fd = dir_open_at (dfd, entry->name, error);
    if (fd < 0)
      return FALSE;
    self->is_running = is_running_root (fd);
    if (!walk (self, dfd, entry->name, below, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
walk_all (Relink *self, GError **error)
{
  autofd int dfd = dir_open_at (self->repo->dfd, DEPLOY, error);
  g_autoptr (GPtrArray) stateroots = NULL;
  if (dfd < 0 || !dir_list (dfd, &stateroots, error))
    return FALSE;
  for (guint i = 0; i < stateroots->len; i++) {
    const DirEntry *entry = stateroots->pdata[i];
    if (entry->type == DT_DIR && !walk_stateroot (self, dfd, entry->name, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
relink (const RepairFile *files, guint n, int staging_dfd, gpointer user_data, GError **error)
{
  Relink *self = user_data;
  g_autofree guint64 *n_found = g_new0 (guint64, n);
  self->files = files;
  self->n_files = n;
  self->n_found = n_found;
  self->staging_dfd = staging_dfd;
  if (!walk_all (self, error))
    return prefix_error (error, "deployments");
  for (guint i = 0; i < n; i++) {
    g_autofree char *name = object_to_string (&files[i].name);
    if (n_found[i] < files[i].n_others)
      fsck_report (self->options, TRUE,
                   "%" G_GUINT64_FORMAT
                   " files outside of deployments share the damaged %s: check them "
                   "out again",
                   files[i].n_others - n_found[i], name);
  }
  return TRUE;
}

/* ---- Both ---- */

/* Is the repository called ostree/repo, beside ostree/deploy? */
static gboolean
is_in_sysroot (const TreeRepo *repo)
{
  struct stat deploy, own, named;
  return fstatat (repo->dfd, DEPLOY, &deploy, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISDIR (deploy.st_mode) && fstat (repo->dfd, &own) == 0 &&
         fstatat (repo->dfd, "../repo", &named, 0) == 0 && own.st_dev == named.st_dev &&
         own.st_ino == named.st_ino;
}

gboolean
tree_repo_repair (TreeRepo *self, const TreeRepairOptions *options, TreeFsckResult *out,
                  GError **error)
{
  if (!is_in_sysroot (self))
    return repair_repo (self, options, NULL, out, error);
  autofd int lock = lock_open_at (self->dfd, LOCK, 0600, LOCK_EXCLUSIVE, /* timeout_secs= */ -1,
                                  options->on_wait, error);
  Relink state = {.repo = self, .options = &options->fsck};
  const RepairLinks links = {relink, &state};
  if (lock < 0 || !repair_repo (self, options, &links, out, error))
    return FALSE;
  out->found_corruption |= state.n_failed > 0;
  return TRUE;
}
