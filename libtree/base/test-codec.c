/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DEFLATE: round trips by either way, and data that is cut, damaged, too long or of another size.
 */
#include "config.h"

#include "base/codec.h"

#include <string.h>

#include "base/error.h"

static const gsize sizes[] = {0, 1, 2, 255, 4096, 65535, 65536, 131072, 131073, 1000000};

/* Half of it repeats, so that matches and literals both occur. */
static guint8 *
make_data (gsize len)
{
  guint8 *data = g_malloc (len + 1);
  for (gsize i = 0; i < len; i++)
    data[i] = i % 512 < 256 ? (guint8)(i / 512) : (guint8)g_test_rand_int ();
  return data;
}

static gboolean
append (const void *data, gsize len, gpointer user_data, GError **error)
{
  g_byte_array_append (user_data, data, (guint)len);
  return TRUE;
}

static GByteArray *
pack (Codec *codec, int level, const guint8 *data, gsize len, gboolean stream)
{
  g_autoptr (GError) error = NULL;
  GByteArray *packed = g_byte_array_new ();
  if (stream) {
    MemorySource source;
    memory_source_init (&source, data, len);
    (void)codec_deflate_stream (codec, level, &source.source, append, packed, &error);
  } else {
    const guint8 *out = NULL;
    gsize out_len = 0;
    if (codec_deflate (codec, level, data, len, &out, &out_len, &error))
      g_byte_array_append (packed, out, (guint)out_len);
  }
  g_assert_no_error (error);
  return packed;
}

/* By the streaming inflater, in odd steps. */
static gboolean
unpack_stream (const GByteArray *packed, GByteArray *out, GError **error)
{
  MemorySource memory;
  guint8 buffer[777];
  memory_source_init (&memory, packed->data, packed->len);
  Source *source = inflate_source_new (&memory.source);
  gssize n;
  while ((n = source->read (source, buffer, sizeof buffer, error)) > 0)
    g_byte_array_append (out, buffer, (guint)n);
  source_close (source);
  return n == 0;
}

static void
test_round_trip (void)
{
  g_autoptr (Codec) codec = codec_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (int level = 1; level <= 9; level += sizes[i] > 100000 ? 5 : 4)
      for (int stream = 0; stream < 2; stream++) {
        g_autoptr (GError) error = NULL;
        gsize len = sizes[i];
        g_autofree guint8 *data = make_data (len);
        g_autofree guint8 *out = g_malloc (len + 1);
        g_autoptr (GByteArray) packed = pack (codec, level, data, len, stream);
        (void)codec_inflate (codec, packed->data, packed->len, out, len, &error);
        g_assert_no_error (error);
        g_assert_cmpint (memcmp (out, data, len), ==, 0);
        g_autoptr (GByteArray) unpacked = g_byte_array_new ();
        (void)unpack_stream (packed, unpacked, &error);
        g_assert_no_error (error);
        g_assert_cmpmem (unpacked->data, unpacked->len, data, len);
      }
}

static void
assert_refused (Codec *codec, const GByteArray *packed, gsize len)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *out = g_malloc (len + 1);
  g_assert_false (codec_inflate (codec, packed->data, packed->len, out, len, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
}

static void
test_wrong_size (void)
{
  g_autoptr (Codec) codec = codec_new ();
  for (gsize i = 0; i < 6; i++) {
    g_autofree guint8 *data = make_data (sizes[i]);
    g_autoptr (GByteArray) packed = pack (codec, 6, data, sizes[i], FALSE);
    assert_refused (codec, packed, sizes[i] + 1);
    assert_refused (codec, packed, sizes[i] + 100000);
    if (sizes[i] > 0)
      assert_refused (codec, packed, sizes[i] - 1);
    if (sizes[i] > 1)
      assert_refused (codec, packed, 0);
  }
}

static void
test_cut_short (void)
{
  g_autoptr (Codec) codec = codec_new ();
  g_autofree guint8 *data = make_data (3000);
  g_autoptr (GByteArray) packed = pack (codec, 6, data, 3000, FALSE);
  for (guint len = 0; len < packed->len; len++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GByteArray) cut = g_byte_array_new ();
    g_autoptr (GByteArray) out = g_byte_array_new ();
    g_byte_array_append (cut, packed->data, len);
    assert_refused (codec, cut, 3000);
    g_assert_false (unpack_stream (cut, out, &error));
    g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
  }
}

static void
test_trailing (void)
{
  g_autoptr (Codec) codec = codec_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree guint8 *data = make_data (sizes[i]);
    g_autoptr (GByteArray) packed = pack (codec, 6, data, sizes[i], TRUE);
    g_autoptr (GByteArray) out = g_byte_array_new ();
    g_byte_array_append (packed, (const guint8 *)"", 1);
    assert_refused (codec, packed, sizes[i]);
    g_assert_false (unpack_stream (packed, out, &error));
    g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
  }
}

/* Damage is found or gives other bytes: it never does harm. */
static void
test_damage (void)
{
  g_autoptr (Codec) codec = codec_new ();
  g_autofree guint8 *data = make_data (600);
  g_autofree guint8 *out = g_malloc (600);
  g_autoptr (GByteArray) packed = pack (codec, 6, data, 600, FALSE);
  for (guint i = 0; i < packed->len; i++)
    for (guint bit = 0; bit < 8; bit++) {
      g_autoptr (GByteArray) unpacked = g_byte_array_new ();
      packed->data[i] ^= (guint8)(1 << bit);
      (void)codec_inflate (codec, packed->data, packed->len, out, 600, NULL);
      (void)unpack_stream (packed, unpacked, NULL);
      packed->data[i] ^= (guint8)(1 << bit);
    }
  /* The codec is as good as before. */
  g_assert_true (codec_inflate (codec, packed->data, packed->len, out, 600, NULL));
  g_assert_cmpint (memcmp (out, data, 600), ==, 0);
}

static gboolean
refuse (const void *data, gsize len, gpointer user_data, GError **error)
{
  return throw_error (error, TREE_ERROR_NO_SPACE, "full");
}

static void
test_sink_fails (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Codec) codec = codec_new ();
  g_autofree guint8 *data = make_data (1000000);
  MemorySource source;
  memory_source_init (&source, data, 1000000);
  g_assert_false (codec_deflate_stream (codec, 6, &source.source, refuse, NULL, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_NO_SPACE);
  g_autoptr (GByteArray) packed = pack (codec, 6, data, 1000, TRUE);
  g_assert_cmpuint (packed->len, >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/codec/round-trip", test_round_trip);
  g_test_add_func ("/base/codec/wrong-size", test_wrong_size);
  g_test_add_func ("/base/codec/cut-short", test_cut_short);
  g_test_add_func ("/base/codec/trailing", test_trailing);
  g_test_add_func ("/base/codec/damage", test_damage);
  g_test_add_func ("/base/codec/sink-fails", test_sink_fails);
  return g_test_run ();
}
