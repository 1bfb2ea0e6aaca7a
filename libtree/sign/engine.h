/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signatures by raw keys: bytes and keys in, a verdict out. What is signed is always the exact
 * bytes of a commit object or of a summary; what is kept beside them is a dictionary `a{sv}` (the
 * detached metadata of a commit, summary.sig), in which each engine has an array of signatures,
 * `aay`.
 *
 * OpenPGP is not one of these engines: its keys are keyrings (gpg.h). */
#pragma once

#include <glib.h>

typedef struct {
  const char *name;         /* as options and folders of keys say it: "ed25519" */
  const char *metadata_key; /* of its array in the dictionary */
  /* The labels of PEM blocks in files of keys; NULL where keys are only ever lines of text. */
  const char *pem_public;
  const char *pem_secret;
  gsize signature_len; /* 0: it varies */

  /* May it be used at all? */
  gboolean (*check_enabled) (GError **error);
  /* A key as the text that stands in files and on command lines; the bytes are whatever the engine
   * wants to be given below. A secret key is erased with its bytes. */
  GBytes *(*parse_public) (const char *text, GError **error);
  GBytes *(*parse_secret) (const char *text, GError **error);
  GBytes *(*sign) (GBytes *secret, GBytes *data, GError **error);
  /* Is this the signature of @data by that key? Anything else at all is FALSE. */
  gboolean (*verify) (GBytes *public_key, GBytes *data, GBytes *signature);
  /* Is it one by this secret key? NULL where a key signs the same bytes the same way each time. */
  gboolean (*is_by) (GBytes *secret, GBytes *data, GBytes *signature);
} SignEngine;

extern const SignEngine sign_ed25519;
extern const SignEngine sign_spki;
extern const SignEngine sign_dummy;

/* Ends with NULL. */
extern const SignEngine *const sign_engines[];
/* NULL with an error that lists the names. */
const SignEngine *sign_engine_find (const char *name, GError **error);

/* ---- Help for engines ---- */

/* Strict: no other characters than those of base64 and white space around. NULL with an error. */
guint8 *sign_base64_decode (const char *text, gsize *out_len, GError **error);
/* Bytes that are erased when nobody uses them any more; takes @data, of g_malloc(). */
GBytes *sign_secret_take (guint8 *data, gsize len);
