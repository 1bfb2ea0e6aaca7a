/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the patches that core/bspatch.h reads, through a suffix array of the old file. */
#pragma once

#include "base/codec.h"

/* Is it built in, and is libdivsufsort there? */
gboolean bsdiff_is_available (void);
/* The memory that it takes besides the two files. */
guint64 bsdiff_memory (guint64 old_len);
/* Gives the patch to @sink. *@out_same: bytes of the new file that the old one has, too, where the
 * patch looks for them. */
gboolean bsdiff_make (const guint8 *old, gsize old_len, const guint8 *new, gsize new_len,
                      CodecSink sink, gpointer user_data, guint64 *out_same, GError **error);
