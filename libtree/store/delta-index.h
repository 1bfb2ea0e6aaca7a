/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which static deltas a repository offers: deltas/FF/ROM-TO/superblock (or deltas/TT/O/superblock
 * for one from nothing), and the files in delta-indexes/ that tell clients of them. */
#pragma once

#include "store/repo.h"

typedef struct {
  gboolean has_from;
  TreeChecksum from;
  TreeChecksum to;
  TreeChecksum superblock; /* SHA-256 of the file */
} DeltaName;

/* DeltaName, sorted by target and then origin; NULL on error. Superblocks are read and hashed. */
GArray *delta_index_list (const TreeRepo *repo, GError **error);
/* Should deltas to this commit stay? */
typedef gboolean (*DeltaWanted) (const TreeChecksum *to, gboolean *out, gpointer user_data,
                                 GError **error);
typedef struct {
  guint n_deltas;
  guint64 bytes;
} DeltaPruned;
/* Removes the deltas that are not wanted and brings the indexes in line; without @remove it only
 * counts them. */
gboolean delta_index_prune (const TreeRepo *repo, DeltaWanted wanted, gpointer user_data,
                            gboolean remove, DeltaPruned *out, GError **error);
/* The `a{sv}` of delta names to superblock checksums; floating. */
GVariant *delta_index_map (const DeltaName *deltas, guint n);
/* Brings delta-indexes/ in line with @deltas. Files that are right already are not touched. */
gboolean delta_index_write (const TreeRepo *repo, GArray *deltas, GError **error);
