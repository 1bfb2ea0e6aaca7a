/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/commit.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, len);
  g_auto (Commit) commit = {0};
  g_autoptr (GError) error = NULL;
  if (!commit_parse (bytes, &commit, &error)) {
    g_assert_nonnull (error);
    return 0;
  }
  /* What was accepted can be read as a whole. */
  g_assert_nonnull (commit.subject);
  g_assert_nonnull (commit.body);
  g_autofree char *text = g_variant_print (commit.variant, TRUE);
  g_assert_nonnull (text);
  TreeChecksum content;
  commit_content_checksum (&commit, &content);
  return 0;
}
