/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/delta-sizes.h"
#include "core/summary.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, len);
  g_auto (Summary) summary = {0};
  g_autoptr (GError) error = NULL;
  if (!summary_parse (bytes, &summary, &error)) {
    g_assert_nonnull (error);
    return 0;
  }
  guint n = summary_n_refs (summary.refs);
  for (guint i = 0; i < n; i++) {
    SummaryRef ref, found;
    summary_ref (summary.refs, i, &ref);
    g_assert_nonnull (ref.name);
    g_assert_true (summary_find (summary.refs, ref.name, &found));
    g_assert_cmpstr (found.name, ==, ref.name);
  }
  g_autoptr (GVariant) collection = summary_collection (&summary, "org.example.Os");
  if (collection != NULL)
    (void)summary_n_refs (collection);
  const DeltaName name = {.to = {{0x11}}};
  DeltaSizes sizes;
  if (delta_sizes_find (summary.metadata, &name, &sizes))
    g_assert_cmpuint (sizes.download, <=, G_MAXINT64);
  g_autofree char *text = g_variant_print (summary.metadata, TRUE);
  g_assert_nonnull (text);
  return 0;
}
