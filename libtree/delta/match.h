/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which pieces of a new file are in the old one? By a rolling hash over blocks: fast, in little
 * memory, and coarser than bsdiff. */
#pragma once

#include <glib.h>

typedef struct {
  guint64 new_at;
  guint64 old_at;
  guint64 len;
} Piece;

/* Pieces that do not overlap in the new file, in its order; *@out_matched: their bytes together. */
GArray *match_pieces (const guint8 *old, gsize old_len, const guint8 *new, gsize new_len,
                      guint64 *out_matched);
/* The memory that it takes. */
guint64 match_memory (guint64 old_len);
