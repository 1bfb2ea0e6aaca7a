/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From an image of an ext2, ext3 or ext4 file system to a dirtree in the store, as if it were
 * mounted and committed by root, but with nothing mounted and no privilege.
 *
 *   libext2fs (the caller's thread) -> names into a tree in memory, files to workers -> dirtrees
 *
 * An image is hostile: directories that are reached twice, names with slashes, sizes without bytes
 * and inodes that are not in use end the commit. One whose journal holds changes, or that was not
 * unmounted, is refused: libext2fs would read what was there before.
 */
#pragma once

#include "tree/filter.h"
#include "tree/merge.h"

typedef struct {
  const Filter *filter;
  TreeProgress progress; /* or NULL */
  gpointer user_data;
} CommitExt4Options;

/* Writes what the image @fd holds into @txn, laid over @base (NULL for none). */
gboolean commit_ext4_write (Txn *txn, int fd, const CommitExt4Options *options,
                            const TreeRoot *base, TreeRoot *out, GError **error);
