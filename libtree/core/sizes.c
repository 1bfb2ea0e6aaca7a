/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/sizes.h"

#include <string.h>

#include "base/error.h"

/* Ten bytes hold 70 bits. */
#define VARINT_MAX 10

static void
append_varint (GByteArray *out, guint64 value)
{
  do {
    guint8 byte = (guint8)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    g_byte_array_append (out, &byte, 1);
    value >>= 7;
  } while (value > 0);
}

/* Moves @at behind the number; FALSE when it does not end, or has more than 64 bits. */
static gboolean
read_varint (const guint8 **at, const guint8 *end, guint64 *out)
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

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const ObjectSizes *one = a;
  const ObjectSizes *two = b;
  return memcmp (one->name.checksum.bytes, two->name.checksum.bytes, sizeof (TreeChecksum));
}

GVariant *
sizes_build (GArray *entries)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aay"));
  g_array_sort (entries, compare_entries);
  for (guint i = 0; i < entries->len; i++) {
    const ObjectSizes *entry = &g_array_index (entries, ObjectSizes, i);
    guint8 type = (guint8)entry->name.type;
    g_byte_array_set_size (bytes, 0);
    g_byte_array_append (bytes, entry->name.checksum.bytes, sizeof (TreeChecksum));
    append_varint (bytes, entry->archived);
    append_varint (bytes, entry->unpacked);
    g_byte_array_append (bytes, &type, 1);
    g_variant_builder_add_value (
        &builder, g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes->data, bytes->len, 1));
  }
  return g_variant_builder_end (&builder);
}

gboolean
sizes_parse (GVariant *element, ObjectSizes *out, GError **error)
{
  gsize len = 0;
  const guint8 *at = g_variant_get_fixed_array (element, &len, 1);
  *out = (ObjectSizes){0};
  if (len > sizeof (TreeChecksum)) {
    const guint8 *end = at + len;
    memcpy (out->name.checksum.bytes, at, sizeof (TreeChecksum));
    at += sizeof (TreeChecksum);
    if (read_varint (&at, end, &out->archived) && read_varint (&at, end, &out->unpacked)) {
      if (at == end)
        return TRUE;
      out->name.type = (TreeObjectType)*at;
      if (at + 1 == end && object_type_to_string (out->name.type) != NULL)
        return TRUE;
    }
  }
  return throw_error (error, TREE_ERROR_CORRUPT, "the size of an object is damaged");
}
