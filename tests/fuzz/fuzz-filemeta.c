/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The header of an archive's file object; the same bytes are tried as a dirmeta and as xattrs, too.
 */
#include <string.h>
#include <sys/stat.h>

#include "core/filemeta.h"
#include "fuzz.h"

static void
try_dirmeta (GBytes *bytes)
{
  g_auto (FileMeta) meta = {0};
  g_autoptr (GError) error = NULL;
  if (filemeta_parse_dirmeta (bytes, S_IFDIR, &meta, &error)) {
    g_autoptr (GBytes) again = filemeta_to_dirmeta (&meta);
    g_assert_true (g_bytes_equal (bytes, again));
  } else
    g_assert_nonnull (error);
}

static void
try_xattrs (GBytes *bytes)
{
  g_autoptr (GVariant) xattrs = NULL;
  g_autoptr (GError) error = NULL;
  if (!filemeta_parse_xattrs (bytes, &xattrs, &error)) {
    g_assert_nonnull (error);
    return;
  }
  g_autoptr (GBytes) again = xattrs != NULL ? g_variant_get_data_as_bytes (xattrs)
                                            : g_bytes_new_static ("", 0);
  g_assert_true (g_bytes_equal (bytes, again));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, len);
  try_dirmeta (bytes);
  try_xattrs (bytes);

  g_auto (FileMeta) meta = {0};
  g_autoptr (GError) error = NULL;
  guint64 size;
  if (!filemeta_parse_archive_header (data, len, &meta, &size, &error)) {
    g_assert_nonnull (error);
    return 0;
  }
  /* What was accepted can be written and read again. */
  g_autoptr (GByteArray) header = g_byte_array_new ();
  filemeta_archive_header (&meta, size, header);
  g_assert_cmpuint (header->len, >=, 8);
  g_auto (FileMeta) again = {0};
  guint64 size_again;
  g_assert_true (
      filemeta_parse_archive_header (header->data + 8, header->len - 8, &again, &size_again, NULL));
  g_assert_cmpuint (size, ==, size_again);
  g_assert_cmpuint (meta.mode, ==, again.mode);
  return 0;
}
