/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "serve/site.h"

#include <string.h>

#include "base/fd.h"
#include "base/remove.h"

#define HEX62 "00000000000000000000000000000000000000000000000000000000000000"

typedef struct {
  char *path;
  int dfd;
} Fixture;

static void
put (Fixture *self, const char *path, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *parent = g_path_get_dirname (path);
  g_assert_true (dir_ensure_at (self->dfd, parent, 0755, &error));
  g_assert_true (file_replace_at (self->dfd, path, text, strlen (text), 0644, &error));
  g_assert_no_error (error);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->path = g_dir_make_tmp ("site-XXXXXX", NULL);
  self->dfd = open (self->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (self->dfd, >=, 0);
  put (self, "summary", "S");
  put (self, "config", "[core]\nmode=archive-z2\n\n[remote \"secret\"]\nurl=http://user:pw@host\n");
  put (self, "refs/heads/os/stable", "text\n");
  put (self, "refs/heads/m/.hidden", "no");
  put (self, "objects/00/" HEX62 ".filez", "F");
  put (self, "objects/00/" HEX62 ".commitmeta", "M");
  put (self, "deltas/aa/bb/superblock", "D");
  put (self, "tmp/file", "no");
  put (self, ".lock", "no");
  g_assert_cmpint (symlinkat ("../os/stable", self->dfd, "refs/heads/m/alias"), ==, 0);
  g_assert_cmpint (symlinkat ("../../../config", self->dfd, "refs/heads/m/out"), ==, 0);
  g_assert_cmpint (symlinkat ("/etc/passwd", self->dfd, "refs/heads/m/absolute"), ==, 0);
  g_assert_cmpint (symlinkat ("/etc/passwd", self->dfd, "deltas/link"), ==, 0);
  g_assert_cmpint (symlinkat ("/etc", self->dfd, "deltas/folder"), ==, 0);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  (void)close (self->dfd);
  g_assert_true (dir_remove_all_at (AT_FDCWD, self->path, NULL));
  g_free (self->path);
}

static void
expect (Fixture *self, const char *url, const char *content, SiteCaching caching)
{
  g_auto (SiteFile) file = {.fd = -1};
  if (!site_open (self->dfd, url, &file))
    g_error ("%s is not served", url);
  g_autofree char *text = g_strdup (file.text);
  if (text == NULL) {
    text = g_malloc0 (file.size + 1);
    g_assert_cmpint (read (file.fd, text, file.size), ==, (ssize_t)file.size);
  }
  g_assert_cmpstr (text, ==, content);
  g_assert_cmpuint (file.size, ==, strlen (content));
  g_assert_cmpint (file.caching, ==, caching);
  g_assert_true (file.etag[0] == '"' && file.etag[strlen (file.etag) - 1] == '"');
}

static void
test_served (Fixture *self, gconstpointer data)
{
  expect (self, "/summary", "S", SITE_CHECK);
  expect (self, "//summary", "S", SITE_CHECK);
  expect (self, "/refs/heads/os/stable", "text\n", SITE_CHECK);
  expect (self, "/refs/heads/m/alias", "text\n", SITE_CHECK);
  expect (self, "/objects/00/" HEX62 ".filez", "F", SITE_IMMUTABLE);
  expect (self, "/objects/00/" HEX62 ".commitmeta", "M", SITE_CHECK);
  expect (self, "/deltas/aa/bb/superblock", "D", SITE_CHECK);
}

static void
test_config (Fixture *self, gconstpointer data)
{
  g_auto (SiteFile) file = {.fd = -1};
  g_assert_true (site_open (self->dfd, "/config", &file));
  g_assert_nonnull (strstr (file.text, "mode=archive-z2"));
  g_assert_null (strstr (file.text, "secret"));
  g_assert_null (strstr (file.text, "pw"));
}

static void
test_hidden (Fixture *self, gconstpointer data)
{
  static const char *const urls[] = {"/",
                                     "",
                                     "/refs",
                                     "/refs/",
                                     "/refs/heads/os",
                                     "/refs/heads/m/.hidden",
                                     "/refs/heads/m/out",
                                     "/refs/heads/m/absolute",
                                     "/refs/heads/../../config",
                                     "/objects/../tmp/file",
                                     "/objects/./00/" HEX62 ".filez",
                                     "/tmp/file",
                                     "/.lock",
                                     "/deltas/link",
                                     "/deltas/folder/passwd",
                                     "/summaryx",
                                     "/nothing",
                                     "/etc/passwd"};
  for (gsize i = 0; i < G_N_ELEMENTS (urls); i++) {
    g_auto (SiteFile) file = {.fd = -1};
    if (site_open (self->dfd, urls[i], &file))
      g_error ("'%s' is served", urls[i]);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
  g_test_add ("/serve/site/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("served", test_served);
  ADD ("config", test_config);
  ADD ("hidden", test_hidden);
#undef ADD
  return g_test_run ();
}
