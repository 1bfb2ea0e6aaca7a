/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Extended attributes as the formats hold them: `a(ayay)`, names with their NUL, sorted by name.
 * "None" is a NULL pointer here, since most files have none. */
#pragma once

#include <glib.h>

/* The attributes of an open file, without @skip (may be NULL) and those with empty values. */
gboolean xattr_read_fd (int fd, const char *skip, GVariant **out, GError **error);
/* The same of a symbolic link or a file that cannot be opened. */
gboolean xattr_read_at (int dfd, const char *name, GVariant **out, GError **error);

gboolean xattr_write_fd (int fd, GVariant *xattrs, GError **error);
gboolean xattr_write_at (int dfd, const char *name, GVariant *xattrs, GError **error);

/* The value of one attribute; *@out is NULL when it is not there or the file system has none. */
gboolean xattr_get_fd (int fd, const char *name, GBytes **out, GError **error);

/* Are the names non-empty, NUL-terminated and strictly increasing? */
gboolean xattr_is_canonical (GVariant *xattrs);

/* Sets one attribute of @xattrs, which may be NULL, instead of the one of that name, if any. */
gboolean xattr_replace (GVariant **xattrs, const char *name, const void *value, gsize len,
                        GError **error);

/* Attributes that come one by one, in any order, from an archive or an image. */
typedef struct {
  GPtrArray *entries; /* NULL while there are none */
  gsize n_bytes;
} XattrList;

/* More than a file system keeps is an error. An empty value is kept. */
gboolean xattr_list_add (XattrList *self, const char *name, const void *value, gsize len,
                         GError **error);
/* Canonical, NULL for none; the list is empty afterwards. An attribute that came twice counts once,
 * with two values it is an error. */
gboolean xattr_list_end (XattrList *self, GVariant **out, GError **error);
void xattr_list_clear (XattrList *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (XattrList, xattr_list_clear)
