/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/hash.h"
#include "base/remove.h"
#include "deploy/kernel.h"
#include "deploy/origin.h"

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER_SHA "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

typedef struct {
  char *dir;
  int dfd;
} Fixture;

static void
setup (Fixture *f, gconstpointer data)
{
  f->dir = g_dir_make_tmp ("kernel-XXXXXX", NULL);
  f->dfd = open (f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  g_assert_true (dir_remove_all_at (AT_FDCWD, f->dir, NULL));
  (void)close (f->dfd);
  g_free (f->dir);
}

/* The content of each is its own path. */
static void
make_files (Fixture *f, const char *paths)
{
  g_auto (GStrv) words = g_strsplit (paths, " ", -1);
  for (guint i = 0; words[i] != NULL; i++) {
    g_autofree char *parent = g_path_get_dirname (words[i]);
    g_assert_true (dir_ensure_at (f->dfd, parent, 0755, NULL));
    g_assert_true (file_replace_at (f->dfd, words[i], words[i], strlen (words[i]), 0600, NULL));
  }
}

static void
assert_bootcsum (const Kernel *kernel, const char *content)
{
  TreeChecksum checksum;
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  hash_data (content, strlen (content), &checksum);
  tree_checksum_to_hex (&checksum, hex);
  g_assert_cmpstr (kernel->bootcsum, ==, hex);
}

#define MODULES "usr/lib/modules/"

static void
test_modules (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  /* A version without a kernel is none; of two with one, the first. */
  make_files (f, MODULES "4/modules.dep " MODULES "5/vmlinuz " MODULES "5/initramfs.img " MODULES
                         "5/.vmlinuz.hmac " MODULES "6/vmlinuz");
  g_autoptr (Kernel) kernel = kernel_locate (f->dfd, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (kernel->directory, ==, MODULES "5");
  assert_bootcsum (kernel, MODULES "5/vmlinuz" MODULES "5/initramfs.img");

  g_assert_true (kernel_install (kernel, f->dfd, f->dfd, "boot/ostree/os-1", &error));
  g_assert_no_error (error);
  static const char *const installed[] = {"vmlinuz-5", "initramfs-5.img", ".vmlinuz-5.hmac"};
  for (gsize i = 0; i < G_N_ELEMENTS (installed); i++) {
    g_autofree char *path = g_build_filename ("boot/ostree/os-1", installed[i], NULL);
    struct stat st;
    g_assert_cmpint (fstatat (f->dfd, path, &st, AT_SYMLINK_NOFOLLOW), ==, 0);
  }
  /* What an interrupted run left there is replaced. */
  g_assert_true (file_replace_at (f->dfd, "boot/ostree/os-1/vmlinuz-5", "", 0, 0644, &error));
  g_assert_true (kernel_install (kernel, f->dfd, f->dfd, "boot/ostree/os-1", &error));
  g_autoptr (GBytes) bytes = NULL;
  g_assert_true (file_read_at (f->dfd, "boot/ostree/os-1/vmlinuz-5", 100, &bytes, &error));
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, strlen (MODULES "5/vmlinuz"));

  g_autoptr (BootEntry) entry = bootentry_new ();
  kernel_describe (kernel, "/ostree/os-1", entry);
  g_autofree char *text = bootentry_to_text (entry);
  g_assert_cmpstr (text, ==, "linux /ostree/os-1/vmlinuz-5\ninitrd /ostree/os-1/initramfs-5.img\n");
}

static void
test_device_trees (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  make_files (f, MODULES "5/vmlinuz " MODULES "5/dtb/x.dtb " MODULES "5/dtb/a/y.dtb");
  g_autoptr (Kernel) kernel = kernel_locate (f->dfd, &error);
  g_assert_no_error (error);
  assert_bootcsum (kernel, MODULES "5/vmlinuz" MODULES "5/dtb/a/y.dtb" MODULES "5/dtb/x.dtb");
  g_assert_true (kernel_install (kernel, f->dfd, f->dfd, "boot/ostree/os-1", &error));
  struct stat st;
  g_assert_cmpint (fstatat (f->dfd, "boot/ostree/os-1/dtb/a/y.dtb", &st, 0), ==, 0);
  g_autoptr (BootEntry) entry = bootentry_new ();
  kernel_describe (kernel, "/ostree/os-1", entry);
  g_assert_cmpstr (bootentry_get (entry, "fdtdir"), ==, "/ostree/os-1/dtb");

  /* One file goes before a directory of them. */
  make_files (f, MODULES "5/devicetree");
  g_autoptr (Kernel) one = kernel_locate (f->dfd, &error);
  assert_bootcsum (one, MODULES "5/vmlinuz" MODULES "5/devicetree");
  g_assert_null (one->dtb_directory);
}

static void
test_legacy (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  make_files (f, "boot/vmlinuz-5-" SHA " boot/initramfs-5.img-" SHA " boot/config-5");
  g_autoptr (Kernel) kernel = kernel_locate (f->dfd, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (kernel->bootcsum, ==, SHA);
  g_assert_cmpstr (kernel->kernel_target, ==, "vmlinuz-5");
  g_assert_cmpstr (kernel->initramfs_target, ==, "initramfs-5.img");

  /* The modern form wins unless only the old one has an initramfs. */
  make_files (f, MODULES "6/vmlinuz");
  g_autoptr (Kernel) still = kernel_locate (f->dfd, &error);
  g_assert_cmpstr (still->directory, ==, "boot");
  make_files (f, MODULES "6/initramfs.img");
  g_autoptr (Kernel) modern = kernel_locate (f->dfd, &error);
  g_assert_cmpstr (modern->directory, ==, MODULES "6");
}

static void
test_refuse (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_assert_null (kernel_locate (f->dfd, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_UNSUPPORTED);
  g_clear_error (&error);
  make_files (f,
              "usr/lib/ostree-boot/vmlinuz-5-" SHA " usr/lib/ostree-boot/initramfs-5-" OTHER_SHA);
  g_assert_null (kernel_locate (f->dfd, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
}

/* A tree whose links lead out of it brings no files of the host into /boot. */
static void
test_links_out (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  make_files (f, "host/modules/5/vmlinuz host/modules/5/initramfs.img tree/usr/file");
  autofd int tree = dir_open_at (f->dfd, "tree", NULL);
  g_assert_cmpint (symlinkat ("../../host", tree, "usr/lib"), ==, 0);
  g_assert_null (kernel_locate (tree, &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, "open directory 'usr/lib/modules'"));
  g_clear_error (&error);
  /* One that stays in it is followed. */
  g_assert_cmpint (unlinkat (tree, "usr/lib", 0), ==, 0);
  make_files (f, "tree/usr/lib64/modules/6/vmlinuz");
  g_assert_cmpint (symlinkat ("lib64", tree, "usr/lib"), ==, 0);
  g_autoptr (Kernel) kernel = kernel_locate (tree, &error);
  g_assert_no_error (error);
  g_assert_true (kernel_install (kernel, tree, f->dfd, "boot/ostree/os-2", &error));
}

static void
test_origin (void)
{
  static const char text[] = "[origin]\nrefspec=r:os\noverride-commit=" SHA "\nunlocked=hotfix\n\n"
                             "[libostree-transient]\npinned=true\n\n[rpm-ostree]\npackages=vim\n";
  g_autoptr (GError) error = NULL;
  g_autoptr (GKeyFile) origin = NULL;
  g_assert_true (origin_parse (text, strlen (text), &origin, &error));
  g_assert_no_error (error);
  g_assert_true (origin_is_pinned (origin));
  g_assert_true (origin_is_hotfix (origin));
  g_autoptr (GKeyFile) next = origin_copy_for_successor (origin);
  g_assert_false (origin_is_pinned (next));
  g_assert_false (origin_is_hotfix (next));
  g_autofree char *packages = g_key_file_get_string (next, "rpm-ostree", "packages", NULL);
  g_assert_cmpstr (packages, ==, "vim");
  origin_set_refspec (next, "r:other");
  g_autofree char *refspec = origin_get_refspec (next);
  g_assert_cmpstr (refspec, ==, "r:other");
  g_assert_false (g_key_file_has_key (next, "origin", "override-commit", NULL));
  origin_set_pinned (origin, FALSE);
  g_assert_false (g_key_file_has_group (origin, "libostree-transient"));

  g_autoptr (GKeyFile) bad = NULL;
  g_assert_false (origin_parse ("[origin\n", 8, &bad, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/deploy/kernel/modules", Fixture, NULL, setup, test_modules, teardown);
  g_test_add ("/deploy/kernel/device-trees", Fixture, NULL, setup, test_device_trees, teardown);
  g_test_add ("/deploy/kernel/links-out", Fixture, NULL, setup, test_links_out, teardown);
  g_test_add ("/deploy/kernel/legacy", Fixture, NULL, setup, test_legacy, teardown);
  g_test_add ("/deploy/kernel/refuse", Fixture, NULL, setup, test_refuse, teardown);
  g_test_add_func ("/deploy/origin", test_origin);
  return g_test_run ();
}
