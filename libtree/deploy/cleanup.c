/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "deploy/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/remove.h"
#include "core/checksum.h"
#include "deploy/deployment-refs.h"
#include "deploy/entries.h"
#include "plain/bootpath.h"
#include "plain/layout.h"

#define STAGED_MAX_BYTES (1024 * 1024)

/* What a killed link_replace_at() left in @directory: PREFIX….tmp-XXXXXXXX. */
static gboolean
clean_temporary_links (int root, const char *directory, const char *prefix, GError **error)
{
  autofd int dfd = openat (root, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  g_autoptr (GPtrArray) entries = NULL;
  if (dfd < 0)
    return errno == ENOENT || throw_errno (error, "open directory '%s'", directory);
  if (!dir_list (dfd, &entries, error))
    return FALSE;
  for (guint i = 0; i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    if (entry->type == DT_LNK && g_str_has_prefix (entry->name, prefix) &&
        strstr (entry->name, ".tmp-") != NULL && unlinkat (dfd, entry->name, 0) < 0)
      return throw_errno (error, "remove '%s/%s'", directory, entry->name);
  }
  return TRUE;
}

/* Links and directories of the version that does not boot. */
static gboolean
clean_switches (TreeSysroot *self, GError **error)
{
  int other = !self->bootversion;
  g_autofree char *loader = g_strdup_printf (SYSROOT_LOADER_FORMAT, other);
  g_autofree char *version = g_strdup_printf (SYSROOT_BOOTLINK_FORMAT, other);
  g_autofree char *zero = g_strdup_printf (SYSROOT_BOOTDIR_FORMAT, other, 0);
  g_autofree char *one = g_strdup_printf (SYSROOT_BOOTDIR_FORMAT, other, 1);
  g_autofree char *sub = g_strdup_printf (SYSROOT_BOOTDIR_FORMAT, self->bootversion,
                                          !self->subbootversion);
  const char *const paths[] = {SYSROOT_LOADER ".new", loader, version, zero, one, sub};
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    if (!dir_remove_all_at (self->dfd, paths[i], error))
      return FALSE;
  return clean_temporary_links (self->dfd, "ostree", "boot.", error) &&
         clean_temporary_links (self->dfd, "boot", "loader", error);
}

/* "STATEROOT/CSUM.SERIAL" of what may not be deleted. A staged deployment, which another program
 * finishes at shutdown, is in no list yet. */
static GHashTable *
wanted_deployments (const TreeSysroot *self)
{
  GHashTable *wanted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < self->deployments->len; i++) {
    const Deployment *have = self->deployments->pdata[i];
    g_autofree char *name = deployment_name (have);
    g_hash_table_add (wanted, g_build_filename (have->stateroot, name, NULL));
  }
  g_autoptr (GBytes) bytes = NULL;
  if (self->booted == NULL ||
      !file_read_at (AT_FDCWD, STAGED_DEPLOYMENT_FILE, STAGED_MAX_BYTES, &bytes, NULL) ||
      bytes == NULL)
    return wanted;
  g_autoptr (GVariant)
      staged = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, FALSE));
  g_autoptr (GVariant) target = g_variant_lookup_value (staged, "target", G_VARIANT_TYPE_VARDICT);
  const char *name = NULL, *stateroot = NULL;
  if (target != NULL && g_variant_lookup (target, "name", "&s", &name) &&
      g_variant_lookup (target, "osname", "&s", &stateroot))
    g_hash_table_add (wanted, g_build_filename (stateroot, name, NULL));
  return wanted;
}

/* The root that this process runs on is kept whatever the list says. */
static gboolean
is_running_root (int dfd, const char *name)
{
  struct stat st, root;
  return fstatat (dfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && stat ("/", &root) == 0 &&
         st.st_dev == root.st_dev && st.st_ino == root.st_ino;
}

/* Directories and origin files CSUM.SERIAL in deploy/ or backing/ of a stateroot. */
static gboolean
clean_directory (int stateroot_fd, const char *stateroot, const char *directory, GHashTable *wanted,
                 GError **error)
{
  autofd int dfd = openat (stateroot_fd, directory,
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (dfd < 0)
    return errno == ENOENT || throw_errno (error, "open directory '%s/%s'", stateroot, directory);
  g_autoptr (GPtrArray) entries = NULL;
  if (!dir_list (dfd, &entries, error))
    return FALSE;
  for (guint i = 0; i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    g_autofree char *stem = entry->type == DT_REG && g_str_has_suffix (entry->name, ORIGIN_SUFFIX)
                                ? g_strndup (entry->name,
                                             strlen (entry->name) - strlen (ORIGIN_SUFFIX))
                                : g_strdup (entry->name);
    g_autofree char *key = g_build_filename (stateroot, stem, NULL);
    DeployPath parsed;
    if (deploypath_parse_name (stem, &parsed) < 0 || g_hash_table_contains (wanted, key) ||
        is_running_root (dfd, stem))
      continue;
    if (!dir_remove_all_at (dfd, entry->name, error))
      return prefix_error (error, "delete deployment '%s'", key);
  }
  return TRUE;
}

static gboolean
clean_deployments (TreeSysroot *self, GError **error)
{
  g_autoptr (GHashTable) wanted = wanted_deployments (self);
  autofd int dfd = dir_open_at (self->dfd, SYSROOT_DEPLOY, error);
  g_autoptr (GPtrArray) stateroots = NULL;
  if (dfd < 0 || !dir_list (dfd, &stateroots, error))
    return FALSE;
  for (guint i = 0; i < stateroots->len; i++) {
    const DirEntry *entry = stateroots->pdata[i];
    if (entry->type != DT_DIR)
      continue;
    autofd int stateroot = dir_open_at (dfd, entry->name, error);
    if (stateroot < 0 ||
        !clean_directory (stateroot, entry->name, STATEROOT_DEPLOY, wanted, error) ||
        !clean_directory (stateroot, entry->name, STATEROOT_BACKING, wanted, error))
      return FALSE;
  }
  return TRUE;
}

/* boot/ostree/STATEROOT-BOOTCSUM; other names there are not ours. */
static gboolean
clean_kernels (TreeSysroot *self, GError **error)
{
  autofd int dfd = openat (self->dfd, SYSROOT_BOOT_OSTREE,
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (dfd < 0)
    return errno == ENOENT || throw_errno (error, "open directory '" SYSROOT_BOOT_OSTREE "'");
  g_autoptr (GHashTable) wanted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < self->deployments->len; i++) {
    g_autofree char *path = entries_boot_directory (self->deployments->pdata[i]);
    g_hash_table_add (wanted, g_path_get_basename (path));
  }
  g_autoptr (GPtrArray) entries = NULL;
  if (!dir_list (dfd, &entries, error))
    return FALSE;
  for (guint i = 0; i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    gsize len = strlen (entry->name);
    if (entry->type != DT_DIR || len < TREE_CHECKSUM_HEX_LEN + 2 ||
        entry->name[len - TREE_CHECKSUM_HEX_LEN - 1] != '-' ||
        !checksum_is_hex (entry->name + len - TREE_CHECKSUM_HEX_LEN) ||
        g_hash_table_contains (wanted, entry->name))
      continue;
    if (!dir_remove_all_at (dfd, entry->name, error))
      return prefix_error (error, "delete kernel");
  }
  return TRUE;
}

static gboolean
clean_repo (TreeSysroot *self, GError **error)
{
  TreePruneOptions options = {.refs_only = TRUE, .depth = 0};
  TreePruneResult result = {0};
  if (!tree_repo_prune (self->repo, &options, &result, error))
    return FALSE;
  if (result.freed_bytes > 0) {
    g_autofree char *size = g_format_size (result.freed_bytes);
    sysroot_report (self, "Freed objects: %s", size);
  }
  return TRUE;
}

gboolean
sysroot_clean (TreeSysroot *self, gboolean prune, GError **error)
{
  if (!clean_switches (self, error) || !clean_deployments (self, error) ||
      !clean_kernels (self, error) ||
      !deployment_refs_write (self->repo, self->deployments, self->bootversion,
                              self->subbootversion, error) ||
      !deployment_refs_clean (self->repo, self->deployments->len, self->bootversion,
                              self->subbootversion, error) ||
      (prune && !clean_repo (self, error)))
    return prefix_error (error, "what was asked for is in place, but cleaning up failed");
  return TRUE;
}

gboolean
tree_sysroot_cleanup (TreeSysroot *self, gboolean prune, GError **error)
{
  return sysroot_check_locked (self, error) && sysroot_clean (self, prune, error);
}
