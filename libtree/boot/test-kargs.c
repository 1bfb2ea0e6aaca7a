/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The expected texts are what OSTree's `admin deploy --karg…` writes for the same steps. */
#include "config.h"

#include "boot/kargs.h"

static void
assert_text (const Kargs *kargs, const char *expected)
{
  g_autofree char *text = kargs_to_text (kargs);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_replace_append (void)
{
  g_autoptr (Kargs) kargs = kargs_new ();
  kargs_replace (kargs, "a=1");
  kargs_replace (kargs, "b=1");
  kargs_replace (kargs, "a=2");
  kargs_replace (kargs, "ostree=X");
  assert_text (kargs, "a=2 b=1 ostree=X");
  kargs_append (kargs, "a=3");
  kargs_append (kargs, "flag");
  kargs_append (kargs, "c=1");
  assert_text (kargs, "a=2 b=1 ostree=X a=3 flag c=1");
  g_assert_cmpstr (kargs_get (kargs, "a"), ==, "3");
  g_assert_cmpstr (kargs_get (kargs, "flag"), ==, "");
  g_assert_null (kargs_get (kargs, "fla"));
  kargs_replace (kargs, "a=9");
  assert_text (kargs, "a=9 b=1 ostree=X flag c=1");
  kargs_append (kargs, "a=9");
  kargs_append (kargs, "a=8");
  kargs_replace (kargs, "a");
  assert_text (kargs, "a b=1 ostree=X flag c=1");
}

static void
test_delete (void)
{
  g_autoptr (Kargs) kargs = kargs_parse ("a=9 b=1 flag c=1 a=9 a=8 e=");
  g_autoptr (GError) error = NULL;
  g_assert_true (kargs_delete (kargs, "a=9", &error));
  assert_text (kargs, "b=1 flag c=1 a=9 a=8 e=");
  g_assert_false (kargs_delete (kargs, "a", &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_false (kargs_delete (kargs, "c=2", &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (kargs_delete (kargs, "nope", &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_true (kargs_delete (kargs, "c", &error));
  g_assert_true (kargs_delete (kargs, "flag", &error));
  g_assert_true (kargs_delete (kargs, "e=", &error));
  assert_text (kargs, "b=1 a=9 a=8");
  kargs_remove_key (kargs, "a");
  assert_text (kargs, "b=1");
}

static void
test_quotes (void)
{
  g_autoptr (Kargs) kargs = kargs_parse ("  a=\"x y\"  b\tc=\"open  ");
  g_assert_cmpuint (kargs_count (kargs), ==, 3);
  g_assert_true (kargs_contains (kargs, "a=\"x y\""));
  assert_text (kargs, "a=\"x y\" b c=\"open  ");
  g_autoptr (Kargs) copy = kargs_copy (kargs);
  kargs_append_cmdline (
      copy, "BOOT_IMAGE=/v initrd=/i ostree=/ostree/x root=/dev/a console=a console=b\n");
  assert_text (copy, "a=\"x y\" b c=\"open   root=/dev/a console=a console=b");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/boot/kargs/replace-append", test_replace_append);
  g_test_add_func ("/boot/kargs/delete", test_delete);
  g_test_add_func ("/boot/kargs/quotes", test_quotes);
  return g_test_run ();
}
