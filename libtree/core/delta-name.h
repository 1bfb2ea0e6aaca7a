/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of static deltas. Text: "FROM-TO" in hexadecimal, or "TO" for a delta from nothing. On
 * disk: deltas/FF/ROM-TO or deltas/TT/O in base64, a directory with `superblock` and the parts "0",
 * "1", … Which deltas lead to a commit is in delta-indexes/TT/O.index. */
#pragma once

#include "tree-types.h"

#define DELTAS_DIR "deltas"
#define DELTA_INDEXES_DIR "delta-indexes"
#define DELTA_SUPERBLOCK "superblock"
/* Signatures of the superblock, `a{sv}` like summary.sig, so that who cannot verify them finds the
 * superblock as it is. */
#define DELTA_SIGNATURES "superblock.sig"
/* An empty file: the delta was made by the repository's policy, which may delete it. */
#define DELTA_POLICY_MARK "policy"
#define DELTA_INDEX_SUFFIX ".index"
/* Two checksums, what is between them, and a NUL. */
#define DELTA_NAME_MAX (2 * (TREE_CHECKSUM_HEX_LEN + 1))

typedef struct {
  gboolean has_from;
  TreeChecksum from;
  TreeChecksum to;
} DeltaName;

void delta_name_to_text (const DeltaName *self, char out[DELTA_NAME_MAX]);
gboolean delta_name_from_text (const char *text, DeltaName *out);
/* The directory, without a slash at its end; owned by the caller. */
char *delta_name_to_path (const DeltaName *self);
/* From the names of two directories, one in the other; FALSE for any that delta_name_to_path() does
 * not give. */
gboolean delta_name_from_dirs (const char *outer, const char *inner, DeltaName *out);
/* By target, then origin; those from nothing come first. */
int delta_name_compare (const DeltaName *a, const DeltaName *b);

/* The path of the index; owned by the caller. */
char *delta_index_path (const TreeChecksum *to);
/* FALSE for files that are no index. */
gboolean delta_index_from_path (const char *dir, const char *file, TreeChecksum *out);
