/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "plain/cmdline.h"

static void
test_find (void)
{
  static const struct {
    const char *text, *expected; /* NULL: not there */
  } cases[] = {
      {"ostree=/a", "/a"},
      {"quiet ostree=/a\n", "/a"},
      {"quiet\tostree=/a rw", "/a"},
      {"ostree=/a ostree=/b", "/a"},
      {"xostree=/a", NULL},
      {"ostree.prepare-root.composefs=1", NULL},
      {"ostree", NULL},
      {"", NULL},
      {"   ", NULL},
      {"ostree=", ""},
      {"\"ostree=/a b\" x", "/a b"},
      {"ostree=\"/a b\" x", "/a b"},
      {"foo=\"x ostree=/no\" ostree=/yes", "/yes"},
      {"foo=\"x ostree=/no", NULL},
      {"ostree=\"/open", "/open"},
      {"ostree==x", "=x"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    char out[32] = "unset";
    int r = cmdline_find (cases[i].text, strlen (cases[i].text), "ostree", out, sizeof out);
    if (cases[i].expected == NULL)
      g_assert_cmpint (r, ==, -ENOENT);
    else {
      g_assert_cmpint (r, ==, 0);
      g_assert_cmpstr (out, ==, cases[i].expected);
    }
  }
}

static void
test_bounds (void)
{
  char out[4];
  g_assert_cmpint (cmdline_find ("ostree=abcd", 11, "ostree", out, sizeof out), ==, -ENAMETOOLONG);
  g_assert_cmpint (cmdline_find ("ostree=abc", 10, "ostree", out, sizeof out), ==, 0);
  g_assert_cmpstr (out, ==, "abc");
  /* Neither past the length nor past a NUL. */
  g_assert_cmpint (cmdline_find ("ostree=abc", 8, "ostree", out, sizeof out), ==, 0);
  g_assert_cmpstr (out, ==, "a");
  g_assert_cmpint (cmdline_find ("a\0ostree=b", 10, "ostree", out, sizeof out), ==, -ENOENT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plain/cmdline/find", test_find);
  g_test_add_func ("/plain/cmdline/bounds", test_bounds);
  return g_test_run ();
}
