/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Payload links: files of the same content share their blocks, where owner, mode or attributes
 * keep them from being one object. On file systems that can, when `core.payload-link-threshold`
 * is set, and for files of at least so many bytes:
 *
 *   objects/XX/REST.payload-link -> ../YY/REST.file
 *
 * XXREST is the SHA-256 of the content alone. One that leads nowhere is of no use and does no harm.
 * The kernel compares the bytes before it shares them, so that damage does not spread.
 */
#pragma once

#include "store/txn.h"

/* From this size on content is to be shared; G_MAXUINT64: none is. */
gboolean payload_threshold (const TreeRepo *repo, guint64 *out, GError **error);
/* The staged file @fd of the object @object has @size bytes of content, whose checksum is @payload:
 * shares its blocks with those of another object, or makes it known for others. What cannot be done
 * costs space and nothing else. */
void payload_share (Txn *txn, int fd, guint64 size, const TreeChecksum *payload,
                    const TreeChecksum *object);

/* The object that the link leads to, whether or not it is there. FALSE: no payload link. */
gboolean payload_read_link (int dfd, const char *path, ObjectName *out);
