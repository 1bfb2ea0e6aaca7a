/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that one thread reads and others hash, compress and write: how sources that must be read in
 * order, such as archives, use all cores. */
#pragma once

#include "core/filemeta.h"
#include "store/txn.h"
#include "tree-types.h"

/* The bytes of one file while they are collected: in memory, and beyond 1 MiB in a temporary file
 * of the repository that has no name. */
typedef struct {
  Txn *txn; /* borrowed */
  GByteArray *data;
  int fd; /* -1 while all is in memory */
  guint64 size;
} Spool;

void spool_init (Spool *self, Txn *txn);
void spool_clear (Spool *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Spool, spool_clear)

/* Is there room on the disk for so many bytes? A size that lies shall not fill it. */
gboolean spool_expect (Spool *self, guint64 size, GError **error);
gboolean spool_write (Spool *self, const void *data, gsize len, GError **error);

typedef struct PutPool PutPool;

PutPool *put_pool_new (Txn *txn);
/* Takes what is in @meta and @content (NULL for a link). *@slot gets the checksum some time before
 * put_pool_finish() returns. @path is for messages. FALSE: a file before failed, and
 * put_pool_finish() says why. */
gboolean put_pool_push (PutPool *self, FileMeta *meta, Spool *content, const char *path,
                        TreeChecksum *slot);
gboolean put_pool_failed (PutPool *self);
/* Tells how many files were pushed, not too often. @progress may be NULL. */
void put_pool_show_progress (PutPool *self, TreeProgress progress, gpointer user_data);
/* Waits for all files so far. */
gboolean put_pool_wait (PutPool *self, GError **error);
/* Waits for all files and frees the pool. */
gboolean put_pool_finish (PutPool *self, GError **error);
