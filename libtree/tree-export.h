/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing a commit's tree into one file: an archive, or an image of a file system. */
#pragma once

#include "tree-repo.h"

G_BEGIN_DECLS

typedef enum {
  TREE_EXPORT_TAR,
  TREE_EXPORT_EXT4,
} TreeExportFormat;

typedef enum {
  TREE_COMPRESSION_NONE,
  TREE_COMPRESSION_GZIP,
  TREE_COMPRESSION_XZ,
  TREE_COMPRESSION_ZSTD,
} TreeCompression;

typedef struct {
  const char *subpath; /* a directory of the tree, which becomes the root; NULL: "/" */
  const char *prefix;  /* put before every name as it is, with a slash or without; NULL: ""; of an
                          archive */
  gboolean no_xattrs;
  TreeCompression compression; /* of an archive */
  guint64 size_bytes;          /* of an image; 0: as small as the tree fits */
} TreeExportOptions;

/**
 * tree_repo_export_tar:
 * @fd: where the archive goes; may be a pipe
 *
 * A tar archive of the tree, byte for byte the same for the same tree, time and options: entries in
 * the order of the tree, files before directories; all times are that of the commit. Where a name,
 * an owner or attributes need it, an entry has a pax header.
 *
 * Errors: TREE_ERROR_NOT_FOUND for the commit, the subpath or an object; TREE_ERROR_UNSUPPORTED
 * when libarchive is not built in or not installed
 */
TREE_API gboolean tree_repo_export_tar (const TreeRepo *self, const TreeChecksum *commit, int fd,
                                        const TreeExportOptions *options, GError **error);

/**
 * tree_repo_export_file:
 * @dfd: directory that @path is relative to, or AT_FDCWD
 * @path: replaced in one rename, when the new file is whole and on disk. A pipe or device that is
 *   there is written to, by archives alone
 *
 * As tar, what tree_repo_export_tar() writes. As ext4, an image of a file system of blocks of 4096
 * bytes, in a sparse file, without privilege. The same bytes for the same commit and options (and
 * the same libext2fs): its UUID and hash seed come from the commit's checksum, all times are that
 * of the commit, and there is no `lost+found`. It has a journal from 8 MiB on.
 *
 * Errors: as above; TREE_ERROR_NO_SPACE for a disk that is full, or a size that is too small;
 * TREE_ERROR_UNSUPPORTED for what ext4 cannot hold
 */
TREE_API gboolean tree_repo_export_file (const TreeRepo *self, const TreeChecksum *commit,
                                         TreeExportFormat format, int dfd, const char *path,
                                         const TreeExportOptions *options, GError **error);

G_END_DECLS
