/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/xz.h"

#include "base/error.h"

#define WINDOW_MIN 4096

/* No match reaches behind the beginning: a window larger than the data would only cost memory. */
static guint32
fit_window (guint64 size, guint32 window)
{
  guint32 fitting = WINDOW_MIN;
  while (fitting < size && fitting < window)
    fitting *= 2;
  return fitting;
}

#ifdef HAVE_LZMA
#include <lzma.h>

#include "base/lazylib.h"

enum {
  BUFFER = 128 * 1024,
  PRESET = 8, /* what the peers pack with */
};

/* Each member has the type and meaning of the function lzma_MEMBER. */
static struct {
  __typeof__ (lzma_stream_decoder) *stream_decoder;
  __typeof__ (lzma_stream_encoder) *stream_encoder;
  __typeof__ (lzma_lzma_preset) *lzma_preset;
  __typeof__ (lzma_code) *code;
  __typeof__ (lzma_end) *end;
} api;

static gboolean
load (GError **error)
{
  static GMutex lock;
  static gboolean loaded;
#define SYMBOL(member)                                                                             \
  {                                                                                                \
    "lzma_" #member, &api.member                                                                   \
  }
  static const LazySymbol symbols[] = {
      SYMBOL (stream_decoder),
      SYMBOL (stream_encoder),
      SYMBOL (lzma_preset),
      SYMBOL (code),
      SYMBOL (end),
      {NULL, NULL},
  };
#undef SYMBOL
  g_mutex_lock (&lock);
  if (!loaded)
    loaded = lazylib_load ("liblzma.so.5", symbols, error);
  gboolean ok = loaded;
  g_mutex_unlock (&lock);
  return ok;
}

/* ---- Unpacking ---- */

typedef struct {
  Source source;
  Source *inner;
  lzma_stream z;
  gboolean ended;
  guint8 buffer[BUFFER];
} XzSource;

/* Nothing may follow the end of the stream. */
static gboolean
check_end (XzSource *self, GError **error)
{
  guint8 byte;
  gssize n = self->z.avail_in > 0 ? 1 : self->inner->read (self->inner, &byte, 1, error);
  if (n < 0)
    return FALSE;
  if (n > 0)
    return throw_error (error, TREE_ERROR_CORRUPT, "bytes after the end of the xz stream");
  self->ended = TRUE;
  return TRUE;
}

static gboolean
refill (XzSource *self, GError **error)
{
  gssize n = self->inner->read (self->inner, self->buffer, BUFFER, error);
  if (n < 0)
    return FALSE;
  self->z.next_in = self->buffer;
  self->z.avail_in = (size_t)n;
  return TRUE;
}

static gboolean
throw_damaged (lzma_ret rc, GError **error)
{
  if (rc == LZMA_MEMLIMIT_ERROR)
    return throw_error (error, TREE_ERROR_CORRUPT, "xz stream needs more memory than is allowed");
  if (rc == LZMA_MEM_ERROR)
    return throw_error (error, TREE_ERROR_FAILED, "not enough memory to unpack xz");
  return throw_error (error, TREE_ERROR_CORRUPT, "xz stream is %s",
                      rc == LZMA_BUF_ERROR ? "cut short" : "damaged");
}

static gssize
xz_source_read (Source *source, void *buffer, gsize len, GError **error)
{
  XzSource *self = (XzSource *)source;
  if (self->ended || len == 0)
    return 0;
  self->z.next_out = buffer;
  self->z.avail_out = len;
  while (self->z.avail_out == len && !self->ended) {
    if (self->z.avail_in == 0 && !refill (self, error))
      return -1;
    gboolean starved = self->z.avail_in == 0;
    lzma_ret rc = api.code (&self->z, LZMA_RUN);
    if (rc == LZMA_STREAM_END) {
      if (!check_end (self, error))
        return -1;
    } else if (rc != LZMA_OK || (starved && self->z.avail_out == len)) {
      (void)throw_damaged (rc == LZMA_OK ? LZMA_BUF_ERROR : rc, error);
      return -1;
    }
  }
  return (gssize)(len - self->z.avail_out);
}

static void
xz_source_close (Source *source)
{
  XzSource *self = (XzSource *)source;
  api.end (&self->z);
  g_free (self);
}

Source *
xz_source_new (Source *inner, guint64 memory_max, GError **error)
{
  if (!load (error))
    return NULL;
  XzSource *self = g_new0 (XzSource, 1);
  self->source.read = xz_source_read;
  self->source.close = xz_source_close;
  self->inner = inner;
  if (api.stream_decoder (&self->z, memory_max, 0) == LZMA_OK)
    return &self->source;
  g_free (self);
  return throw_null (error, TREE_ERROR_FAILED, "liblzma cannot unpack");
}

/* ---- Packing ---- */

static gboolean
pack (lzma_stream *z, Source *source, guint8 *in, guint8 *out, CodecSink sink, gpointer user_data,
      GError **error)
{
  lzma_action action = LZMA_RUN;
  for (lzma_ret rc = LZMA_OK; rc != LZMA_STREAM_END;) {
    if (z->avail_in == 0 && action == LZMA_RUN) {
      gsize n = 0;
      if (!source_read_full (source, in, BUFFER, &n, error))
        return FALSE;
      z->next_in = in;
      z->avail_in = n;
      action = n < BUFFER ? LZMA_FINISH : LZMA_RUN;
    }
    z->next_out = out;
    z->avail_out = BUFFER;
    rc = api.code (z, action);
    if (rc != LZMA_OK && rc != LZMA_STREAM_END)
      return throw_error (error, TREE_ERROR_FAILED, "liblzma cannot pack (error %d)", (int)rc);
    if (z->avail_out < BUFFER && !sink (out, BUFFER - z->avail_out, user_data, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
xz_pack (Source *source, guint64 size_hint, guint32 window, CodecSink sink, gpointer user_data,
         GError **error)
{
  lzma_options_lzma options;
  if (!load (error))
    return FALSE;
  if (api.lzma_preset (&options, PRESET))
    return throw_error (error, TREE_ERROR_FAILED, "liblzma has no preset %d", PRESET);
  options.dict_size = fit_window (size_hint, window);
  /* Whoever unpacks checks a SHA-256 of the whole. */
  const lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, NULL}};
  lzma_stream z = LZMA_STREAM_INIT;
  if (api.stream_encoder (&z, filters, LZMA_CHECK_NONE) != LZMA_OK)
    return throw_error (error, TREE_ERROR_FAILED, "not enough memory to pack xz");
  g_autofree guint8 *in = g_malloc (BUFFER);
  g_autofree guint8 *out = g_malloc (BUFFER);
  gboolean ok = pack (&z, source, in, out, sink, user_data, error);
  api.end (&z);
  return ok;
}
#else
static gboolean
throw_absent (GError **error)
{
  return throw_error (error, TREE_ERROR_UNSUPPORTED, "xz is not built in (liblzma)");
}

Source *
xz_source_new (Source *inner, guint64 memory_max, GError **error)
{
  (void)throw_absent (error);
  return NULL;
}

gboolean
xz_pack (Source *source, guint64 size_hint, guint32 window, CodecSink sink, gpointer user_data,
         GError **error)
{
  return throw_absent (error);
}
#endif

guint64
xz_pack_memory (guint64 size, guint32 window)
{
  /* The window with what is read ahead, the chains and hashes of the match finder, and a constant.
   */
  return (guint64)fit_window (size, window) * 12 + 2 * 1024 * 1024;
}
