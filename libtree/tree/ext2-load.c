/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/ext2-load.h"

#include "base/lazylib.h"

const Ext2Api *
ext2_load (GError **error)
{
  static GMutex lock;
  static Ext2Api api;
  static gboolean loaded;
#define SYMBOL(member)                                                                             \
  {                                                                                                \
    "ext2fs_" #member, &api.member                                                                 \
  }
  static const LazySymbol symbols[] = {
      {"error_message", &api.error_message},
      {"initialize_ext2_error_table", &api.initialize_error_table},
      {"unix_io_manager", &api.unix_io_manager},
      SYMBOL (open2),
      SYMBOL (close_free),
      SYMBOL (read_inode_full),
      SYMBOL (dir_iterate2),
      SYMBOL (file_open2),
      SYMBOL (file_read),
      SYMBOL (file_close),
      SYMBOL (xattrs_open),
      SYMBOL (xattrs_read),
      SYMBOL (xattrs_iterate),
      SYMBOL (xattrs_close),
      {NULL, NULL},
  };
#undef SYMBOL
  g_mutex_lock (&lock);
  if (!loaded) {
    loaded = lazylib_load ("libext2fs.so.2", symbols, error);
    if (loaded)
      api.initialize_error_table ();
  }
  gboolean ok = loaded;
  g_mutex_unlock (&lock);
  return ok ? &api : NULL;
}
