/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/revoked-keys.h"

#include "base/error.h"

#define KEY_KEYS "keys"
#define KEY_SERIAL "serial"

static void
unref_bytes (gpointer bytes)
{
  g_bytes_unref (bytes);
}

void
revoked_keys_clear (RevokedKeys *self)
{
  g_clear_pointer (&self->keys, g_ptr_array_unref);
}

static gboolean
take_keys (GVariant *array, GPtrArray *out, GError **error)
{
  gsize n = g_variant_n_children (array);
  if (n > REVOKED_KEYS_MAX)
    return throw_error (error, TREE_ERROR_CORRUPT, "more than %d keys", REVOKED_KEYS_MAX);
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) child = g_variant_get_child_value (array, i);
    if (g_variant_get_size (child) != REVOKED_KEY_LEN)
      return throw_error (error, TREE_ERROR_CORRUPT,
                          "key %" G_GSIZE_FORMAT " has %" G_GSIZE_FORMAT " bytes, not %d", i + 1,
                          g_variant_get_size (child), REVOKED_KEY_LEN);
    g_ptr_array_add (out, g_bytes_new (g_variant_get_data (child), REVOKED_KEY_LEN));
  }
  return TRUE;
}

gboolean
revoked_keys_parse (GBytes *bytes, RevokedKeys *out, GError **error)
{
  g_auto (RevokedKeys) self = {.keys = g_ptr_array_new_with_free_func (unref_bytes)};
  g_autoptr (GVariant)
      dict = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, FALSE));
  if (!g_variant_is_normal_form (dict))
    return throw_error (error, TREE_ERROR_CORRUPT, "list of revoked keys: not a valid variant");
  g_autoptr (GVariant) keys = g_variant_lookup_value (dict, KEY_KEYS, G_VARIANT_TYPE ("aay"));
  if (keys == NULL || !g_variant_lookup (dict, KEY_SERIAL, "t", &self.serial))
    return throw_error (error, TREE_ERROR_CORRUPT, "list of revoked keys: it has no '%s'",
                        keys == NULL ? KEY_KEYS : KEY_SERIAL);
  self.serial = GUINT64_FROM_LE (self.serial);
  if (self.serial == 0)
    return throw_error (error, TREE_ERROR_CORRUPT, "list of revoked keys: its serial is 0");
  if (!take_keys (keys, self.keys, error))
    return prefix_error (error, "list of revoked keys");
  *out = self;
  self = (RevokedKeys){0};
  return TRUE;
}

GBytes *
revoked_keys_build (const RevokedKeys *self)
{
  g_auto (GVariantBuilder) keys = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aay"));
  g_auto (GVariantBuilder) dict = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < self->keys->len; i++)
    g_variant_builder_add_value (
        &keys, g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, self->keys->pdata[i], TRUE));
  g_variant_builder_add (&dict, "{sv}", KEY_KEYS, g_variant_builder_end (&keys));
  g_variant_builder_add (&dict, "{sv}", KEY_SERIAL,
                         g_variant_new_uint64 (GUINT64_TO_LE (self->serial)));
  g_autoptr (GVariant) variant = g_variant_ref_sink (g_variant_builder_end (&dict));
  return g_variant_get_data_as_bytes (variant);
}
