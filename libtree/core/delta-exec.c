/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/delta-exec.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "core/delta-ops.h"

enum {
  TARGET_MAX = 4095, /* bytes of a link's target, as the kernel has it */
};

struct DeltaExec {
  Source source; /* the content of an opened file */
  const DeltaPayload *payload;
  const DeltaPartInfo *part;
  const DeltaReader *reader;
  const guint8 *at; /* the next operation */
  const guint8 *end;
  guint n_ops;
  guint n_objects; /* that were given */
  MemorySource spliced;

  gboolean in_file;
  guint64 file_size;
  guint64 left;    /* of it, without an operation that makes it so far */
  guint64 pending; /* bytes of the last operation that are still to be made */
  gboolean patching;
  Bspatch patch;
  guint64 offset; /* of the bytes to copy, unless patching */
  gboolean from_source;

  gboolean has_source;
  gboolean source_is_open;
  TreeChecksum source_name;
  guint64 source_size;
};

void
delta_object_clear (DeltaObject *self)
{
  filemeta_clear (&self->meta);
}

static gboolean
within (guint64 offset, guint64 size, guint64 limit)
{
  return offset <= limit && size <= limit - offset;
}

static gboolean
throw_outside (guint64 offset, guint64 size, guint64 limit, GError **error)
{
  return throw_error (error, TREE_ERROR_CORRUPT,
                      "%" G_GUINT64_FORMAT " bytes at %" G_GUINT64_FORMAT
                      " go beyond the %" G_GUINT64_FORMAT " that there are",
                      size, offset, limit);
}

static gboolean
check_data (const DeltaExec *self, guint64 offset, guint64 size, GError **error)
{
  return within (offset, size, self->payload->data_len) ||
         throw_outside (offset, size, self->payload->data_len, error);
}

/* ---- What is read from ---- */

static gboolean
set_source (DeltaExec *self, guint64 offset, GError **error)
{
  if (!check_data (self, offset, sizeof self->source_name.bytes, error))
    return FALSE;
  memcpy (self->source_name.bytes, self->payload->data + offset, sizeof self->source_name.bytes);
  self->has_source = TRUE;
  self->source_is_open = FALSE;
  return TRUE;
}

/* Opened when the first byte of it is needed: the object may be here already. */
static gboolean
open_source (DeltaExec *self, GError **error)
{
  if (!self->has_source)
    return throw_error (error, TREE_ERROR_CORRUPT, "there is nothing to read from");
  if (self->source_is_open)
    return TRUE;
  self->source_is_open = self->reader->open (&self->source_name, &self->source_size,
                                             self->reader->user_data, error);
  return self->source_is_open;
}

/* ---- The content of a file ---- */

/* What an operation claims of the file; TRUE: it makes bytes. */
static gboolean
claim (DeltaExec *self, const DeltaOp *op, gboolean *out_makes, GError **error)
{
  guint64 size = op->code == DELTA_OP_PATCH ? self->file_size : op->size;
  *out_makes = op->code == DELTA_OP_WRITE || op->code == DELTA_OP_PATCH;
  if (!*out_makes)
    return TRUE;
  if (size > self->left)
    return throw_error (error, TREE_ERROR_CORRUPT,
                        "the file would be larger than the %" G_GUINT64_FORMAT " bytes it is to be",
                        self->file_size);
  self->left -= size;
  return TRUE;
}

static gboolean
prepare_write (DeltaExec *self, const DeltaOp *op, GError **error)
{
  guint64 limit = self->payload->data_len;
  if (self->has_source) {
    if (!open_source (self, error))
      return FALSE;
    limit = self->source_size;
  }
  if (!within (op->offset, op->size, limit))
    return throw_outside (op->offset, op->size, limit, error);
  self->patching = FALSE;
  self->from_source = self->has_source;
  self->offset = op->offset;
  self->pending = op->size;
  return TRUE;
}

static gboolean
prepare_patch (DeltaExec *self, const DeltaOp *op, GError **error)
{
  if (!check_data (self, op->offset, op->size, error) || !open_source (self, error))
    return FALSE;
  bspatch_init (&self->patch, self->payload->data + op->offset, (gsize)op->size, self->source_size,
                self->file_size, self->reader->read, self->reader->user_data);
  self->patching = TRUE;
  self->pending = self->file_size;
  return TRUE;
}

/* The next operation inside of a file. @make: its bytes are wanted. *@out_closed: that was its end.
 */
static gboolean
step (DeltaExec *self, gboolean make, gboolean *out_closed, GError **error)
{
  DeltaOp op;
  gboolean makes = FALSE;
  *out_closed = FALSE;
  self->n_ops++;
  if (!delta_op_read (&self->at, self->end, /* is_metadata= */ FALSE, &op, error) ||
      !claim (self, &op, &makes, error))
    return FALSE;
  if (makes && !make)
    return TRUE;
  switch (op.code) {
  case DELTA_OP_WRITE:
    return prepare_write (self, &op, error);
  case DELTA_OP_PATCH:
    return prepare_patch (self, &op, error);
  case DELTA_OP_SOURCE:
    return set_source (self, op.offset, error);
  case DELTA_OP_NO_SOURCE:
    self->has_source = FALSE;
    return TRUE;
  case DELTA_OP_CLOSE:
    *out_closed = TRUE;
    self->has_source = FALSE;
    return self->left == 0 ||
           throw_error (error, TREE_ERROR_CORRUPT,
                        "the file ends %" G_GUINT64_FORMAT " bytes before its end", self->left);
  default:
    return throw_error (error, TREE_ERROR_CORRUPT, "operation '%c' inside of a file", op.code);
  }
}

static gboolean
make_bytes (DeltaExec *self, void *buffer, gsize len, gsize *out_n, GError **error)
{
  if (self->patching) {
    if (!bspatch_read (&self->patch, buffer, len, out_n, error))
      return FALSE;
  } else {
    *out_n = (gsize)MIN ((guint64)len, self->pending);
    if (!self->from_source)
      memcpy (buffer, self->payload->data + self->offset, *out_n);
    else if (!self->reader->read (self->offset, buffer, *out_n, self->reader->user_data, error))
      return FALSE;
    self->offset += *out_n;
  }
  self->pending -= *out_n;
  return TRUE;
}

static gssize
content_read (Source *source, void *buffer, gsize len, GError **error)
{
  DeltaExec *self = (DeltaExec *)source;
  gsize n = 0;
  while (n == 0 && len > 0 && (self->pending > 0 || self->left > 0)) {
    gboolean closed = FALSE;
    gboolean ok = self->pending > 0 ? make_bytes (self, buffer, len, &n, error)
                                    : step (self, /* make= */ TRUE, &closed, error);
    if (!ok) {
      (void)prefix_error (error, "operation %u", self->n_ops);
      return -1;
    }
  }
  return (gssize)n;
}

/* ---- Objects ---- */

DeltaExec *
delta_exec_new (const DeltaPayload *payload, const DeltaPartInfo *part, const DeltaReader *reader)
{
  DeltaExec *self = g_new0 (DeltaExec, 1);
  self->source.read = content_read;
  self->payload = payload;
  self->part = part;
  self->reader = reader;
  self->at = payload->ops;
  self->end = payload->ops + payload->ops_len;
  return self;
}

void
delta_exec_free (DeltaExec *self)
{
  g_free (self);
}

static gboolean
splice_link (const DeltaExec *self, const DeltaOp *op, DeltaObject *object, GError **error)
{
  const guint8 *target = self->payload->data + op->offset;
  if (op->size == 0 || op->size > TARGET_MAX || memchr (target, '\0', (gsize)op->size) != NULL)
    return throw_error (error, TREE_ERROR_CORRUPT, "not the target of a link");
  object->meta.target = g_strndup ((const char *)target, (gsize)op->size);
  return TRUE;
}

static gboolean
splice_object (DeltaExec *self, const DeltaOp *op, DeltaObject *object, GError **error)
{
  if (!check_data (self, op->offset, op->size, error))
    return FALSE;
  if (object_type_is_metadata (object->name.type)) {
    if (op->size > OBJECT_METADATA_MAX)
      return throw_error (error, TREE_ERROR_CORRUPT, "a metadata object larger than 128 MiB");
    object->data = self->payload->data + op->offset;
    object->len = (gsize)op->size;
    return TRUE;
  }
  if (!delta_payload_meta (self->payload, op->mode, op->xattrs, &object->meta, error))
    return FALSE;
  if (S_ISLNK (object->meta.mode))
    return splice_link (self, op, object, error);
  memory_source_init (&self->spliced, self->payload->data + op->offset, (gsize)op->size);
  object->size = op->size;
  object->content = &self->spliced.source;
  return TRUE;
}

static gboolean
open_file (DeltaExec *self, const DeltaOp *op, DeltaObject *object, GError **error)
{
  if (object->name.type != TREE_OBJECT_FILE)
    return throw_error (error, TREE_ERROR_CORRUPT, "metadata is not made like a file");
  if (!delta_payload_meta (self->payload, op->mode, op->xattrs, &object->meta, error))
    return FALSE;
  if (!S_ISREG (object->meta.mode) || op->size > G_MAXINT64)
    return throw_error (error, TREE_ERROR_CORRUPT, "a link, or a size that no file has");
  self->in_file = TRUE;
  self->file_size = self->left = op->size;
  self->pending = 0;
  object->size = op->size;
  object->content = &self->source;
  return TRUE;
}

/* The rest of a file, whose bytes nobody wants. */
static gboolean
close_file (DeltaExec *self, GError **error)
{
  gboolean closed = FALSE;
  self->pending = 0;
  while (!closed)
    if (!step (self, /* make= */ FALSE, &closed, error))
      return FALSE;
  self->in_file = FALSE;
  return TRUE;
}

static gboolean
next (DeltaExec *self, gboolean *out_found, DeltaObject *object, GError **error)
{
  while (!*out_found) {
    if (self->at == self->end)
      return self->n_objects == self->part->n_objects ||
             throw_error (error, TREE_ERROR_CORRUPT, "only %u of %u objects are made",
                          self->n_objects, self->part->n_objects);
    gboolean has_object = self->n_objects < self->part->n_objects;
    if (has_object)
      delta_part_object (self->part, self->n_objects, &object->name);
    DeltaOp op;
    self->n_ops++;
    if (!delta_op_read (&self->at, self->end,
                        has_object && object_type_is_metadata (object->name.type), &op, error))
      return FALSE;
    gboolean ok;
    if (op.code == DELTA_OP_SOURCE)
      ok = set_source (self, op.offset, error);
    else if (op.code == DELTA_OP_NO_SOURCE)
      ok = !(self->has_source = FALSE);
    else if (op.code != DELTA_OP_SPLICE && op.code != DELTA_OP_OPEN)
      ok = throw_error (error, TREE_ERROR_CORRUPT, "operation '%c' outside of a file", op.code);
    else if (!has_object)
      ok = throw_error (error, TREE_ERROR_CORRUPT, "more than %u objects", self->n_objects);
    else {
      ok = op.code == DELTA_OP_SPLICE ? splice_object (self, &op, object, error)
                                      : open_file (self, &op, object, error);
      *out_found = TRUE;
      self->n_objects++;
    }
    if (!ok)
      return FALSE;
  }
  return TRUE;
}

gboolean
delta_exec_next (DeltaExec *self, gboolean *out_found, DeltaObject *out, GError **error)
{
  g_auto (DeltaObject) object = {0};
  gboolean found = FALSE;
  if ((self->in_file && !close_file (self, error)) || !next (self, &found, &object, error))
    return prefix_error (error, "operation %u", self->n_ops);
  *out_found = found;
  *out = object;
  object = (DeltaObject){0};
  return TRUE;
}
