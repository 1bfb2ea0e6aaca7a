/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compressed content, through the one-shot decoder and the streaming one: they agree. The first two
 * bytes are the size that the content is said to have. */
#include <string.h>

#include "base/codec.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  if (len < 2)
    return 0;
  gsize said = (gsize)(data[0] << 8 | data[1]);
  g_autoptr (Codec) codec = codec_new ();
  g_autofree guint8 *whole = g_malloc0 (said + 1);
  g_autoptr (GError) error = NULL;
  gboolean fits = codec_inflate (codec, data + 2, len - 2, whole, said, &error);
  g_assert_true (fits == (error == NULL));

  MemorySource compressed;
  memory_source_init (&compressed, data + 2, len - 2);
  Source *stream = inflate_source_new (&compressed.source);
  g_autofree guint8 *streamed = g_malloc0 (said + 1);
  gsize n;
  if (source_read_full (stream, streamed, said + 1, &n, NULL) && n == said)
    g_assert_true (fits && memcmp (whole, streamed, said) == 0);
  else
    g_assert_false (fits);
  source_close (stream);
  return 0;
}
