/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Much data that is written once, from front to back, and then read as memory: it lies in a file
 * without a name, so that it takes disk and page cache, but no memory of the process. */
#pragma once

#include "base/source.h"

typedef struct {
  int fd;
  guint64 size;
  guint8 *map; /* once it is read */
  gsize map_len;
} TempFile;

#define TEMP_FILE_INIT                                                                             \
  {                                                                                                \
    .fd = -1                                                                                       \
  }

/* In the directory @dfd. */
gboolean temp_file_open (TempFile *self, int dfd, GError **error);
void temp_file_clear (TempFile *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TempFile, temp_file_clear)

gboolean temp_file_append (TempFile *self, const void *data, gsize len, GError **error);
/* All that is left of @source; more than @max_bytes in the file is TREE_ERROR_CORRUPT. */
gboolean temp_file_append_source (TempFile *self, Source *source, guint64 max_bytes,
                                  GError **error);
/* All that was written, until it is cleared; nothing may be appended any more. */
gboolean temp_file_map (TempFile *self, const guint8 **out_data, gsize *out_len, GError **error);
/* The same as bytes of their own: it is empty afterwards. */
GBytes *temp_file_take_bytes (TempFile *self, GError **error);
