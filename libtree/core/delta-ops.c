/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/delta-ops.h"

#include "base/error.h"
#include "core/varint.h"

/* Where the numbers of an operation go, in the order in which they stand there; returns how many.
 * -1: there is no such operation. */
static int
numbers_of (DeltaOp *op, gboolean is_metadata, guint64 *out[4])
{
  int n = 0;
  switch (op->code) {
  case DELTA_OP_SPLICE:
  case DELTA_OP_OPEN:
    if (op->code == DELTA_OP_OPEN || !is_metadata) {
      out[n++] = &op->mode;
      out[n++] = &op->xattrs;
    }
    out[n++] = &op->size;
    if (op->code == DELTA_OP_SPLICE)
      out[n++] = &op->offset;
    return n;
  case DELTA_OP_SOURCE:
    out[n++] = &op->offset;
    return n;
  case DELTA_OP_WRITE:
    out[n++] = &op->size;
    out[n++] = &op->offset;
    return n;
  case DELTA_OP_PATCH:
    out[n++] = &op->offset;
    out[n++] = &op->size;
    return n;
  case DELTA_OP_NO_SOURCE:
  case DELTA_OP_CLOSE:
    return 0;
  default:
    return -1;
  }
}

gboolean
delta_op_read (const guint8 **at, const guint8 *end, gboolean is_metadata, DeltaOp *out,
               GError **error)
{
  if (*at >= end)
    return throw_error (error, TREE_ERROR_CORRUPT, "the operations end too early");
  DeltaOp op = {.code = *(*at)++};
  guint64 *numbers[4];
  int n = numbers_of (&op, is_metadata, numbers);
  if (n < 0)
    return throw_error (error, TREE_ERROR_CORRUPT, "there is no operation %02x", op.code);
  for (int i = 0; i < n; i++)
    if (!varint_read (at, end, numbers[i]))
      return throw_error (error, TREE_ERROR_CORRUPT, "a number of operation '%c' is damaged",
                          op.code);
  *out = op;
  return TRUE;
}

void
delta_op_append (GByteArray *out, const DeltaOp *op, gboolean is_metadata)
{
  DeltaOp copy = *op;
  guint64 *numbers[4];
  guint8 code = (guint8)op->code;
  int n = numbers_of (&copy, is_metadata, numbers);
  g_byte_array_append (out, &code, 1);
  for (int i = 0; i < n; i++)
    varint_append (out, *numbers[i]);
}
