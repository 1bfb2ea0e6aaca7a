/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The operations of a part: a letter each, followed by numbers (core/varint.h).
 *
 *   S  size, offset                 the next object is metadata: these bytes of the data
 *      mode, xattrs, size, offset   … or a file with this content, or a link with this target
 *   o  mode, xattrs, size           the next object is a regular file, made by what follows
 *   r  offset                       read from the file object whose checksum is there in the data
 *   R                               … no longer
 *   w  size, offset                 append bytes of what is read from, or else of the data
 *   B  offset, size                 append what this patch (core/bspatch.h) makes of what is read
 * from c                               that was the file
 */
#pragma once

#include <glib.h>

typedef enum {
  DELTA_OP_SPLICE = 'S',
  DELTA_OP_OPEN = 'o',
  DELTA_OP_SOURCE = 'r',
  DELTA_OP_NO_SOURCE = 'R',
  DELTA_OP_WRITE = 'w',
  DELTA_OP_PATCH = 'B',
  DELTA_OP_CLOSE = 'c',
} DeltaOpCode;

typedef struct {
  DeltaOpCode code;
  guint64 mode;
  guint64 xattrs;
  guint64 size;
  guint64 offset;
} DeltaOp;

/* Reads one and moves @at behind it. @is_metadata: the next object is no file. */
gboolean delta_op_read (const guint8 **at, const guint8 *end, gboolean is_metadata, DeltaOp *out,
                        GError **error);
void delta_op_append (GByteArray *out, const DeltaOp *op, gboolean is_metadata);
