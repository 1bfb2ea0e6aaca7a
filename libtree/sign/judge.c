/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sign/judge.h"

#include <string.h>

/* Each costs a check by each key, and the server chooses how many there are. */
#define MAX_SIGNATURES 64
/* More keys than this are counted in a message, not named. */
#define MAX_NAMED 3

static void
unref_bytes (gpointer bytes)
{
  g_bytes_unref (bytes);
}

GVariant *
sign_dict_parse (GBytes *bytes)
{
  if (bytes == NULL || g_bytes_get_size (bytes) == 0)
    return NULL;
  g_autoptr (GVariant)
      dict = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, FALSE));
  return g_variant_is_normal_form (dict) ? g_steal_pointer (&dict) : NULL;
}

GPtrArray *
sign_dict_get (GVariant *dict, const char *key)
{
  GPtrArray *signatures = g_ptr_array_new_with_free_func (unref_bytes);
  g_autoptr (GVariant)
      array = dict != NULL ? g_variant_lookup_value (dict, key, G_VARIANT_TYPE ("aay")) : NULL;
  gsize n = array != NULL ? g_variant_n_children (array) : 0;
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) child = g_variant_get_child_value (array, i);
    g_ptr_array_add (signatures, g_variant_get_data_as_bytes (child));
  }
  return signatures;
}

static GVariant *
build_array (const GPtrArray *signatures)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aay"));
  for (guint i = 0; i < signatures->len; i++)
    g_variant_builder_add_value (
        &builder, g_variant_new_from_bytes (G_VARIANT_TYPE ("ay"), signatures->pdata[i], TRUE));
  return g_variant_builder_end (&builder);
}

GVariant *
sign_dict_set (GVariant *dict, const char *key, const GPtrArray *signatures)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  gsize n = dict != NULL ? g_variant_n_children (dict) : 0;
  for (gsize i = 0; i < n; i++) {
    const char *name;
    g_autoptr (GVariant) value = NULL;
    g_variant_get_child (dict, i, "{&sv}", &name, &value);
    if (strcmp (name, key) != 0)
      g_variant_builder_add (&builder, "{sv}", name, value);
  }
  if (signatures->len > 0)
    g_variant_builder_add (&builder, "{sv}", key, build_array (signatures));
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* ---- The verdict ---- */

/* How people know a key: the bytes of a short one, else its fingerprint. */
static char *
key_name (GBytes *key)
{
  gsize len;
  const guint8 *data = g_bytes_get_data (key, &len);
  if (len > 32)
    return g_compute_checksum_for_data (G_CHECKSUM_SHA256, data, len);
  g_autoptr (GString) hex = g_string_new (NULL);
  for (gsize i = 0; i < len; i++)
    g_string_append_printf (hex, "%02x", data[i]);
  return g_strdup (hex->str);
}

static gboolean
signed_by (const SignKeys *keys, GBytes *key, GBytes *data, const GPtrArray *signatures)
{
  for (guint i = 0; i < signatures->len; i++)
    if (keys->engine->verify (key, data, signatures->pdata[i]))
      return TRUE;
  return FALSE;
}

static char *
describe_bad (const SignKeys *keys)
{
  const char *engine = keys->engine->name;
  if (keys->trusted->len > MAX_NAMED)
    return g_strdup_printf ("%s: Signature couldn't be verified; tried %u keys", engine,
                            keys->trusted->len);
  g_autoptr (GString) names = g_string_new (NULL);
  for (guint i = 0; i < keys->trusted->len; i++) {
    GBytes *key = keys->trusted->pdata[i];
    g_autofree char *name = key_name (key);
    g_string_append_printf (names, "%skey '%s'%s", i > 0 ? "; " : "", name,
                            sign_keys_is_revoked (keys, key) ? ", which is revoked" : "");
  }
  return g_strdup_printf ("%s: Signature couldn't be verified with: %s", engine, names->str);
}

SignVerdict
sign_judge (const SignKeys *keys, GBytes *data, GVariant *dict, char **out_text)
{
  const SignEngine *engine = keys->engine;
  g_autoptr (GPtrArray) signatures = sign_dict_get (dict, engine->metadata_key);
  if (signatures->len == 0) {
    *out_text = g_strdup_printf ("%s: No signatures found", engine->name);
    return SIGN_NONE;
  }
  if (signatures->len > MAX_SIGNATURES) {
    *out_text = g_strdup_printf ("%s: %u signatures are more than anybody needs", engine->name,
                                 signatures->len);
    return SIGN_BAD;
  }
  for (guint i = 0; i < keys->trusted->len; i++) {
    GBytes *key = keys->trusted->pdata[i];
    if (sign_keys_is_revoked (keys, key) || !signed_by (keys, key, data, signatures))
      continue;
    g_autofree char *name = key_name (key);
    *out_text = g_strdup_printf ("%s: Signature verified successfully with key '%s'", engine->name,
                                 name);
    return SIGN_GOOD;
  }
  if (!sign_keys_any (keys)) {
    *out_text = g_strdup_printf ("%s: No valid signatures found: there is no key that is trusted%s",
                                 engine->name, keys->trusted->len > 0 ? " and not revoked" : "");
    return SIGN_NO_KEY;
  }
  *out_text = describe_bad (keys);
  return SIGN_BAD;
}
