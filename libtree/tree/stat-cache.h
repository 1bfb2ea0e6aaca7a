/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What git's index does for a working tree: device, inode, size, mtime and ctime of each file that
 * was committed, and the object that it became. A file for which all five are the same is not read
 * again.
 *
 * One file for each source directory and set of options, tmp/cache/stat/NAME in the repository: a
 * header and an inode table (inode-table.h), host byte order. It is a cache: a damaged one is
 * ignored, and one that was not used for long is deleted (store/txn-publish.c).
 *
 * Racy timestamps: a file that changed within the resolution of the clock before it was read could
 * change again and keep its times. So a file is recorded only if both its times lie two seconds
 * before the commit began (FAT's resolution, and far more than any other's); until then it is
 * simply read.
 */
#pragma once

#include <sys/stat.h>

#include "store/repo.h"

typedef struct StatCache StatCache;

/* @key: everything beside the content that decides about the object (source directory, filters), as
 * a checksum. */
StatCache *stat_cache_open (const TreeRepo *repo, const TreeChecksum *key);
void stat_cache_free (StatCache *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StatCache, stat_cache_free)

/* From any thread. */
gboolean stat_cache_lookup (const StatCache *self, const struct stat *st, TreeChecksum *out);
/* @was_hit: the lookup gave the same. */
void stat_cache_record (StatCache *self, const struct stat *st, const TreeChecksum *checksum,
                        gboolean was_hit);

/* Replaces the file by what was recorded, if that is anything new. */
gboolean stat_cache_save (StatCache *self, GError **error);
