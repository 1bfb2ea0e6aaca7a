/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commit objects from hostile hands. */
#include "config.h"

#include "core/commit.h"

#include <string.h>

#include "base/error.h"
#include "core/checksum.h"

static const TreeChecksum root = {{1}};
static const TreeChecksum root_meta = {{2}};
static const TreeChecksum parent = {{3}};

static void
judge (const guint8 *data, gsize len, gboolean *out_accepted)
{
  g_autoptr (GError) error = NULL;
  g_auto (Commit) commit = {0};
  g_autoptr (GBytes) bytes = g_bytes_new (data, len);
  *out_accepted = commit_parse (bytes, &commit, &error);
  g_assert_true (*out_accepted == (error == NULL));
  if (!*out_accepted)
    return;
  /* What is accepted is text, and says of itself what we would write. */
  g_assert_true (g_utf8_validate (commit.subject, -1, NULL));
  g_assert_true (g_utf8_validate (commit.body, -1, NULL));
}

static void
test_damage (void)
{
  g_autoptr (GError) error = NULL;
  GVariant *metadata = g_variant_parse (G_VARIANT_TYPE_VARDICT,
                                        "{'version': <'1'>, 'ostree.ref-binding': <['a', 'b']>}",
                                        NULL, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (GBytes)
      bytes = commit_build (metadata, &parent, "subject", "body", 1700000000, &root, &root_meta);
  g_variant_unref (metadata);
  gsize len = 0;
  const guint8 *data = g_bytes_get_data (bytes, &len);
  g_autofree guint8 *copy = g_memdup2 (data, len);
  gboolean accepted;
  judge (data, len, &accepted);
  g_assert_true (accepted);
  for (gsize cut = 0; cut < len; cut++) {
    judge (data, cut, &accepted);
    g_assert_false (accepted);
  }
  for (gsize i = 0; i < len; i++)
    for (guint value = 0; value < 256; value += i + 16 >= len ? 1 : 13) {
      copy[i] = (guint8)value;
      judge (copy, len, &accepted);
      copy[i] = data[i];
    }
}

static void
assert_refused (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_auto (Commit) commit = {0};
  g_autoptr (GVariant)
      variant = g_variant_parse (G_VARIANT_TYPE (COMMIT_TYPE), text, NULL, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (variant);
  g_assert_false (commit_parse (bytes, &commit, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
}

#define SUM "b'0123456789012345678901234567890'" /* and its NUL: 32 bytes */

static void
test_refused (void)
{
  assert_refused ("({}, b'short', [], '', '', 0, " SUM ", " SUM ")");
  assert_refused ("({}, [], [], '', '', 0, b'short', " SUM ")");
  assert_refused ("({}, [], [], '', '', 0, " SUM ", @ay [])");
  assert_refused ("({}, [], [], '', '', 0, @ay [], " SUM ")");
}

static void
test_parent (void)
{
  g_autoptr (GBytes) bytes = commit_build (NULL, &parent, "s", "b", 5, &root, &root_meta);
  g_auto (Commit) commit = {0};
  g_assert_true (commit_parse (bytes, &commit, NULL));
  g_assert_true (commit.has_parent);
  g_assert_true (tree_checksum_equal (&commit.parent, &parent));
  g_assert_true (tree_checksum_equal (&commit.root, &root));
  g_assert_true (tree_checksum_equal (&commit.root_meta, &root_meta));
  g_assert_cmpuint (commit.timestamp, ==, 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/commit/damage", test_damage);
  g_test_add_func ("/core/commit/refused", test_refused);
  g_test_add_func ("/core/commit/parent", test_parent);
  return g_test_run ();
}
