/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cache of unpacked files in an archive repository, uncompressed-objects-cache/XX/REST.file: a
 * checkout in user mode leaves there a link to each file that it unpacked, and the next one links
 * it again.
 *
 * Nothing is synced for it, and users may write to files of their checkouts. So an entry counts
 * only while its size and mode are those of the object and its mtime is 0: a crash may have cut it
 * short, a write has set its time. What does not count is replaced. */
#pragma once

#include "store/repo.h"

/* *@out is -1 when there is to be no cache: it is turned off, or this user may not write it. */
gboolean unpacked_open (const TreeRepo *repo, int *out, GError **error);
/* Links the entry to @name. *@out_linked is FALSE when there is none that counts. */
gboolean unpacked_link (const TreeRepo *repo, int cache_dfd, const TreeChecksum *checksum, int dfd,
                        const char *name, gboolean *out_linked, GError **error);
/* Makes the regular file @name, that was unpacked from @checksum, the entry. That this fails is no
 * error: then there is none. */
void unpacked_keep (int cache_dfd, const TreeChecksum *checksum, int dfd, const char *name);
/* Removes entries that no checkout shares. Absent is fine. */
gboolean unpacked_prune (const TreeRepo *repo, GError **error);
