/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The content of a file object for reading anywhere in it, whatever the repository's mode: that of
 * an archive is unpacked into a file without a name. */
#pragma once

#include "base/temp-file.h"
#include "store/object-read.h"

/* Must not be moved while open. */
typedef struct {
  StoreFile file;
  TempFile temp; /* what was unpacked */
  int fd;        /* of either; borrowed */
  guint64 size;
  guint8 *map;
} Content;

#define CONTENT_INIT                                                                               \
  {                                                                                                \
    .file = {.fd = -1}, .temp = TEMP_FILE_INIT, .fd = -1                                           \
  }

/* @tmp_dfd: where to unpack. A link is TREE_ERROR_CORRUPT. */
gboolean content_open (Content *self, const TreeRepo *repo, const TreeChecksum *file, int tmp_dfd,
                       GError **error);
void content_clear (Content *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Content, content_clear)

/* All of these bytes must be there. */
gboolean content_read (const Content *self, guint64 offset, void *buffer, gsize len,
                       GError **error);
/* All of it as memory; not NULL when it is empty. */
gboolean content_map (Content *self, const guint8 **out, GError **error);
