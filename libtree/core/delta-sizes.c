/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/delta-sizes.h"

gboolean
delta_sizes_of (const DeltaSuperblock *superblock, guint64 file_len, DeltaSizes *out)
{
  DeltaSizes sum = {file_len, superblock->unpacked_bytes};
  gboolean ok = g_uint64_checked_add (&sum.download, sum.download, superblock->fallback_bytes) &&
                g_uint64_checked_add (&sum.unpacked, sum.unpacked,
                                      superblock->fallback_unpacked_bytes);
  for (guint i = 0; ok && i < superblock->n_parts; i++) {
    g_autoptr (GBytes) carried = delta_superblock_inline_part (superblock, i);
    DeltaPartInfo part;
    delta_superblock_part (superblock, i, &part);
    ok = carried != NULL || g_uint64_checked_add (&sum.download, sum.download, part.size);
  }
  if (ok)
    *out = sum;
  return ok;
}

GVariant *
delta_sizes_entry (const DeltaName *name, const DeltaSizes *sizes)
{
  char text[DELTA_NAME_MAX];
  delta_name_to_text (name, text);
  return g_variant_new ("{s(tt)}", text, GUINT64_TO_BE (sizes->download),
                        GUINT64_TO_BE (sizes->unpacked));
}

gboolean
delta_sizes_find (GVariant *metadata, const DeltaName *name, DeltaSizes *out)
{
  g_autoptr (GVariant)
      map = g_variant_lookup_value (metadata, DELTA_SIZES_KEY, G_VARIANT_TYPE (DELTA_SIZES_TYPE));
  char text[DELTA_NAME_MAX];
  DeltaSizes found;
  delta_name_to_text (name, text);
  if (map == NULL || !g_variant_lookup (map, text, "(tt)", &found.download, &found.unpacked))
    return FALSE;
  found.download = GUINT64_FROM_BE (found.download);
  found.unpacked = GUINT64_FROM_BE (found.unpacked);
  if (found.download > G_MAXINT64 || found.unpacked > G_MAXINT64)
    return FALSE;
  *out = found;
  return TRUE;
}
