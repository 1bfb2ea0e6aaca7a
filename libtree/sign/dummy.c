/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* No signature at all: the text that is called a key is the signature. For tests of what lies
 * around signatures, and of nothing else, so it must be enabled by a variable. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "sign/engine.h"

static gboolean
check_enabled (GError **error)
{
  return g_getenv ("OSTREE_DUMMY_SIGN_ENABLED") != NULL ||
         throw_error (error, TREE_ERROR_UNSUPPORTED,
                      "dummy signature type is only for ostree testing");
}

static GBytes *
parse (const char *text, GError **error)
{
  return g_bytes_new (text, strlen (text));
}

static GBytes *
sign (GBytes *secret, GBytes *data, GError **error)
{
  return g_bytes_ref (secret);
}

static gboolean
verify (GBytes *public_key, GBytes *data, GBytes *signature)
{
  return g_bytes_equal (public_key, signature);
}

const SignEngine sign_dummy = {
    .name = "dummy",
    .metadata_key = "ostree.sign.dummy",
    .check_enabled = check_enabled,
    .parse_public = parse,
    .parse_secret = parse,
    .sign = sign,
    .verify = verify,
};
