/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The dirtree serialiser and parser, written by hand, held against GVariant. */
#include "config.h"

#include "core/dirtree.h"

#include <string.h>

#include "core/checksum.h"
#include "tree-error.h"

#define TREE_TYPE "(a(say)a(sayay))"

/* A list of entries that owns its names. */
static void
entry_clear (gpointer data)
{
  g_free ((char *)((DirTreeEntry *)data)->name);
}

static GArray *
entries_new (void)
{
  GArray *entries = g_array_new (FALSE, FALSE, sizeof (DirTreeEntry));
  g_array_set_clear_func (entries, entry_clear);
  return entries;
}

static void
random_checksum (TreeChecksum *out)
{
  for (gsize i = 0; i < sizeof out->bytes; i++)
    out->bytes[i] = (guint8)g_test_rand_int ();
}

/* A name of @len bytes that begins with a number, so that names grow with it. */
static void
add_entry (GArray *entries, guint number, gsize len)
{
  DirTreeEntry entry;
  g_autofree char *start = g_strdup_printf ("%06u", number);
  char *name = g_malloc (len + 1);
  memset (name, 'x', len);
  memcpy (name, start, MIN (len, 6));
  name[len] = '\0';
  entry.name = name;
  random_checksum (&entry.content);
  random_checksum (&entry.meta);
  g_array_append_val (entries, entry);
}

static GBytes *
build (GArray *files, GArray *dirs)
{
  return dirtree_build ((const DirTreeEntry *)files->data, files->len,
                        (const DirTreeEntry *)dirs->data, dirs->len);
}

static GBytes *
build_by_gvariant (GArray *files, GArray *dirs)
{
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE (TREE_TYPE));
  g_variant_builder_open (&builder, G_VARIANT_TYPE ("a(say)"));
  for (guint i = 0; i < files->len; i++) {
    const DirTreeEntry *entry = &g_array_index (files, DirTreeEntry, i);
    g_variant_builder_add (&builder, "(s@ay)", entry->name, checksum_to_variant (&entry->content));
  }
  g_variant_builder_close (&builder);
  g_variant_builder_open (&builder, G_VARIANT_TYPE ("a(sayay)"));
  for (guint i = 0; i < dirs->len; i++) {
    const DirTreeEntry *entry = &g_array_index (dirs, DirTreeEntry, i);
    g_variant_builder_add (&builder, "(s@ay@ay)", entry->name,
                           checksum_to_variant (&entry->content),
                           checksum_to_variant (&entry->meta));
  }
  g_variant_builder_close (&builder);
  g_autoptr (GVariant) variant = g_variant_ref_sink (g_variant_builder_end (&builder));
  return g_variant_get_data_as_bytes (variant);
}

static void
assert_same_entry (const DirTreeEntry *a, const DirTreeEntry *b, gboolean is_dir)
{
  g_assert_cmpstr (a->name, ==, b->name);
  g_assert_true (tree_checksum_equal (&a->content, &b->content));
  g_assert_true (!is_dir || tree_checksum_equal (&a->meta, &b->meta));
}

static void
assert_parses (GBytes *bytes, GArray *files, GArray *dirs)
{
  g_autoptr (GError) error = NULL;
  g_auto (DirTree) tree = {0};
  DirTreeEntry found;
  (void)dirtree_parse (bytes, &tree, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (tree.files.n, ==, files->len);
  g_assert_cmpuint (tree.dirs.n, ==, dirs->len);
  for (guint i = 0; i < files->len; i++) {
    const DirTreeEntry *entry = &g_array_index (files, DirTreeEntry, i);
    dirtree_file (&tree, i, &found);
    assert_same_entry (&found, entry, FALSE);
    g_assert_true (dirtree_find_file (&tree, entry->name, &found));
    assert_same_entry (&found, entry, FALSE);
    g_assert_false (dirtree_find_dir (&tree, entry->name, &found));
  }
  for (guint i = 0; i < dirs->len; i++) {
    const DirTreeEntry *entry = &g_array_index (dirs, DirTreeEntry, i);
    dirtree_dir (&tree, i, &found);
    assert_same_entry (&found, entry, TRUE);
    g_assert_true (dirtree_find_dir (&tree, entry->name, &found));
    assert_same_entry (&found, entry, TRUE);
  }
  g_assert_false (dirtree_find_file (&tree, "", &found));
  g_assert_false (dirtree_find_file (&tree, "zzz", &found));
  g_assert_false (dirtree_find_dir (&tree, "!", &found));
}

static void
assert_agrees (GArray *files, GArray *dirs)
{
  g_autoptr (GBytes) ours = build (files, dirs);
  g_autoptr (GBytes) theirs = build_by_gvariant (files, dirs);
  g_assert_cmpmem (g_bytes_get_data (ours, NULL), g_bytes_get_size (ours),
                   g_bytes_get_data (theirs, NULL), g_bytes_get_size (theirs));
  assert_parses (ours, files, dirs);
}

/* Every size of one element, and of small arrays and trees, around 255: where offsets become two
 * bytes wide. */
static void
test_small_sizes (void)
{
  for (guint n_files = 0; n_files <= 7; n_files++)
    for (guint n_dirs = 0; n_dirs <= 3; n_dirs++)
      for (gsize len = 6; len < 260; len += len < 60 ? 1 : 3) {
        g_autoptr (GArray) files = entries_new ();
        g_autoptr (GArray) dirs = entries_new ();
        for (guint i = 0; i < n_files; i++)
          add_entry (files, i, i == 0 ? len : 6);
        for (guint i = 0; i < n_dirs; i++)
          add_entry (dirs, 100 + i, i == 0 ? len : 6);
        assert_agrees (files, dirs);
      }
}

/* A tree whose last name is as long as @filler, after @n others. */
static void
check_large (guint n, gboolean is_dir, gsize filler)
{
  g_autoptr (GArray) entries = entries_new ();
  g_autoptr (GArray) none = entries_new ();
  for (guint i = 0; i < n; i++)
    add_entry (entries, i, 6);
  add_entry (entries, n, filler);
  assert_agrees (is_dir ? none : entries, is_dir ? entries : none);
}

/* The same around 65535, for arrays and for one enormous element. */
static void
test_large_sizes (void)
{
  /* 1,000 files of 7 + 32 + 1 bytes and their offsets of 2: 42,000; the name does the rest. */
  for (gsize filler = 23485; filler < 23505; filler++)
    check_large (1000, FALSE, filler);
  /* 500 directories of 7 + 64 + 2 and 2: 37,500. */
  for (gsize filler = 27950; filler < 27975; filler++)
    check_large (500, TRUE, filler);
  for (gsize filler = 65535 - 80; filler < 65535 + 20; filler++) {
    check_large (0, FALSE, filler);
    check_large (0, TRUE, filler);
  }
}

static void
test_random (void)
{
  for (int round = 0; round < 60; round++) {
    g_autoptr (GArray) files = entries_new ();
    g_autoptr (GArray) dirs = entries_new ();
    guint n_files = (guint)g_test_rand_int_range (0, round < 50 ? 60 : 5000);
    guint n_dirs = (guint)g_test_rand_int_range (0, round < 50 ? 60 : 2000);
    for (guint i = 0; i < n_files; i++)
      add_entry (files, 2 * i, (gsize)g_test_rand_int_range (6, 40));
    for (guint i = 0; i < n_dirs; i++)
      add_entry (dirs, 2 * i + 1, (gsize)g_test_rand_int_range (6, 300));
    assert_agrees (files, dirs);
  }
}

/* ---- Bytes that nobody wrote on purpose ---- */

static gboolean
reference_array (GVariant *array, gsize n_checksums, GHashTable *names)
{
  g_autofree char *previous = NULL;
  gsize n = g_variant_n_children (array);
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) element = g_variant_get_child_value (array, i);
    g_autoptr (GVariant) name = g_variant_get_child_value (element, 0);
    const char *text = g_variant_get_string (name, NULL);
    for (gsize c = 1; c <= n_checksums; c++) {
      g_autoptr (GVariant) checksum = g_variant_get_child_value (element, c);
      if (g_variant_n_children (checksum) != 32)
        return FALSE;
    }
    if (!dirtree_check_name (text, NULL) || !g_hash_table_add (names, g_strdup (text)) ||
        (previous != NULL && strcmp (previous, text) >= 0))
      return FALSE;
    g_free (previous);
    previous = g_strdup (text);
  }
  return TRUE;
}

/* What dirtree_parse() promises to check, by GVariant. */
static gboolean
reference_accepts (GBytes *bytes)
{
  g_autoptr (GVariant) variant = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE (TREE_TYPE), bytes, FALSE));
  /* GVariant takes no bytes at all for a value, too; nobody writes such an object. */
  if (g_bytes_get_size (bytes) == 0)
    return FALSE;
  if (!g_variant_is_normal_form (variant))
    return FALSE;
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GVariant) files = g_variant_get_child_value (variant, 0);
  g_autoptr (GVariant) dirs = g_variant_get_child_value (variant, 1);
  return reference_array (files, 1, names) && reference_array (dirs, 2, names);
}

/* @data is copied to a block of its own, so that a sanitizer sees a read beyond it. */
static void
assert_judged_alike (const guint8 *data, gsize len)
{
  g_autoptr (GError) error = NULL;
  g_auto (DirTree) tree = {0};
  g_autoptr (GBytes) bytes = g_bytes_new (data, len);
  gboolean accepted = dirtree_parse (bytes, &tree, &error);
  g_assert_true (accepted == (error == NULL));
  g_assert_cmpint (accepted, ==, reference_accepts (bytes));
  DirTreeEntry entry;
  for (guint i = 0; accepted && i < tree.files.n; i++)
    dirtree_file (&tree, i, &entry);
  for (guint i = 0; accepted && i < tree.dirs.n; i++)
    dirtree_dir (&tree, i, &entry);
}

static void
damage (GBytes *bytes)
{
  static const guint8 masks[] = {0x01, 0x02, 0x20, 0x80, 0xff};
  gsize len = 0;
  const guint8 *data = g_bytes_get_data (bytes, &len);
  for (gsize cut = 0; cut <= len; cut++)
    assert_judged_alike (data, cut);
  g_autofree guint8 *copy = g_memdup2 (data, len);
  for (gsize i = 0; i < len; i++)
    for (gsize m = 0; m < G_N_ELEMENTS (masks); m++) {
      copy[i] ^= masks[m];
      assert_judged_alike (copy, len);
      copy[i] ^= masks[m];
    }
  /* Offsets stand at the end: every value of the last bytes. */
  for (gsize i = len > 6 ? len - 6 : 0; i < len; i++)
    for (guint value = 0; value < 256; value++) {
      copy[i] = (guint8)value;
      assert_judged_alike (copy, len);
      copy[i] = data[i];
    }
}

static void
test_damage (void)
{
  for (guint n_files = 0; n_files <= 4; n_files++)
    for (guint n_dirs = 0; n_dirs <= 4; n_dirs++) {
      g_autoptr (GArray) files = entries_new ();
      g_autoptr (GArray) dirs = entries_new ();
      for (guint i = 0; i < n_files; i++)
        add_entry (files, i, 6);
      for (guint i = 0; i < n_dirs; i++)
        add_entry (dirs, 100 + i, 7);
      g_autoptr (GBytes) bytes = build (files, dirs);
      damage (bytes);
    }
}

static void
test_noise (void)
{
  guint8 data[300];
  for (int round = 0; round < 20000; round++) {
    gsize len = (gsize)g_test_rand_int_range (0, sizeof data);
    for (gsize i = 0; i < len; i++)
      data[i] = (guint8)(g_test_rand_int_range (0, 4) == 0 ? g_test_rand_int () : 0);
    assert_judged_alike (data, len);
  }
}

/* ---- Names ---- */

static void
assert_rejected (const char *first, const char *second, gboolean second_is_dir)
{
  g_autoptr (GError) error = NULL;
  g_auto (DirTree) tree = {0};
  DirTreeEntry entries[] = {{first, {{1}}, {{2}}}, {second, {{3}}, {{4}}}};
  guint n_files = second == NULL || second_is_dir ? 1 : 2;
  g_autoptr (GBytes) bytes = dirtree_build (entries, n_files, entries + 1, second_is_dir ? 1 : 0);
  g_assert_false (dirtree_parse (bytes, &tree, &error));
  g_assert_nonnull (error);
}

static void
test_bad_names (void)
{
  static const char *const bad[] = {"",         ".",    "..",    "a/b",         "/",
                                    "../afile", "\xff", "a\xc3", "\xed\xa0\x80"};
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_rejected (bad[i], NULL, FALSE);
  assert_rejected ("b", "a", FALSE);
  assert_rejected ("a", "a", FALSE);
  assert_rejected ("a", "a", TRUE);
}

/* The end of a name is told twice: by a NUL and by an offset. */
static void
test_nul_in_name (void)
{
  g_auto (DirTree) tree = {0};
  g_autoptr (GError) error = NULL;
  const DirTreeEntry entry = {"abcd", {{1}}, {{2}}};
  for (gboolean is_dir = FALSE; is_dir <= TRUE; is_dir++) {
    g_autoptr (GBytes) bytes = dirtree_build (&entry, !is_dir, &entry, is_dir);
    gsize len = g_bytes_get_size (bytes);
    g_autofree guint8 *data = g_memdup2 (g_bytes_get_data (bytes, NULL), len);
    guint8 *name = memmem (data, len, "abcd", 4);
    g_assert_nonnull (name);
    for (gsize i = 0; i < 4; i++) {
      guint8 before = name[i];
      name[i] = 0;
      g_autoptr (GBytes) changed = g_bytes_new (data, len);
      g_assert_false (dirtree_parse (changed, &tree, &error));
      g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
      g_clear_error (&error);
      name[i] = before;
    }
  }
}

static void
test_odd_names (void)
{
  static const char *const good[] = {"\x01", " ", "...", "a\nb",     ".a",
                                     "-",    "~", "\\",  "\xc3\xa9", "\xf0\x9f\x98\x80"};
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autoptr (GError) error = NULL;
    g_assert_true (dirtree_check_name (good[i], &error));
    g_assert_no_error (error);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/dirtree/small-sizes", test_small_sizes);
  g_test_add_func ("/core/dirtree/large-sizes", test_large_sizes);
  g_test_add_func ("/core/dirtree/random", test_random);
  g_test_add_func ("/core/dirtree/damage", test_damage);
  g_test_add_func ("/core/dirtree/noise", test_noise);
  g_test_add_func ("/core/dirtree/bad-names", test_bad_names);
  g_test_add_func ("/core/dirtree/nul-in-name", test_nul_in_name);
  g_test_add_func ("/core/dirtree/odd-names", test_odd_names);
  return g_test_run ();
}
