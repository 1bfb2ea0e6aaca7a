/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects from another repository on this machine, of any mode, in the cheapest way there is:
 *
 *   a hard link     when both belong to one owner, and this repository reads the same object from
 *                   the inode: in the same mode, and for metadata, always; else of a plain file
 *                   whose owner, mode and attributes happen to be those that it would be given here
 *   a copy by the kernel, sharing blocks where the file system can, when both keep content as it is
 *   unpacking and packing, to and from archives
 *
 * What is not @trusted, or belongs to somebody else, is verified, in that order: first it is here,
 * then it is read. A link is verified as the inode it is, since its name in the other repository
 * may change.
 */
#pragma once

#include "store/object-write.h"

/* A file object; reads fall through to the parents of @source. Errors: TREE_ERROR_NOT_FOUND;
 * TREE_ERROR_CORRUPT */
gboolean object_import_file (ObjectWriter *writer, const TreeRepo *source,
                             const TreeChecksum *checksum, gboolean trusted, GError **error);
/* A commit, dirtree or dirmeta, and its bytes; *@out is NULL when @source does not have it. From
 * any thread. */
gboolean object_import_metadata (Txn *txn, const TreeRepo *source, const ObjectName *name,
                                 gboolean trusted, GBytes **out, GError **error);
