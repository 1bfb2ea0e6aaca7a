/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Laying one tree over another, object by object: only directories that are in both, and differ,
 * are read. */
#pragma once

#include "store/txn.h"

typedef struct {
  TreeChecksum tree; /* dirtree */
  TreeChecksum meta; /* dirmeta */
} TreeRoot;

/* What is in @upper wins, and its directories' metadata. A file over a directory, or the other way
 * round, is an error.
 * @out may be one of the others. */
gboolean merge_trees (Txn *txn, const TreeRoot *lower, const TreeRoot *upper, TreeRoot *out,
                      GError **error);
