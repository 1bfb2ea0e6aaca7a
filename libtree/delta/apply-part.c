/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "delta/apply-part.h"

#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/pool.h"
#include "base/xz.h"
#include "core/delta-exec.h"
#include "delta/content.h"
#include "plain/layout.h"
#include "store/object-write.h"

/* The peers pack with a window of 32 MiB; the largest preset of xz has one of 64 MiB. */
#define WINDOW_MAX ((guint64)72 * 1024 * 1024)
#define MAX_WORKERS 2

struct DeltaApplier {
  Txn *txn;
  ObjectWriter *writer;
  int tmp_dfd; /* opened when it is first needed */
  Content old; /* what operations read from */
};

DeltaApplier *
delta_applier_new (Txn *txn)
{
  DeltaApplier *self = g_new0 (DeltaApplier, 1);
  self->txn = txn;
  self->writer = object_writer_new (txn);
  self->tmp_dfd = -1;
  self->old = (Content)CONTENT_INIT;
  return self;
}

void
delta_applier_free (DeltaApplier *self)
{
  if (self == NULL)
    return;
  content_clear (&self->old);
  fd_cleanup (&self->tmp_dfd);
  object_writer_free (self->writer);
  g_free (self);
}

guint
delta_apply_workers (void)
{
  return pool_default_workers (MAX_WORKERS);
}

/* ---- Unpacking ---- */

/* What the superblock says is the size of the objects. The payload has their bytes or patches that
 * make them, which are not much larger, operations, and tables; more than this is a bomb. */
static guint64
payload_max (const DeltaPartInfo *part)
{
  const guint64 slack = (guint64)64 * 1024 * 1024;
  guint64 twice = part->unpacked <= G_MAXINT64 / 4 ? part->unpacked * 2 : G_MAXINT64 / 2;
  return twice + slack;
}

static gboolean
unpack_body (Source *file, guint64 max_bytes, TempFile *temp, GError **error)
{
  guint8 packing = 0;
  gsize n = 0;
  if (!source_read_full (file, &packing, 1, &n, error))
    return FALSE;
  if (n == 0)
    return throw_error (error, TREE_ERROR_CORRUPT, "an empty file");
  if (packing == DELTA_PACKED_NOT)
    return temp_file_append_source (temp, file, max_bytes, error);
  if (packing != DELTA_PACKED_XZ)
    return throw_error (error, TREE_ERROR_UNSUPPORTED, "packed in a way that is not known: %02x",
                        packing);
  Source *xz = xz_source_new (file, WINDOW_MAX, error);
  gboolean ok = xz != NULL && temp_file_append_source (temp, xz, max_bytes, error);
  source_close (xz);
  return ok;
}

/* A file that is not what the superblock names may fail to unpack first; then that it is another
 * file is what should be said. */
static gboolean
unpack (const DeltaPartInfo *part, Source *file, TempFile *temp, GError **error)
{
  g_autoptr (Hasher) hasher = hasher_new ();
  g_autoptr (GError) local = NULL;
  HashSource hashing;
  TreeChecksum found;
  guint8 rest[4096];
  gssize n = 1;
  hash_source_init (&hashing, file, hasher);
  gboolean ok = unpack_body (&hashing.source, payload_max (part), temp, &local);
  if (!ok && !g_error_matches (local, TREE_ERROR, TREE_ERROR_CORRUPT)) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  while (n > 0 && hashing.n_bytes <= part->size)
    n = hashing.source.read (&hashing.source, rest, sizeof rest, error);
  if (n < 0)
    return FALSE;
  hasher_final (hasher, &found);
  if (hashing.n_bytes != part->size || !tree_checksum_equal (&found, &part->checksum))
    return throw_error (error, TREE_ERROR_CORRUPT, "its bytes are not those the superblock names");
  if (!ok)
    g_propagate_error (error, g_steal_pointer (&local));
  return ok;
}

static gboolean
unpack_and_parse (int tmp_dfd, const DeltaPartInfo *part, Source *file, TempFile *temp,
                  DeltaPayload *out, GError **error)
{
  const guint8 *data;
  gsize len = 0;
  return temp_file_open (temp, tmp_dfd, error) && unpack (part, file, temp, error) &&
         temp_file_map (temp, &data, &len, error) && delta_payload_parse (data, len, out, error);
}

gboolean
delta_unpack_part (const TreeRepo *repo, const DeltaPartInfo *part, Source *file, TempFile *temp,
                   DeltaPayload *out, GError **error)
{
  autofd int tmp_dfd = dir_open_at (repo->dfd, REPO_TMP, error);
  return tmp_dfd >= 0 && unpack_and_parse (tmp_dfd, part, file, temp, out, error);
}

/* ---- Operations ---- */

static gboolean
open_old (const TreeChecksum *file, guint64 *out_size, gpointer user_data, GError **error)
{
  DeltaApplier *self = user_data;
  content_clear (&self->old);
  if (!content_open (&self->old, txn_get_repo (self->txn), file, self->tmp_dfd, error))
    return FALSE;
  *out_size = self->old.size;
  return TRUE;
}

static gboolean
read_old (guint64 offset, void *buffer, gsize len, gpointer user_data, GError **error)
{
  const DeltaApplier *self = user_data;
  return content_read (&self->old, offset, buffer, len, error);
}

static gboolean
store_metadata (DeltaApplier *self, const DeltaObject *object, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (object->data, object->len);
  if (object->name.type == TREE_OBJECT_DIR_TREE) {
    g_auto (DirTree) tree = {0};
    if (!dirtree_parse (bytes, &tree, error))
      return FALSE;
  } else {
    g_auto (FileMeta) meta = {0};
    if (!filemeta_parse_dirmeta (bytes, S_IFDIR, &meta, error))
      return FALSE;
  }
  return txn_put_metadata (self->txn, object->name.type, bytes, &object->name.checksum, NULL,
                           error);
}

static gboolean
store (DeltaApplier *self, const DeltaObject *object, GError **error)
{
  const TreeChecksum *checksum = &object->name.checksum;
  if (object_type_is_metadata (object->name.type))
    return store_metadata (self, object, error);
  if (object->content == NULL)
    return object_writer_put_data (self->writer, &object->meta, NULL, 0, checksum, NULL, error);
  if (object->content->data != NULL)
    return object_writer_put_data (self->writer, &object->meta, object->content->data,
                                   object->content->data_len, checksum, NULL, error);
  /* One that is staged already need not be made again. */
  gboolean staged = FALSE;
  return txn_has_object (self->txn, TREE_OBJECT_FILE, checksum, &staged, error) &&
         (staged || object_writer_put_stream (self->writer, &object->meta, object->content,
                                              object->size, checksum, error));
}

static gboolean
run (DeltaApplier *self, const DeltaPartInfo *part, const DeltaPayload *payload, GError **error)
{
  const DeltaReader reader = {open_old, read_old, self};
  g_autoptr (DeltaExec) exec = delta_exec_new (payload, part, &reader);
  for (;;) {
    g_auto (DeltaObject) object = {0};
    gboolean found = FALSE;
    if (!delta_exec_next (exec, &found, &object, error))
      return FALSE;
    if (!found)
      return TRUE;
    g_autofree char *name = object_to_string (&object.name);
    if (!store (self, &object, error))
      return prefix_error (error, "%s", name);
  }
}

gboolean
delta_apply_part (DeltaApplier *self, const DeltaPartInfo *part, Source *file, GError **error)
{
  g_auto (TempFile) temp = TEMP_FILE_INIT;
  g_auto (DeltaPayload) payload = {0};
  if (self->tmp_dfd < 0)
    self->tmp_dfd = dir_open_at (txn_get_repo (self->txn)->dfd, REPO_TMP, error);
  gboolean ok = self->tmp_dfd >= 0 &&
                unpack_and_parse (self->tmp_dfd, part, file, &temp, &payload, error) &&
                run (self, part, &payload, error);
  content_clear (&self->old);
  return ok;
}
