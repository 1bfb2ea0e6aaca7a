/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What static deltas cost, so that a client can choose before it fetches any of them: in the
 * metadata of the summary, and in the index of a commit, beside SUMMARY_KEY_DELTAS and with the
 * same names,
 *
 *   DELTA_SIZES_KEY: a{s(tt)}, name -> (bytes to fetch, bytes of the objects), big endian
 *
 * What is fetched is the superblock, the parts beside it, and the objects that it leaves out, as an
 * archive keeps them. Ours: other programs pass over the key, and a delta may lack its entry. */
#pragma once

#include "core/delta-superblock.h"

#define DELTA_SIZES_KEY "pando.static-delta-sizes"
#define DELTA_SIZES_TYPE "a{s(tt)}"

typedef struct {
  guint64 download;
  guint64 unpacked;
} DeltaSizes;

/* @file_len: bytes of the superblock's file. FALSE when the sum is too large to be true. */
gboolean delta_sizes_of (const DeltaSuperblock *superblock, guint64 file_len, DeltaSizes *out);

/* One entry of the dictionary, floating. */
GVariant *delta_sizes_entry (const DeltaName *name, const DeltaSizes *sizes);
/* Looks into metadata from outside, `a{sv}`; FALSE when it does not say, or not sensibly. */
gboolean delta_sizes_find (GVariant *metadata, const DeltaName *name, DeltaSizes *out);
