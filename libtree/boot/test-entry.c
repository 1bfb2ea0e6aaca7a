/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "boot/entry.h"

static BootEntry *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  BootEntry *entry = NULL;
  g_assert_true (bootentry_parse (text, strlen (text), &entry, &error));
  g_assert_no_error (error);
  return entry;
}

static void
test_round_trip (void)
{
  static const char text[] = "# written by hand\n"
                             "title Test OS 1.0 (ostree:0)\n"
                             "version 2\n"
                             "\n"
                             "options root=LABEL=x quiet\n"
                             "linux /ostree/os-abc/vmlinuz-6.1\n"
                             "initrd /a\n"
                             "initrd /b\n"
                             "x-vendor-key some  value\n";
  g_autoptr (BootEntry) entry = parse (text);
  g_autofree char *again = bootentry_to_text (entry);
  g_assert_cmpstr (again, ==, text);
  g_assert_cmpstr (bootentry_get (entry, "x-vendor-key"), ==, "some  value");
  g_assert_null (bootentry_get (entry, "devicetree"));
  g_autoptr (GPtrArray) initrds = bootentry_list (entry, "initrd");
  g_assert_cmpuint (initrds->len, ==, 2);
  g_assert_cmpstr (initrds->pdata[1], ==, "/b");
}

static void
test_set (void)
{
  g_autoptr (BootEntry) entry = parse ("a 1\nb 2\na 3\n");
  bootentry_set (entry, "a", "9");
  bootentry_set (entry, "c", "4");
  bootentry_set (entry, "b", NULL);
  g_autoptr (BootEntry) copy = bootentry_copy (entry);
  g_autofree char *text = bootentry_to_text (copy);
  g_assert_cmpstr (text, ==, "a 9\nc 4\n");
}

static void
test_odd_input (void)
{
  g_autoptr (BootEntry) entry = parse ("  title\tTabs \t\r\nversion  1");
  g_assert_cmpstr (bootentry_get (entry, "title"), ==, "Tabs");
  g_assert_cmpstr (bootentry_get (entry, "version"), ==, "1");
  g_autoptr (BootEntry) empty = parse ("");
  g_assert_null (bootentry_get (empty, "title"));

  g_autoptr (GError) error = NULL;
  BootEntry *none = NULL;
  g_assert_false (bootentry_parse ("title\n", 6, &none, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
  g_clear_error (&error);
  g_assert_false (bootentry_parse ("a\0b", 3, &none, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
  g_clear_error (&error);
  g_autofree char *large = g_strnfill (BOOTENTRY_MAX_BYTES + 1, '#');
  g_assert_false (bootentry_parse (large, strlen (large), &none, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
}

static void
test_names (void)
{
  static const struct {
    const char *name;
    gboolean ok;
    int number;
    const char *stateroot;
    int left, done;
  } cases[] = {
      {"ostree-2-debian.conf", TRUE, 2, "debian", -1, 0},
      {"ostree-10.conf", TRUE, 10, NULL, -1, 0},
      {"ostree-1-a-b.conf", TRUE, 1, "a-b", -1, 0},
      {"ostree-1+3.conf", TRUE, 1, NULL, 3, 0},
      {"ostree-1-os+2-1.conf", TRUE, 1, "os", 2, 1},
      {"ostree-1-c++.conf", TRUE, 1, "c++", -1, 0},
      {"ostree-1-os+0-3.conf", TRUE, 1, "os", 0, 3},
      {"ostree-x.conf", FALSE, 0, NULL, 0, 0},
      {"ostree-.conf", FALSE, 0, NULL, 0, 0},
      {"ostree-1-os.conf.bak", FALSE, 0, NULL, 0, 0},
      {"arch.conf", FALSE, 0, NULL, 0, 0},
      {"ostree-9999999999.conf", FALSE, 0, NULL, 0, 0},
  };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (BootEntryName) name = {0};
    g_assert_cmpint (bootentry_name_parse (cases[i].name, &name), ==, cases[i].ok);
    if (!cases[i].ok)
      continue;
    g_assert_cmpint (name.number, ==, cases[i].number);
    g_assert_cmpstr (name.stateroot, ==, cases[i].stateroot);
    g_assert_cmpint (name.tries_left, ==, cases[i].left);
    g_assert_cmpint (name.tries_done, ==, cases[i].done);
  }
  g_autofree char *written = bootentry_name_format (3, "otheros");
  g_assert_cmpstr (written, ==, "ostree-3-otheros.conf");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/boot/entry/round-trip", test_round_trip);
  g_test_add_func ("/boot/entry/set", test_set);
  g_test_add_func ("/boot/entry/odd-input", test_odd_input);
  g_test_add_func ("/boot/entry/names", test_names);
  return g_test_run ();
}
