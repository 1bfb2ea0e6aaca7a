/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Patches as static deltas hold them: bsdiff's, without its header and its packing. A patch is a
 * list of steps, and each begins with three numbers of eight bytes, little endian, with the sign in
 * the highest bit:
 *
 *   diff, extra, seek
 *   diff bytes: the next bytes of the new file, less those of the old one (modulo 256); before its
 *     beginning and behind its end the old file holds zeros
 *   extra bytes: the next bytes of the new file
 *   … and then the place in the old file, which diff has moved on, moves by seek
 *
 * The list ends when the new file has the size that the delta says. */
#pragma once

#include <glib.h>

/* Gives bytes of the old file; all of them are in it. */
typedef gboolean (*BspatchRead) (guint64 offset, void *buffer, gsize len, gpointer user_data,
                                 GError **error);

typedef struct {
  const guint8 *at; /* what is left of the patch; borrowed */
  const guint8 *end;
  guint64 left; /* bytes of the new file that are still to be made */
  guint64 diff; /* … of the step, which are counted in left */
  guint64 extra;
  gint64 seek;
  gboolean in_step;
  gint64 old_at;
  guint64 old_size;
  BspatchRead read;
  gpointer user_data;
} Bspatch;

void bspatch_init (Bspatch *self, const void *patch, gsize len, guint64 old_size, guint64 new_size,
                   BspatchRead read, gpointer user_data);
/* Up to @len bytes of the new file; *@out_n is 0 at its end and else at least 1. */
gboolean bspatch_read (Bspatch *self, void *buffer, gsize len, gsize *out_n, GError **error);

/* Appends the numbers of a step. */
void bspatch_append_step (GByteArray *out, guint64 diff, guint64 extra, gint64 seek);
