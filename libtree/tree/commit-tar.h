/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From an archive (tar, cpio, zip, …, compressed or not) to a dirtree in the store.
 *
 *   libarchive (the caller's thread) -> names into a tree in memory, files to workers -> dirtrees
 *
 * An archive is hostile. Names lead nowhere but into the tree: `..` is an error, a leading slash
 * means nothing, and nothing is ever extracted to disk. Sizes are what is read, not what is
 * claimed. The format that names files of this machine (mtree) is not read. Hard links are resolved
 * at the end, so that they may lead to what comes later.
 */
#pragma once

#include "tree/filter.h"
#include "tree/merge.h"

typedef struct {
  const Filter *filter;
  gboolean autocreate_parents;  /* directories without an entry are 0:0 0755 */
  const char *path_regex;       /* what it matches in names … */
  const char *path_replacement; /* … becomes this; both NULL: nothing */
  TreeProgress progress;        /* or NULL */
  gpointer user_data;
} CommitTarOptions;

/* Writes what the archive @fd (read from where it stands; may be a pipe) holds into @txn, laid over
 * @base (NULL for none). */
gboolean commit_tar_write (Txn *txn, int fd, const CommitTarOptions *options, const TreeRoot *base,
                           TreeRoot *out, GError **error);
