/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The serialised forms of a file's metadata, written by hand, held against GVariant. */
#include "config.h"

#include "core/filemeta.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

#define NO_XATTRS g_variant_new_array (G_VARIANT_TYPE ("(ayay)"), NULL, 0)

static GVariant *
bytes_of (gsize len)
{
  g_autofree guint8 *data = g_malloc (len + 1);
  guint8 start = (guint8)g_test_rand_int ();
  for (gsize i = 0; i < len; i++)
    data[i] = (guint8)(start + 7 * i);
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, len, 1);
}

/* @n attributes, the first with a value of @len bytes. */
static GVariant *
xattrs_of (guint n, gsize len)
{
  if (n == 0)
    return NULL;
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ayay)"));
  for (guint i = 0; i < n; i++) {
    g_autofree char *name = g_strdup_printf ("user.%04u", i);
    g_variant_builder_add (&builder, "(@ay@ay)", g_variant_new_bytestring (name),
                           bytes_of (i == 0 ? len : 3));
  }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static void
random_meta (FileMeta *out, gsize target_len, guint n_xattrs, gsize xattr_len)
{
  *out = (FileMeta){.uid = (guint32)g_test_rand_int (), .gid = (guint32)g_test_rand_int ()};
  out->mode = (guint32)g_test_rand_int () & 07777;
  out->mode |= target_len > 0 ? S_IFLNK : S_IFREG;
  if (target_len > 0)
    out->target = g_strnfill (target_len, 't');
  out->xattrs = xattrs_of (n_xattrs, xattr_len);
}

/* The frame before a header: its size, and padding to 8. */
static void
assert_framed (const GByteArray *found, GVariant *expected)
{
  g_autoptr (GVariant) variant = g_variant_ref_sink (expected);
  gsize len = g_variant_get_size (variant);
  guint32 frame[2] = {GUINT32_TO_BE ((guint32)len), 0};
  g_assert_cmpuint (found->len, ==, len + sizeof frame);
  g_assert_cmpint (memcmp (found->data, frame, sizeof frame), ==, 0);
  g_assert_cmpint (memcmp (found->data + sizeof frame, g_variant_get_data (variant), len), ==, 0);
}

static GVariant *
xattrs_or_none (const FileMeta *meta)
{
  return meta->xattrs != NULL ? meta->xattrs : NO_XATTRS;
}

static void
assert_same (const FileMeta *a, const FileMeta *b)
{
  g_assert_cmpuint (a->uid, ==, b->uid);
  g_assert_cmpuint (a->gid, ==, b->gid);
  g_assert_cmpuint (a->mode, ==, b->mode);
  g_assert_cmpstr (a->target, ==, b->target);
  g_assert_true ((a->xattrs == NULL) == (b->xattrs == NULL));
  g_assert_true (a->xattrs == NULL || g_variant_equal (a->xattrs, b->xattrs));
}

static void
check_headers (const FileMeta *meta)
{
  g_autoptr (GError) error = NULL;
  const char *target = meta->target != NULL ? meta->target : "";
  guint32 uid = GUINT32_TO_BE (meta->uid);
  guint32 gid = GUINT32_TO_BE (meta->gid);
  guint32 mode = GUINT32_TO_BE (meta->mode);
  g_autoptr (GByteArray) content = g_byte_array_new ();
  filemeta_content_header (meta, content);
  assert_framed (
      content, g_variant_new ("(uuuus@a(ayay))", uid, gid, mode, 0, target, xattrs_or_none (meta)));
  guint64 size = S_ISLNK (meta->mode) ? 0 : (guint64)g_test_rand_int () << 16;
  g_autoptr (GByteArray) archive = g_byte_array_new ();
  filemeta_archive_header (meta, size, archive);
  assert_framed (archive, g_variant_new ("(tuuuus@a(ayay))", GUINT64_TO_BE (size), uid, gid, mode,
                                         0, target, xattrs_or_none (meta)));
  g_auto (FileMeta) parsed = {0};
  guint64 parsed_size = 1;
  (void)filemeta_parse_archive_header (archive->data + 8, archive->len - 8, &parsed, &parsed_size,
                                       &error);
  g_assert_no_error (error);
  g_assert_cmpuint (parsed_size, ==, size);
  assert_same (meta, &parsed);
}

static void
check_dirmeta (FileMeta *meta)
{
  g_autoptr (GError) error = NULL;
  g_auto (FileMeta) parsed = {0};
  g_clear_pointer (&meta->target, g_free);
  meta->mode = (meta->mode & 07777) | S_IFDIR;
  g_autoptr (GBytes) found = filemeta_to_dirmeta (meta);
  g_autoptr (GVariant) expected = g_variant_ref_sink (
      g_variant_new ("(uuu@a(ayay))", GUINT32_TO_BE (meta->uid), GUINT32_TO_BE (meta->gid),
                     GUINT32_TO_BE (meta->mode), xattrs_or_none (meta)));
  g_assert_cmpmem (g_bytes_get_data (found, NULL), g_bytes_get_size (found),
                   g_variant_get_data (expected), g_variant_get_size (expected));
  (void)filemeta_parse_dirmeta (found, S_IFDIR, &parsed, &error);
  g_assert_no_error (error);
  assert_same (meta, &parsed);
}

static void
check (gsize target_len, guint n_xattrs, gsize xattr_len)
{
  g_auto (FileMeta) meta = {0};
  random_meta (&meta, target_len, n_xattrs, xattr_len);
  check_headers (&meta);
  check_dirmeta (&meta);
}

/* The one framing offset is as wide as the header is large: all sizes around 255 and 65535. */
static void
test_sizes (void)
{
  for (gsize len = 0; len < 300; len++) {
    check (len, 0, 0);
    check (0, 1, len);
    check (len, 3, 10);
  }
  for (gsize len = 65535 - 60; len < 65535 + 10; len++) {
    check (len, 0, 0);
    check (0, 1, len);
  }
  check (4095, 100, 65536);
}

static void
test_random (void)
{
  for (int i = 0; i < 500; i++)
    check ((gsize)g_test_rand_int_range (0, 200), (guint)g_test_rand_int_range (0, 30),
           (gsize)g_test_rand_int_range (0, 400));
}

/* ---- Bytes that nobody wrote on purpose ---- */

/* What is accepted must be what we would write: nothing is lost by reading it. */
static void
judge_archive (const guint8 *data, gsize len)
{
  g_autoptr (GError) error = NULL;
  g_auto (FileMeta) meta = {0};
  guint64 size;
  g_autofree guint8 *copy = g_memdup2 (data, len);
  gboolean accepted = filemeta_parse_archive_header (copy, len, &meta, &size, &error);
  g_assert_true (accepted == (error == NULL));
  if (!accepted)
    return;
  g_autoptr (GByteArray) again = g_byte_array_new ();
  filemeta_archive_header (&meta, size, again);
  g_assert_cmpmem (again->data + 8, again->len - 8, data, len);
}

static void
judge_dirmeta (const guint8 *data, gsize len)
{
  g_autoptr (GError) error = NULL;
  g_auto (FileMeta) meta = {0};
  g_autoptr (GBytes) bytes = g_bytes_new (data, len);
  gboolean accepted = filemeta_parse_dirmeta (bytes, S_IFDIR, &meta, &error);
  g_assert_true (accepted == (error == NULL));
  if (!accepted)
    return;
  g_autoptr (GBytes) again = filemeta_to_dirmeta (&meta);
  g_assert_true (g_bytes_equal (bytes, again));
}

static void
damage (const guint8 *data, gsize len, void (*judge) (const guint8 *, gsize))
{
  g_autofree guint8 *copy = g_memdup2 (data, len);
  for (gsize cut = 0; cut <= len; cut++)
    judge (data, cut);
  for (gsize i = 0; i < len; i++)
    for (guint value = 0; value < 256; value += i + 8 >= len ? 1 : 17) {
      copy[i] = (guint8)value;
      judge (copy, len);
      copy[i] = data[i];
    }
}

static void
test_damage (void)
{
  for (guint n_xattrs = 0; n_xattrs < 4; n_xattrs++)
    for (gsize target_len = 0; target_len < 10; target_len += 9) {
      g_auto (FileMeta) meta = {0};
      random_meta (&meta, target_len, n_xattrs, 20);
      g_autoptr (GByteArray) header = g_byte_array_new ();
      filemeta_archive_header (&meta, 0, header);
      damage (header->data + 8, header->len - 8, judge_archive);
      g_clear_pointer (&meta.target, g_free);
      meta.mode = S_IFDIR | 0755;
      g_autoptr (GBytes) dirmeta = filemeta_to_dirmeta (&meta);
      damage (g_bytes_get_data (dirmeta, NULL), g_bytes_get_size (dirmeta), judge_dirmeta);
    }
}

static void
assert_header_refused (guint32 mode, guint32 rdev, guint64 size, const char *target,
                       GVariant *xattrs)
{
  g_autoptr (GError) error = NULL;
  g_auto (FileMeta) meta = {0};
  guint64 parsed_size;
  g_autoptr (GVariant) variant = g_variant_ref_sink (g_variant_new (
      "(tuuuus@a(ayay))", GUINT64_TO_BE (size), 0, 0, GUINT32_TO_BE (mode), rdev, target, xattrs));
  g_assert_false (filemeta_parse_archive_header (
      g_variant_get_data (variant), g_variant_get_size (variant), &meta, &parsed_size, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
}

static GVariant *
xattrs (const char *text)
{
  return g_variant_new_parsed (text);
}

static void
test_nonsense (void)
{
  assert_header_refused (S_IFDIR | 0755, 0, 0, "", NO_XATTRS);
  assert_header_refused (S_IFCHR | 0600, 0, 0, "", NO_XATTRS);
  assert_header_refused (S_IFSOCK | 0600, 0, 0, "", NO_XATTRS);
  assert_header_refused (0644, 0, 0, "", NO_XATTRS);
  assert_header_refused (S_IFREG | 0644 | 0x100000, 0, 0, "", NO_XATTRS);
  assert_header_refused (S_IFREG | 0644, 1, 0, "", NO_XATTRS);
  assert_header_refused (S_IFREG | 0644, 0, 0, "target", NO_XATTRS);
  assert_header_refused (S_IFLNK | 0777, 0, 0, "", NO_XATTRS);
  assert_header_refused (S_IFLNK | 0777, 0, 5, "target", NO_XATTRS);
  assert_header_refused (S_IFREG | 0644, 0, 0, "", xattrs ("[(b'b', b'1'), (b'a', b'1')]"));
  assert_header_refused (S_IFREG | 0644, 0, 0, "", xattrs ("[(b'a', b'1'), (b'a', b'1')]"));
  assert_header_refused (S_IFREG | 0644, 0, 0, "", xattrs ("[(b'', b'1')]"));
  assert_header_refused (S_IFREG | 0644, 0, 0, "", xattrs ("[(@ay [], b'1')]"));
  assert_header_refused (S_IFREG | 0644, 0, 0, "", xattrs ("[([byte 97], b'1')]"));
  assert_header_refused (S_IFREG | 0644, 0, 0, "", xattrs ("[([byte 97, 0, 97, 0], b'1')]"));
}

static void
test_xattrs (void)
{
  g_autoptr (GVariant) some = xattrs_of (3, 700);
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (some);
  g_autoptr (GBytes) empty = g_bytes_new_static ("", 0);
  g_autoptr (GBytes) cut = g_bytes_new_from_bytes (bytes, 0, g_bytes_get_size (bytes) - 1);
  g_autoptr (GVariant) twice = g_variant_ref_sink (xattrs ("[(b'a', b'1'), (b'a', b'1')]"));
  g_autoptr (GBytes) wrong = g_variant_get_data_as_bytes (twice);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) found = NULL;
  GVariant *none = some;
  g_assert_true (filemeta_parse_xattrs (bytes, &found, &error));
  g_assert_true (g_variant_equal (found, some));
  g_assert_true (filemeta_parse_xattrs (empty, &none, &error));
  g_assert_null (none);
  g_assert_false (filemeta_parse_xattrs (cut, &none, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
  g_clear_error (&error);
  g_assert_false (filemeta_parse_xattrs (wrong, &none, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/filemeta/sizes", test_sizes);
  g_test_add_func ("/core/filemeta/random", test_random);
  g_test_add_func ("/core/filemeta/damage", test_damage);
  g_test_add_func ("/core/filemeta/nonsense", test_nonsense);
  g_test_add_func ("/core/filemeta/xattrs", test_xattrs);
  return g_test_run ();
}
