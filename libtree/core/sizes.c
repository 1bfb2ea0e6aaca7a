/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/sizes.h"

#include <string.h>

#include "base/error.h"
#include "core/varint.h"

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
    varint_append (bytes, entry->archived);
    varint_append (bytes, entry->unpacked);
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
    if (varint_read (&at, end, &out->archived) && varint_read (&at, end, &out->unpacked)) {
      if (at == end)
        return TRUE;
      out->name.type = (TreeObjectType)*at;
      if (at + 1 == end && object_type_to_string (out->name.type) != NULL)
        return TRUE;
    }
  }
  return throw_error (error, TREE_ERROR_CORRUPT, "the size of an object is damaged");
}
