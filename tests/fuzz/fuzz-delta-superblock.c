/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/delta-superblock.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  g_autoptr (GBytes) file = g_bytes_new (data, len);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GVariant) signatures = NULL;
  g_auto (DeltaSuperblock) superblock = {0};
  g_autoptr (GError) error = NULL;
  if (!delta_unwrap (file, &bytes, &signatures, &error) ||
      !delta_superblock_parse (bytes, &superblock, &error)) {
    g_assert_nonnull (error);
    return 0;
  }
  for (guint i = 0; i < superblock.n_parts; i++) {
    DeltaPartInfo part;
    ObjectName name;
    delta_superblock_part (&superblock, i, &part);
    for (guint k = 0; k < part.n_objects; k++)
      delta_part_object (&part, k, &name);
    g_autoptr (GBytes) G_GNUC_UNUSED carried = delta_superblock_inline_part (&superblock, i);
    g_assert_true (part.size > 0 && part.size <= superblock.part_bytes);
  }
  for (guint i = 0; i < superblock.n_fallbacks; i++) {
    DeltaFallback fallback;
    delta_superblock_fallback (&superblock, i, &fallback);
    g_assert_true (fallback.stored <= superblock.fallback_bytes);
  }
  g_autoptr (GBytes) G_GNUC_UNUSED detached = delta_superblock_commitmeta (&superblock);
  return 0;
}
