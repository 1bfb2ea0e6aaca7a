/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libext2fs, loaded when an image is read or written. Its headers are used at build time only,
 * without the functions that they would inline. */
#pragma once

#define NO_INLINE_FUNCS
#include <et/com_err.h>
#include <ext2fs/ext2fs.h>
#include <glib.h>

#include "tree-error.h"

/* Each member has the type and meaning of the function ext2fs_MEMBER, but for the first four. */
typedef struct {
  __typeof__ (error_message) *error_message; /* of libcom_err, which the library brings */
  __typeof__ (initialize_ext2_error_table) *initialize_error_table;
  io_manager *unix_io_manager;                   /* the variable of that name */
  __typeof__ (io_channel_write_blk64) *io_write; /* io_channel_write_blk64() */
  __typeof__ (ext2fs_open2) *open2;
  __typeof__ (ext2fs_close_free) *close_free;
  __typeof__ (ext2fs_read_inode_full) *read_inode_full;
  __typeof__ (ext2fs_dir_iterate2) *dir_iterate2;
  __typeof__ (ext2fs_file_open2) *file_open2;
  __typeof__ (ext2fs_file_read) *file_read;
  __typeof__ (ext2fs_file_close) *file_close;
  __typeof__ (ext2fs_xattrs_open) *xattrs_open;
  __typeof__ (ext2fs_xattrs_read) *xattrs_read;
  __typeof__ (ext2fs_xattrs_iterate) *xattrs_iterate;
  __typeof__ (ext2fs_xattrs_close) *xattrs_close;
  __typeof__ (ext2fs_xattr_set) *xattr_set;
  __typeof__ (ext2fs_initialize) *initialize;
  __typeof__ (ext2fs_free) *free;
  __typeof__ (ext2fs_init_csum_seed) *init_csum_seed;
  __typeof__ (ext2fs_allocate_tables) *allocate_tables;
  __typeof__ (ext2fs_update_bb_inode) *update_bb_inode;
  __typeof__ (ext2fs_default_journal_size) *default_journal_size;
  __typeof__ (ext2fs_add_journal_inode) *add_journal_inode;
  __typeof__ (ext2fs_blocks_count) *blocks_count;
  __typeof__ (ext2fs_free_blocks_count) *free_blocks_count;
  __typeof__ (ext2fs_inode_alloc_stats2) *inode_alloc_stats2;
  __typeof__ (ext2fs_block_alloc_stats_range) *block_alloc_stats_range;
  __typeof__ (ext2fs_find_first_zero_block_bitmap2) *find_first_zero_block_bitmap2;
  __typeof__ (ext2fs_find_first_set_block_bitmap2) *find_first_set_block_bitmap2;
  __typeof__ (ext2fs_extent_open2) *extent_open2;
  __typeof__ (ext2fs_extent_insert) *extent_insert;
  __typeof__ (ext2fs_extent_free) *extent_free;
  __typeof__ (ext2fs_iblk_add_blocks) *iblk_add_blocks;
  __typeof__ (ext2fs_write_inode_full) *write_inode_full;
  __typeof__ (ext2fs_write_dir_block4) *write_dir_block4;
  __typeof__ (ext2fs_initialize_dirent_tail) *initialize_dirent_tail;
  __typeof__ (ext2fs_dirhash) *dirhash;
} Ext2Api;

typedef struct ext2_inode_large Ext2Inode;

/* NULL with an error that names the library when it is not installed. Any thread. */
const Ext2Api *ext2_load (GError **error);

/* Says what the library says: what it was asked to do failed with @code, which may be an errno.
 * Returns FALSE. */
gboolean ext2_throw (const Ext2Api *api, errcode_t code, TreeErrorCode kind, const char *what,
                     GError **error);
