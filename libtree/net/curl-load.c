/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "net/curl-load.h"

#include "base/error.h"
#include "base/lazylib.h"

static CurlApi api;

#define SYMBOL(member)                                                                             \
  {                                                                                                \
    "curl_" #member, &api.member                                                                   \
  }
static const LazySymbol symbols[] = {
    SYMBOL (global_init),
    SYMBOL (easy_init),
    SYMBOL (easy_cleanup),
    SYMBOL (easy_setopt),
    SYMBOL (easy_getinfo),
    SYMBOL (easy_strerror),
    SYMBOL (easy_pause),
    SYMBOL (multi_init),
    SYMBOL (multi_cleanup),
    SYMBOL (multi_setopt),
    SYMBOL (multi_add_handle),
    SYMBOL (multi_remove_handle),
    SYMBOL (multi_socket_action),
    SYMBOL (multi_info_read),
    SYMBOL (multi_strerror),
    SYMBOL (version_info),
    SYMBOL (slist_append),
    SYMBOL (slist_free_all),
    {NULL, NULL},
};

/* The flavours of one interface: what a distribution calls the build with OpenSSL, and Debian's
 * with GnuTLS, which a small machine has when git or its kin brought it. */
static const char *const sonames[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

static gboolean
load (GError **error)
{
  g_autoptr (GError) first = NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (sonames); i++) {
    if (lazylib_load (sonames[i], symbols, first == NULL ? &first : NULL)) {
      if (api.global_init (CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return throw_error (error, TREE_ERROR_FAILED, "cannot initialise %s", sonames[i]);
      return TRUE;
    }
  }
  g_propagate_error (error, g_steal_pointer (&first));
  return FALSE;
}

const CurlApi *
curl_load (GError **error)
{
  static GMutex lock;
  static gboolean loaded;
  g_mutex_lock (&lock);
  if (!loaded)
    loaded = load (error);
  gboolean ok = loaded;
  g_mutex_unlock (&lock);
  return ok ? &api : NULL;
}
