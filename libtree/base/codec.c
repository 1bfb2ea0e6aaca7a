/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/codec.h"

#include <string.h>
#include <zlib.h>
#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

#include "base/error.h"

enum {
  STREAM_BUFFER = 128 * 1024,
  MAX_LEVEL = 9,
};

struct Codec {
#ifdef HAVE_LIBDEFLATE
  struct libdeflate_compressor *compressor;
  int compressor_level;
  struct libdeflate_decompressor *decompressor;
#else
  z_stream inflate;
  gboolean has_inflate;
#endif
  z_stream deflate;
  int deflate_level; /* 0 while there is none */
  guint8 *out;       /* of codec_deflate */
  gsize out_room;
};

Codec *
codec_new (void)
{
  return g_new0 (Codec, 1);
}

void
codec_free (Codec *self)
{
  if (self == NULL)
    return;
#ifdef HAVE_LIBDEFLATE
  libdeflate_free_compressor (self->compressor);
  if (self->decompressor != NULL)
    libdeflate_free_decompressor (self->decompressor);
#else
  if (self->has_inflate)
    (void)inflateEnd (&self->inflate);
#endif
  if (self->deflate_level != 0)
    (void)deflateEnd (&self->deflate);
  g_free (self->out);
  g_free (self);
}

static void
ensure_out (Codec *self, gsize room)
{
  if (room <= self->out_room)
    return;
  g_free (self->out);
  self->out = g_malloc (room);
  self->out_room = room;
}

static void
ensure_deflate (Codec *self, int level)
{
  if (self->deflate_level == level) {
    (void)deflateReset (&self->deflate);
    return;
  }
  if (self->deflate_level != 0)
    (void)deflateEnd (&self->deflate);
  memset (&self->deflate, 0, sizeof self->deflate);
  if (deflateInit2 (&self->deflate, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    g_error ("zlib cannot compress at level %d", level);
  self->deflate_level = level;
}

#ifndef HAVE_LIBDEFLATE
static void
ensure_inflate (Codec *self)
{
  if (self->has_inflate) {
    (void)inflateReset (&self->inflate);
    return;
  }
  if (inflateInit2 (&self->inflate, -MAX_WBITS) != Z_OK)
    g_error ("zlib cannot inflate");
  self->has_inflate = TRUE;
}
#endif

static gsize
deflate_whole (Codec *self, int level, const void *data, gsize len)
{
#ifdef HAVE_LIBDEFLATE
  if (self->compressor == NULL || self->compressor_level != level) {
    libdeflate_free_compressor (self->compressor);
    self->compressor = libdeflate_alloc_compressor (level);
    self->compressor_level = level;
  }
  ensure_out (self, libdeflate_deflate_compress_bound (self->compressor, len));
  return libdeflate_deflate_compress (self->compressor, data, len, self->out, self->out_room);
#else
  ensure_deflate (self, level);
  ensure_out (self, deflateBound (&self->deflate, len));
  self->deflate.next_in = (Bytef *)data;
  self->deflate.avail_in = (uInt)len;
  self->deflate.next_out = self->out;
  self->deflate.avail_out = (uInt)self->out_room;
  return deflate (&self->deflate, Z_FINISH) == Z_STREAM_END
             ? self->out_room - self->deflate.avail_out
             : 0;
#endif
}

gboolean
codec_deflate (Codec *self, int level, const void *data, gsize len, const guint8 **out_data,
               gsize *out_len, GError **error)
{
  g_return_val_if_fail (len <= CODEC_WHOLE_MAX && level >= 1 && level <= MAX_LEVEL, FALSE);
  gsize n = deflate_whole (self, level, data, len);
  if (n == 0)
    return throw_error (error, TREE_ERROR_FAILED, "cannot compress %" G_GSIZE_FORMAT " bytes", len);
  *out_data = self->out;
  *out_len = n;
  return TRUE;
}

gboolean
codec_inflate (Codec *self, const void *data, gsize len, void *out, gsize out_len, GError **error)
{
#ifdef HAVE_LIBDEFLATE
  if (self->decompressor == NULL)
    self->decompressor = libdeflate_alloc_decompressor ();
  gsize n_in = 0;
  gsize n_out = 0;
  if (libdeflate_deflate_decompress_ex (self->decompressor, data, len, out, out_len, &n_in,
                                        &n_out) == LIBDEFLATE_SUCCESS &&
      n_in == len && n_out == out_len)
    return TRUE;
#else
  guint8 nothing;
  ensure_inflate (self);
  if (len <= G_MAXUINT && out_len <= G_MAXUINT) {
    self->inflate.next_in = (Bytef *)data;
    self->inflate.avail_in = (uInt)len;
    self->inflate.next_out = out_len > 0 ? out : &nothing;
    self->inflate.avail_out = (uInt)out_len;
    if (inflate (&self->inflate, Z_FINISH) == Z_STREAM_END && self->inflate.avail_in == 0 &&
        self->inflate.avail_out == 0)
      return TRUE;
  }
#endif
  return throw_error (error, TREE_ERROR_CORRUPT,
                      "compressed data is damaged or does not unpack to %" G_GSIZE_FORMAT " bytes",
                      out_len);
}

gboolean
codec_deflate_stream (Codec *self, int level, Source *source, CodecSink sink, gpointer user_data,
                      GError **error)
{
  ensure_deflate (self, level);
  g_autofree guint8 *in = g_malloc (STREAM_BUFFER);
  g_autofree guint8 *out = g_malloc (STREAM_BUFFER);
  z_stream *z = &self->deflate;
  int flush = Z_NO_FLUSH;
  while (flush != Z_FINISH) {
    gsize n = 0;
    if (!source_read_full (source, in, STREAM_BUFFER, &n, error))
      return FALSE;
    flush = n < STREAM_BUFFER ? Z_FINISH : Z_NO_FLUSH;
    z->next_in = in;
    z->avail_in = (uInt)n;
    do {
      z->next_out = out;
      z->avail_out = STREAM_BUFFER;
      (void)deflate (z, flush); /* can only fail on a damaged state */
      gsize made = STREAM_BUFFER - z->avail_out;
      if (made > 0 && !sink (out, made, user_data, error))
        return FALSE;
    } while (z->avail_out == 0);
  }
  return TRUE;
}

/* Many a source is opened for its metadata alone: the machine and its buffer are made when the
 * first byte is asked for. */
typedef struct {
  Source source;
  Source *inner;
  z_stream z;
  gboolean ended;
  guint8 *buffer; /* STREAM_BUFFER bytes; NULL before the first read */
} InflateSource;

static void
begin (InflateSource *self)
{
  self->buffer = g_malloc (STREAM_BUFFER);
  if (inflateInit2 (&self->z, -MAX_WBITS) != Z_OK)
    g_error ("zlib cannot inflate");
}

/* Nothing may follow the end of the stream. */
static gboolean
check_end (InflateSource *self, GError **error)
{
  guint8 byte;
  gssize n = self->z.avail_in > 0 ? 1 : self->inner->read (self->inner, &byte, 1, error);
  if (n < 0)
    return FALSE;
  if (n > 0)
    return throw_error (error, TREE_ERROR_CORRUPT, "bytes after the end of the compressed data");
  self->ended = TRUE;
  return TRUE;
}

static gssize
inflate_source_read (Source *source, void *buffer, gsize len, GError **error)
{
  InflateSource *self = (InflateSource *)source;
  z_stream *z = &self->z;
  if (self->ended || len == 0)
    return 0;
  if (self->buffer == NULL)
    begin (self);
  z->next_out = buffer;
  z->avail_out = (uInt)MIN (len, G_MAXINT);
  uInt room = z->avail_out;
  while (z->avail_out == room) {
    if (z->avail_in == 0) {
      gssize n = self->inner->read (self->inner, self->buffer, STREAM_BUFFER, error);
      if (n < 0)
        return -1;
      z->next_in = self->buffer;
      z->avail_in = (uInt)n;
    }
    gboolean starved = z->avail_in == 0;
    int rc = inflate (z, Z_NO_FLUSH);
    if (rc == Z_STREAM_END) {
      if (!check_end (self, error))
        return -1;
      break;
    }
    if (rc != Z_OK || (starved && z->avail_out == room)) {
      (void)throw_error (error, TREE_ERROR_CORRUPT, "compressed data is %s",
                         starved ? "cut short" : "damaged");
      return -1;
    }
  }
  return (gssize)(room - z->avail_out);
}

static void
inflate_source_close (Source *source)
{
  InflateSource *self = (InflateSource *)source;
  if (self->buffer != NULL)
    (void)inflateEnd (&self->z);
  g_free (self->buffer);
  g_free (self);
}

Source *
inflate_source_new (Source *inner)
{
  InflateSource *self = g_new0 (InflateSource, 1);
  self->source.read = inflate_source_read;
  self->source.close = inflate_source_close;
  self->inner = inner;
  return &self->source;
}
