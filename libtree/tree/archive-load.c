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
      {"archive_errno", &api.error_number},
      SYMBOL (read_new),
      SYMBOL (read_free),
      SYMBOL (read_support_filter_all),
      SYMBOL (read_support_format_by_code),
      SYMBOL (read_set_read_callback),
      SYMBOL (read_set_seek_callback),
      SYMBOL (read_set_callback_data),
      SYMBOL (read_open1),
      SYMBOL (read_next_header),
      SYMBOL (read_header_position),
      SYMBOL (filter_bytes),
      SYMBOL (format),
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
      SYMBOL (write_new),
      SYMBOL (write_free),
      SYMBOL (write_close),
      SYMBOL (write_add_filter),
      SYMBOL (write_set_filter_option),
      SYMBOL (write_set_format_pax_restricted),
      SYMBOL (write_set_format_option),
      SYMBOL (write_set_bytes_per_block),
      SYMBOL (write_set_bytes_in_last_block),
      SYMBOL (write_open_fd),
      SYMBOL (write_header),
      SYMBOL (write_data),
      SYMBOL (entry_new),
      SYMBOL (entry_clear),
      SYMBOL (entry_free),
      SYMBOL (entry_set_pathname),
      SYMBOL (entry_set_symlink),
      SYMBOL (entry_set_mode),
      SYMBOL (entry_set_uid),
      SYMBOL (entry_set_gid),
      SYMBOL (entry_set_size),
      SYMBOL (entry_set_mtime),
      SYMBOL (entry_xattr_add_entry),
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

void
archive_locale_begin (ArchiveLocale *self)
{
  self->utf8 = newlocale (LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
  self->before = self->utf8 != (locale_t)0 ? uselocale (self->utf8) : (locale_t)0;
}

void
archive_locale_end (ArchiveLocale *self)
{
  if (self->utf8 == (locale_t)0)
    return;
  (void)uselocale (self->before);
  freelocale (self->utf8);
}
