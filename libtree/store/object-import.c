/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/object-import.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "store/object-read.h"
#include "store/txn-private.h"
#include "store/verify.h"

typedef enum {
  LINKED,
  LINK_MISSING,    /* it is not in this repository */
  LINK_IMPOSSIBLE, /* another file system, too many links, … */
  LINK_EXISTS,     /* somebody has staged it, or is just staging it */
} LinkOutcome;

/* Whoever owns the other repository could change the inode behind our back, unless it is us. */
static gboolean
may_share (const Txn *txn, const TreeRepo *source)
{
  return source->owner == txn->repo->owner;
}

/* For the same reason nobody else is believed about the bytes. */
static gboolean
may_trust (const Txn *txn, const TreeRepo *source)
{
  for (; source != NULL; source = source->parent)
    if (!may_share (txn, source))
      return FALSE;
  return TRUE;
}

static LinkOutcome
link_object (Txn *txn, const TreeRepo *source, const char *path)
{
  int rc = linkat (source->objects_dfd, path, txn->staging_dfd, path, 0);
  if (rc < 0 && errno == ENOENT && txn_make_dir_of (txn, path, NULL))
    rc = linkat (source->objects_dfd, path, txn->staging_dfd, path, 0);
  if (rc < 0)
    return errno == EEXIST ? LINK_EXISTS : errno == ENOENT ? LINK_MISSING : LINK_IMPOSSIBLE;
  /* The mark of a whole object. The time is that of the shared inode, where it means nothing. */
  const struct timespec zero[2] = {{0, UTIME_OMIT}, {0, 0}};
  if (utimensat (txn->staging_dfd, path, zero, AT_SYMLINK_NOFOLLOW) == 0)
    return LINKED;
  (void)unlinkat (txn->staging_dfd, path, 0);
  return LINK_IMPOSSIBLE;
}

/* ---- Files ---- */

/* Is the object of @source the same when @mode reads it? */
static gboolean
reads_the_same (const StoreMode *mode, const TreeRepo *source, const char *path)
{
  g_auto (StoreFile) there = {.fd = -1};
  g_auto (StoreFile) here = {.fd = -1};
  if (mode == source->mode)
    return TRUE;
  return mode->plain_files && !source->mode->archive &&
         source->mode->open (NULL, source->objects_dfd, path, &there, NULL) &&
         mode->open (NULL, source->objects_dfd, path, &here, NULL) &&
         filemeta_equal (&there.meta, &here.meta);
}

static gboolean
verify_staged (ObjectWriter *writer, const char *path, const TreeChecksum *checksum, GError **error)
{
  Txn *txn = object_writer_txn (writer);
  ModeWorker *worker = object_writer_worker (writer);
  g_auto (StoreFile) file = {.fd = -1};
  return txn->repo->mode->open (worker, txn->staging_dfd, path, &file, error) &&
         object_writer_check (writer, checksum, &file.meta, error) &&
         verify_open_file (worker, &file, checksum, error);
}

/* *@out_done is FALSE when it must be copied. */
static gboolean
import_by_link (ObjectWriter *writer, const TreeRepo *source, const TreeChecksum *checksum,
                gboolean trusted, gboolean *out_done, GError **error)
{
  Txn *txn = object_writer_txn (writer);
  char path[OBJECT_PATH_MAX];
  object_path (&(ObjectName){*checksum, TREE_OBJECT_FILE}, source->mode->archive, path);
  *out_done = FALSE;
  if (!may_share (txn, source) || txn->repo->mode->write_beside != NULL ||
      !reads_the_same (txn->repo->mode, source, path))
    return TRUE;
  switch (link_object (txn, source, path)) {
  case LINK_EXISTS:
    *out_done = TRUE;
    return TRUE;
  case LINK_MISSING:
    return source->parent == NULL ||
           import_by_link (writer, source->parent, checksum, trusted, out_done, error);
  case LINK_IMPOSSIBLE:
    return TRUE;
  case LINKED:
    break;
  }
  if (!trusted && !verify_staged (writer, path, checksum, error)) {
    (void)unlinkat (txn->staging_dfd, path, 0);
    return FALSE;
  }
  txn_count (txn, FALSE, TRUE, 0);
  *out_done = TRUE;
  return TRUE;
}

/* What a link would bring in unseen. */
static gboolean
check_there (ObjectWriter *writer, const TreeRepo *source, const TreeChecksum *checksum,
             GError **error)
{
  g_auto (StoreFile) file = {.fd = -1};
  return object_stat_file (source, checksum, &file, error) &&
         object_writer_check (writer, checksum, &file.meta, error);
}

gboolean
object_import_file (ObjectWriter *writer, const TreeRepo *source, const TreeChecksum *checksum,
                    gboolean trusted, GError **error)
{
  gboolean done = FALSE;
  Txn *txn = object_writer_txn (writer);
  trusted = trusted && may_trust (txn, source);
  if (!txn_has_object (txn, TREE_OBJECT_FILE, checksum, &done, error))
    return FALSE;
  if (done)
    return TRUE;
  if ((object_writer_is_strict (writer) && !check_there (writer, source, checksum, error)) ||
      !import_by_link (writer, source, checksum, trusted, &done, error))
    return FALSE;
  if (done)
    return TRUE;
  g_auto (StoreFile) file = {.fd = -1};
  return object_open_file (source, object_writer_worker (writer), checksum, &file, error) &&
         (trusted ? object_writer_put_trusted (writer, &file, checksum, error)
                  : object_writer_put_open_file (writer, &file, checksum, error));
}

/* ---- Metadata ---- */

/* What is not what its type says is not even staged, whoever is believed. */
static gboolean
check_structure (const ObjectName *name, GBytes *bytes, GError **error)
{
  if (verify_structure (name->type, bytes, error))
    return TRUE;
  g_autofree char *text = object_to_string (name);
  return prefix_error (error, "Corrupted object %s", text);
}

static gboolean
read_staged (Txn *txn, const char *path, const ObjectName *name, gboolean trusted, GBytes **out,
             GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  if (!file_read_at (txn->staging_dfd, path, OBJECT_METADATA_MAX, &bytes, error))
    return FALSE;
  if (bytes == NULL)
    return throw_error (error, TREE_ERROR_CHANGED, "staged '%s' is gone", path);
  if (!trusted) {
    TreeChecksum actual;
    hash_data (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &actual);
    if (!object_check_sum (name, &actual, error))
      return FALSE;
  }
  if (!check_structure (name, bytes, error))
    return FALSE;
  *out = g_steal_pointer (&bytes);
  return TRUE;
}

/* A copy is always verified: it is hashed to be named. */
static gboolean
copy_metadata (Txn *txn, const TreeRepo *source, const ObjectName *name, GBytes **out,
               GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  if (!object_load_optional (source, name->type, &name->checksum, &bytes, error) ||
      (bytes != NULL && (!check_structure (name, bytes, error) ||
                         !txn_put_metadata (txn, name->type, bytes, &name->checksum, NULL, error))))
    return FALSE;
  *out = g_steal_pointer (&bytes);
  return TRUE;
}

gboolean
object_import_metadata (Txn *txn, const TreeRepo *source, const ObjectName *name, gboolean trusted,
                        GBytes **out, GError **error)
{
  char path[OBJECT_PATH_MAX];
  object_path (name, source->mode->archive, path);
  *out = NULL;
  if (!may_share (txn, source) || link_object (txn, source, path) != LINKED)
    return copy_metadata (txn, source, name, out, error);
  if (!read_staged (txn, path, name, trusted, out, error)) {
    (void)unlinkat (txn->staging_dfd, path, 0);
    return FALSE;
  }
  txn_count (txn, TRUE, TRUE, 0);
  return TRUE;
}
