/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refs: files of 64 hexadecimal digits and a line end under refs/heads, refs/remotes/REMOTE and
 * refs/mirrors/COLLECTION. The public part is in tree-repo.h; lists are made in refs-list.c,
 * revisions resolved in rev.c.
 *
 * Names come from the network and the command line: they are checked, and the way to a file is
 * walked one component at a time, so that no link leads out of refs/. An alias is a link within
 * refs/heads; its text is resolved here and never by the kernel.
 */
#pragma once

#include "store/refdir.h"
#include "store/repo.h"

/* Points "REF" or "REMOTE:REF" at a commit; NULL deletes it, and absent is fine then. The file is
 * written in tmp/ and renamed: a reader sees the old commit or the new one. Durable on return
 * unless core.fsync is false. The caller holds the shared lock. */
gboolean refs_write (TreeRepo *repo, const char *refspec, const TreeChecksum *checksum,
                     GError **error);
/* The same in refs/mirrors/COLLECTION, or in refs/heads for the repository's own collection. */
gboolean refs_write_collection (TreeRepo *repo, const char *collection, const char *ref,
                                const TreeChecksum *checksum, GError **error);

/* One ref, "REF" or "REMOTE:REF", without revision syntax; aliases are followed. *@out_found is
 * FALSE when there is none here; parent repositories are not asked. */
gboolean refs_read (const TreeRepo *repo, const char *refspec, gboolean *out_found,
                    TreeChecksum *out, GError **error);
/* The same in a namespace. *@out_final (nullable): the name behind all aliases. */
gboolean refs_read_in (const TreeRepo *repo, RefKind kind, const char *owner, const char *ref,
                       gboolean *out_found, TreeChecksum *out, char **out_final, GError **error);
