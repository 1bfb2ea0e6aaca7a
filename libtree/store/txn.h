/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A transaction: objects are staged, then published together, then refs.
 *
 * New objects go to a directory in tmp/ (txn-staging.c), in XX/ under their own names. One is whole
 * when its mtime is 0, which its writer sets last; others are what a killed process left, and go
 * when the directory is used again. Commit:
 *
 *   1 syncfs: all bytes are on disk
 *   2 rename all but commits into objects/, sync: now every commit that follows finds what it names
 *   3 rename the commits, sync
 *   4 write the refs
 *
 * A power cut before 3 leaves nothing but unreachable objects; between 3 and 4, commits that no ref
 * names; after any point, every ref and every commit is whole. A transaction that is not committed
 * leaves its directory, and the next one of this boot takes it over: an interrupted pull goes on
 * where it was. One that takes long does 1 and 2 now and then for what is whole, so that it goes on
 * after a power cut, too.
 */
#pragma once

#include "core/dirtree.h"
#include "core/object-set.h"
#include "store/repo.h"

typedef struct Txn Txn;

typedef struct {
  guint64 n_metadata;
  guint64 n_metadata_written;
  guint64 n_content;
  guint64 n_content_written;
  guint64 content_bytes_written; /* uncompressed */
} TxnStats;

/* Takes the shared lock of the repository. */
Txn *txn_begin (TreeRepo *repo, gboolean fsync, GError **error);
/* Publishes everything; the automatic summary is the caller's (publish_automatically()). The
 * transaction is over, whatever comes out. */
gboolean txn_commit (Txn *self, TxnStats *out_stats, GError **error);
/* Publishes before the end what is staged and settled by now, never commits, and after it is on the
 * disk: a power cut then costs what came later, and no more. Any thread, one at a time. */
gboolean txn_publish_early (Txn *self, GError **error);
/* Frees; what was staged and not committed stays for the next transaction. */
void txn_free (Txn *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Txn, txn_free)

TreeRepo *txn_get_repo (Txn *self); /* borrowed */
/* Did it begin with what another one had staged? */
gboolean txn_is_resumed (const Txn *self);

/* Refs to write at commit: @checksum NULL deletes. @refspec as in tree_repo_set_ref(). Not
 * thread-safe. */
void txn_set_ref (Txn *self, const char *refspec, const TreeChecksum *checksum);
/* The same of a ref that was @before (NULL: not there) and must still be so at commit, else it
 * fails with TREE_ERROR_CHANGED: what was made on top of @before would undo what came between. */
void txn_move_ref (Txn *self, const char *refspec, const TreeChecksum *before,
                   const TreeChecksum *checksum);
void txn_set_collection_ref (Txn *self, const char *collection, const char *ref,
                             const TreeChecksum *checksum);

/* What an object of this size takes on the disk. */
guint64 txn_size_on_disk (const Txn *self, guint64 bytes);
/* May so much be written, now? TREE_ERROR_NO_SPACE tells both numbers. Any thread. */
gboolean txn_check_room (Txn *self, guint64 disk_bytes, GError **error);
/* So far. Any thread. */
void txn_get_stats (Txn *self, TxnStats *out);
/* One staged file; @dir and @name make its path below objects/. @settled: it is whole and depends
 * on nothing else, so that it may be kept without the operation that it was staged for. */
typedef gboolean (*StagedFunc) (const char *dir, int dfd, const char *name, gboolean settled,
                                gpointer user_data, GError **error);
/* All that is staged; they may be removed, while nobody stages. */
gboolean txn_each_staged (Txn *self, StagedFunc func, gpointer user_data, GError **error);

/* Objects that are known to be damaged or missing; borrowed until the end. They count as not there,
 * and what is staged in their names replaces them. */
void txn_replace (Txn *self, const ObjectSet *damaged);
/* Where staged objects lie, by their paths below objects/; borrowed. */
int txn_get_staging_dfd (const Txn *self);

/* All below may be called from any thread. */

/* Is it in the repository or its parents? (A commit: commit_is_settled().) */
gboolean txn_found_object (Txn *self, TreeObjectType type, const TreeChecksum *checksum,
                           gboolean *out, GError **error);
/* The same, or staged already? */
gboolean txn_has_object (Txn *self, TreeObjectType type, const TreeChecksum *checksum,
                         gboolean *out, GError **error);
/* Bytes of a metadata object that is staged or in the repository. */
gboolean txn_load_metadata (Txn *self, TreeObjectType type, const TreeChecksum *checksum,
                            GBytes **out, GError **error);

/* How many bytes the object's file has, and how many its content (or link target). */
gboolean txn_object_size (Txn *self, TreeObjectType type, const TreeChecksum *checksum,
                          guint64 *out_stored, guint64 *out_unpacked, GError **error);

gboolean txn_load_dirtree (Txn *self, const TreeChecksum *checksum, DirTree *out, GError **error);

/* Stages a metadata object. With @expected, other bytes are TREE_ERROR_CORRUPT. Commitmeta and
 * tombstones are named by
 * @expected (the commit) and replace what is there. @out (nullable): its name. */
gboolean txn_put_metadata (Txn *self, TreeObjectType type, GBytes *bytes,
                           const TreeChecksum *expected, TreeChecksum *out, GError **error);
