/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of keys that count no more because somebody else has them, as a server has it beside its
 * summary: `a{sv}` of
 *
 *   keys     aay   ed25519 public keys, of 32 bytes each
 *   serial   t     little endian; at least 1, and higher with each list
 *
 * It comes from servers: everything is checked before it is used. A key that is none is an error,
 * not passed over: it was meant to be one that a thief has. */
#pragma once

#include <glib.h>

#define REVOKED_KEY_LEN 32
/* A device tries each key that it trusts against each of these. */
#define REVOKED_KEYS_MAX 10000
#define REVOKED_KEYS_MAX_BYTES ((gsize)1024 * 1024)

typedef struct {
  guint64 serial;
  GPtrArray *keys; /* owned GBytes */
} RevokedKeys;

gboolean revoked_keys_parse (GBytes *bytes, RevokedKeys *out, GError **error);
void revoked_keys_clear (RevokedKeys *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RevokedKeys, revoked_keys_clear)

GBytes *revoked_keys_build (const RevokedKeys *self);
