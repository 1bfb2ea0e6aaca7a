/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Streams of xz, by liblzma, which is loaded when the first one is read or written. */
#pragma once

#include "base/codec.h"
#include "base/source.h"

/* A source that unpacks @inner. Its bytes end where the stream does; a stream that is cut short, is
 * followed by more bytes, or wants more than @memory_max bytes to unpack is TREE_ERROR_CORRUPT at
 * that read. NULL with an error when liblzma cannot be had. */
Source *xz_source_new (Source *inner, guint64 memory_max, GError **error);

/* Packs all of @source, which is about @size_hint bytes, looking back no further than @window bytes
 * (4 KiB or more): packing takes some twelve times as much memory, unpacking just that. The same
 * bytes and window give the same stream. */
gboolean xz_pack (Source *source, guint64 size_hint, guint32 window, CodecSink sink,
                  gpointer user_data, GError **error);
/* What xz_pack() takes for this. */
guint64 xz_pack_memory (guint64 size, guint32 window);
