/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing refs: what a transaction does last. The operations on refs that people ask
 * for are in refs-change.c.
 *
 * Many write at the same time, so each of these takes the lock of all refs: what is compared with
 * the ref stays true until it is replaced. */
#pragma once

#include "store/repo.h"

typedef struct {
  char *collection; /* of a mirrored ref; NULL for a refspec in @name */
  char *name;
  TreeChecksum checksum;
  gboolean is_delete;
  gboolean is_move; /* the ref must still be what it was when the transaction began: */
  gboolean was_there;
  TreeChecksum before;
} RefChange;
void ref_change_free (RefChange *change);

/* Points "REF" or "REMOTE:REF" at a commit; NULL deletes it, and absent is fine then. The file is
 * written in tmp/ and renamed: a reader sees the old commit or the new one. @durable: synced on
 * return, unless core.fsync is false; else the caller syncs, once for many. The caller holds the
 * shared lock. */
gboolean refs_write (TreeRepo *repo, const char *refspec, const TreeChecksum *checksum,
                     gboolean durable, GError **error);
/* The same in refs/mirrors/COLLECTION, or in refs/heads for the repository's own collection. */
gboolean refs_write_collection (TreeRepo *repo, const char *collection, const char *ref,
                                const TreeChecksum *checksum, GError **error);
/* The RefChanges of a transaction, in this order. None is made when one of them is a move of a ref
 * that somebody else has changed meanwhile (TREE_ERROR_CHANGED). @sync: whatever moment the power
 * goes, each ref is the old one or the new one, and all are the new ones on return. */
gboolean refs_write_all (TreeRepo *repo, const GPtrArray *changes, gboolean sync, GError **error);
/* Makes refs/heads/@alias a link to refs/heads/@target. Durable as a ref. */
gboolean refs_write_alias (TreeRepo *repo, const char *alias, const char *target, GError **error);
