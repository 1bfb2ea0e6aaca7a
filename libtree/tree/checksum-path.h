/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The name that a file would have as an object (tree_checksum_path). */
#pragma once

#include "core/filemeta.h"
#include "tree-types.h"

/* The same of a regular file that is open, if it had the owner, mode and xattrs of @meta. */
gboolean checksum_content (int fd, const FileMeta *meta, guint64 size, TreeChecksum *out,
                           GError **error);

/* What a file is taken for, whatever it is. */
typedef struct {
  gboolean no_xattrs;
  gint64 owner_uid; /* -1: as found */
  gint64 owner_gid; /* -1: as found */
} ChecksumAs;

/* Of a file or symbolic link its object, of a directory its dirmeta. */
gboolean checksum_path (int dfd, const char *path, const ChecksumAs *as, TreeChecksum *out,
                        GError **error);
