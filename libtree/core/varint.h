/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers of varying length: seven bits in each byte, the lowest first; the high bit says that more
 * follow. */
#pragma once

#include <glib.h>

void varint_append (GByteArray *out, guint64 value);
/* Moves @at behind the number; FALSE when it does not end before @end, or has more than 64 bits. */
gboolean varint_read (const guint8 **at, const guint8 *end, guint64 *out);
