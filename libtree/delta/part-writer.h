/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making a part: objects are added one after the other, then it is packed. Data lies in a file
 * without a name meanwhile, so that only operations and tables are in memory. */
#pragma once

#include "base/codec.h"
#include "core/delta-superblock.h"
#include "delta/encode.h"

typedef struct PartWriter PartWriter;

PartWriter *part_writer_new (int tmp_dfd, GError **error);
void part_writer_free (PartWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PartWriter, part_writer_free)

gboolean part_writer_add_metadata (PartWriter *self, const ObjectName *name, GBytes *bytes,
                                   GError **error);
gboolean part_writer_add_link (PartWriter *self, const PlanFile *file, GError **error);
/* A regular file. @content: all of its bytes; not needed for a patch. */
gboolean part_writer_add_file (PartWriter *self, const PlanFile *file, Encoded *encoded,
                               const guint8 *content, GError **error);

/* Bytes of the objects so far. */
guint64 part_writer_unpacked (const PartWriter *self);
/* The list of objects, DELTA_OBJECT_LEN bytes each; borrowed. */
const GByteArray *part_writer_objects (const PartWriter *self);
/* Bytes of what part_writer_pack() packs. */
guint64 part_writer_payload_size (const PartWriter *self);
/* Gives the bytes of the part's file to @sink. Once, from any thread. */
gboolean part_writer_pack (PartWriter *self, guint32 window, CodecSink sink, gpointer user_data,
                           GError **error);
/* Gives back what only packing needs; the list of objects stays. */
void part_writer_drop_data (PartWriter *self);
