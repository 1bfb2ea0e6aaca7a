/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The texts are those that OSTree writes for the same entries. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/remove.h"
#include "boot/bootloader.h"
#include "boot/entry.h"

typedef struct {
  char *dir;
  int dfd;
  int loader_dfd;
  GPtrArray *entries;
} Fixture;

static void
write_file (Fixture *f, const char *path, const char *text)
{
  g_autofree char *full = g_build_filename (f->dir, path, NULL);
  g_autofree char *parent = g_path_get_dirname (full);
  g_assert_cmpint (g_mkdir_with_parents (parent, 0755), ==, 0);
  g_assert_true (g_file_set_contents (full, text, -1, NULL));
}

static BootEntry *
make_entry (const char *text)
{
  BootEntry *entry = NULL;
  g_assert_true (bootentry_parse (text, strlen (text), &entry, NULL));
  return entry;
}

static void
setup (Fixture *f, gconstpointer data)
{
  f->dir = g_dir_make_tmp ("bootloader-XXXXXX", NULL);
  f->dfd = open (f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_true (dir_ensure_at (f->dfd, "boot/loader", 0755, NULL));
  g_assert_true (dir_ensure_at (f->dfd, "boot/loader.1", 0755, NULL));
  f->loader_dfd = openat (f->dfd, "boot/loader.1", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  f->entries = g_ptr_array_new_with_free_func ((GDestroyNotify)bootentry_free);
  g_ptr_array_add (f->entries,
                   make_entry ("title T (ostree:0)\nversion 2\noptions root=x ostree=/o/0\n"
                               "linux /ostree/os-1/vmlinuz-6\ninitrd /ostree/os-1/i.img\n"));
  g_ptr_array_add (f->entries,
                   make_entry ("title T (ostree:1)\nversion 1\noptions root=x ostree=/o/1\n"
                               "devicetree /ostree/os-2/dt\nlinux /ostree/os-2/vmlinuz-5\n"
                               "fdtdir /ostree/os-2/dtb\n"));
}

static void
teardown (Fixture *f, gconstpointer data)
{
  g_assert_true (dir_remove_all_at (AT_FDCWD, f->dir, NULL));
  (void)close (f->loader_dfd);
  (void)close (f->dfd);
  g_ptr_array_unref (f->entries);
  g_free (f->dir);
}

static char *
write_with (Fixture *f, const char *expected_loader, const char *file)
{
  g_autoptr (GError) error = NULL;
  BootRoot root = {f->dfd, f->dir};
  const Bootloader *loader = NULL;
  g_assert_true (bootloader_find (NULL, &root, &loader, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (loader->name, ==, expected_loader);
  BootPlan plan = {f->loader_dfd, f->entries, "deployment"};
  g_assert_true (loader->write (&root, &plan, &error));
  g_assert_no_error (error);
  g_autofree char *path = g_build_filename (f->dir, "boot/loader.1", file, NULL);
  char *text = NULL;
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

#define OUR_LABELS                                                                                 \
  "LABEL T (ostree:0)\n"                                                                           \
  "\tKERNEL /boot/ostree/os-1/vmlinuz-6\n"                                                         \
  "\tINITRD /boot/ostree/os-1/i.img\n"                                                             \
  "\tAPPEND root=x ostree=/o/0\n"                                                                  \
  "LABEL T (ostree:1)\n"                                                                           \
  "\tKERNEL /boot/ostree/os-2/vmlinuz-5\n"                                                         \
  "\tDEVICETREE /boot/ostree/os-2/dt\n"                                                            \
  "\tAPPEND root=x ostree=/o/1\n"

static void
test_syslinux (Fixture *f, gconstpointer data)
{
  write_file (f, "boot/syslinux/syslinux.cfg", "");
  write_file (
      f, "boot/loader/syslinux.cfg",
      "# comment\nTIMEOUT 20\n\nLABEL foreign\n\tKERNEL /vmlinuz\n\tAPPEND root=/dev/x\n"
      "DEFAULT T (ostree:0)\n"
      "LABEL T (ostree:0)\n\tKERNEL /boot/ostree/os-0/vmlinuz-4\n\tAPPEND gone\nPROMPT 0\n");
  g_autofree char *text = write_with (f, "syslinux", "syslinux.cfg");
  g_assert_cmpstr (
      text, ==,
      "# comment\nTIMEOUT 20\n\nLABEL foreign\n\tKERNEL /vmlinuz\n\tAPPEND root=/dev/x\n"
      "PROMPT 0\nDEFAULT T (ostree:0)\n" OUR_LABELS);
}

static void
test_syslinux_foreign_default (Fixture *f, gconstpointer data)
{
  write_file (f, "boot/syslinux/syslinux.cfg", "");
  write_file (f, "boot/loader/syslinux.cfg", "DEFAULT mine\nLABEL mine\n\tKERNEL /vmlinuz\n");
  g_autofree char *text = write_with (f, "syslinux", "syslinux.cfg");
  g_assert_cmpstr (text, ==, "LABEL mine\n\tKERNEL /vmlinuz\nDEFAULT mine\n" OUR_LABELS);
}

static void
test_uboot (Fixture *f, gconstpointer data)
{
  write_file (f, "boot/loader/uEnv.txt", "old=1\n");
  write_file (f, "deployment/usr/lib/ostree-boot/uEnv.txt", "extra=1\nlast=2");
  g_autofree char *text = write_with (f, "uboot", "uEnv.txt");
  g_assert_cmpstr (text, ==,
                   "kernel_image=/boot/ostree/os-1/vmlinuz-6\n"
                   "ramdisk_image=/boot/ostree/os-1/i.img\n"
                   "bootargs=root=x ostree=/o/0\n"
                   "kernel_image2=/boot/ostree/os-2/vmlinuz-5\n"
                   "fdt_file2=/boot/ostree/os-2/dt\n"
                   "fdtdir2=/boot/ostree/os-2/dtb\n"
                   "bootargs2=root=x ostree=/o/1\n"
                   "extra=1\nlast=2\n");
}

static void
test_find (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  BootRoot root = {f->dfd, f->dir};
  const Bootloader *loader = NULL;
  g_assert_true (bootloader_find ("auto", &root, &loader, &error));
  g_assert_cmpstr (loader->name, ==, "none");
  /* A loader that nobody tells about the change is no reason to go on. */
  write_file (f, "boot/grub/grub.cfg", "");
  g_assert_false (bootloader_find ("auto", &root, &loader, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_UNSUPPORTED);
  g_clear_error (&error);
  write_file (f, "boot/syslinux/syslinux.cfg", "");
  g_assert_true (bootloader_find ("auto", &root, &loader, &error));
  g_assert_cmpstr (loader->name, ==, "syslinux");
  g_assert_true (bootloader_find ("none", &root, &loader, &error));
  g_assert_cmpstr (loader->name, ==, "none");
  g_assert_false (bootloader_find ("zipl", &root, &loader, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "auto, syslinux, uboot, none"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/boot/syslinux/write", Fixture, NULL, setup, test_syslinux, teardown);
  g_test_add ("/boot/syslinux/foreign-default", Fixture, NULL, setup, test_syslinux_foreign_default,
              teardown);
  g_test_add ("/boot/uboot/write", Fixture, NULL, setup, test_uboot, teardown);
  g_test_add ("/boot/bootloader/find", Fixture, NULL, setup, test_find, teardown);
  return g_test_run ();
}
