/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "deploy/deploy-tree.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/remove.h"
#include "deploy/copy.h"
#include "deploy/entries.h"
#include "deploy/etc-merge.h"
#include "deploy/kernel.h"
#include "deploy/origin.h"
#include "plain/bootpath.h"
#include "plain/layout.h"
#include "tree-checkout.h"

/* systemd runs what ConditionNeedsUpdate= guards when this file is older than /usr, or missing. */
#define UPDATED_STAMP ".updated"

/* One more than any that is there, whether or not it is in a list: leftovers keep theirs. */
static gboolean
next_serial (int sysroot_fd, const char *directory, const TreeChecksum *commit, int *out,
             GError **error)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (commit, hex);
  autofd int dfd = dir_open_at (sysroot_fd, directory, error);
  g_autoptr (GPtrArray) entries = NULL;
  if (dfd < 0 || !dir_list (dfd, &entries, error))
    return FALSE;
  int serial = 0;
  for (guint i = 0; i < entries->len; i++) {
    const char *name = ((const DirEntry *)entries->pdata[i])->name;
    g_autofree char *stem = g_str_has_suffix (name, ORIGIN_SUFFIX)
                                ? g_strndup (name, strlen (name) - strlen (ORIGIN_SUFFIX))
                                : g_strdup (name);
    DeployPath parsed;
    if (deploypath_parse_name (stem, &parsed) == 0 && strcmp (parsed.csum, hex) == 0)
      serial = MAX (serial, parsed.serial + 1);
  }
  if (serial > BOOTPATH_SERIAL_MAX)
    return throw_error (error, TREE_ERROR_UNSUPPORTED, "too many deployments of commit '%s'", hex);
  *out = serial;
  return TRUE;
}

static gboolean
is_directory (int dfd, const char *path)
{
  struct stat st;
  return fstatat (dfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR (st.st_mode);
}

/* Afterwards usr/etc holds the defaults, and there is no etc. */
static gboolean
settle_default_etc (int dfd, GError **error)
{
  gboolean has_etc = is_directory (dfd, DEPLOYMENT_ETC);
  gboolean has_default = is_directory (dfd, DEPLOYMENT_DEFAULT_ETC);
  if (!has_etc && !has_default)
    return throw_error (error, TREE_ERROR_UNSUPPORTED,
                        "the tree has neither usr/etc nor etc: put the default configuration into "
                        "usr/etc before committing");
  if (has_etc && has_default && unlinkat (dfd, DEPLOYMENT_ETC, AT_REMOVEDIR) < 0) {
    if (errno == ENOTEMPTY || errno == EEXIST)
      return throw_error (error, TREE_ERROR_UNSUPPORTED,
                          "Tree contains both /etc and /usr/etc: move all of etc to usr/etc before "
                          "committing");
    return throw_errno (error, "remove the empty '" DEPLOYMENT_ETC "'");
  }
  if (has_etc && !has_default && renameat (dfd, DEPLOYMENT_ETC, dfd, DEPLOYMENT_DEFAULT_ETC) < 0)
    return throw_errno (error, "rename '" DEPLOYMENT_ETC "' to '" DEPLOYMENT_DEFAULT_ETC "'");
  return TRUE;
}

static gboolean
merge_etc (TreeSysroot *self, int dfd, const Deployment *merge, GError **error)
{
  autofd int merge_root = dir_open_at (self->dfd, merge->path, error);
  if (merge_root < 0)
    return FALSE;
  autofd int old_default = dir_open_at (merge_root, DEPLOYMENT_DEFAULT_ETC, error);
  if (old_default < 0)
    return FALSE;
  autofd int local = dir_open_at (merge_root, DEPLOYMENT_ETC, error);
  if (local < 0)
    return FALSE;
  autofd int fresh = dir_open_at (dfd, DEPLOYMENT_ETC, error);
  if (fresh < 0)
    return FALSE;
  g_autoptr (EtcDiff) diff = etc_diff (old_default, local, error);
  if (diff == NULL)
    return FALSE;
  sysroot_report (self, "Copying /etc changes: %u modified, %u removed, %u added",
                  diff->modified->len, diff->removed->len, diff->added->len);
  return etc_merge (diff, old_default, local, fresh, error);
}

static gboolean
remove_stamp (int dfd, const char *directory, GError **error)
{
  g_autofree char *path = g_build_filename (directory, UPDATED_STAMP, NULL);
  return unlinkat (dfd, path, 0) == 0 || errno == ENOENT ||
         throw_errno (error, "remove '%s'", path);
}

static gboolean
make_etc (TreeSysroot *self, int dfd, const Deployment *fresh, const Deployment *merge,
          GError **error)
{
  if (!settle_default_etc (dfd, error) ||
      !copy_directory_at (dfd, DEPLOYMENT_DEFAULT_ETC, dfd, DEPLOYMENT_ETC, error))
    return FALSE;
  if (merge == NULL)
    return TRUE;
  g_autofree char *var = g_build_filename (SYSROOT_DEPLOY, fresh->stateroot, STATEROOT_VAR, NULL);
  return merge_etc (self, dfd, merge, error) && remove_stamp (dfd, DEPLOYMENT_ETC, error) &&
         remove_stamp (self->dfd, var, error);
}

/* Is it in /boot, complete, because a deployment that boots uses it? */
static gboolean
kernel_is_in_use (const TreeSysroot *self, const char *stateroot, const char *bootcsum)
{
  for (guint i = 0; i < self->deployments->len; i++) {
    const Deployment *have = self->deployments->pdata[i];
    if (strcmp (have->stateroot, stateroot) == 0 && strcmp (have->bootcsum, bootcsum) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
install_kernel (TreeSysroot *self, int dfd, Deployment *fresh, GError **error)
{
  g_autoptr (Kernel) kernel = kernel_locate (dfd, error);
  if (kernel == NULL)
    return FALSE;
  deployment_set_bootcsum (fresh, kernel->bootcsum);
  g_autofree char *directory = entries_boot_directory (fresh);
  struct stat st;
  if ((!kernel_is_in_use (self, fresh->stateroot, kernel->bootcsum) ||
       fstatat (self->dfd, directory, &st, AT_SYMLINK_NOFOLLOW) < 0) &&
      !kernel_install (kernel, dfd, self->dfd, directory, error))
    return FALSE;
  /* Paths in entries begin at the file system of /boot. */
  kernel_describe (kernel, directory + strlen (SYSROOT_BOOT), fresh->entry);
  return TRUE;
}

/* Nobody should write beside /etc and /var. Best effort: not every file system has the flag. */
static void
set_immutable (int dfd)
{
  int flags = 0;
  if (ioctl (dfd, FS_IOC_GETFLAGS, &flags) == 0) {
    flags |= FS_IMMUTABLE_FL;
    (void)ioctl (dfd, FS_IOC_SETFLAGS, &flags);
  }
}

static gboolean
fill (TreeSysroot *self, Deployment *fresh, const Deployment *merge, GError **error)
{
  TreeCheckoutOptions options = {.whiteouts_as_devices = TRUE};
  if (!tree_repo_checkout (self->repo, &fresh->info.checksum, self->dfd, fresh->path, &options,
                           error))
    return FALSE;
  autofd int dfd = dir_open_at (self->dfd, fresh->path, error);
  if (dfd < 0)
    return FALSE;
  /* Paths below usr are opened whole from here on: a link in its place would lead out of the tree.
   */
  if (!is_directory (dfd, "usr"))
    return throw_error (error, TREE_ERROR_UNSUPPORTED, "the tree has no directory usr");
  if (!install_kernel (self, dfd, fresh, error) || !make_etc (self, dfd, fresh, merge, error) ||
      !origin_save (self->dfd, fresh->path, fresh->origin, /* durable= */ FALSE, error))
    return FALSE;
  if (self->immutable)
    set_immutable (dfd);
  return TRUE;
}

/* After a failure, which may have been a full disk: what cannot be removed now, the next cleanup
 * removes. */
static void
discard (TreeSysroot *self, const Deployment *fresh)
{
  (void)dir_remove_all_at (self->dfd, fresh->path, NULL);
  g_autofree char *origin = g_strconcat (fresh->path, ORIGIN_SUFFIX, NULL);
  (void)unlinkat (self->dfd, origin, 0);
  if (fresh->bootcsum == NULL || kernel_is_in_use (self, fresh->stateroot, fresh->bootcsum))
    return;
  g_autofree char *kernel = entries_boot_directory (fresh);
  (void)dir_remove_all_at (self->dfd, kernel, NULL);
}

static gboolean
check_complete (TreeSysroot *self, const TreeChecksum *commit, GError **error)
{
  g_autoptr (TreeCommitInfo) info = tree_repo_load_commit (self->repo, commit, error);
  if (info == NULL)
    return FALSE;
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (commit, hex);
  return !info->is_partial ||
         throw_error (error, TREE_ERROR_NOT_FOUND,
                      "commit '%s' was not pulled completely: pull it again", hex);
}

Deployment *
deploy_tree (TreeSysroot *self, const char *stateroot, const TreeChecksum *commit, GKeyFile *origin,
             const Deployment *merge, const char *kargs, GError **error)
{
  g_autoptr (GKeyFile) owned_origin = origin;
  g_autofree char *directory = g_build_filename (SYSROOT_DEPLOY, stateroot, STATEROOT_DEPLOY, NULL);
  int serial = 0;
  if (!check_complete (self, commit, error) || !dir_ensure_at (self->dfd, directory, 0755, error) ||
      !next_serial (self->dfd, directory, commit, &serial, error))
    return NULL;
  g_autoptr (Deployment)
      fresh = deployment_new (stateroot, commit, serial, /* bootcsum= */ NULL,
                              g_steal_pointer (&owned_origin), entries_new_entry ());
  deployment_set_kargs (fresh, kargs);
  if (fill (self, fresh, merge, error))
    return g_steal_pointer (&fresh);
  discard (self, fresh);
  return prefix_null (error, "deploy to '%s'", fresh->path);
}
