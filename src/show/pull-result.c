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

static void
print_bytes (const char *what, gint64 bytes, gboolean is_guess)
{
  g_autofree char *size = g_format_size ((guint64)MAX (bytes, 0));
  if (bytes >= 0)
    printf ("%s %s%s", what, is_guess ? "about " : "", size);
  else
    printf ("%s of unknown size", what);
}

void
show_pull_choice (const TreePullEstimate *estimate)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&estimate->commit, hex);
  printf ("%s: ", estimate->ref != NULL ? estimate->ref : hex);
  if (estimate->delta != NULL) {
    print_bytes ("static delta", estimate->delta_bytes, FALSE);
    printf (", ");
  }
  if (estimate->from_empty != NULL) {
    print_bytes ("static delta from nothing", estimate->from_empty_bytes, FALSE);
    printf (", ");
  }
  print_bytes ("objects", estimate->objects_bytes, estimate->is_guess);
  if (estimate->chosen != NULL)
    printf ("; static delta %s: %s\n", estimate->chosen, estimate->why);
  else
    printf ("; objects: %s\n", estimate->why);
}
