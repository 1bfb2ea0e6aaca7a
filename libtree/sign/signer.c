/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sign/signer.h"

#include "base/error.h"
#include "base/fd.h"
#include "sign/judge.h"

gboolean
tree_sign_check_type (const char *type, GError **error)
{
  return sign_engine_find (type, error) != NULL;
}

struct TreeSigner {
  const SignEngine *engine;
  GPtrArray *secrets; /* owned GBytes */
};

void
tree_signer_free (TreeSigner *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->secrets, g_ptr_array_unref);
  g_free (self);
}

static void
unref_bytes (gpointer bytes)
{
  g_bytes_unref (bytes);
}

static TreeSigner *
new_for_type (const char *type, GError **error)
{
  const SignEngine *engine = sign_engine_find (type, error);
  if (engine == NULL || !engine->check_enabled (error))
    return NULL;
  TreeSigner *self = g_new0 (TreeSigner, 1);
  self->engine = engine;
  return self;
}

TreeSigner *
tree_signer_new (const char *type, const char *secret, GError **error)
{
  g_autoptr (TreeSigner) self = new_for_type (type, error);
  GBytes *bytes = self != NULL ? self->engine->parse_secret (secret, error) : NULL;
  if (bytes == NULL)
    return NULL;
  self->secrets = g_ptr_array_new_with_free_func (unref_bytes);
  g_ptr_array_add (self->secrets, bytes);
  return g_steal_pointer (&self);
}

TreeSigner *
tree_signer_new_from_fd (const char *type, int fd, GError **error)
{
  g_autoptr (TreeSigner) self = new_for_type (type, error);
  if (self == NULL)
    return NULL;
  self->secrets = sign_secrets_read (self->engine, fd, error);
  return self->secrets != NULL ? g_steal_pointer (&self) : NULL;
}

static gboolean
equal_bytes (gconstpointer a, gconstpointer b)
{
  return g_bytes_equal (a, b);
}

static gboolean
add_signatures (const TreeSigner *self, GBytes *data, GVariant **dict, GError **error)
{
  const char *key = self->engine->metadata_key;
  g_autoptr (GPtrArray) signatures = sign_dict_get (*dict, key);
  for (guint i = 0; i < self->secrets->len; i++) {
    g_autoptr (GBytes) signature = self->engine->sign (self->secrets->pdata[i], data, error);
    if (signature == NULL)
      return prefix_error (error, "sign by %s", self->engine->name);
    /* Where a key signs the same bytes the same way, signing again changes nothing. */
    if (!g_ptr_array_find_with_equal_func (signatures, signature, equal_bytes, NULL))
      g_ptr_array_add (signatures, g_steal_pointer (&signature));
  }
  GVariant *longer = sign_dict_set (*dict, key, signatures);
  g_clear_pointer (dict, g_variant_unref);
  *dict = longer;
  return TRUE;
}

gboolean
signers_sign (const GPtrArray *signers, GBytes *data, GVariant **dict, GError **error)
{
  for (guint i = 0; i < signers->len; i++)
    if (!add_signatures (signers->pdata[i], data, dict, error))
      return FALSE;
  return TRUE;
}
