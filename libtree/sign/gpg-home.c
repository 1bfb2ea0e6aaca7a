/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sign/gpg-home.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/remove.h"

#define KEYRING "pubring.gpg"
#define KEYRING_MAX_BYTES ((gsize)64 * 1024 * 1024)
#define ARMOR "-----BEGIN PGP"

/* Whom to trust is not for gpg to ask: who put the key there has decided. */
static const char config[] = "no-autostart\n"
                             "disable-dirmngr\n"
                             "no-auto-key-retrieve\n"
                             "no-auto-check-trustdb\n"
                             "trust-model always\n"
                             "no-random-seed-file\n";

void
gpg_home_clear (GpgHome *self)
{
  if (self->ctx != NULL)
    self->api->release (self->ctx);
  if (self->path != NULL)
    (void)dir_remove_all_at (AT_FDCWD, self->path, NULL); /* what is left is in /tmp */
  g_free (self->path);
  *self = (GpgHome){0};
}

gboolean
gpg_throw (const GpgHome *self, gpgme_error_t code, GError **error, const char *format, ...)
{
  char reason[256] = "";
  va_list args;
  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);
  (void)self->api->strerror_r (code, reason, sizeof reason);
  /* The one reason of many that people meet. */
  if (gpgme_err_code (code) == GPG_ERR_INV_ENGINE)
    return throw_error (error, TREE_ERROR_UNSUPPORTED, "%s: gpg cannot be run: install gnupg",
                        what);
  return throw_error (error, TREE_ERROR_FAILED, "%s: GPGME: %s", what, reason);
}

gboolean
gpg_home_open (GpgHome *out, const char *path, GError **error)
{
  g_auto (GpgHome) home = {.api = gpgme_load (error)};
  if (home.api == NULL)
    return FALSE;
  gpgme_error_t code = home.api->new (&home.ctx);
  if (code == GPG_ERR_NO_ERROR)
    code = home.api->ctx_set_engine_info (home.ctx, GPGME_PROTOCOL_OpenPGP, NULL, path);
  if (code != GPG_ERR_NO_ERROR)
    return gpg_throw (&home, code, error, "open the home of gpg");
  *out = home;
  home = (GpgHome){0};
  return TRUE;
}

/* @floor_s: 0 where the clock is right. */
static gboolean
write_config (int dfd, gint64 floor_s, GError **error)
{
  g_autofree char *text = floor_s > 0
                              ? g_strdup_printf ("%sfaked-system-time %" G_GINT64_FORMAT "\n",
                                                 config, floor_s)
                              : g_strdup (config);
  return file_replace_at (dfd, "gpg.conf", text, strlen (text), 0600, error);
}

static gboolean
write_home (const char *path, const GPtrArray *keyrings, gint64 floor_s, GError **error)
{
  g_autoptr (GByteArray) ring = g_byte_array_new ();
  for (guint i = 0; i < keyrings->len; i++) {
    gsize len;
    const guint8 *data = g_bytes_get_data (keyrings->pdata[i], &len);
    /* The packets of OpenPGP begin with a byte of which the first bit is set. */
    if (len > 0 && (data[0] & 0x80) != 0 && len <= G_MAXUINT - ring->len)
      g_byte_array_append (ring, data, (guint)len);
  }
  autofd int dfd = dir_open_at (AT_FDCWD, path, error);
  return dfd >= 0 && write_config (dfd, floor_s, error) &&
         file_replace_at (dfd, KEYRING, ring->data, ring->len, 0600, error);
}

static gboolean
is_armored (GBytes *keys)
{
  gsize len;
  const char *data = g_bytes_get_data (keys, &len);
  return g_strstr_len (data, (gssize)len, ARMOR) != NULL;
}

gboolean
gpg_home_make (GpgHome *out, const GPtrArray *keyrings, gint64 floor_s, GError **error)
{
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "pando-gpg.XXXXXX", NULL);
  if (g_mkdtemp (path) == NULL)
    return throw_errno (error, "create directory '%s'", path);
  g_auto (GpgHome) home = {0};
  gboolean ok = gpg_home_open (&home, path, error);
  home.path = g_steal_pointer (&path);
  home.ahead = g_get_real_time () / G_USEC_PER_SEC < floor_s;
  if (!ok || !write_home (home.path, keyrings, home.ahead ? floor_s : 0, error))
    return prefix_error (error, "make a home for gpg");
  for (guint i = 0; i < keyrings->len; i++)
    if (is_armored (keyrings->pdata[i]) &&
        !gpg_home_import (&home, keyrings->pdata[i], NULL, error))
      return FALSE;
  *out = home;
  home = (GpgHome){0};
  return TRUE;
}

gpgme_data_t
gpg_data_new (const GpgHome *self, GBytes *bytes)
{
  gpgme_data_t data = NULL;
  gsize len;
  const char *start = g_bytes_get_data (bytes, &len);
  if (self->api->data_new_from_mem (&data, start != NULL ? start : "", len, /* copy= */ 0) !=
      GPG_ERR_NO_ERROR)
    return NULL;
  return data;
}

static void
free_gpgme_memory (gpointer data)
{
  const GpgmeApi *api = gpgme_load (NULL);
  api->free (data);
}

GBytes *
gpg_data_take (const GpgHome *self, gpgme_data_t data)
{
  size_t len = 0;
  char *start = self->api->data_release_and_get_mem (data, &len);
  if (start == NULL)
    return g_bytes_new (NULL, 0);
  return g_bytes_new_with_free_func (start, len, free_gpgme_memory, start);
}

gboolean
gpg_home_import (GpgHome *self, GBytes *keys, guint *out_n, GError **error)
{
  gpgme_data_t data = gpg_data_new (self, keys);
  gpgme_error_t code = self->api->op_import (self->ctx, data);
  self->api->data_release (data);
  if (code != GPG_ERR_NO_ERROR)
    return gpg_throw (self, code, error, "Unable to import keys");
  gpgme_import_result_t result = self->api->op_import_result (self->ctx);
  if (result == NULL || result->considered == 0)
    return throw_error (error, TREE_ERROR_INVALID, "Unable to import keys: there are none");
  if (out_n != NULL)
    *out_n = (guint)MAX (result->imported, 0);
  return TRUE;
}

gboolean
gpg_home_read_keyring (const GpgHome *self, GBytes **out, GError **error)
{
  autofd int dfd = dir_open_at (AT_FDCWD, self->path, error);
  return dfd >= 0 && file_read_at (dfd, KEYRING, KEYRING_MAX_BYTES, out, error) &&
         (*out != NULL || throw_error (error, TREE_ERROR_FAILED, "gpg has removed its keyring"));
}
