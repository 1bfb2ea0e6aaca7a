/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/sizes.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  g_autoptr (GVariant)
      element = g_variant_ref_sink (g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, len, 1));
  g_autoptr (GError) error = NULL;
  ObjectSizes sizes;
  if (!sizes_parse (element, &sizes, &error)) {
    g_assert_nonnull (error);
    return 0;
  }
  if (sizes.name.type == 0)
    return 0;
  /* What is read is what is written. */
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (ObjectSizes));
  g_array_append_val (entries, sizes);
  g_autoptr (GVariant) built = g_variant_ref_sink (sizes_build (entries));
  g_autoptr (GVariant) again = g_variant_get_child_value (built, 0);
  ObjectSizes read;
  g_assert_true (sizes_parse (again, &read, &error));
  g_assert_true (object_equal (&read.name, &sizes.name));
  g_assert_true (read.archived == sizes.archived && read.unpacked == sizes.unpacked);
  return 0;
}
