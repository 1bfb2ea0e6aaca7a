/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/commit.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "core/checksum.h"

gboolean
commit_parse (GBytes *bytes, Commit *out, GError **error)
{
  g_autoptr (GVariant) variant = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE (COMMIT_TYPE), bytes, FALSE));
  if (!g_variant_is_normal_form (variant))
    return throw_error (error, TREE_ERROR_CORRUPT, "not a valid commit variant");
  Commit self = {0};
  g_autoptr (GVariant) metadata = NULL;
  g_autoptr (GVariant) parent = NULL;
  g_autoptr (GVariant) root = NULL;
  g_autoptr (GVariant) root_meta = NULL;
  guint64 timestamp;
  g_variant_get (variant, "(@a{sv}@ay@a(say)&s&st@ay@ay)", &metadata, &parent, NULL, &self.subject,
                 &self.body, &timestamp, &root, &root_meta);
  self.timestamp = GUINT64_FROM_BE (timestamp);
  self.has_parent = g_variant_n_children (parent) > 0;
  if (self.has_parent && !checksum_from_variant (parent, &self.parent))
    return throw_error (error, TREE_ERROR_CORRUPT, "the parent in the commit is not a checksum");
  if (!checksum_from_variant (root, &self.root) ||
      !checksum_from_variant (root_meta, &self.root_meta))
    return throw_error (error, TREE_ERROR_CORRUPT, "the root in the commit is not a checksum");
  self.variant = g_steal_pointer (&variant);
  self.metadata = g_steal_pointer (&metadata);
  *out = self;
  return TRUE;
}

void
commit_clear (Commit *self)
{
  g_clear_pointer (&self->metadata, g_variant_unref);
  g_clear_pointer (&self->variant, g_variant_unref);
}

GBytes *
commit_build (GVariant *metadata, const TreeChecksum *parent, const char *subject, const char *body,
              guint64 timestamp, const TreeChecksum *root, const TreeChecksum *root_meta)
{
  if (metadata == NULL)
    metadata = g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0);
  GVariant *parent_bytes = parent != NULL ? checksum_to_variant (parent)
                                          : g_variant_new_array (G_VARIANT_TYPE_BYTE, NULL, 0);
  g_autoptr (GVariant) variant = g_variant_ref_sink (g_variant_new (
      "(@a{sv}@ay@a(say)sst@ay@ay)", metadata, parent_bytes,
      g_variant_new_array (G_VARIANT_TYPE ("(say)"), NULL, 0), subject, body,
      GUINT64_TO_BE (timestamp), checksum_to_variant (root), checksum_to_variant (root_meta)));
  return g_variant_get_data_as_bytes (variant);
}

void
commit_content_checksum (const Commit *self, TreeChecksum *out)
{
  guint8 both[2 * sizeof (TreeChecksum)];
  memcpy (both, self->root.bytes, sizeof self->root.bytes);
  memcpy (both + sizeof self->root.bytes, self->root_meta.bytes, sizeof self->root_meta.bytes);
  hash_data (both, sizeof both, out);
}

GBytes *
commit_build_tombstone (const TreeChecksum *commit)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (commit, hex);
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "commit", g_variant_new_bytestring (hex));
  g_autoptr (GVariant) variant = g_variant_ref_sink (g_variant_builder_end (&builder));
  return g_variant_get_data_as_bytes (variant);
}
