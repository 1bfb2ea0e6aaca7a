/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/ext2-load.h"

#include <errno.h>

#include "base/error.h"
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
      {"io_channel_write_blk64", &api.io_write},
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
      SYMBOL (xattr_set),
      SYMBOL (initialize),
      SYMBOL (free),
      SYMBOL (init_csum_seed),
      SYMBOL (allocate_tables),
      SYMBOL (update_bb_inode),
      SYMBOL (default_journal_size),
      SYMBOL (add_journal_inode),
      SYMBOL (blocks_count),
      SYMBOL (free_blocks_count),
      SYMBOL (inode_alloc_stats2),
      SYMBOL (block_alloc_stats_range),
      SYMBOL (find_first_zero_block_bitmap2),
      SYMBOL (find_first_set_block_bitmap2),
      SYMBOL (extent_open2),
      SYMBOL (extent_insert),
      SYMBOL (extent_free),
      SYMBOL (iblk_add_blocks),
      SYMBOL (write_inode_full),
      SYMBOL (write_dir_block4),
      SYMBOL (initialize_dirent_tail),
      SYMBOL (dirhash),
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

gboolean
ext2_throw (const Ext2Api *api, errcode_t code, TreeErrorCode kind, const char *what,
            GError **error)
{
  enum {
    MAX_ERRNO = 255, /* the library's own begin far above */
  };
  gboolean is_full = code == EXT2_ET_SHORT_WRITE; /* so it says instead */
  if (is_full || (code > 0 && code <= MAX_ERRNO)) {
    errno = is_full ? ENOSPC : (int)code;
    return throw_errno (error, "%s", what);
  }
  return throw_error (error, kind, "%s: %s", what, api->error_message (code));
}
