/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libarchive, loaded when an archive is read or written: it brings libxml2 and a compressor for
 * every format with it. Its headers are used at build time only. */
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <glib.h>
#include <locale.h>

#include "tree-error.h"

/* Each member has the type and meaning of the function archive_MEMBER; error_number is
 * archive_errno(). */
typedef struct {
  __typeof__ (archive_error_string) *error_string;
  __typeof__ (archive_errno) *error_number;
  __typeof__ (archive_read_new) *read_new;
  __typeof__ (archive_read_free) *read_free;
  __typeof__ (archive_read_support_filter_all) *read_support_filter_all;
  __typeof__ (archive_read_support_format_by_code) *read_support_format_by_code;
  __typeof__ (archive_read_set_read_callback) *read_set_read_callback;
  __typeof__ (archive_read_set_seek_callback) *read_set_seek_callback;
  __typeof__ (archive_read_set_callback_data) *read_set_callback_data;
  __typeof__ (archive_read_open1) *read_open1;
  __typeof__ (archive_read_next_header) *read_next_header;
  __typeof__ (archive_read_header_position) *read_header_position;
  __typeof__ (archive_filter_bytes) *filter_bytes;
  __typeof__ (archive_format) *format;
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
  __typeof__ (archive_write_new) *write_new;
  __typeof__ (archive_write_free) *write_free;
  __typeof__ (archive_write_close) *write_close;
  __typeof__ (archive_write_add_filter) *write_add_filter;
  __typeof__ (archive_write_set_filter_option) *write_set_filter_option;
  __typeof__ (archive_write_set_format_pax_restricted) *write_set_format_pax_restricted;
  __typeof__ (archive_write_set_format_option) *write_set_format_option;
  __typeof__ (archive_write_set_bytes_per_block) *write_set_bytes_per_block;
  __typeof__ (archive_write_set_bytes_in_last_block) *write_set_bytes_in_last_block;
  __typeof__ (archive_write_open_fd) *write_open_fd;
  __typeof__ (archive_write_header) *write_header;
  __typeof__ (archive_write_data) *write_data;
  __typeof__ (archive_entry_new) *entry_new;
  __typeof__ (archive_entry_clear) *entry_clear;
  __typeof__ (archive_entry_free) *entry_free;
  __typeof__ (archive_entry_set_pathname) *entry_set_pathname;
  __typeof__ (archive_entry_set_symlink) *entry_set_symlink;
  __typeof__ (archive_entry_set_mode) *entry_set_mode;
  __typeof__ (archive_entry_set_uid) *entry_set_uid;
  __typeof__ (archive_entry_set_gid) *entry_set_gid;
  __typeof__ (archive_entry_set_size) *entry_set_size;
  __typeof__ (archive_entry_set_mtime) *entry_set_mtime;
  __typeof__ (archive_entry_xattr_add_entry) *entry_xattr_add_entry;
} ArchiveApi;

/* NULL with an error that names the library when it is not installed. Any thread. */
const ArchiveApi *archive_load (GError **error);

/* Sets the error that the library remembers. Returns FALSE. */
gboolean archive_throw (const ArchiveApi *api, struct archive *archive, TreeErrorCode code,
                        GError **error);

/* Names are UTF-8 in a tree, and libarchive converts those of some formats to and from what the
 * locale of the thread says: between the two it is UTF-8, where the C library has such a locale. */
typedef struct {
  locale_t utf8;
  locale_t before;
} ArchiveLocale;
void archive_locale_begin (ArchiveLocale *self);
void archive_locale_end (ArchiveLocale *self);
