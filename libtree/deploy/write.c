/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "deploy/write.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/remove.h"
#include "boot/bootloader.h"
#include "deploy/copy.h"
#include "deploy/deployment-refs.h"
#include "deploy/entries.h"
#include "deploy/plan.h"
#include "deploy/sync.h"
#include "plain/layout.h"

#define LOADER_ENTRIES "entries"
#define LOADER_NEW SYSROOT_LOADER ".new"

/* A switch under way. */
typedef struct {
  TreeSysroot *sysroot;
  GPtrArray *list;
  gboolean is_full; /* entries change, too */
  int bootversion;  /* B' */
  int subbootversion;
  GPtrArray *entries; /* owned BootEntry */
  const Bootloader *bootloader;
} Switch;

static gboolean
same_entries (const GPtrArray *list, const GPtrArray *entries)
{
  for (guint i = 0; i < list->len; i++) {
    g_autofree char *on_disk = bootentry_to_text (((const Deployment *)list->pdata[i])->entry);
    g_autofree char *wanted = bootentry_to_text (entries->pdata[i]);
    if (strcmp (on_disk, wanted) != 0)
      return FALSE;
  }
  return TRUE;
}

/* The entries of the new list, written for the current version, are the ones on the disk: then the
 * links alone tell the lists apart. */
static gboolean
needs_full_switch (TreeSysroot *sysroot, const GPtrArray *list, gboolean *out, GError **error)
{
  *out = TRUE;
  if (!sysroot->has_loader || list->len != sysroot->deployments->len)
    return TRUE;
  g_autoptr (GPtrArray) entries = entries_build (sysroot, list, sysroot->bootversion, error);
  if (entries == NULL)
    return FALSE;
  *out = !same_entries (sysroot->deployments, entries);
  return TRUE;
}

static gboolean
write_bootlinks (const Switch *self, GError **error)
{
  int root = self->sysroot->dfd;
  g_autofree char *directory = g_strdup_printf (SYSROOT_BOOTDIR_FORMAT, self->bootversion,
                                                self->subbootversion);
  if (!dir_remove_all_at (root, directory, error) || !dir_ensure_at (root, directory, 0755, error))
    return FALSE;
  for (guint i = 0; i < self->list->len; i++) {
    const Deployment *deployment = self->list->pdata[i];
    g_autofree char *parent = g_build_filename (directory, deployment->stateroot,
                                                deployment->bootcsum, NULL);
    g_autofree char *link = g_strdup_printf ("%s/%d", parent, plan_bootserial (self->list, i));
    g_autofree char *target = g_strconcat ("../../../",
                                           deployment->path + strlen (SYSROOT_OSTREE "/"), NULL);
    if (!dir_ensure_at (root, parent, 0755, error))
      return FALSE;
    if (symlinkat (target, root, link) < 0)
      return throw_errno (error, "create boot link '%s'", link);
  }
  if (!self->is_full)
    return TRUE;
  g_autofree char *version = g_strdup_printf (SYSROOT_BOOTLINK_FORMAT, self->bootversion);
  return link_replace_at (root, version, strrchr (directory, '/') + 1, error);
}

/* Entries of other systems, and files and directories of a boot loader that reads entries, move
 * along as they are: a random seed or a credential stays unreadable for others. */
static gboolean
copy_foreign_files (int old_fd, int new_fd, gboolean are_entries, GError **error)
{
  g_autoptr (GPtrArray) files = NULL;
  if (!dir_list (old_fd, &files, error))
    return FALSE;
  for (guint i = 0; i < files->len; i++) {
    const DirEntry *file = files->pdata[i];
    g_auto (BootEntryName) name = {0};
    gboolean ours = are_entries ? bootentry_name_parse (file->name, &name)
                                : strcmp (file->name, LOADER_ENTRIES) == 0 ||
                                      bootloader_is_generated_file (file->name);
    if (!ours &&
        !(file->type == DT_DIR ? copy_directory_at (old_fd, file->name, new_fd, file->name, error)
                               : copy_file_at (old_fd, file->name, new_fd, file->name, error)))
      return FALSE;
  }
  return TRUE;
}

static gboolean
keep_foreign (const Switch *self, int loader_fd, int entries_fd, GError **error)
{
  if (!self->sysroot->has_loader)
    return TRUE;
  g_autofree char *path = g_strdup_printf (SYSROOT_LOADER_FORMAT, self->sysroot->bootversion);
  autofd int old = openat (self->sysroot->dfd, path,
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (old < 0)
    return errno == ENOENT || throw_errno (error, "open directory '%s'", path);
  if (!copy_foreign_files (old, loader_fd, /* are_entries= */ FALSE, error))
    return FALSE;
  autofd int old_entries = openat (old, LOADER_ENTRIES,
                                   O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (old_entries < 0)
    return errno == ENOENT || throw_errno (error, "open directory '%s/" LOADER_ENTRIES "'", path);
  return copy_foreign_files (old_entries, entries_fd, /* are_entries= */ TRUE, error);
}

static gboolean
write_entries (const Switch *self, int entries_fd, GError **error)
{
  for (guint i = 0; i < self->list->len; i++) {
    const Deployment *deployment = self->list->pdata[i];
    g_autofree char *name = bootentry_name_format ((int)(self->list->len - i),
                                                   deployment->stateroot);
    g_autofree char *text = bootentry_to_text (self->entries->pdata[i]);
    if (!file_replace_at (entries_fd, name, text, strlen (text), 0644, error))
      return FALSE;
  }
  return TRUE;
}

/* A link that does not point where it should; the file system may have none. */
static gboolean
ensure_link (int dfd, const char *path, const char *target, GError **error)
{
  g_autofree char *have = NULL;
  if (!link_read_at (dfd, path, &have, error))
    return FALSE;
  if (g_strcmp0 (have, target) == 0)
    return TRUE;
  if (have != NULL && unlinkat (dfd, path, 0) < 0)
    return throw_errno (error, "replace link '%s'", path);
  if (symlinkat (target, dfd, path) == 0)
    return TRUE;
  if (errno == EPERM || errno == EOPNOTSUPP)
    return throw_error (error, TREE_ERROR_UNSUPPORTED,
                        "create link '%s': the file system of /boot has no symbolic links; use one "
                        "that does, such as ext4",
                        path);
  return throw_errno (error, "create link '%s'", path);
}

static gboolean
write_loader (const Switch *self, GError **error)
{
  int root = self->sysroot->dfd;
  g_autofree char *directory = g_strdup_printf (SYSROOT_LOADER_FORMAT, self->bootversion);
  if (!dir_remove_all_at (root, directory, error) || !dir_ensure_at (root, directory, 0755, error))
    return FALSE;
  autofd int loader_fd = dir_open_at (root, directory, error);
  if (loader_fd < 0 || !dir_ensure_at (loader_fd, LOADER_ENTRIES, 0755, error))
    return FALSE;
  autofd int entries_fd = dir_open_at (loader_fd, LOADER_ENTRIES, error);
  if (entries_fd < 0)
    return FALSE;
  if (!keep_foreign (self, loader_fd, entries_fd, error) ||
      !write_entries (self, entries_fd, error))
    return prefix_error (error, "'%s'", directory);

  BootRoot boot_root = {root, self->sysroot->path};
  const Deployment *first = self->list->len > 0 ? self->list->pdata[0] : NULL;
  BootPlan plan = {loader_fd, self->entries, first != NULL ? first->path : NULL};
  if (self->bootloader->write != NULL && !self->bootloader->write (&boot_root, &plan, error))
    return prefix_error (error, "boot loader '%s'", self->bootloader->name);
  /* Paths in /boot are right from either root. */
  struct stat st;
  if (fstatat (root, "boot/boot", &st, AT_SYMLINK_NOFOLLOW) < 0 &&
      !ensure_link (root, "boot/boot", ".", error))
    return FALSE;
  return ensure_link (root, LOADER_NEW, strrchr (directory, '/') + 1, error);
}

static gboolean
switch_loader (const Switch *self, GError **error)
{
  int root = self->sysroot->dfd;
  if (self->sysroot->has_loader &&
      renameat2 (root, LOADER_NEW, root, SYSROOT_LOADER, RENAME_EXCHANGE) == 0)
    return TRUE;
  /* The first time, or a file system that cannot exchange. */
  if (self->sysroot->has_loader && errno != EINVAL && errno != ENOSYS)
    return throw_errno (error, "switch '" SYSROOT_LOADER "'");
  if (renameat (root, LOADER_NEW, root, SYSROOT_LOADER) < 0)
    return throw_errno (error, "switch '" SYSROOT_LOADER "'");
  return TRUE;
}

static gboolean
switch_links (const Switch *self, GError **error)
{
  int root = self->sysroot->dfd;
  g_autofree char *link = g_strdup_printf (SYSROOT_BOOTLINK_FORMAT, self->bootversion);
  g_autofree char *target = g_strdup_printf ("boot.%d.%d", self->bootversion, self->subbootversion);
  if (!link_replace_at (root, link, target, error))
    return FALSE;
  autofd int ostree = dir_open_at (root, SYSROOT_OSTREE, error);
  if (ostree < 0)
    return FALSE;
  if (fsync (ostree) < 0)
    return throw_errno (error, "sync directory '" SYSROOT_OSTREE "'");
  return TRUE;
}

static gboolean
prepare (Switch *self, GError **error)
{
  TreeSysroot *sysroot = self->sysroot;
  if (!needs_full_switch (sysroot, self->list, &self->is_full, error))
    return FALSE;
  self->bootversion = self->is_full ? !sysroot->bootversion : sysroot->bootversion;
  self->subbootversion = self->is_full ? 1 : !sysroot->subbootversion;
  self->entries = entries_build (sysroot, self->list, self->bootversion, error);
  if (self->entries == NULL)
    return FALSE;
  g_autoptr (GError) local = NULL;
  g_autofree char *name = tree_repo_config_get (sysroot->repo, "sysroot", "bootloader", &local);
  if (name == NULL && !g_error_matches (local, TREE_ERROR, TREE_ERROR_NOT_FOUND)) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  BootRoot boot_root = {sysroot->dfd, sysroot->path};
  return bootloader_find (name, &boot_root, &self->bootloader, error);
}

static gboolean
perform (const Switch *self, GError **error)
{
  int root = self->sysroot->dfd;
  if ((self->is_full && !write_loader (self, error)) || !write_bootlinks (self, error) ||
      !deployment_refs_write (self->sysroot->repo, self->list, self->bootversion,
                              self->subbootversion, error) ||
      !sync_barrier (root, error) || !sync_test_watchdog (root, error))
    return FALSE;
  return self->is_full ? switch_loader (self, error) && sync_boot_switch (root, error)
                       : switch_links (self, error);
}

gboolean
sysroot_write_list (TreeSysroot *self, GPtrArray *list, GError **error)
{
  int change = (int)list->len - (int)self->deployments->len;
  Switch work = {.sysroot = self, .list = list};
  gboolean ok = prepare (&work, error) && perform (&work, error);
  g_clear_pointer (&work.entries, g_ptr_array_unref);
  if (!ok)
    return prefix_error (error, "write the list of deployments");
  sysroot_touch (self);
  gboolean is_atomic = !work.is_full || work.bootloader->switches_with_link;
  sysroot_report (self,
                  "%s; bootconfig swap: %s; bootversion: boot.%d.%d, deployment count change: %d",
                  is_atomic ? "Transaction complete" : "Bootloader updated",
                  work.is_full ? "yes" : "no", work.bootversion, work.subbootversion, change);
  return sysroot_load (self, error);
}
