/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sign/signer.h"

#include "base/error.h"
#include "base/fd.h"
#include "sign/command.h"
#include "sign/gpg.h"
#include "sign/judge.h"

gboolean
tree_sign_check_type (const char *type, GError **error)
{
  return sign_engine_find (type, error) != NULL;
}

struct TreeSigner {
  const SignEngine *engine; /* NULL: OpenPGP */
  GPtrArray *secrets;       /* owned GBytes; or: */
  char *command;            /* or: */
  char *gpg_key;
  char *gpg_home; /* NULL: the user's */
};

void
tree_signer_free (TreeSigner *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->secrets, g_ptr_array_unref);
  g_free (self->command);
  g_free (self->gpg_key);
  g_free (self->gpg_home);
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

TreeSigner *
tree_signer_new_command (const char *type, const char *command, GError **error)
{
  TreeSigner *self = new_for_type (type, error);
  if (self != NULL)
    self->command = g_strdup (command);
  return self;
}

TreeSigner *
tree_signer_new_gpg (const char *key_id, const char *home, GError **error)
{
  g_auto (GStrv) key = gpg_find_key (key_id, home, /* secret= */ TRUE, error);
  if (key == NULL)
    return NULL;
  TreeSigner *self = g_new0 (TreeSigner, 1);
  self->gpg_key = g_strdup (key_id);
  self->gpg_home = g_strdup (home);
  return self;
}

static gboolean
equal_bytes (gconstpointer a, gconstpointer b)
{
  return g_bytes_equal (a, b);
}

/* Where a key signs the same bytes the same way, signing again changes nothing. */
static void
add_new (GPtrArray *signatures, GBytes *signature)
{
  if (!g_ptr_array_find_with_equal_func (signatures, signature, equal_bytes, NULL))
    g_ptr_array_add (signatures, g_bytes_ref (signature));
}

static gboolean
has_any_by (const SignEngine *engine, GBytes *secret, GBytes *data, const GPtrArray *signatures)
{
  for (guint i = 0; engine->is_by != NULL && i < signatures->len; i++)
    if (engine->is_by (secret, data, signatures->pdata[i]))
      return TRUE;
  return FALSE;
}

static gboolean
add_raw (const TreeSigner *self, GBytes *data, GPtrArray *signatures, GError **error)
{
  for (guint i = 0; i < self->secrets->len; i++) {
    GBytes *secret = self->secrets->pdata[i];
    if (has_any_by (self->engine, secret, data, signatures))
      continue;
    g_autoptr (GBytes) signature = self->engine->sign (secret, data, error);
    if (signature == NULL)
      return prefix_error (error, "sign by %s", self->engine->name);
    add_new (signatures, signature);
  }
  return TRUE;
}

static gboolean
add_by_command (const TreeSigner *self, GBytes *data, GPtrArray *signatures, GError **error)
{
  g_autoptr (GBytes) signature = command_sign (self->command, data, error);
  gsize want = self->engine->signature_len;
  if (signature == NULL)
    return FALSE;
  if (want != 0 && g_bytes_get_size (signature) != want)
    return throw_error (error, TREE_ERROR_FAILED,
                        "sign by '%s': a signature of %s has %" G_GSIZE_FORMAT
                        " bytes, and it wrote %" G_GSIZE_FORMAT,
                        self->command, self->engine->name, want, g_bytes_get_size (signature));
  add_new (signatures, signature);
  return TRUE;
}

/* An OpenPGP signature is another one each time, so that the second by one key is a mistake. */
static gboolean
add_gpg (const TreeSigner *self, GBytes *data, GPtrArray *signatures, GError **error)
{
  g_auto (GStrv) key = gpg_find_key (self->gpg_key, self->gpg_home, /* secret= */ TRUE, error);
  if (key == NULL)
    return FALSE;
  for (guint i = 0; i < signatures->len; i++) {
    gboolean same = FALSE;
    if (!gpg_is_by (data, signatures->pdata[i], (const char *const *)key, &same, error))
      return FALSE;
    if (same)
      return throw_error (error, TREE_ERROR_EXISTS, "Commit is already signed with GPG key %s",
                          self->gpg_key);
  }
  GBytes *signature = gpg_sign (self->gpg_key, self->gpg_home, data, error);
  if (signature == NULL)
    return FALSE;
  g_ptr_array_add (signatures, signature);
  return TRUE;
}

static gboolean
add_signatures (const TreeSigner *self, GBytes *data, GVariant **dict, GError **error)
{
  const char *key = self->engine != NULL ? self->engine->metadata_key : GPG_METADATA_KEY;
  g_autoptr (GPtrArray) signatures = sign_dict_get (*dict, key);
  if (!(self->engine == NULL    ? add_gpg (self, data, signatures, error)
        : self->command != NULL ? add_by_command (self, data, signatures, error)
                                : add_raw (self, data, signatures, error)))
    return FALSE;
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

gboolean
signers_sign_missing (const GPtrArray *signers, GBytes *data, GVariant **dict, GError **error)
{
  for (guint i = 0; i < signers->len; i++) {
    g_autoptr (GError) local = NULL;
    if (add_signatures (signers->pdata[i], data, dict, &local) ||
        g_error_matches (local, TREE_ERROR, TREE_ERROR_EXISTS))
      continue;
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  return TRUE;
}
