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

/* A regular file of @size bytes, read from the start of @fd to hash it, and if it is large and the
 * object is new, once more to write it. TREE_ERROR_CHANGED when it is not what it was. */
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

/* The same into an archive, by somebody whom the caller believes: what came is what is stored, and
 * nothing but its header is looked at. */
gboolean object_writer_put_archive_as_is (ObjectWriter *self, const void *data, gsize len,
                                          const TreeChecksum *checksum, GError **error);

/* What an object of any mode, opened with this writer's buffers or none, holds. */
gboolean object_writer_put_open_file (ObjectWriter *self, StoreFile *file,
                                      const TreeChecksum *expected, GError **error);
/* The same of one whose name is believed: nothing is hashed, and where both modes keep content as
 * it is, the kernel copies it or shares its blocks. */
gboolean object_writer_put_trusted (ObjectWriter *self, StoreFile *file,
                                    const TreeChecksum *checksum, GError **error);

/* From now on files with set-id or sticky bits, or that all may write, are refused. */
void object_writer_refuse_special (ObjectWriter *self);
/* Does anything, here or in the repository's mode, forbid some files? */
gboolean object_writer_is_strict (const ObjectWriter *self);
/* May an object with this metadata be kept? The error names it. */
gboolean object_writer_check (const ObjectWriter *self, const TreeChecksum *checksum,
                              const FileMeta *meta, GError **error);

/* The buffers of this thread, for callers that read files themselves. */
ModeWorker *object_writer_worker (ObjectWriter *self);
Txn *object_writer_txn (const ObjectWriter *self); /* borrowed */
