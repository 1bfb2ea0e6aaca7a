/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libarchive, loaded when an archive is read or written: it brings libxml2 and a compressor for
 * every format with it. Its headers are used at build time only. */
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <glib.h>

#include "tree-error.h"

/* Each member has the type and meaning of the function archive_MEMBER. */
typedef struct {
  __typeof__ (archive_error_string) *error_string;
  __typeof__ (archive_read_new) *read_new;
  __typeof__ (archive_read_free) *read_free;
  __typeof__ (archive_read_support_filter_all) *read_support_filter_all;
  __typeof__ (archive_read_support_format_by_code) *read_support_format_by_code;
  __typeof__ (archive_read_set_read_callback) *read_set_read_callback;
  __typeof__ (archive_read_set_seek_callback) *read_set_seek_callback;
  __typeof__ (archive_read_set_callback_data) *read_set_callback_data;
  __typeof__ (archive_read_open1) *read_open1;
  __typeof__ (archive_read_next_header) *read_next_header;
  __typeof__ (archive_read_data) *read_data;
  __typeof__ (archive_set_error) *set_error;
  __typeof__ (archive_entry_pathname) *entry_pathname;
  __typeof__ (archive_entry_hardlink) *entry_hardlink;
  __typeof__ (archive_entry_symlink) *entry_symlink;
  __typeof__ (archive_entry_mode) *entry_mode;
  __typeof__ (archive_entry_uid) *entry_uid;
  __typeof__ (archive_entry_gid) *entry_gid;
  __typeof__ (archive_entry_nlink) *entry_nlink;
  __typeof__ (archive_entry_size) *entry_size;
  __typeof__ (archive_entry_size_is_set) *entry_size_is_set;
  __typeof__ (archive_entry_xattr_reset) *entry_xattr_reset;
  __typeof__ (archive_entry_xattr_next) *entry_xattr_next;
} ArchiveApi;

/* NULL with an error that names the library when it is not installed. Any thread. */
const ArchiveApi *archive_load (GError **error);

/* Sets the error that the library remembers. Returns FALSE. */
gboolean archive_throw (const ArchiveApi *api, struct archive *archive, TreeErrorCode code,
                        GError **error);
