/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "src/show/pull-result.h"

#include <stdio.h>

void
show_pull_result (const TreePullResult *result)
{
  g_autofree char *transferred = g_format_size (result->transferred_bytes);
  g_autofree char *written = g_format_size (result->content_bytes_written);
  if (result->is_local) {
    printf ("%" G_GUINT64_FORMAT " metadata, %" G_GUINT64_FORMAT
            " content objects imported; %s content written\n",
            result->n_metadata_imported, result->n_content_imported, written);
    return;
  }
  if (result->n_delta_parts > 0)
    printf ("%u delta parts, %" G_GUINT64_FORMAT " loose fetched", result->n_delta_parts_done,
            result->n_metadata_fetched + result->n_content_fetched);
  else
    printf ("%" G_GUINT64_FORMAT " metadata, %" G_GUINT64_FORMAT " content objects fetched",
            result->n_metadata_fetched, result->n_content_fetched);
  if (result->n_metadata_imported + result->n_content_imported > 0)
    printf (" (%" G_GUINT64_FORMAT " meta, %" G_GUINT64_FORMAT " content local)",
            result->n_metadata_imported, result->n_content_imported);
  printf ("; %s transferred in %u seconds; %s content written\n", transferred,
          (guint)result->elapsed_s, written);
}

void
show_pull_estimate (const TreePullResult *result)
{
  g_autofree char *size = g_format_size (result->delta_bytes);
  g_autofree char *unpacked = g_format_size (result->delta_unpacked_bytes);
  g_autofree char *nothing = g_format_size (0);
  printf ("Delta update: 0/%u parts, %s/%s, %s total uncompressed\n", result->n_delta_parts,
          nothing, size, unpacked);
}
