/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/varint.h"

/* Ten bytes hold 70 bits. */
#define VARINT_MAX 10

void
varint_append (GByteArray *out, guint64 value)
{
  do {
    guint8 byte = (guint8)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    g_byte_array_append (out, &byte, 1);
    value >>= 7;
  } while (value > 0);
}

gboolean
varint_read (const guint8 **at, const guint8 *end, guint64 *out)
{
  guint64 value = 0;
  for (guint i = 0; i < VARINT_MAX && *at < end; i++) {
    guint8 byte = *(*at)++;
    if (i == VARINT_MAX - 1 && byte > 1)
      return FALSE;
    value |= (guint64)(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) == 0) {
      *out = value;
      return TRUE;
    }
  }
  return FALSE;
}
