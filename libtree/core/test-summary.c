/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Summaries: searching, order, and bytes from a hostile server. */
#include "config.h"

#include "core/summary.h"

#include <string.h>

#include "base/error.h"

static const char *const names[] = {"a", "a-b", "a/b", "os/x86_64/stable", "z"};

static GVariant *
build_refs (guint n)
{
  SummaryRef refs[G_N_ELEMENTS (names)];
  for (guint i = 0; i < n; i++) {
    refs[i] = (SummaryRef){.name = names[i], .commit_size = 100 + i, .timestamp = 1700000000 + i};
    memset (refs[i].checksum.bytes, (int)i, sizeof refs[i].checksum.bytes);
    refs[i].version = i % 2 == 0 ? "1.0" : NULL;
  }
  return summary_build_refs (refs, n);
}

static GBytes *
build (guint n)
{
  GVariantBuilder map;
  GVariantBuilder metadata;
  g_variant_builder_init (&map, G_VARIANT_TYPE ("a{s" SUMMARY_REFS_TYPE "}"));
  g_variant_builder_add (&map, "{s@" SUMMARY_REFS_TYPE "}", "org.other.Id", build_refs (2));
  g_variant_builder_init (&metadata, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&metadata, "{sv}", SUMMARY_KEY_COLLECTION_ID,
                         g_variant_new_string ("org.own.Id"));
  g_variant_builder_add (&metadata, "{sv}", SUMMARY_KEY_COLLECTION_MAP,
                         g_variant_builder_end (&map));
  return summary_build (build_refs (n), g_variant_builder_end (&metadata));
}

static void
test_find (void)
{
  for (guint n = 0; n <= G_N_ELEMENTS (names); n++) {
    g_autoptr (GError) error = NULL;
    g_auto (Summary) summary = {0};
    g_autoptr (GBytes) bytes = build (n);
    SummaryRef ref;
    (void)summary_parse (bytes, &summary, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (summary_n_refs (summary.refs), ==, n);
    for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
      g_assert_cmpint (summary_find (summary.refs, names[i], &ref), ==, i < n);
      if (i >= n)
        continue;
      g_assert_cmpstr (ref.name, ==, names[i]);
      g_assert_cmpuint (ref.commit_size, ==, 100 + i);
      g_assert_cmpuint (ref.timestamp, ==, 1700000000 + i);
      g_assert_cmpuint (ref.checksum.bytes[31], ==, i);
      g_assert_cmpstr (ref.version, ==, i % 2 == 0 ? "1.0" : NULL);
    }
    g_assert_false (summary_find (summary.refs, "", &ref));
    g_assert_false (summary_find (summary.refs, "a.b", &ref));
    g_assert_false (summary_find (summary.refs, "zz", &ref));
  }
}

static void
test_collections (void)
{
  g_auto (Summary) summary = {0};
  g_autoptr (GBytes) bytes = build (4);
  g_assert_true (summary_parse (bytes, &summary, NULL));
  g_autoptr (GVariant) own = summary_collection (&summary, "org.own.Id");
  g_autoptr (GVariant) other = summary_collection (&summary, "org.other.Id");
  g_assert_cmpuint (summary_n_refs (own), ==, 4);
  g_assert_cmpuint (summary_n_refs (other), ==, 2);
  g_assert_null (summary_collection (&summary, "org.none.Id"));
}

static void
assert_refused (const char *refs_text, const char *metadata_text)
{
  g_autoptr (GError) error = NULL;
  g_auto (Summary) summary = {0};
  GVariant *refs = g_variant_parse (G_VARIANT_TYPE (SUMMARY_REFS_TYPE), refs_text, NULL, NULL,
                                    &error);
  g_assert_no_error (error);
  GVariant *metadata = g_variant_parse (G_VARIANT_TYPE_VARDICT, metadata_text, NULL, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (GBytes) bytes = summary_build (refs, metadata);
  g_variant_unref (refs);
  g_variant_unref (metadata);
  g_assert_false (summary_parse (bytes, &summary, &error));
  g_assert_nonnull (error);
  g_assert_true (g_str_has_prefix (error->message, "summary"));
}

#define ZEROS "b'0123456789012345678901234567890'" /* and its NUL: 32 bytes */

static void
test_refused (void)
{
  assert_refused ("[('b', (1, " ZEROS ", {})), ('a', (1, " ZEROS ", {}))]", "{}");
  assert_refused ("[('a', (1, " ZEROS ", {})), ('a', (1, " ZEROS ", {}))]", "{}");
  assert_refused ("[('../a', (1, " ZEROS ", {}))]", "{}");
  assert_refused ("[('', (1, " ZEROS ", {}))]", "{}");
  assert_refused ("[('a', (1, b'short', {}))]", "{}");
  assert_refused ("[('a', (1, @ay [], {}))]", "{}");
  assert_refused ("[]", "{'ostree.summary.collection-map': <@a{sa(s(taya{sv}))} "
                        "{'../../etc': []}>}");
  assert_refused ("[]", "{'ostree.summary.collection-map': <@a{sa(s(taya{sv}))} "
                        "{'org.a.B': [('/', (1, " ZEROS ", {}))]}>}");
}

static void
test_damage (void)
{
  g_autoptr (GBytes) bytes = build (3);
  gsize len = 0;
  const guint8 *data = g_bytes_get_data (bytes, &len);
  g_autofree guint8 *copy = g_memdup2 (data, len);
  guint n_refused = 0;
  for (gsize i = 0; i < 6 * len; i++) {
    static const guint8 masks[] = {0, 0x01, 0x20, 0x40, 0x80, 0xff};
    gsize at = i / 6;
    guint8 mask = masks[i % 6];
    copy[at] ^= mask;
    /* Mask 0 stands for cutting there. */
    g_autoptr (GBytes) damaged = g_bytes_new (copy, mask == 0 ? at : len);
    g_autoptr (GError) error = NULL;
    g_auto (Summary) summary = {0};
    SummaryRef ref;
    if (!summary_parse (damaged, &summary, &error)) {
      g_assert_nonnull (error);
      n_refused++;
    } else
      for (guint r = 0; r < summary_n_refs (summary.refs); r++)
        summary_ref (summary.refs, r, &ref);
    copy[at] ^= mask;
  }
  g_assert_cmpuint (n_refused, >, len);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/summary/find", test_find);
  g_test_add_func ("/core/summary/collections", test_collections);
  g_test_add_func ("/core/summary/refused", test_refused);
  g_test_add_func ("/core/summary/damage", test_damage);
  return g_test_run ();
}
