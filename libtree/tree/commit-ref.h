/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tree of a commit that is in the repository, as a source of another commit. What the filter
 * leaves as it is is only named again; all else becomes new objects, on all cores. */
#pragma once

#include "tree/filter.h"
#include "tree/merge.h"

typedef struct {
  const Filter *filter;
  TreeProgress progress; /* or NULL */
  gpointer user_data;
} CommitRefOptions;

/* Laid over @base, which may be NULL. */
gboolean commit_ref_write (Txn *txn, const TreeRoot *root, const CommitRefOptions *options,
                           const TreeRoot *base, TreeRoot *out, GError **error);
