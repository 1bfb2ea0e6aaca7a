/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/archive-load.h"

#include "base/error.h"
#include "base/lazylib.h"

const ArchiveApi *
archive_load (GError **error)
{
  static GMutex lock;
  static ArchiveApi api;
  static gboolean loaded;
#define SYMBOL(member)                                                                             \
  {                                                                                                \
    "archive_" #member, &api.member                                                                \
  }
  static const LazySymbol symbols[] = {
      SYMBOL (error_string),
      SYMBOL (read_new),
      SYMBOL (read_free),
      SYMBOL (read_support_filter_all),
      SYMBOL (read_support_format_by_code),
      SYMBOL (read_set_read_callback),
      SYMBOL (read_set_seek_callback),
      SYMBOL (read_set_callback_data),
      SYMBOL (read_open1),
      SYMBOL (read_next_header),
      SYMBOL (read_data),
      SYMBOL (set_error),
      SYMBOL (entry_pathname),
      SYMBOL (entry_hardlink),
      SYMBOL (entry_symlink),
      SYMBOL (entry_mode),
      SYMBOL (entry_uid),
      SYMBOL (entry_gid),
      SYMBOL (entry_nlink),
      SYMBOL (entry_size),
      SYMBOL (entry_size_is_set),
      SYMBOL (entry_xattr_reset),
      SYMBOL (entry_xattr_next),
      {NULL, NULL},
  };
#undef SYMBOL
  g_mutex_lock (&lock);
  if (!loaded)
    loaded = lazylib_load ("libarchive.so.13", symbols, error);
  gboolean ok = loaded;
  g_mutex_unlock (&lock);
  return ok ? &api : NULL;
}

gboolean
archive_throw (const ArchiveApi *api, struct archive *archive, TreeErrorCode code, GError **error)
{
  const char *text = api->error_string (archive);
  return throw_error (error, code, "%s", text != NULL ? text : "the archive cannot be read");
}
