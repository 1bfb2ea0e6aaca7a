/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sign/gpg-load.h"

#include "base/error.h"
#include "base/lazylib.h"

static GpgmeApi api;

#define SYMBOL(member)                                                                             \
  {                                                                                                \
    "gpgme_" #member, &api.member                                                                  \
  }
static const LazySymbol symbols[] = {
    SYMBOL (check_version),
    SYMBOL (strerror_r),
    SYMBOL (new),
    SYMBOL (release),
    SYMBOL (ctx_set_engine_info),
    SYMBOL (data_new),
    SYMBOL (data_new_from_mem),
    SYMBOL (data_release),
    SYMBOL (data_release_and_get_mem),
    SYMBOL (free),
    SYMBOL (get_key),
    SYMBOL (key_unref),
    SYMBOL (signers_add),
    SYMBOL (op_sign),
    SYMBOL (op_verify),
    SYMBOL (op_verify_result),
    SYMBOL (op_import),
    SYMBOL (op_import_result),
    SYMBOL (op_export),
    SYMBOL (op_keylist_start),
    SYMBOL (op_keylist_next),
    SYMBOL (pubkey_algo_name),
    {NULL, NULL},
};

const GpgmeApi *
gpgme_load (GError **error)
{
  static GMutex lock;
  static gboolean loaded;
  g_mutex_lock (&lock);
  if (!loaded) {
    loaded = lazylib_load ("libgpgme.so.11", symbols, error);
    /* It wants to be asked before anything else. */
    if (loaded)
      (void)api.check_version (NULL);
  }
  gboolean ok = loaded;
  g_mutex_unlock (&lock);
  return ok ? &api : NULL;
}
