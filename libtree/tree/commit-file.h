/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One file or link of a directory, to an object. Called by the workers of commit-dir.c. */
#pragma once

#include "store/object-write.h"
#include "tree/devino.h"
#include "tree/filter.h"
#include "tree/stat-cache.h"

typedef struct {
  Txn *txn;
  const Filter *filter;
  StatCache *stat_cache;    /* or NULL */
  InodeTable *devino;       /* or NULL */
  gboolean trust_canonical; /* what the devino table knows needs no filter */
  gboolean adopt;           /* files may be linked into the repository */
  gint n_hits;              /* atomic: files that were not read */
} CommitFiles;

/* @path: in the tree, for the filter's rules; NULL when it has none. @type: DT_REG or DT_LNK. */
gboolean commit_file (CommitFiles *self, ObjectWriter *writer, int dfd, const char *name,
                      const char *path, unsigned char type, TreeChecksum *out, GError **error);
