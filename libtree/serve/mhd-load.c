/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "serve/mhd-load.h"

#include "base/lazylib.h"

const MhdApi *
mhd_load (GError **error)
{
  static GMutex lock;
  static MhdApi api;
  static gboolean loaded;
#define SYMBOL(member)                                                                             \
  {                                                                                                \
    "MHD_" #member, &api.member                                                                    \
  }
  static const LazySymbol symbols[] = {
      SYMBOL (start_daemon),
      SYMBOL (stop_daemon),
      SYMBOL (get_daemon_info),
      SYMBOL (lookup_connection_value),
      SYMBOL (create_response_from_fd_at_offset64),
      SYMBOL (create_response_from_buffer),
      SYMBOL (add_response_header),
      SYMBOL (queue_response),
      SYMBOL (destroy_response),
      {NULL, NULL},
  };
#undef SYMBOL
  g_mutex_lock (&lock);
  if (!loaded)
    loaded = lazylib_load ("libmicrohttpd.so.12", symbols, error);
  gboolean ok = loaded;
  g_mutex_unlock (&lock);
  return ok ? &api : NULL;
}
