/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libext2fs, loaded when an image is read. Its headers are used at build time only, without the
 * functions that they would inline. */
#pragma once

#define NO_INLINE_FUNCS
#include <et/com_err.h>
#include <ext2fs/ext2fs.h>
#include <glib.h>

/* Each member has the type and meaning of the function ext2fs_MEMBER, but for the first three. */
typedef struct {
  __typeof__ (error_message) *error_message; /* of libcom_err, which the library brings */
  __typeof__ (initialize_ext2_error_table) *initialize_error_table;
  io_manager *unix_io_manager; /* the variable of that name */
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
} Ext2Api;

/* NULL with an error that names the library when it is not installed. Any thread. */
const Ext2Api *ext2_load (GError **error);
