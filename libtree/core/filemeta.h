/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owner, mode, link target and xattrs of a file or directory, and the four serialised forms they
 * have:
 *
 *   content stream    u32 BE size, 4 zero bytes, `(uuuusa(ayay))`, then the bytes of the file: what
 * is hashed archive file      u32 BE size, 4 zero bytes, `(tuuuusa(ayay))`, then raw DEFLATE
 *   directory         `(uuua(ayay))`: a dirmeta object
 *   bare-user xattr   the same layout, of a file
 *
 * All numbers are big endian. The variants are written by hand, since there is one for each file of
 * a tree; the tests hold them against GVariant.
 */
#pragma once

#include "tree-types.h"

typedef struct {
  guint32 uid;
  guint32 gid;
  guint32 mode;     /* with its type bits */
  char *target;     /* of a symbolic link; else NULL */
  GVariant *xattrs; /* `a(ayay)`, canonical; NULL for none */
} FileMeta;

void filemeta_clear (FileMeta *self);
gboolean filemeta_equal (const FileMeta *a, const FileMeta *b);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (FileMeta, filemeta_clear)

/* Appends the frame and header of the content stream. */
void filemeta_content_header (const FileMeta *self, GByteArray *out);
/* Appends the frame and header of an archive file; @size is that of the file, 0 for links. */
void filemeta_archive_header (const FileMeta *self, guint64 size, GByteArray *out);
/* The dirmeta object, and the value of the bare-user attribute. */
GBytes *filemeta_to_dirmeta (const FileMeta *self);

/* The header of an archive file, whose frame said @len bytes. Checks type bits, xattrs and limits.
 */
gboolean filemeta_parse_archive_header (const void *data, gsize len, FileMeta *out,
                                        guint64 *out_size, GError **error);
/* An archive header may not be larger than this: a link target of 4 KiB and 64 KiB of xattrs have
 * room. */
#define FILEMETA_HEADER_MAX ((gsize)1024 * 1024)

/* Xattrs by themselves, as bare-split-xattrs keeps them; *@out is NULL for none. */
gboolean filemeta_parse_xattrs (GBytes *bytes, GVariant **out, GError **error);
/* A dirmeta object or a bare-user attribute; @type is S_IFDIR, or 0 for "a regular file or a link".
 */
gboolean filemeta_parse_dirmeta (GBytes *bytes, guint32 type, FileMeta *out, GError **error);
