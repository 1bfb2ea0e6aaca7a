/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The dictionary of signatures beside a commit or summary (`a{sv}`), and the verdict on one. */
#pragma once

#include "sign/keys.h"

typedef enum {
  SIGN_GOOD,   /* a signature is by a key that is trusted and not revoked */
  SIGN_BAD,    /* there are signatures, but none of that kind */
  SIGN_NO_KEY, /* there is no key to check with */
  SIGN_NONE,   /* there is no signature of this engine */
} SignVerdict;

/* @dict: (nullable): hostile. *@out_text: what people are told about it; owned by the caller. */
SignVerdict sign_judge (const SignKeys *keys, GBytes *data, GVariant *dict, char **out_text);

/* The bytes of a dictionary from outside; none at all, or damaged bytes, give NULL, which has no
 * signatures. */
GVariant *sign_dict_parse (GBytes *bytes);
/* An engine's signatures, as GPtrArray of owned GBytes. */
GPtrArray *sign_dict_get (GVariant *dict, const char *key);
/* A dictionary with these signatures of this engine instead, which may be none, and all else as it
 * was. */
GVariant *sign_dict_set (GVariant *dict, const char *key, const GPtrArray *signatures);
