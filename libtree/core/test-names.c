/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checksums, object names, refspecs, bindings and the set of objects. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "core/bindings.h"
#include "core/checksum.h"
#include "core/object-set.h"
#include "core/object.h"
#include "core/refspec.h"

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void
test_checksum (void)
{
  TreeChecksum checksum;
  TreeChecksum back;
  char text[TREE_CHECKSUM_HEX_LEN + 1];
  g_assert_true (tree_checksum_from_hex (HEX, &checksum, NULL));
  tree_checksum_to_hex (&checksum, text);
  g_assert_cmpstr (text, ==, HEX);
  static const char *const bad[] = {"", "0", (HEX "0"), (HEX "\n"), (" " HEX)};
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (checksum_is_hex (bad[i]));
  /* Each position, and each character beside the valid ones. */
  for (gsize i = 0; i < TREE_CHECKSUM_HEX_LEN; i++)
    for (const char *c = "gA/:`@ "; *c != '\0'; c++) {
      text[i] = *c;
      g_assert_false (checksum_is_hex (text));
      text[i] = HEX[i];
    }
  for (int i = 0; i < 1000; i++) {
    char b64[CHECKSUM_B64_LEN + 1];
    for (gsize b = 0; b < sizeof checksum.bytes; b++)
      checksum.bytes[b] = (guint8)g_test_rand_int ();
    checksum_to_b64 (&checksum, b64);
    g_assert_null (strchr (b64, '/'));
    g_assert_true (checksum_from_b64 (b64, &back));
    g_assert_true (tree_checksum_equal (&checksum, &back));
    /* 32 bytes leave two bits of the last character: they must be zero. */
    b64[CHECKSUM_B64_LEN - 1]++;
    g_assert_false (checksum_from_b64 (b64, &back));
  }
  g_assert_false (checksum_from_b64 ("", &back));
  g_assert_false (checksum_from_b64 ("EFlSzfDvTB8KkWbIVIZOZMeGwAMPdEOosKxk5yajng", &back));
  g_assert_false (checksum_from_b64 ("EFlSzfDvTB8KkWbIVIZOZMeGwAMPdEOosKxk5yajng4=", &back));
  g_assert_false (checksum_from_b64 ("EFlSzfDvTB8KkWbIVIZOZMeGwAMPdEOosKxk5yajn!4", &back));
  g_assert_false (checksum_from_b64 ("EFlSzfDvTB8KkWbIVIZOZMeGwAMPdEOosKxk5yajn/4", &back));
}

static void
test_object_path (void)
{
  for (guint type = 0; type < 12; type++)
    for (int archive = 0; archive < 2; archive++) {
      const char *suffix = object_type_to_string ((TreeObjectType)type);
      g_assert_cmpint (suffix != NULL, ==, type >= 1 && type <= 9);
      if (suffix == NULL)
        continue;
      ObjectName name = {.type = (TreeObjectType)type};
      ObjectName back;
      char path[OBJECT_PATH_MAX];
      g_assert_true (tree_checksum_from_hex (HEX, &name.checksum, NULL));
      object_path (&name, archive, path);
      g_assert_cmpint (path[2], ==, '/');
      path[2] = '\0';
      g_assert_true (object_from_path (path, path + 3, archive, &back));
      g_assert_true (object_equal (&name, &back));
      g_assert_cmpint (object_from_path (path, path + 3, !archive, &back), ==,
                       name.type != TREE_OBJECT_FILE);
    }
  static const char *const bad[] = {
      "",
      "x",
      ".commit",
      "112233.commit",
      HEX ".commit",
      "112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
      "112233445566778899aabbccddeeff00112233445566778899aabbccddeeff.",
      "112233445566778899aabbccddeeff00112233445566778899aabbccddeefF.commit",
      "112233445566778899aabbccddeeff00112233445566778899aabbccddeeff.commitz",
      "112233445566778899aabbccddeeff00112233445566778899aabbccddeeff.txt"};
  ObjectName name;
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (object_from_path ("00", bad[i], FALSE, &name));
}

static void
test_refspec (void)
{
  static const char *const good[] = {"a", "a/b", "0", "_x", "a-b.c_d/e", "foo\303\251", "a.", "a-"};
  static const char *const bad[] = {"",      ".",      "..",   "-",   "/",           "a/",  "/a",
                                    "a//b",  "a/.",    "a/-b", "a b", "a:b",         "a\n", "\xff",
                                    "a\xff", "a/\xc3", "~",    "a^",  "\xed\xa0\x80"};
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (refspec_check_ref (good[i], NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    g_assert_false (refspec_check_ref (bad[i], &error));
    g_assert_error (error, TREE_ERROR, TREE_ERROR_INVALID);
  }
  g_autofree char *remote = NULL;
  g_autofree char *ref = NULL;
  g_assert_true (refspec_parse ("origin:os/x", &remote, &ref, NULL));
  g_assert_cmpstr (remote, ==, "origin");
  g_assert_cmpstr (ref, ==, "os/x");
  g_assert_true (refspec_parse ("os/x", NULL, NULL, NULL));
  static const char *const bad_specs[] = {":", ":x", "a:", "a/b:c", "a:b:c", "..:x"};
  for (gsize i = 0; i < G_N_ELEMENTS (bad_specs); i++)
    g_assert_false (refspec_parse (bad_specs[i], NULL, NULL, NULL));
  g_assert_true (refspec_check_remote ("a-b.c", NULL));
  g_assert_false (refspec_check_remote ("a/b", NULL));
  g_assert_false (refspec_check_remote ("", NULL));
}

static void
test_collection (void)
{
  g_autofree char *longest = g_strnfill (253, 'x');
  g_autofree char *at_limit = g_strconcat (longest, ".b", NULL);
  g_autofree char *too_long = g_strconcat (longest, ".bc", NULL);
  static const char *const bad[] = {"",     "a",     ".",   "a.",   ".a", "a..b",      "a.1",
                                    "1a.b", "a.b-c", "a/b", "a.b ", "..", "a.\303\251"};
  g_assert_true (refspec_check_collection ("a.b", NULL));
  g_assert_true (refspec_check_collection ("_a.B_1.c9", NULL));
  g_assert_true (refspec_check_collection (at_limit, NULL));
  g_assert_false (refspec_check_collection (too_long, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (refspec_check_collection (bad[i], NULL));
}

static gboolean
bound (const char *metadata, const char *collection, const char *ref)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant)
      variant = g_variant_parse (G_VARIANT_TYPE_VARDICT, metadata, NULL, NULL, &error);
  g_assert_no_error (error);
  gboolean ok = bindings_verify (variant, collection, ref, &error);
  g_assert_true (ok == (error == NULL));
  return ok;
}

static void
test_bindings (void)
{
  const char *both = "{'ostree.ref-binding': <['a', 'b']>, 'ostree.collection-binding': <'o.x'>}";
  const char *ref_only = "{'ostree.ref-binding': <['a']>}";
  g_assert_true (bound ("{}", NULL, "a"));
  g_assert_false (bound ("{}", "o.x", "a"));
  g_assert_true (bound (both, "o.x", "a"));
  g_assert_true (bound (both, NULL, "b"));
  g_assert_true (bound (both, "o.x", NULL));
  g_assert_false (bound (both, "o.x", "c"));
  g_assert_false (bound (both, "o.y", "a"));
  g_assert_true (bound (ref_only, NULL, "a"));
  g_assert_false (bound (ref_only, "o.x", "a"));
  g_assert_false (bound ("{'ostree.ref-binding': <@as []>}", NULL, "a"));
}

/* Names that differ only where a careless set would not look. */
static void
test_object_set (void)
{
  g_autoptr (ObjectSet) set = object_set_new ();
  enum {
    N = 20000
  };
  for (guint i = 0; i < N; i++) {
    TreeChecksum checksum = {{0}};
    memcpy (checksum.bytes + (i % 2 == 0 ? 0 : 28), &i, sizeof i);
    g_assert_true (object_set_add (set, TREE_OBJECT_FILE, &checksum));
    g_assert_false (object_set_add (set, TREE_OBJECT_FILE, &checksum));
    g_assert_false (object_set_contains (set, TREE_OBJECT_COMMIT, &checksum));
  }
  TreeChecksum first = {{0}};
  g_assert_true (object_set_add (set, TREE_OBJECT_DIR_TREE, &first));
  g_assert_cmpuint (object_set_size (set), ==, N + 1);
  gsize n = 0;
  for (gsize slot = 0; slot < object_set_n_slots (set); slot++) {
    ObjectName name;
    if (!object_set_slot (set, slot, &name))
      continue;
    g_assert_true (object_set_contains (set, name.type, &name.checksum));
    n++;
  }
  g_assert_cmpuint (n, ==, N + 1);
  /* Marks change nothing else, and stay when the set grows. */
  g_assert_true (object_set_mark (set, TREE_OBJECT_DIR_TREE, &first));
  g_assert_false (object_set_mark (set, TREE_OBJECT_DIR_TREE, &first));
  g_assert_false (object_set_mark (set, TREE_OBJECT_COMMIT, &first));
  for (guint i = N; i < 3 * N; i++) {
    TreeChecksum checksum = {{1}};
    memcpy (checksum.bytes + 28, &i, sizeof i);
    g_assert_true (object_set_add (set, TREE_OBJECT_FILE, &checksum));
  }
  g_assert_false (object_set_mark (set, TREE_OBJECT_DIR_TREE, &first));
  g_assert_false (object_set_add (set, TREE_OBJECT_DIR_TREE, &first));
  g_assert_true (object_set_contains (set, TREE_OBJECT_DIR_TREE, &first));
  g_assert_true (object_set_mark (set, TREE_OBJECT_FILE, &first));
  for (gsize slot = 0; slot < object_set_n_slots (set); slot++) {
    ObjectName name;
    if (object_set_slot (set, slot, &name))
      g_assert_true (name.type == TREE_OBJECT_FILE || name.type == TREE_OBJECT_DIR_TREE);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/names/checksum", test_checksum);
  g_test_add_func ("/core/names/object-path", test_object_path);
  g_test_add_func ("/core/names/refspec", test_refspec);
  g_test_add_func ("/core/names/collection", test_collection);
  g_test_add_func ("/core/names/bindings", test_bindings);
  g_test_add_func ("/core/names/object-set", test_object_set);
  return g_test_run ();
}
