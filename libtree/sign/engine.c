/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sign/engine.h"

#include <openssl/crypto.h>
#include <string.h>

#include "base/error.h"

/* A new engine is one line here. */
const SignEngine *const sign_engines[] = {&sign_ed25519, &sign_spki, &sign_dummy, NULL};

const SignEngine *
sign_engine_find (const char *name, GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);
  for (const SignEngine *const *engine = sign_engines; *engine != NULL; engine++) {
    if (strcmp ((*engine)->name, name) == 0)
      return *engine;
    g_string_append_printf (known, "%s%s", known->len > 0 ? ", " : "", (*engine)->name);
  }
  return throw_null (error, TREE_ERROR_UNSUPPORTED,
                     "Requested signature type is not implemented: '%s'; there are %s", name,
                     known->str);
}

guint8 *
sign_base64_decode (const char *text, gsize *out_len, GError **error)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  gsize len = strlen (stripped);
  gsize n_padding = 0;
  while (n_padding < 2 && n_padding < len && stripped[len - 1 - n_padding] == '=')
    n_padding++;
  for (gsize i = 0; i < len - n_padding; i++)
    if (!g_ascii_isalnum (stripped[i]) && stripped[i] != '+' && stripped[i] != '/')
      return throw_null (error, TREE_ERROR_INVALID, "that is not base64");
  if (len == 0 || len % 4 != 0)
    return throw_null (error, TREE_ERROR_INVALID,
                       "that is not base64: %" G_GSIZE_FORMAT " characters", len);
  guint8 *data = g_base64_decode (stripped, out_len);
  OPENSSL_cleanse (stripped, len);
  return data;
}

typedef struct {
  guint8 *data;
  gsize len;
} Secret;

static void
secret_free (gpointer data)
{
  Secret *self = data;
  OPENSSL_cleanse (self->data, self->len);
  g_free (self->data);
  g_free (self);
}

GBytes *
sign_secret_take (guint8 *data, gsize len)
{
  Secret *self = g_new (Secret, 1);
  *self = (Secret){data, len};
  return g_bytes_new_with_free_func (data, len, secret_free, self);
}
