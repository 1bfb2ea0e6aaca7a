/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which object a file is, by its inode: records in a file, sorted, that is mapped and searched in
 * place. A million of them take no memory: they are written in sorted runs, which are merged in the
 * end, and what a search has touched is given back now and then.
 */
#pragma once

#include "base/hash.h"
#include "tree-types.h"

typedef struct {
  guint64 ino;
  guint64 mark; /* what else must be the same */
  TreeChecksum checksum;
} InodeRecord;

/* ---- Writing ---- */

typedef struct InodeWriter InodeWriter;

/* @dfd: a directory for temporary files; borrowed. */
InodeWriter *inode_writer_new (int dfd);
void inode_writer_free (InodeWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InodeWriter, inode_writer_free)
/* From any thread. What fails, fails in inode_writer_finish(). */
void inode_writer_add (InodeWriter *self, const InodeRecord *record);
/* Writes all records to @fd, sorted, one of each inode, and feeds them to @hasher (which may be
 * NULL). */
gboolean inode_writer_finish (InodeWriter *self, int fd, Hasher *hasher, guint64 *out_n,
                              GError **error);

/* ---- Reading ---- */

typedef struct InodeTable InodeTable;

/* @n records from @at on (a multiple of 8) in the file @fd, which may be closed afterwards. */
InodeTable *inode_table_map (int fd, gsize at, guint64 n, GError **error);
void inode_table_free (InodeTable *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InodeTable, inode_table_free)
/* From any thread. */
gboolean inode_table_find (InodeTable *self, guint64 ino, guint64 mark, TreeChecksum *out);
