/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OpenPGP, by gpgme, which runs gpg. Keys to verify with are the bytes of keyrings, binary or ASCII
 * armoured; each use puts them into a home of its own below the temporary directory, where gpg
 * finds nothing else, starts no agent and asks no network, and which is removed afterwards. Keys to
 * sign with are in the home of who signs.
 *
 * A build without gpgme has these functions too (gpg-none.c): they fail. */
#pragma once

#include "tree-sign.h"

#define GPG_METADATA_KEY "ostree.gpgsigs"

/* ---- Keyrings ---- */

/* GPtrArray of owned GBytes. */
GPtrArray *gpg_keyrings_new (void);
gboolean gpg_keyrings_add_fd (GPtrArray *keyrings, int fd, GError **error);
/* A file that must be there. */
gboolean gpg_keyrings_add_file (GPtrArray *keyrings, int dfd, const char *path, GError **error);
/* The files *.gpg and *.asc of a folder; none, or no folder, is fine. */
gboolean gpg_keyrings_add_folder (GPtrArray *keyrings, int dfd, const char *path, GError **error);

/* ---- Verifying ---- */

typedef struct {
  char *fingerprint;  /* of the key that signed; only its end where the key is not there */
  char *primary;      /* of the key that it belongs to; NULL when the key is not there */
  char *user;         /* "NAME <MAIL>" */
  const char *method; /* "RSA" */
  gint64 created;     /* seconds since 1970 */
  gint64 expires;     /* the signature, as are the two below; 0: never */
  gint64 key_expires;
  gint64 primary_expires;
  gboolean is_good; /* by a key that is here and neither expired nor revoked, and of these bytes */
  gboolean has_expired;
  gboolean key_missing;
  gboolean key_revoked;
} GpgSignature;

void gpg_signature_free (gpointer data);
/* What people are told, a line each, after @indent. */
char *gpg_signature_describe (const GpgSignature *self, const char *indent);

typedef struct GpgVerifier GpgVerifier;
/* @floor_s: it is this late at least: what was made until then is not of the future, whatever the
 * clock says. What has expired, the clock says alone. */
GpgVerifier *gpg_verifier_new (const GPtrArray *keyrings, gint64 floor_s, GError **error);
void gpg_verifier_free (GpgVerifier *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GpgVerifier, gpg_verifier_free)

/* @signatures: GBytes, hostile. @out: GpgSignature, of all of them. Errors: what are no signatures
 * at all */
gboolean gpg_verify (GpgVerifier *self, GBytes *data, const GPtrArray *signatures, GPtrArray **out,
                     GError **error);

/* Is one of the signatures in @signature by one of these keys (fingerprints, or their ends; NULL-
 * terminated)? No key is needed, and nothing is checked. */
gboolean gpg_is_by (GBytes *data, GBytes *signature, const char *const *keys, gboolean *out,
                    GError **error);

/* ---- Signing ---- */

/* @home: (nullable): of gpg; NULL: the user's. The error says so where no key, or more than one, is
 * meant by @key_id. */
GBytes *gpg_sign (const char *key_id, const char *home, GBytes *data, GError **error);
/* The fingerprints of a key and its subkeys; NULL-terminated. */
char **gpg_find_key (const char *key_id, const char *home, gboolean secret, GError **error);

/* ---- Keyrings of remotes ---- */

/* Adds to @keyring (NULL for none yet) the keys of @keyrings that @key_ids names (NULL or empty:
 * all). @out_n: how many were not there before; what is newer of others is taken, too. @floor_s: as
 * above */
gboolean gpg_import (GBytes *keyring, const GPtrArray *keyrings, const char *const *key_ids,
                     gint64 floor_s, GBytes **out, guint *out_n, GError **error);

/* @out: TreeGpgKey. */
gboolean gpg_list (const GPtrArray *keyrings, gint64 floor_s, GPtrArray **out, GError **error);
