/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "deploy/kernel.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/beneath.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/remove.h"
#include "base/source.h"
#include "core/checksum.h"
#include "plain/layout.h"

#define DTB_DIRECTORY "dtb"

void
kernel_free (Kernel *self)
{
  if (self == NULL)
    return;
  g_free (self->directory);
  g_free (self->kernel);
  g_free (self->initramfs);
  g_free (self->devicetree);
  g_free (self->dtb_directory);
  g_free (self->hmac);
  g_free (self->kernel_target);
  g_free (self->initramfs_target);
  g_free (self->devicetree_target);
  g_free (self->hmac_target);
  g_free (self);
}

/* A file type, or 0 for nothing. */
static mode_t
type_at (int dfd, const char *name)
{
  struct stat st;
  return fstatat (dfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_mode & S_IFMT : 0;
}

static gboolean
hash_file (Hasher *hasher, int dfd, const char *name, GError **error)
{
  autofd int fd = openat (dfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0)
    return throw_errno (error, "open '%s'", name);
  return fd_hash (fd, hasher, NULL, error) || prefix_error (error, "'%s'", name);
}

static gboolean
hash_directory (Hasher *hasher, int dfd, const char *name, GError **error)
{
  autofd int fd = dir_open_at (dfd, name, error);
  g_autoptr (GPtrArray) entries = NULL;
  if (fd < 0 || !dir_list (fd, &entries, error))
    return FALSE;
  for (guint i = 0; i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    if (entry->type == DT_DIR
            ? !hash_directory (hasher, fd, entry->name, error)
            : entry->type == DT_REG && !hash_file (hasher, fd, entry->name, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
compute_bootcsum (Kernel *self, int dfd, GError **error)
{
  g_autoptr (Hasher) hasher = hasher_new ();
  if (!hash_file (hasher, dfd, self->kernel, error) ||
      (self->initramfs != NULL && !hash_file (hasher, dfd, self->initramfs, error)))
    return FALSE;
  if (self->devicetree != NULL ? !hash_file (hasher, dfd, self->devicetree, error)
                               : self->dtb_directory != NULL &&
                                     !hash_directory (hasher, dfd, self->dtb_directory, error))
    return FALSE;
  TreeChecksum checksum;
  hasher_final (hasher, &checksum);
  tree_checksum_to_hex (&checksum, self->bootcsum);
  return TRUE;
}

/* usr/lib/modules/KVER, opened as @dfd, which has a vmlinuz. */
static Kernel *
describe_modules (int dfd, const char *version)
{
  Kernel *self = g_new0 (Kernel, 1);
  self->directory = g_build_filename (DEPLOYMENT_MODULES, version, NULL);
  self->kernel = g_strdup ("vmlinuz");
  self->kernel_target = g_strconcat ("vmlinuz-", version, NULL);
  static const char *const initramfs_names[] = {"initramfs.img", "initramfs"};
  for (gsize i = 0; i < G_N_ELEMENTS (initramfs_names) && self->initramfs == NULL; i++)
    if (type_at (dfd, initramfs_names[i]) == S_IFREG) {
      self->initramfs = g_strdup (initramfs_names[i]);
      self->initramfs_target = g_strconcat ("initramfs-", version, ".img", NULL);
    }
  if (type_at (dfd, "devicetree") == S_IFREG) {
    self->devicetree = g_strdup ("devicetree");
    self->devicetree_target = g_strconcat ("devicetree-", version, NULL);
  } else if (type_at (dfd, DTB_DIRECTORY) == S_IFDIR)
    self->dtb_directory = g_strdup (DTB_DIRECTORY);
  if (type_at (dfd, ".vmlinuz.hmac") == S_IFREG) {
    self->hmac = g_strdup (".vmlinuz.hmac");
    self->hmac_target = g_strconcat (".vmlinuz-", version, ".hmac", NULL);
  }
  return self;
}

/* *@out is NULL when no version has a kernel. */
static gboolean
find_in_modules (int deployment_fd, Kernel **out, GError **error)
{
  *out = NULL;
  autofd int modules = dir_open_beneath (deployment_fd, DEPLOYMENT_MODULES);
  if (modules < 0)
    return errno == ENOENT || throw_errno (error, "open directory '" DEPLOYMENT_MODULES "'");
  g_autoptr (GPtrArray) entries = NULL;
  if (!dir_list (modules, &entries, error))
    return prefix_error (error, "'" DEPLOYMENT_MODULES "'");
  for (guint i = 0; i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    if (entry->type != DT_DIR)
      continue;
    autofd int dfd = dir_open_at (modules, entry->name, error);
    if (dfd < 0)
      return FALSE;
    if (type_at (dfd, "vmlinuz") != S_IFREG)
      continue;
    g_autoptr (Kernel) found = describe_modules (dfd, entry->name);
    if (!compute_bootcsum (found, dfd, error))
      return prefix_error (error, "'%s'", found->directory);
    *out = g_steal_pointer (&found);
    return TRUE;
  }
  return TRUE;
}

/* "PREFIX…-SHA": the name and, without "-SHA", the target; checks that all have the same SHA. */
static gboolean
take_legacy (Kernel *self, const char *name, const char *prefix, char **out_name, char **out_target,
             GError **error)
{
  gsize len = strlen (name);
  if (*out_name != NULL || !g_str_has_prefix (name, prefix) ||
      len < strlen (prefix) + TREE_CHECKSUM_HEX_LEN)
    return TRUE;
  const char *sha = name + len - TREE_CHECKSUM_HEX_LEN;
  if (sha[-1] != '-' || !checksum_is_hex (sha))
    return TRUE;
  if (self->bootcsum[0] != '\0' && strcmp (self->bootcsum, sha) != 0)
    return throw_error (error, TREE_ERROR_CORRUPT, "'%s/%s' does not carry the checksum '%s'",
                        self->directory, name, self->bootcsum);
  memcpy (self->bootcsum, sha, TREE_CHECKSUM_HEX_LEN + 1);
  *out_name = g_strdup (name);
  *out_target = g_strndup (name, (gsize)(sha - 1 - name));
  return TRUE;
}

static gboolean
find_legacy_in (int deployment_fd, const char *directory, Kernel **out, GError **error)
{
  *out = NULL;
  autofd int dfd = dir_open_beneath (deployment_fd, directory);
  if (dfd < 0)
    return errno == ENOENT || throw_errno (error, "open directory '%s'", directory);
  g_autoptr (GPtrArray) entries = NULL;
  if (!dir_list (dfd, &entries, error))
    return prefix_error (error, "'%s'", directory);
  g_autoptr (Kernel) self = g_new0 (Kernel, 1);
  self->directory = g_strdup (directory);
  for (guint i = 0; i < entries->len; i++) {
    const char *name = ((const DirEntry *)entries->pdata[i])->name;
    if (!take_legacy (self, name, "vmlinuz-", &self->kernel, &self->kernel_target, error) ||
        !take_legacy (self, name, "initramfs-", &self->initramfs, &self->initramfs_target, error) ||
        !take_legacy (self, name, "devicetree-", &self->devicetree, &self->devicetree_target,
                      error))
      return FALSE;
  }
  if (self->kernel != NULL)
    *out = g_steal_pointer (&self);
  return TRUE;
}

Kernel *
kernel_locate (int deployment_fd, GError **error)
{
  static const char *const legacy_directories[] = {"usr/lib/ostree-boot", "boot"};
  g_autoptr (Kernel) modern = NULL;
  g_autoptr (Kernel) legacy = NULL;
  if (!find_in_modules (deployment_fd, &modern, error))
    return prefix_null (error, "find the kernel");
  for (gsize i = 0; i < G_N_ELEMENTS (legacy_directories) && legacy == NULL; i++)
    if (!find_legacy_in (deployment_fd, legacy_directories[i], &legacy, error))
      return prefix_null (error, "find the kernel");
  gboolean legacy_wins = legacy != NULL && (modern == NULL || (legacy->initramfs != NULL &&
                                                               modern->initramfs == NULL));
  if (legacy_wins)
    return g_steal_pointer (&legacy);
  if (modern != NULL)
    return g_steal_pointer (&modern);
  return throw_null (error, TREE_ERROR_UNSUPPORTED,
                     "the tree has no kernel: neither usr/lib/modules/VERSION/vmlinuz nor a "
                     "vmlinuz-VERSION-CHECKSUM in usr/lib/ostree-boot or boot");
}

static gboolean
install_file (int src_dfd, const char *src, int dst_dfd, const char *dst, GError **error)
{
  if (src == NULL || linkat (src_dfd, src, dst_dfd, dst, 0) == 0)
    return TRUE;
  /* Another file system, or one without links. */
  if (errno != EXDEV && errno != EPERM && errno != EMLINK && errno != EOPNOTSUPP)
    return throw_errno (error, "link '%s'", dst);
  autofd int in = openat (src_dfd, src, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (in < 0)
    return throw_errno (error, "open '%s'", src);
  autofd int out = openat (dst_dfd, dst, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                           0644);
  if (out < 0)
    return throw_errno (error, "create '%s'", dst);
  return file_copy_content (in, out, error) || prefix_error (error, "copy '%s'", dst);
}

static gboolean
install_directory (int src_dfd, const char *name, int dst_dfd, GError **error)
{
  autofd int from = dir_open_at (src_dfd, name, error);
  g_autoptr (GPtrArray) entries = NULL;
  if (from < 0 || !dir_list (from, &entries, error))
    return FALSE;
  if (mkdirat (dst_dfd, name, 0755) < 0)
    return throw_errno (error, "create directory '%s'", name);
  autofd int to = dir_open_at (dst_dfd, name, error);
  if (to < 0)
    return FALSE;
  for (guint i = 0; i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    if (entry->type == DT_DIR
            ? !install_directory (from, entry->name, to, error)
            : entry->type == DT_REG && !install_file (from, entry->name, to, entry->name, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
kernel_install (const Kernel *self, int deployment_fd, int sysroot_fd, const char *target,
                GError **error)
{
  autofd int from = dir_open_beneath (deployment_fd, self->directory);
  if (from < 0)
    return throw_errno (error, "open directory '%s'", self->directory);
  if (!dir_remove_all_at (sysroot_fd, target, error) ||
      !dir_ensure_at (sysroot_fd, target, 0755, error))
    return FALSE;
  autofd int to = dir_open_at (sysroot_fd, target, error);
  if (to < 0)
    return FALSE;
  if (!install_file (from, self->kernel, to, self->kernel_target, error) ||
      !install_file (from, self->initramfs, to, self->initramfs_target, error) ||
      !install_file (from, self->devicetree, to, self->devicetree_target, error) ||
      !install_file (from, self->hmac, to, self->hmac_target, error) ||
      (self->dtb_directory != NULL && !install_directory (from, self->dtb_directory, to, error)))
    return prefix_error (error, "install the kernel to '%s'", target);
  return TRUE;
}

void
kernel_describe (const Kernel *self, const char *boot_path, BootEntry *entry)
{
  const struct {
    const char *key, *file;
  } lines[] = {
      {"devicetree", self->devicetree_target},
      {"linux", self->kernel_target},
      {"initrd", self->initramfs_target},
      {"fdtdir", self->dtb_directory},
  };
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autofree char *path = g_build_filename (boot_path, lines[i].file, NULL);
    if (lines[i].file != NULL)
      bootentry_set (entry, lines[i].key, path);
  }
}
