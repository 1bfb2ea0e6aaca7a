/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sign/gpg.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "sign/gpg-home.h"

#define MAX_SIGNATURES 64
#define KEY_ID_LEN 16

struct GpgVerifier {
  GpgHome home;
};

GpgVerifier *
gpg_verifier_new (const GPtrArray *keyrings, gint64 floor_s, GError **error)
{
  g_autoptr (GpgVerifier) self = g_new0 (GpgVerifier, 1);
  return gpg_home_make (&self->home, keyrings, floor_s, error) ? g_steal_pointer (&self) : NULL;
}

void
gpg_verifier_free (GpgVerifier *self)
{
  if (self == NULL)
    return;
  gpg_home_clear (&self->home);
  g_free (self);
}

void
gpg_signature_free (gpointer data)
{
  GpgSignature *self = data;
  if (self == NULL)
    return;
  g_free (self->fingerprint);
  g_free (self->primary);
  g_free (self->user);
  g_free (self);
}

/* ---- From gpgme's words ---- */

static char *
user_of (gpgme_key_t key)
{
  const gpgme_user_id_t user = key->uids;
  return g_strdup_printf ("%s <%s>", user != NULL && user->name != NULL ? user->name : "",
                          user != NULL && user->email != NULL ? user->email : "");
}

static gboolean
has_passed (gint64 expires)
{
  return expires > 0 && expires <= g_get_real_time () / G_USEC_PER_SEC;
}

/* Where gpg goes by a later time than the clock's, nothing has expired but by the clock. */
static gboolean
is_usable (gpgme_subkey_t key, gboolean ahead)
{
  gboolean expired = ahead ? has_passed (key->expires) : key->expired;
  return !key->revoked && !expired && !key->disabled && !key->invalid;
}

/* What the key says that made the signature, and the primary key that vouches for it: gpg calls a
 * signature good whose primary key has expired. */
static gboolean
add_key (GpgSignature *self, gpgme_key_t key, gboolean ahead)
{
  gpgme_subkey_t primary = key->subkeys;
  if (primary == NULL)
    return FALSE;
  gboolean usable = is_usable (primary, ahead);
  self->primary = g_strdup (primary->fpr);
  self->user = user_of (key);
  self->primary_expires = primary->expires;
  self->key_revoked = primary->revoked;
  for (gpgme_subkey_t sub = primary; sub != NULL; sub = sub->next) {
    if (sub->fpr == NULL || !g_str_has_suffix (sub->fpr, self->fingerprint))
      continue;
    self->key_expires = sub->expires;
    self->key_revoked = self->key_revoked || sub->revoked;
    return usable && is_usable (sub, ahead);
  }
  return FALSE;
}

/* What gpg says of a signature whose bytes are right: expired ones among them, where that is not
 * for gpg to say. */
static gboolean
is_right (const gpgme_signature_t signature, gboolean ahead)
{
  const unsigned expired = GPGME_SIGSUM_KEY_EXPIRED | GPGME_SIGSUM_SIG_EXPIRED;
  const unsigned bad = GPGME_SIGSUM_RED | GPGME_SIGSUM_KEY_REVOKED | GPGME_SIGSUM_KEY_MISSING |
                       GPGME_SIGSUM_SYS_ERROR | (ahead ? 0 : expired);
  gpgme_err_code_t status = gpgme_err_code (signature->status);
  gboolean good = status == GPG_ERR_NO_ERROR ||
                  (ahead && (status == GPG_ERR_SIG_EXPIRED || status == GPG_ERR_KEY_EXPIRED));
  return good && signature->wrong_key_usage == 0 && ((unsigned)signature->summary & bad) == 0;
}

static GpgSignature *
convert (const GpgHome *home, const gpgme_signature_t signature)
{
  GpgSignature *self = g_new0 (GpgSignature, 1);
  const char *method = home->api->pubkey_algo_name (signature->pubkey_algo);
  self->fingerprint = g_strdup (signature->fpr != NULL ? signature->fpr : "");
  self->method = method != NULL ? method : "unknown";
  self->created = (gint64)signature->timestamp;
  self->expires = (gint64)signature->exp_timestamp;
  self->has_expired = has_passed (self->expires) ||
                      (!home->ahead && gpgme_err_code (signature->status) == GPG_ERR_SIG_EXPIRED);
  gpgme_key_t key = NULL;
  if (*self->fingerprint == '\0' || home->api->get_key (home->ctx, self->fingerprint, &key,
                                                        /* secret= */ 0) != GPG_ERR_NO_ERROR) {
    self->key_missing = TRUE;
    return self;
  }
  gboolean usable = add_key (self, key, home->ahead);
  home->api->key_unref (key);
  self->is_good = usable && !self->has_expired && is_right (signature, home->ahead);
  return self;
}

/* ---- Verifying ---- */

static GBytes *
join (const GPtrArray *signatures)
{
  g_autoptr (GByteArray) all = g_byte_array_new ();
  for (guint i = 0; i < signatures->len; i++) {
    gsize len;
    const guint8 *data = g_bytes_get_data (signatures->pdata[i], &len);
    if (len > 0 && len <= G_MAXUINT - all->len)
      g_byte_array_append (all, data, (guint)len);
  }
  return g_byte_array_free_to_bytes (g_steal_pointer (&all));
}

static gboolean
run_gpg (const GpgHome *home, GBytes *data, GBytes *signatures, GError **error)
{
  gpgme_data_t signed_data = gpg_data_new (home, data);
  gpgme_data_t signature_data = gpg_data_new (home, signatures);
  gpgme_error_t code = home->api->op_verify (home->ctx, signature_data, signed_data, NULL);
  home->api->data_release (signed_data);
  home->api->data_release (signature_data);
  return code == GPG_ERR_NO_ERROR ||
         gpg_throw (home, code, error, "Unable to complete signature verification");
}

/* Adds what gpg says of one file of signatures. */
static gboolean
verify_file (const GpgHome *home, GBytes *data, GBytes *file, GPtrArray *out, GError **error)
{
  if (!run_gpg (home, data, file, error))
    return FALSE;
  gpgme_verify_result_t result = home->api->op_verify_result (home->ctx);
  for (gpgme_signature_t at = result != NULL ? result->signatures : NULL; at != NULL; at = at->next)
    g_ptr_array_add (out, convert (home, at));
  return TRUE;
}

static gboolean
any_good (const GPtrArray *found)
{
  for (guint i = 0; i < found->len; i++)
    if (((const GpgSignature *)found->pdata[i])->is_good)
      return TRUE;
  return FALSE;
}

/* gpg reads several signatures in one file no further than to one that is wrong, and one that is
 * good may stand behind it. */
static gboolean
verify_each (const GpgHome *home, GBytes *data, const GPtrArray *signatures, GPtrArray **found)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (gpg_signature_free);
  for (guint i = 0; i < signatures->len; i++)
    (void)verify_file (home, data, signatures->pdata[i], all, NULL);
  if (!any_good (all))
    return FALSE;
  g_ptr_array_unref (*found);
  *found = g_steal_pointer (&all);
  return TRUE;
}

gboolean
gpg_verify (GpgVerifier *self, GBytes *data, const GPtrArray *signatures, GPtrArray **out,
            GError **error)
{
  const GpgHome *home = &self->home;
  g_autoptr (GError) local = NULL;
  if (signatures->len > MAX_SIGNATURES)
    return throw_error (error, TREE_ERROR_SIGNATURE, "%u signatures are more than anybody needs",
                        signatures->len);
  g_autoptr (GBytes) all = join (signatures);
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (gpg_signature_free);
  gboolean read = verify_file (home, data, all, found, &local);
  if (!any_good (found) && signatures->len > 1 && verify_each (home, data, signatures, &found))
    read = TRUE;
  if (!read) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  *out = g_steal_pointer (&found);
  return TRUE;
}

static gboolean
is_one_of (const char *fingerprint, const char *const *keys)
{
  for (; *keys != NULL; keys++) {
    gsize have = strlen (fingerprint);
    gsize want = strlen (*keys);
    gsize len = MIN (have, want);
    /* The shorter one is the end of the other. */
    if (len >= 8 && g_ascii_strcasecmp (fingerprint + have - len, *keys + want - len) == 0)
      return TRUE;
  }
  return FALSE;
}

gboolean
gpg_is_by (GBytes *data, GBytes *signature, const char *const *keys, gboolean *out, GError **error)
{
  g_autoptr (GPtrArray) none = gpg_keyrings_new ();
  g_autoptr (GPtrArray) one = gpg_keyrings_new ();
  g_autoptr (GPtrArray) found = NULL;
  g_ptr_array_add (one, g_bytes_ref (signature));
  g_autoptr (GpgVerifier) verifier = gpg_verifier_new (none, /* floor_s= */ 0, error);
  if (verifier == NULL || !gpg_verify (verifier, data, one, &found, error))
    return FALSE;
  *out = FALSE;
  for (guint i = 0; i < found->len; i++)
    *out = *out || is_one_of (((const GpgSignature *)found->pdata[i])->fingerprint, keys);
  return TRUE;
}

/* ---- Words ---- */

static void add_line (GString *text, const char *indent, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static void
add_line (GString *text, const char *indent, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  if (text->len > 0)
    g_string_append_c (text, '\n');
  g_string_append (text, indent);
  g_string_append_vprintf (text, format, args);
  va_end (args);
}

static void
format_date (gint64 when, char out[64])
{
  time_t seconds = (time_t)when;
  struct tm tm;
  if (localtime_r (&seconds, &tm) == NULL || strftime (out, 64, "%a %b %e %H:%M:%S %Y", &tm) == 0)
    g_snprintf (out, 64, "%" G_GINT64_FORMAT, when);
}

static void
add_expiry (GString *text, const char *indent, const char *what, gint64 expires)
{
  char date[64];
  if (expires <= 0)
    return;
  format_date (expires, date);
  add_line (text, indent, "%s %s %s", what, has_passed (expires) ? "expired" : "expires", date);
}

static const char *
key_id (const char *fingerprint)
{
  gsize len = strlen (fingerprint);
  return fingerprint + (len > KEY_ID_LEN ? len - KEY_ID_LEN : 0);
}

char *
gpg_signature_describe (const GpgSignature *self, const char *indent)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char date[64];
  format_date (self->created, date);
  add_line (text, indent, "Signature made %s using %s key ID %s", date, self->method,
            key_id (self->fingerprint));
  if (self->key_missing) {
    add_line (text, indent, "Can't check signature: public key not found");
    return g_strdup (text->str);
  }
  add_line (text, indent, "%s signature from \"%s\"",
            self->is_good       ? "Good"
            : self->has_expired ? "Expired"
                                : "BAD",
            self->user != NULL ? self->user : "");
  if (self->primary != NULL && strcmp (self->primary, self->fingerprint) != 0)
    add_line (text, indent, "Primary key ID %s", key_id (self->primary));
  if (self->key_revoked)
    add_line (text, indent, "Key revoked");
  add_expiry (text, indent, "Signature", self->expires);
  add_expiry (text, indent, "Key", self->key_expires);
  if (self->primary != NULL && strcmp (self->primary, self->fingerprint) != 0)
    add_expiry (text, indent, "Primary key", self->primary_expires);
  return g_strdup (text->str);
}
