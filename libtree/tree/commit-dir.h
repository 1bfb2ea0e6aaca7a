/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a directory to a dirtree in the store: a pipeline.
 *
 *   walk (the caller's thread) -> queue of files -> workers: read, hash, compress, write ->
 * assembly of dirtrees
 *
 * The walk goes depth first. A directory is assembled by whoever finishes its last file or
 * subdirectory, so that memory holds the directories on the way from the root to the walk and those
 * whose files are in the queue, not the tree.
 */
#pragma once

#include "tree/commit-file.h"
#include "tree/merge.h"

typedef struct {
  Filter *filter;
  StatCache *stat_cache; /* or NULL */
  InodeTable *devino;    /* or NULL */
  gboolean trust_canonical;
  gboolean adopt;
  TreeProgress progress; /* or NULL */
  gpointer user_data;
} CommitDirOptions;

/* Writes everything below @dfd into @txn. *@out_n_hits: files that were not read. */
gboolean commit_dir_write (Txn *txn, int dfd, const CommitDirOptions *options, TreeRoot *out,
                           guint64 *out_n_hits, GError **error);
