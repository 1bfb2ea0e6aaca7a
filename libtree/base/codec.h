/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Raw DEFLATE (no zlib or gzip wrapper): whole buffers by libdeflate where it is built in, streams
 * by zlib. */
#pragma once

#include "base/source.h"

/* Compressors and decompressors of one thread, made when first needed. */
typedef struct Codec Codec;

/* Buffers up to this size are compressed whole; with its output it makes a worker's 32 MiB. */
#define CODEC_WHOLE_MAX ((gsize)15 * 1024 * 1024)

Codec *codec_new (void);
void codec_free (Codec *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Codec, codec_free)

/* Compresses @data whole, at @level 1 to 9. The result is the codec's and lasts until the next
 * call. */
gboolean codec_deflate (Codec *self, int level, const void *data, gsize len,
                        const guint8 **out_data, gsize *out_len, GError **error);

/* Inflates @data whole into exactly @out_len bytes at @out; more or fewer are TREE_ERROR_CORRUPT,
 * and so is anything after the stream. */
gboolean codec_inflate (Codec *self, const void *data, gsize len, void *out, gsize out_len,
                        GError **error);

/* Takes compressed bytes as they come. */
typedef gboolean (*CodecSink) (const void *data, gsize len, gpointer user_data, GError **error);

/* Compresses a source of any length in bounded memory. */
gboolean codec_deflate_stream (Codec *self, int level, Source *source, CodecSink sink,
                               gpointer user_data, GError **error);

/* A source that inflates @inner. Its bytes end where the stream does; a stream that is cut short,
 * or followed by more bytes, is TREE_ERROR_CORRUPT at that read. */
Source *inflate_source_new (Source *inner);
