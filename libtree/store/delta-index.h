/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which static deltas a repository offers, and the files in delta-indexes/ that tell clients of
 * them.
 */
#pragma once

#include "core/delta-sizes.h"
#include "store/repo.h"

typedef struct {
  DeltaName name;
  TreeChecksum superblock; /* SHA-256 of the file */
  gboolean has_sizes;
  DeltaSizes sizes;
} DeltaEntry;

/* DeltaName, sorted by target and then origin; NULL on error. */
GArray *delta_index_names (const TreeRepo *repo, GError **error);
/* DeltaEntry, sorted the same: superblocks are read and hashed. One that cannot be understood has
 * no sizes. */
GArray *delta_index_list (const TreeRepo *repo, GError **error);
/* TreeChecksum of the commits that have an index, sorted. */
GArray *delta_index_targets (const TreeRepo *repo, GError **error);
/* Directories of this name in tmp/ are deltas that are being made, or that went. */
#define DELTA_WORK_PREFIX ".delta-"
/* Removes a delta, for those who look all of it at once. Indexes and summary still tell of it. */
gboolean delta_remove (const TreeRepo *repo, const DeltaName *name, GError **error);
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
GVariant *delta_index_map (const DeltaEntry *deltas, guint n);
/* The dictionary of their sizes (core/delta-sizes.h); floating. */
GVariant *delta_index_sizes (const DeltaEntry *deltas, guint n);
/* Brings delta-indexes/ in line with @deltas, DeltaEntry as they were listed. Files that are right
 * already are not touched. */
gboolean delta_index_write (const TreeRepo *repo, GArray *deltas, GError **error);
/* The same for the index of one commit. */
gboolean delta_index_write_one (const TreeRepo *repo, GArray *deltas, const TreeChecksum *to,
                                GError **error);
