/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "deploy/sysroot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "deploy/load.h"
#include "deploy/plan.h"
#include "plain/bootpath.h"
#include "plain/layout.h"

/* Words of OSTree's own variable, so that test scripts work with either program. */
static gboolean
has_debug_flag (const char *flag)
{
  const char *text = getenv ("OSTREE_SYSROOT_DEBUG");
  if (text == NULL)
    return FALSE;
  g_auto (GStrv) words = g_strsplit (text, ",", -1);
  return g_strv_contains ((const char *const *)words, flag);
}

/* The root of a running system is a deployment. Its ostree leads to the physical root, and so does
 * its boot where that is a mount; where it is not, only /sysroot has both. */
static gboolean
is_only_in_sysroot (void)
{
  struct stat st;
  return lstat ("/" SYSROOT_LOADER, &st) < 0 && lstat ("/sysroot/" SYSROOT_LOADER, &st) == 0 &&
         stat ("/sysroot/" SYSROOT_REPO, &st) == 0;
}

TreeSysroot *
tree_sysroot_open (const char *path, GError **error)
{
  g_autoptr (TreeSysroot) self = g_new0 (TreeSysroot, 1);
  self->ref_count = 1;
  self->lock_fd = self->dfd = -1;
  self->immutable = !has_debug_flag ("mutable-deployments");
  self->path = g_canonicalize_filename (path != NULL ? path : "/", NULL);
  if (strcmp (self->path, "/") == 0 && is_only_in_sysroot ()) {
    g_free (self->path);
    self->path = g_strdup ("/sysroot");
  }
  self->deployments = deployment_list_new ();
  self->dfd = open (self->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (self->dfd < 0)
    return throw_errno_null (error, "open sysroot '%s'", self->path);
  self->repo = tree_repo_open (self->dfd, SYSROOT_REPO, error);
  if (self->repo == NULL)
    return prefix_null (error, "sysroot '%s' (one is made by `admin init-fs`)", self->path);
  if (!sysroot_load (self, error))
    return prefix_null (error, "sysroot '%s'", self->path);
  return g_steal_pointer (&self);
}

TreeSysroot *
tree_sysroot_ref (TreeSysroot *self)
{
  self->ref_count++;
  return self;
}

void
tree_sysroot_unref (TreeSysroot *self)
{
  if (self == NULL || --self->ref_count > 0)
    return;
  fd_cleanup (&self->lock_fd);
  fd_cleanup (&self->dfd);
  if (self->repo != NULL)
    tree_repo_unref (self->repo);
  g_ptr_array_unref (self->deployments);
  g_free (self->path);
  g_free (self);
}

gboolean
tree_sysroot_lock (TreeSysroot *self, void (*on_wait) (void), GError **error)
{
  if (self->lock_fd >= 0)
    return TRUE;
  self->lock_fd = lock_open_at (self->dfd, SYSROOT_LOCK, 0600, LOCK_EXCLUSIVE,
                                /* timeout_secs= */ -1, on_wait, error);
  if (self->lock_fd < 0)
    return FALSE;
  if (sysroot_load (self, error))
    return TRUE;
  fd_cleanup (&self->lock_fd);
  return FALSE;
}

void
tree_sysroot_set_report (TreeSysroot *self, TreeReport report, gpointer user_data)
{
  self->report = report;
  self->report_data = user_data;
}

void
sysroot_report (TreeSysroot *self, const char *format, ...)
{
  if (self->report == NULL)
    return;
  va_list args;
  va_start (args, format);
  g_autofree char *line = g_strdup_vprintf (format, args);
  va_end (args);
  self->report (line, self->report_data);
}

const char *
tree_sysroot_get_path (const TreeSysroot *self)
{
  return self->path;
}

TreeRepo *
tree_sysroot_get_repo (const TreeSysroot *self)
{
  return self->repo;
}

guint
tree_sysroot_n_deployments (const TreeSysroot *self)
{
  return self->deployments->len;
}

const TreeDeployment *
tree_sysroot_get_deployment (const TreeSysroot *self, guint index)
{
  g_return_val_if_fail (index < self->deployments->len, NULL);
  return &((const Deployment *)self->deployments->pdata[index])->info;
}

const TreeDeployment *
tree_sysroot_get_booted (const TreeSysroot *self)
{
  return self->booted != NULL ? &self->booted->info : NULL;
}

const TreeDeployment *
tree_sysroot_get_merge (const TreeSysroot *self, const char *stateroot)
{
  if (stateroot == NULL)
    return tree_sysroot_get_booted (self);
  const Deployment *merge = plan_find_merge (self->deployments, self->booted, stateroot);
  return merge != NULL ? &merge->info : NULL;
}

gboolean
tree_sysroot_check_stage (const TreeSysroot *self, GError **error)
{
  if (self->booted == NULL)
    return throw_error (error, TREE_ERROR_INVALID,
                        "Cannot stage deployment: Not currently booted into an OSTree system");
  return throw_error (
      error, TREE_ERROR_UNSUPPORTED,
      "Cannot stage deployment: this is not built in yet; unstaged, it is finished at "
      "once");
}

gboolean
sysroot_check_locked (const TreeSysroot *self, GError **error)
{
  return self->lock_fd >= 0 || throw_error (error, TREE_ERROR_LOCKED,
                                            "sysroot '%s' is not locked by the caller", self->path);
}

gboolean
sysroot_check_index (const TreeSysroot *self, guint index, GError **error)
{
  return index < self->deployments->len ||
         throw_error (error, TREE_ERROR_NOT_FOUND,
                      "Out of range deployment index %u, expected < %u", index,
                      self->deployments->len);
}

const char *
sysroot_pick_stateroot (const TreeSysroot *self, const char *stateroot, GError **error)
{
  if (stateroot == NULL && self->booted == NULL)
    return throw_null (error, TREE_ERROR_INVALID,
                       "Not currently booted into an OSTree system and no --os= argument given");
  if (stateroot == NULL)
    return self->booted->stateroot;
  g_autofree char *path = g_build_filename (SYSROOT_DEPLOY, stateroot, NULL);
  struct stat st;
  if (!pathname_is_component (stateroot) || fstatat (self->dfd, path, &st, 0) < 0)
    return throw_null (error, TREE_ERROR_NOT_FOUND,
                       "no stateroot '%s' in '%s': `admin stateroot-init %s` makes it", stateroot,
                       self->path, stateroot);
  return stateroot;
}

void
sysroot_touch (const TreeSysroot *self)
{
  /* Watchers that miss one change see the next. */
  (void)utimensat (self->dfd, SYSROOT_DEPLOY, NULL, 0);
}

gboolean
sysroot_load (TreeSysroot *self, GError **error)
{
  LoadedList list = {0};
  if (!load_deployments (self->dfd, &list, error))
    return FALSE;
  g_ptr_array_unref (self->deployments);
  self->deployments = list.deployments;
  self->booted = list.booted;
  self->has_loader = list.has_loader;
  self->bootversion = list.bootversion;
  self->subbootversion = list.subbootversion;
  return TRUE;
}
