/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing file objects into a transaction. A writer belongs to one thread; a transaction has as
 * many as it likes.
 *
 * Hash first, then ask whether the object is there, and only then compress and write. What is
 * written is what was hashed: small files from the same buffer, large ones hashed again while they
 * are copied.
 */
#pragma once

#include <sys/stat.h>

#include "core/filemeta.h"
#include "store/txn.h"

typedef struct ObjectWriter ObjectWriter;

ObjectWriter *object_writer_new (Txn *txn);
void object_writer_free (ObjectWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObjectWriter, object_writer_free)

/* A file or link whose content (NULL, 0 for a link) is in memory. With @expected, another checksum
 * is TREE_ERROR_CORRUPT and nothing is written. @out (nullable): its name. */
gboolean object_writer_put_data (ObjectWriter *self, const FileMeta *meta, const void *data,
                                 gsize len, const TreeChecksum *expected, TreeChecksum *out,
                                 GError **error);

/* The next put may link this file into the repository instead of copying it: its owner gives it up.
 * It must have just the content, owner, mode and xattrs that are put. Only where objects are plain
 * files; elsewhere it changes nothing. */
void object_writer_offer (ObjectWriter *self, int dfd, const char *name, const struct stat *st);
/* Did the put after the offer take it? */
gboolean object_writer_adopted (const ObjectWriter *self);

/* A regular file of @size bytes, read from the start of @fd, once to hash it and, if the object is
 * new, once to write it. TREE_ERROR_CHANGED when it is not the same both times. */
gboolean object_writer_put_fd (ObjectWriter *self, const FileMeta *meta, int fd, guint64 size,
                               TreeChecksum *out, GError **error);

/* A regular file whose name is known and whose bytes come once. Anything but @expected is
 * TREE_ERROR_CORRUPT. */
gboolean object_writer_put_stream (ObjectWriter *self, const FileMeta *meta, Source *content,
                                   guint64 size, const TreeChecksum *expected, GError **error);

/* The bytes of an archive object (.filez) in memory, as a server sends them: parsed, unpacked,
 * checked, and written as the repository's mode wants it. */
gboolean object_writer_put_archive_data (ObjectWriter *self, const void *data, gsize len,
                                         const TreeChecksum *expected, GError **error);
/* The same from a file, read from its start. */
gboolean object_writer_put_archive_fd (ObjectWriter *self, int fd, const TreeChecksum *expected,
                                       GError **error);

/* Brings an object of another repository into this one: a hard link where the bytes allow it and
 * @trusted, else a copy whose checksum is verified unless @trusted. */
gboolean object_writer_import (ObjectWriter *self, const TreeRepo *source,
                               const TreeChecksum *checksum, gboolean trusted, GError **error);

/* The buffers of this thread, for callers that read files themselves. */
ModeWorker *object_writer_worker (ObjectWriter *self);
/* Files up to this size are given by put_data(). */
gsize object_writer_whole_max (const ObjectWriter *self);
