/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/revoked.h"

#include <string.h>

#include "base/fd.h"
#include "base/hash.h"
#include "core/revoked-keys.h"
#include "core/summary.h"
#include "plain/layout.h"

gboolean
revoked_read (const TreeRepo *repo, GBytes **out_list, GBytes **out_signature, GError **error)
{
  g_autoptr (GBytes) list = NULL;
  g_autoptr (GBytes) signature = NULL;
  if (!file_read_at (repo->dfd, REPO_REVOKED_SIG, REVOKED_SIG_MAX_BYTES, &signature, error) ||
      !file_read_at (repo->dfd, REPO_REVOKED, REVOKED_KEYS_MAX_BYTES, &list, error))
    return FALSE;
  *out_list = g_steal_pointer (&list);
  *out_signature = g_steal_pointer (&signature);
  return TRUE;
}

/* What the key says of @list; floating. */
static GVariant *
announcement_of (GBytes *list)
{
  TreeChecksum digest = {0};
  gsize len = 0;
  if (list != NULL) {
    hash_data (g_bytes_get_data (list, NULL), g_bytes_get_size (list), &digest);
    len = sizeof digest.bytes;
  }
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, digest.bytes, len, 1);
}

void
revoked_announce (GVariant **signatures, GBytes *list)
{
  summary_sig_insert (signatures, REVOKED_ANNOUNCEMENT_KEY, announcement_of (list));
}

gboolean
revoked_is_announced (GBytes *summary_signature, GBytes *list)
{
  g_autoptr (GVariant) said = summary_sig_lookup (summary_signature, REVOKED_ANNOUNCEMENT_KEY);
  g_autoptr (GVariant) is = g_variant_ref_sink (announcement_of (list));
  return said != NULL && g_variant_equal (said, is);
}
