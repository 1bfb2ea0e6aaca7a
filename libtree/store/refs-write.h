/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing refs, one at a time: what a transaction does last. The operations on refs that people ask
 * for are in refs-change.c. */
#pragma once

#include "store/repo.h"

/* Points "REF" or "REMOTE:REF" at a commit; NULL deletes it, and absent is fine then. The file is
 * written in tmp/ and renamed: a reader sees the old commit or the new one. @durable: synced on
 * return, unless core.fsync is false; else the caller syncs, once for many. The caller holds the
 * shared lock. */
gboolean refs_write (TreeRepo *repo, const char *refspec, const TreeChecksum *checksum,
                     gboolean durable, GError **error);
/* The same in refs/mirrors/COLLECTION, or in refs/heads for the repository's own collection. */
gboolean refs_write_collection (TreeRepo *repo, const char *collection, const char *ref,
                                const TreeChecksum *checksum, gboolean durable, GError **error);
/* Makes refs/heads/@alias a link to refs/heads/@target. Durable as a ref. */
gboolean refs_write_alias (TreeRepo *repo, const char *alias, const char *target, GError **error);
