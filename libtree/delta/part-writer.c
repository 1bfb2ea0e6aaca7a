/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "delta/part-writer.h"

#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/xz.h"
#include "core/delta-ops.h"
#include "core/delta-payload.h"

struct PartWriter {
  DeltaTables *tables;
  TempFile data;
  GByteArray *ops;
  GByteArray *objects;
  guint64 unpacked;
};

PartWriter *
part_writer_new (int tmp_dfd, GError **error)
{
  g_autoptr (PartWriter) self = g_new0 (PartWriter, 1);
  self->tables = delta_tables_new ();
  self->ops = g_byte_array_new ();
  self->objects = g_byte_array_new ();
  return temp_file_open (&self->data, tmp_dfd, error) ? g_steal_pointer (&self) : NULL;
}

void
part_writer_free (PartWriter *self)
{
  if (self == NULL)
    return;
  delta_tables_free (self->tables);
  temp_file_clear (&self->data);
  g_byte_array_unref (self->ops);
  g_byte_array_unref (self->objects);
  g_free (self);
}

guint64
part_writer_unpacked (const PartWriter *self)
{
  return self->unpacked;
}

const GByteArray *
part_writer_objects (const PartWriter *self)
{
  return self->objects;
}

/* ---- Adding ---- */

static gboolean
append_data (PartWriter *self, const void *data, gsize len, guint64 *out_offset, GError **error)
{
  *out_offset = self->data.size;
  return temp_file_append (&self->data, data, len, error);
}

static void
begin_object (PartWriter *self, const ObjectName *name, guint64 size)
{
  guint8 type = (guint8)name->type;
  g_byte_array_append (self->objects, &type, 1);
  g_byte_array_append (self->objects, name->checksum.bytes, sizeof name->checksum.bytes);
  self->unpacked += size;
}

static DeltaOp
op_with_meta (PartWriter *self, DeltaOpCode code, const FileMeta *meta, guint64 size)
{
  guint mode, xattrs;
  delta_tables_add (self->tables, meta, &mode, &xattrs);
  return (DeltaOp){.code = code, .mode = mode, .xattrs = xattrs, .size = size};
}

static void
append_op (PartWriter *self, const DeltaOp *op)
{
  delta_op_append (self->ops, op, /* is_metadata= */ FALSE);
}

gboolean
part_writer_add_metadata (PartWriter *self, const ObjectName *name, GBytes *bytes, GError **error)
{
  gsize len = 0;
  const void *data = g_bytes_get_data (bytes, &len);
  DeltaOp op = {.code = DELTA_OP_SPLICE, .size = len};
  if (!append_data (self, data, len, &op.offset, error))
    return FALSE;
  begin_object (self, name, len);
  delta_op_append (self->ops, &op, /* is_metadata= */ TRUE);
  return TRUE;
}

static gboolean
add_spliced (PartWriter *self, const PlanFile *file, const void *data, gsize len, GError **error)
{
  DeltaOp op = op_with_meta (self, DELTA_OP_SPLICE, &file->meta, len);
  if (!append_data (self, data, len, &op.offset, error))
    return FALSE;
  append_op (self, &op);
  return TRUE;
}

gboolean
part_writer_add_link (PartWriter *self, const PlanFile *file, GError **error)
{
  gsize len = strlen (file->meta.target);
  begin_object (self, &(ObjectName){file->checksum, TREE_OBJECT_FILE}, len);
  return add_spliced (self, file, file->meta.target, len, error);
}

/* The old file: its name is written into the data. */
static gboolean
read_from_old (PartWriter *self, const PlanFile *file, DeltaOp *out, GError **error)
{
  *out = (DeltaOp){.code = DELTA_OP_SOURCE};
  return append_data (self, file->old.bytes, sizeof file->old.bytes, &out->offset, error);
}

static gboolean
add_patch (PartWriter *self, const PlanFile *file, Encoded *encoded, GError **error)
{
  const guint8 *patch;
  gsize len = 0;
  DeltaOp source;
  DeltaOp open = op_with_meta (self, DELTA_OP_OPEN, &file->meta, file->size);
  DeltaOp op = {.code = DELTA_OP_PATCH};
  if (!encoded_patch (encoded, &patch, &len, error) ||
      !read_from_old (self, file, &source, error) ||
      !append_data (self, patch, len, &op.offset, error))
    return FALSE;
  op.size = len;
  append_op (self, &source);
  append_op (self, &open);
  append_op (self, &op);
  append_op (self, &(DeltaOp){.code = DELTA_OP_CLOSE});
  append_op (self, &(DeltaOp){.code = DELTA_OP_NO_SOURCE});
  return TRUE;
}

/* What is between two pieces. */
static gboolean
add_literal (PartWriter *self, const guint8 *data, gsize len, gboolean *has_source, GError **error)
{
  DeltaOp op = {.code = DELTA_OP_WRITE, .size = len};
  if (len == 0)
    return TRUE;
  if (*has_source)
    append_op (self, &(DeltaOp){.code = DELTA_OP_NO_SOURCE});
  *has_source = FALSE;
  if (!append_data (self, data, len, &op.offset, error))
    return FALSE;
  append_op (self, &op);
  return TRUE;
}

static gboolean
add_pieces (PartWriter *self, const PlanFile *file, const Encoded *encoded, const guint8 *content,
            GError **error)
{
  DeltaOp open = op_with_meta (self, DELTA_OP_OPEN, &file->meta, file->size);
  DeltaOp source;
  gboolean has_source = FALSE;
  guint64 at = 0;
  if (!read_from_old (self, file, &source, error))
    return FALSE;
  append_op (self, &open);
  for (guint i = 0; i < encoded->pieces->len; i++) {
    const Piece *piece = &g_array_index (encoded->pieces, Piece, i);
    if (!add_literal (self, content + at, (gsize)(piece->new_at - at), &has_source, error))
      return FALSE;
    if (!has_source)
      append_op (self, &source);
    has_source = TRUE;
    append_op (self,
               &(DeltaOp){.code = DELTA_OP_WRITE, .size = piece->len, .offset = piece->old_at});
    at = piece->new_at + piece->len;
  }
  if (!add_literal (self, content + at, (gsize)(file->size - at), &has_source, error))
    return FALSE;
  append_op (self, &(DeltaOp){.code = DELTA_OP_CLOSE});
  return TRUE;
}

gboolean
part_writer_add_file (PartWriter *self, const PlanFile *file, Encoded *encoded,
                      const guint8 *content, GError **error)
{
  begin_object (self, &(ObjectName){file->checksum, TREE_OBJECT_FILE}, file->size);
  switch (encoded->kind) {
  case ENCODED_PATCH:
    return add_patch (self, file, encoded, error);
  case ENCODED_PIECES:
    return add_pieces (self, file, encoded, content, error);
  default:
    return add_spliced (self, file, content, (gsize)file->size, error);
  }
}

/* ---- Packing ---- */

void
part_writer_drop_data (PartWriter *self)
{
  temp_file_clear (&self->data);
  g_byte_array_set_size (self->ops, 0);
}

guint64
part_writer_payload_size (const PartWriter *self)
{
  g_autoptr (GByteArray) around = g_byte_array_new ();
  delta_tables_head (self->tables, around);
  delta_tables_tail (self->tables, self->data.size, self->ops->len, around);
  return around->len + self->data.size + self->ops->len;
}

/* The members of the payload one after the other. */
typedef struct {
  Source source;
  Source *members[4];
  guint at;
} PayloadSource;

static gssize
payload_read (Source *source, void *buffer, gsize len, GError **error)
{
  PayloadSource *self = (PayloadSource *)source;
  gssize n = 0;
  while (n == 0 && self->at < G_N_ELEMENTS (self->members)) {
    Source *member = self->members[self->at];
    n = member->read (member, buffer, len, error);
    if (n == 0)
      self->at++;
  }
  return n;
}

gboolean
part_writer_pack (PartWriter *self, guint32 window, CodecSink sink, gpointer user_data,
                  GError **error)
{
  static const guint8 packing = DELTA_PACKED_XZ;
  g_autoptr (GByteArray) head = g_byte_array_new ();
  g_autoptr (GByteArray) tail = g_byte_array_new ();
  MemorySource head_source, ops_source, tail_source;
  FdSource data_source;
  delta_tables_head (self->tables, head);
  delta_tables_tail (self->tables, self->data.size, self->ops->len, tail);
  if (lseek (self->data.fd, 0, SEEK_SET) < 0)
    return throw_errno (error, "seek");
  memory_source_init (&head_source, head->data, head->len);
  fd_source_init (&data_source, self->data.fd, self->data.size);
  memory_source_init (&ops_source, self->ops->data, self->ops->len);
  memory_source_init (&tail_source, tail->data, tail->len);
  PayloadSource payload = {
      {.read = payload_read},
      {&head_source.source, &data_source.source, &ops_source.source, &tail_source.source},
      0};
  return sink (&packing, 1, user_data, error) &&
         xz_pack (&payload.source, part_writer_payload_size (self), window, sink, user_data, error);
}
