/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "plain/bootpath.h"

#define CSUM "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
test_parse (void)
{
  BootPath path;
  g_assert_cmpint (bootpath_parse ("/ostree/boot.1/debian/" CSUM "/12", &path), ==, 0);
  g_assert_cmpint (path.bootversion, ==, 1);
  g_assert_cmpstr (path.stateroot, ==, "debian");
  g_assert_cmpstr (path.bootcsum, ==, CSUM);
  g_assert_cmpint (path.serial, ==, 12);
  char text[BOOTPATH_TEXT_MAX];
  g_assert_cmpint (bootpath_format (&path, text, sizeof text), ==, 0);
  g_assert_cmpstr (text, ==, "/ostree/boot.1/debian/" CSUM "/12");
  g_assert_cmpint (bootpath_format (&path, text, 20), ==, -ENAMETOOLONG);
  g_assert_cmpint (bootpath_parse ("/ostree/boot.0/debian/" CSUM "/0/", &path), ==, 0);
}

static void
test_refuse (void)
{
  static const char *const bad[] = {
      "",
      "/",
      "ostree/boot.1/os/" CSUM "/0",
      "/ostree/boot.2/os/" CSUM "/0",
      "/ostree/boot.1.0/os/" CSUM "/0",
      "/ostree/boot.1/../" CSUM "/0",
      "/ostree/boot.1//" CSUM "/0",
      "/ostree/boot.1/os/" CSUM,
      "/ostree/boot.1/os/" CSUM "/",
      "/ostree/boot.1/os/" CSUM "/-1",
      "/ostree/boot.1/os/" CSUM "/00",
      "/ostree/boot.1/os/" CSUM "/99999999999999999999",
      "/ostree/boot.1/os/" CSUM "/0/x",
      "/ostree/boot.1/os/" CSUM "0/0",
      "/ostree/boot.1/os/abc/0",
      "/ostree/boot.1/os/../0",
  };
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    BootPath path;
    g_assert_cmpint (bootpath_parse (bad[i], &path), ==, -EINVAL);
  }
  DeployPath deploy;
  g_assert_cmpint (deploypath_parse_name (CSUM ".3", &deploy), ==, 0);
  g_assert_cmpstr (deploy.csum, ==, CSUM);
  g_assert_cmpint (deploy.serial, ==, 3);
  g_assert_cmpint (deploypath_parse_name (CSUM ".3.origin", &deploy), ==, -EINVAL);
  g_assert_cmpint (deploypath_parse_name (CSUM, &deploy), ==, -EINVAL);
  g_assert_cmpint (deploypath_parse_name ("x.0", &deploy), ==, -EINVAL);
}

static void
make_link (int dfd, const char *target, const char *path)
{
  (void)unlinkat (dfd, path, 0);
  g_assert_cmpint (symlinkat (target, dfd, path), ==, 0);
}

static void
test_resolve (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = g_dir_make_tmp ("bootpath-XXXXXX", &error);
  g_assert_no_error (error);
  g_autofree char *deep = g_strdup_printf ("%s/ostree/boot.1.0/os/" CSUM, dir);
  g_assert_cmpint (g_mkdir_with_parents (deep, 0755), ==, 0);
  int dfd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  BootPath path;
  g_assert_cmpint (bootpath_parse ("/ostree/boot.1/os/" CSUM "/0", &path), ==, 0);
  DeployPath deploy;
  const char *link = "ostree/boot.1.0/os/" CSUM "/0";

  g_assert_cmpint (bootpath_resolve (dfd, &path, &deploy), ==, -ENOENT);
  make_link (dfd, "boot.1.0", "ostree/boot.1");
  g_assert_cmpint (bootpath_resolve (dfd, &path, &deploy), ==, -ENOENT);
  make_link (dfd, "../../../deploy/os/deploy/" CSUM ".7", link);
  g_assert_cmpint (bootpath_resolve (dfd, &path, &deploy), ==, 0);
  char text[BOOTPATH_TEXT_MAX];
  g_assert_cmpint (deploypath_format (&deploy, text, sizeof text), ==, 0);
  g_assert_cmpstr (text, ==, "ostree/deploy/os/deploy/" CSUM ".7");

  static const char *const bad[] = {
      "../../../deploy/os/deploy/../../../etc", "/etc", "../../../deploy/../deploy/" CSUM ".0",
      "../../../deploy/os/var/" CSUM ".0", ("../../../deploy/os/deploy/" CSUM)};
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    make_link (dfd, bad[i], link);
    g_assert_cmpint (bootpath_resolve (dfd, &path, &deploy), ==, -EINVAL);
  }
  make_link (dfd, "boot.0.1", "ostree/boot.1");
  g_assert_cmpint (bootpath_resolve (dfd, &path, &deploy), ==, -EINVAL);
  make_link (dfd, "../../boot.1.0", "ostree/boot.1");
  g_assert_cmpint (bootpath_resolve (dfd, &path, &deploy), ==, -EINVAL);

  (void)unlinkat (dfd, link, 0);
  (void)unlinkat (dfd, "ostree/boot.1", 0);
  (void)unlinkat (dfd, "ostree/boot.1.0/os/" CSUM, AT_REMOVEDIR);
  (void)unlinkat (dfd, "ostree/boot.1.0/os", AT_REMOVEDIR);
  (void)unlinkat (dfd, "ostree/boot.1.0", AT_REMOVEDIR);
  (void)unlinkat (dfd, "ostree", AT_REMOVEDIR);
  (void)close (dfd);
  (void)g_rmdir (dir);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plain/bootpath/parse", test_parse);
  g_test_add_func ("/plain/bootpath/refuse", test_refuse);
  g_test_add_func ("/plain/bootpath/resolve", test_resolve);
  return g_test_run ();
}
