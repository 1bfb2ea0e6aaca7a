/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/summary.h"

#include <string.h>

#include "base/error.h"
#include "core/checksum.h"
#include "core/refspec.h"

/* Names become paths and are searched by halves: all of them must be refs, in order, once. */
static gboolean
check_refs (GVariant *refs, GError **error)
{
  const char *previous = NULL;
  gsize n = g_variant_n_children (refs);
  for (gsize i = 0; i < n; i++) {
    const char *name;
    g_autoptr (GVariant) checksum = NULL;
    TreeChecksum parsed;
    g_variant_get_child (refs, i, "(&s(t@ay@a{sv}))", &name, NULL, &checksum, NULL);
    if (!refspec_check_ref (name, error))
      return FALSE;
    if (!checksum_from_variant (checksum, &parsed))
      return throw_error (error, TREE_ERROR_CORRUPT, "ref '%s' has no checksum", name);
    if (previous != NULL && strcmp (previous, name) >= 0)
      return throw_error (error, TREE_ERROR_CORRUPT, "refs '%s' and '%s' are out of order",
                          previous, name);
    previous = name;
  }
  return TRUE;
}

static gboolean
check_collections (GVariant *metadata, GError **error)
{
  g_autoptr (GVariant) map = g_variant_lookup_value (metadata, SUMMARY_KEY_COLLECTION_MAP,
                                                     G_VARIANT_TYPE ("a{s" SUMMARY_REFS_TYPE "}"));
  gsize n = map != NULL ? g_variant_n_children (map) : 0;
  for (gsize i = 0; i < n; i++) {
    const char *collection;
    g_autoptr (GVariant) refs = NULL;
    g_variant_get_child (map, i, "{&s@" SUMMARY_REFS_TYPE "}", &collection, &refs);
    if (!refspec_check_collection (collection, error) || !check_refs (refs, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
summary_parse (GBytes *bytes, Summary *out, GError **error)
{
  if (g_bytes_get_size (bytes) > SUMMARY_MAX_BYTES)
    return throw_error (error, TREE_ERROR_CORRUPT,
                        "summary of %" G_GSIZE_FORMAT " bytes: too large",
                        g_bytes_get_size (bytes));
  g_auto (Summary) self = {0};
  self.variant = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE (SUMMARY_TYPE), bytes, FALSE));
  if (!g_variant_is_normal_form (self.variant))
    return throw_error (error, TREE_ERROR_CORRUPT, "summary is not a valid variant");
  g_variant_get (self.variant, "(@" SUMMARY_REFS_TYPE "@a{sv})", &self.refs, &self.metadata);
  if (!check_refs (self.refs, error) || !check_collections (self.metadata, error))
    return prefix_error (error, "summary");
  *out = self;
  self = (Summary){0};
  return TRUE;
}

void
summary_clear (Summary *self)
{
  g_clear_pointer (&self->variant, g_variant_unref);
  g_clear_pointer (&self->refs, g_variant_unref);
  g_clear_pointer (&self->metadata, g_variant_unref);
}

guint
summary_n_refs (GVariant *refs)
{
  return (guint)g_variant_n_children (refs);
}

void
summary_ref (GVariant *refs, guint i, SummaryRef *out)
{
  SummaryRef ref = {0};
  guint64 size;
  g_autoptr (GVariant) checksum = NULL;
  g_autoptr (GVariant) metadata = NULL;
  g_variant_get_child (refs, i, "(&s(t@ay@a{sv}))", &ref.name, &size, &checksum, &metadata);
  ref.commit_size = GUINT64_FROM_LE (size);
  (void)checksum_from_variant (checksum, &ref.checksum); /* summary_parse() looked */
  guint64 timestamp;
  if (g_variant_lookup (metadata, SUMMARY_KEY_COMMIT_TIMESTAMP, "t", &timestamp))
    ref.timestamp = GUINT64_FROM_BE (timestamp);
  (void)g_variant_lookup (metadata, SUMMARY_KEY_COMMIT_VERSION, "&s", &ref.version);
  *out = ref;
}

gboolean
summary_find (GVariant *refs, const char *name, SummaryRef *out)
{
  guint low = 0;
  guint high = summary_n_refs (refs);
  while (low < high) {
    guint middle = low + (high - low) / 2;
    const char *found;
    g_variant_get_child (refs, middle, "(&s(t@ay@a{sv}))", &found, NULL, NULL, NULL);
    int order = strcmp (name, found);
    if (order == 0) {
      summary_ref (refs, middle, out);
      return TRUE;
    }
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return FALSE;
}

GVariant *
summary_collection (const Summary *self, const char *collection)
{
  const char *own = NULL;
  if (g_variant_lookup (self->metadata, SUMMARY_KEY_COLLECTION_ID, "&s", &own) &&
      strcmp (own, collection) == 0)
    return g_variant_ref (self->refs);
  g_autoptr (GVariant) map = g_variant_lookup_value (self->metadata, SUMMARY_KEY_COLLECTION_MAP,
                                                     G_VARIANT_TYPE ("a{s" SUMMARY_REFS_TYPE "}"));
  return map != NULL ? g_variant_lookup_value (map, collection, G_VARIANT_TYPE (SUMMARY_REFS_TYPE))
                     : NULL;
}

GVariant *
summary_build_refs (const SummaryRef *refs, guint n)
{
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE (SUMMARY_REFS_TYPE));
  for (guint i = 0; i < n; i++) {
    const SummaryRef *ref = &refs[i];
    GVariantBuilder metadata;
    g_variant_builder_init (&metadata, G_VARIANT_TYPE_VARDICT);
    if (ref->version != NULL)
      g_variant_builder_add (&metadata, "{sv}", SUMMARY_KEY_COMMIT_VERSION,
                             g_variant_new_string (ref->version));
    g_variant_builder_add (&metadata, "{sv}", SUMMARY_KEY_COMMIT_TIMESTAMP,
                           g_variant_new_uint64 (GUINT64_TO_BE (ref->timestamp)));
    g_variant_builder_add (&builder, "(s(t@aya{sv}))", ref->name, GUINT64_TO_LE (ref->commit_size),
                           checksum_to_variant (&ref->checksum), &metadata);
  }
  return g_variant_builder_end (&builder);
}

GBytes *
summary_build (GVariant *refs, GVariant *metadata)
{
  g_autoptr (GVariant) variant = g_variant_ref_sink (
      g_variant_new ("(@" SUMMARY_REFS_TYPE "@a{sv})", refs, metadata));
  return g_variant_get_data_as_bytes (variant);
}

GVariant *
summary_sig_lookup (GBytes *signature, const char *key)
{
  if (signature == NULL)
    return NULL;
  g_autoptr (GVariant) dict = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, signature, FALSE));
  return g_variant_lookup_value (dict, key, G_VARIANT_TYPE_BYTESTRING);
}

void
summary_sig_insert (GVariant **signatures, const char *key, GVariant *value)
{
  g_autoptr (GVariant) old = *signatures;
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (old);
  g_variant_dict_insert_value (&dict, key, value);
  *signatures = g_variant_ref_sink (g_variant_dict_end (&dict));
}
