/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A home directory for gpg, in use by one thread. */
#pragma once

#include "sign/gpg-load.h"

typedef struct {
  const GpgmeApi *api;
  gpgme_ctx_t ctx; /* owned */
  char *path;      /* owned; of a home that is ours: removed with it. NULL: somebody else's */
  gboolean ahead;  /* gpg goes by a later time than the clock's */
} GpgHome;

/* One of our own, with these public keys: GBytes. @floor_s: what gpg takes for the time where the
 * clock is behind that; it may call things expired then which are not, see gpg-verify.c. */
gboolean gpg_home_make (GpgHome *out, const GPtrArray *keyrings, gint64 floor_s, GError **error);
/* An existing one; NULL: the user's. */
gboolean gpg_home_open (GpgHome *out, const char *path, GError **error);
void gpg_home_clear (GpgHome *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GpgHome, gpg_home_clear)

/* Sets "WHAT: what gpgme says"; FALSE. */
gboolean gpg_throw (const GpgHome *self, gpgme_error_t code, GError **error, const char *format,
                    ...) G_GNUC_PRINTF (4, 5);

/* Bytes for gpgme, which must outlive the data. Its functions take NULL for data that could not be
 * made, and fail. */
gpgme_data_t gpg_data_new (const GpgHome *self, GBytes *bytes);
/* What gpgme has written; frees the data. */
GBytes *gpg_data_take (const GpgHome *self, gpgme_data_t data);

/* Imports keys, binary or armoured; *@out_n (nullable): how many are new. What holds no key at all
 * is an error. */
gboolean gpg_home_import (GpgHome *self, GBytes *keys, guint *out_n, GError **error);
/* The ring of public keys of a home that is ours, as it is now. */
gboolean gpg_home_read_keyring (const GpgHome *self, GBytes **out, GError **error);
