/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "net/url.h"
#include "tree-error.h"

static void
test_join (void)
{
  static const char *const cases[][3] = {
      {"http://h/repo", "objects/ab/cd.filez", "http://h/repo/objects/ab/cd.filez"},
      {"http://h/repo//", "/summary", "http://h/repo/summary"},
      {"http://h", "refs/heads/a b", "http://h/refs/heads/a%20b"},
      {"http://h", "refs/heads/foo\xc3\xa9", "http://h/refs/heads/foo%C3%A9"},
      {"http://h", "a?b#c%d", "http://h/a%3Fb%23c%25d"},
      {"http://h", "deltas/EF/lS-a_b+c", "http://h/deltas/EF/lS-a_b+c"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *url = url_join (cases[i][0], cases[i][1]);
    g_assert_cmpstr (url, ==, cases[i][2]);
  }
}

static void
test_file (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *plain = url_to_file ("file:///srv/my%20repo", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (plain, ==, "/srv/my repo");
  g_autofree char *local = url_to_file ("file://localhost/srv", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (local, ==, "/srv");

  static const char *const bad[] = {"file://host/srv", "http://h/", "file:///a%0", "file:///a%00b"};
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_assert_null (url_to_file (bad[i], &error));
    g_assert_error (error, TREE_ERROR, TREE_ERROR_INVALID);
    g_clear_error (&error);
  }
}

static void
test_display (void)
{
  g_autofree char *secret = url_for_display ("https://user:p@ss@h/x@y");
  g_assert_cmpstr (secret, ==, "https://h/x@y");
  g_autofree char *plain = url_for_display ("http://h/x@y");
  g_assert_cmpstr (plain, ==, "http://h/x@y");
}

static void
test_scheme (void)
{
  g_assert_true (url_is_http ("HTTP://h"));
  g_assert_true (url_is_http ("https://h"));
  g_assert_true (url_is_https ("Https://h"));
  g_assert_false (url_is_https ("http://h"));
  g_assert_false (url_is_http ("file:///x"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/url/join", test_join);
  g_test_add_func ("/net/url/file", test_file);
  g_test_add_func ("/net/url/display", test_display);
  g_test_add_func ("/net/url/scheme", test_scheme);
  return g_test_run ();
}
