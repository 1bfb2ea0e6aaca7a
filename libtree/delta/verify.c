/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "delta/verify.h"

#include "base/error.h"
#include "sign/judge.h"
#include "tree/commit-sign.h"

gboolean
delta_verify (const TreeRepo *repo, const Delta *delta, const TreeVerifyKeys *keys, char **out_text,
              GError **error)
{
  if (keys == NULL)
    return throw_error (error, TREE_ERROR_SIGNATURE, "Key is mandatory to check delta signature");
  if (delta->signatures == NULL)
    return throw_error (error, TREE_ERROR_SIGNATURE, "no signatures in static-delta");
  g_autoptr (SignKeys) all = verify_keys_load (repo, keys, error);
  g_autofree char *text = NULL;
  if (all == NULL)
    return FALSE;
  if (sign_judge (all, delta->plain, delta->signatures, &text) == SIGN_GOOD) {
    *out_text = g_steal_pointer (&text);
    return TRUE;
  }
  const SignEngine *engine = all->engine;
  g_autoptr (GPtrArray) found = sign_dict_get (delta->signatures, engine->metadata_key);
  return throw_error (error, TREE_ERROR_SIGNATURE,
                      "signature: %s: incorrect signatures found: %u (%s)", engine->name,
                      found->len, text);
}
