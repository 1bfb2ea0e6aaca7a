/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/object-write.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/xattr.h"
#include "store/object-read.h"
#include "store/payload.h"
#include "store/txn-private.h"

/* What is read at a time for hashing: it should fit into a second-level cache. */
#define HASH_PIECE ((gsize)128 * 1024)

struct ObjectWriter {
  Txn *txn;
  ModeWorker worker;
  int offer_dfd; /* what object_writer_offer() gave, for one put; borrowed */
  const char *offer_name;
  struct stat offer_st;
  gboolean adopted;    /* the last put took the offer */
  gboolean plain_only; /* see object_writer_refuse_special() */
};

/* A new file belongs to its creator, or to the group of its directory: where the staging directory
 * has the same owner, all ways lead to him. Asked of the disk, for a file server may have other
 * ideas of who we are. */
static void
learn_owner (ObjectWriter *self)
{
  struct stat st = {0};
  self->worker.owner_known = fstat (self->txn->staging_dfd, &st) == 0 && st.st_uid == geteuid () &&
                             st.st_gid == getegid ();
  self->worker.owner_uid = st.st_uid;
  self->worker.owner_gid = st.st_gid;
}

ObjectWriter *
object_writer_new (Txn *txn)
{
  ObjectWriter *self = g_new0 (ObjectWriter, 1);
  self->txn = txn;
  mode_worker_init (&self->worker, txn->repo->deflate_level);
  learn_owner (self);
  return self;
}

void
object_writer_free (ObjectWriter *self)
{
  if (self == NULL)
    return;
  mode_worker_clear (&self->worker);
  g_free (self);
}

ModeWorker *
object_writer_worker (ObjectWriter *self)
{
  return &self->worker;
}

Txn *
object_writer_txn (const ObjectWriter *self)
{
  return self->txn;
}

void
object_writer_refuse_special (ObjectWriter *self)
{
  self->plain_only = TRUE;
}

gboolean
object_writer_is_strict (const ObjectWriter *self)
{
  return self->plain_only || self->txn->repo->mode->check != NULL;
}

gboolean
object_writer_check (const ObjectWriter *self, const TreeChecksum *checksum, const FileMeta *meta,
                     GError **error)
{
  const StoreMode *mode = self->txn->repo->mode;
  if ((!self->plain_only || mode_check_bits (meta, error)) &&
      (mode->check == NULL || mode->check (meta, error)))
    return TRUE;
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (checksum, hex);
  return prefix_error (error, "Content object %s", hex);
}

/* ---- Writing one object ---- */

static gboolean
finish_link (ObjectWriter *self, const char *path, const FileMeta *meta, GError **error)
{
  int dfd = self->txn->staging_dfd;
  const struct timespec zero[2] = {{0, UTIME_OMIT}, {0, 0}};
  if (!self->txn->repo->mode->canonical_only && !mode_worker_owns (&self->worker, meta) &&
      fchownat (dfd, path, meta->uid, meta->gid, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno (error,
                        "set owner %u:%u of a link (a bare repository needs root; without it use "
                        "--mode=bare-user)",
                        meta->uid, meta->gid);
  if (self->txn->repo->mode->write_beside == NULL &&
      !xattr_write_at (dfd, path, meta->xattrs, error))
    return FALSE;
  return utimensat (dfd, path, zero, AT_SYMLINK_NOFOLLOW) == 0 || throw_errno (error, "set mtime");
}

static gboolean
write_link (ObjectWriter *self, const char *path, const FileMeta *meta, gboolean *out_written,
            GError **error)
{
  int dfd = self->txn->staging_dfd;
  int rc = symlinkat (meta->target, dfd, path);
  if (rc < 0 && errno == ENOENT) {
    if (!txn_make_dir_of (self->txn, path, error))
      return FALSE;
    rc = symlinkat (meta->target, dfd, path);
  }
  if (rc < 0)
    return errno == EEXIST || throw_errno (error, "create link");
  *out_written = finish_link (self, path, meta, error);
  /* One without its owner or attributes would count as written the next time. */
  if (!*out_written)
    (void)unlinkat (dfd, path, 0);
  return *out_written;
}

static gboolean
check_hash (ObjectWriter *self, const TreeChecksum *expected, TreeErrorCode code, GError **error)
{
  TreeChecksum found;
  hasher_final (self->worker.hasher, &found);
  if (code == TREE_ERROR_CORRUPT)
    return object_check_sum (&(ObjectName){*expected, TREE_OBJECT_FILE}, &found, error);
  return tree_checksum_equal (&found, expected) ||
         throw_error (error, code, "its bytes changed while they were read");
}

/* The checksum does not cover the size that an archive header claims. */
static gboolean
check_size (const HashSource *content, guint64 size, TreeErrorCode code, GError **error)
{
  return content->n_bytes == size ||
         throw_error (error, code,
                      "has %" G_GUINT64_FORMAT " bytes, not the %" G_GUINT64_FORMAT
                      " that its header says",
                      content->n_bytes, size);
}

static void
hash_header (ObjectWriter *self, const FileMeta *meta)
{
  GByteArray *header = self->worker.header;
  g_byte_array_set_size (header, 0);
  filemeta_content_header (meta, header);
  hasher_reset (self->worker.hasher);
  hasher_update (self->worker.hasher, header->data, header->len);
}

/* @out_payload (nullable): the checksum of the content alone. */
static gboolean
write_content (ObjectWriter *self, int fd, const FileMeta *meta, Source *content, guint64 size,
               TreeChecksum *out_payload, GError **error)
{
  const StoreMode *mode = self->txn->repo->mode;
  if (out_payload == NULL)
    return mode->write (&self->worker, fd, meta, content, size, error);
  HashSource hashing;
  g_autoptr (Hasher) hasher = hasher_new ();
  hash_source_init (&hashing, content, hasher);
  if (!mode->write (&self->worker, fd, meta, &hashing.source, size, error))
    return FALSE;
  hasher_final (hasher, out_payload);
  return TRUE;
}

/* The same of a stream that has not been hashed yet; a wrong one is an error of code @mismatch. */
static gboolean
write_verified (ObjectWriter *self, int fd, const TreeChecksum *checksum, const FileMeta *meta,
                Source *content, guint64 size, TreeErrorCode mismatch, TreeChecksum *out_payload,
                GError **error)
{
  HashSource hashing;
  hash_header (self, meta);
  hash_source_init (&hashing, content, self->worker.hasher);
  return write_content (self, fd, meta, &hashing.source, size, out_payload, error) &&
         check_hash (self, checksum, mismatch, error) &&
         check_size (&hashing, size, mismatch, error);
}

static gboolean
write_regular (ObjectWriter *self, const char *path, const TreeChecksum *checksum,
               const FileMeta *meta, Source *content, guint64 size, gboolean verify,
               TreeErrorCode mismatch, gboolean *out_written, GError **error)
{
  autofd int fd = -1;
  if (!txn_create_file (self->txn, path, &fd, error))
    return FALSE;
  if (fd < 0)
    return TRUE;
  TreeChecksum sum;
  TreeChecksum *payload = content != NULL && size >= self->txn->payload_min ? &sum : NULL;
  gboolean ok = verify && content != NULL
                    ? write_verified (self, fd, checksum, meta, content, size, mismatch, payload,
                                      error)
                    : write_content (self, fd, meta, content, size, payload, error);
  if (ok && payload != NULL)
    payload_share (self->txn, fd, size, payload, checksum);
  ok = ok && txn_seal_file (self->txn, fd, error);
  if (!ok)
    (void)unlinkat (self->txn->staging_dfd, path, 0);
  *out_written = ok;
  return ok;
}

void
object_writer_offer (ObjectWriter *self, int dfd, const char *name, const struct stat *st)
{
  self->offer_dfd = dfd;
  const StoreMode *mode = self->txn->repo->mode;
  self->offer_name = mode->plain_files && mode->write_beside == NULL ? name : NULL;
  self->offer_st = *st;
  self->adopted = FALSE;
}

gboolean
object_writer_adopted (const ObjectWriter *self)
{
  return self->adopted;
}

/* Is the file at the offered name still the one whose bytes were hashed? */
static gboolean
offer_is_good (const ObjectWriter *self, const char *offered)
{
  const struct stat *then = &self->offer_st;
  struct stat now;
  return offered != NULL && fstatat (self->offer_dfd, offered, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
         now.st_dev == then->st_dev && now.st_ino == then->st_ino && stat_is_same (&now, then);
}

/* Links the offered file into the staging directory. FALSE: it must be copied. A commit that fails
 * leaves the link, which the next transaction drops. */
static gboolean
adopt (ObjectWriter *self, const char *offered, const char *path)
{
  int dfd = self->txn->staging_dfd;
  if (!offer_is_good (self, offered))
    return FALSE;
  int rc = linkat (self->offer_dfd, offered, dfd, path, 0);
  if (rc < 0 && errno == ENOENT && txn_make_dir_of (self->txn, path, NULL))
    rc = linkat (self->offer_dfd, offered, dfd, path, 0);
  if (rc < 0)
    return FALSE;
  struct stat st;
  const struct timespec zero[2] = {{0, UTIME_OMIT}, {0, 0}};
  if (fstatat (dfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == self->offer_st.st_ino &&
      utimensat (dfd, path, zero, AT_SYMLINK_NOFOLLOW) == 0)
    self->adopted = TRUE;
  else
    (void)unlinkat (dfd, path, 0);
  return self->adopted;
}

static gboolean
write_new (ObjectWriter *self, const char *offered, const char *path, const TreeChecksum *checksum,
           const FileMeta *meta, Source *content, guint64 size, gboolean verify,
           TreeErrorCode mismatch, gboolean *out_written, GError **error)
{
  const StoreMode *mode = self->txn->repo->mode;
  if (!object_writer_check (self, checksum, meta, error) || !txn_reserve (self->txn, size, error))
    return FALSE;
  /* First what the file needs: where it is, the object is whole. */
  if (mode->write_beside != NULL &&
      !mode->write_beside (self->txn->repo->objects_dfd, self->txn->staging_dfd, path, meta, error))
    return FALSE;
  if (adopt (self, offered, path)) {
    *out_written = TRUE;
    return TRUE;
  }
  if (S_ISLNK (meta->mode) && mode->plain_files)
    return write_link (self, path, meta, out_written, error);
  return write_regular (self, path, checksum, meta, content, size, verify, mismatch, out_written,
                        error);
}

/* Writes the object @checksum unless it is there. */
static gboolean
put (ObjectWriter *self, const TreeChecksum *checksum, const FileMeta *meta, Source *content,
     guint64 size, gboolean verify, TreeErrorCode mismatch, GError **error)
{
  Txn *txn = self->txn;
  gboolean exists = FALSE;
  gboolean written = FALSE;
  char path[OBJECT_PATH_MAX];
  /* An offer is for one put, also for one that fails: the name is borrowed. */
  const char *offered = self->offer_name;
  self->offer_name = NULL;
  if (!txn_found_object (txn, TREE_OBJECT_FILE, checksum, &exists, error))
    return FALSE;
  object_path (&(ObjectName){*checksum, TREE_OBJECT_FILE}, txn->repo->mode->archive, path);
  if (!exists && !write_new (self, offered, path, checksum, meta, content, size, verify, mismatch,
                             &written, error))
    return prefix_error (error, "writing content object %s", path);
  txn_count (txn, FALSE, written, size);
  return TRUE;
}

gboolean
object_writer_put_data (ObjectWriter *self, const FileMeta *meta, const void *data, gsize len,
                        const TreeChecksum *expected, TreeChecksum *out, GError **error)
{
  TreeChecksum checksum;
  hash_header (self, meta);
  hasher_update (self->worker.hasher, data, len);
  hasher_final (self->worker.hasher, &checksum);
  if (expected != NULL &&
      !object_check_sum (&(ObjectName){*expected, TREE_OBJECT_FILE}, &checksum, error))
    return FALSE;
  MemorySource content;
  memory_source_init (&content, data, len);
  Source *source = S_ISLNK (meta->mode) ? NULL : &content.source;
  if (!put (self, &checksum, meta, source, len, FALSE, TREE_ERROR_CORRUPT, error))
    return FALSE;
  if (out != NULL)
    *out = checksum;
  return TRUE;
}

/* Reads and hashes piece by piece: each is hashed while the processor's cache still holds it. Up to
 * MODE_WHOLE_MAX all of it stays in the worker's buffer; of a larger file, nothing. */
static gboolean
hash_fd (ObjectWriter *self, const FileMeta *meta, int fd, guint64 size, TreeChecksum *out,
         GError **error)
{
  gboolean keep = size <= MODE_WHOLE_MAX;
  FdSource file;
  /* One byte more than there should be: a read that is cut short says that this was all. */
  fd_source_init (&file, fd, size + 1);
  if (keep)
    g_byte_array_set_size (self->worker.unpacked, (guint)size + 1);
  hash_header (self, meta);
  for (guint64 have = 0;;) {
    guint8 *to = keep ? self->worker.unpacked->data + have : self->worker.buffer;
    gsize want = (gsize)MIN (size + 1 - have, HASH_PIECE);
    gssize n = file.source.read (&file.source, to, want, error);
    if (n < 0)
      return FALSE;
    hasher_update (self->worker.hasher, to, (gsize)n);
    have += (guint64)n;
    if (have == size && (gsize)n < want)
      break;
    if (n == 0 || have > size)
      return throw_error (error, TREE_ERROR_CHANGED, "the file changed while it was read");
  }
  hasher_final (self->worker.hasher, out);
  return TRUE;
}

gboolean
object_writer_put_fd (ObjectWriter *self, const FileMeta *meta, int fd, guint64 size,
                      TreeChecksum *out, GError **error)
{
  TreeChecksum checksum;
  if (!hash_fd (self, meta, fd, size, &checksum, error))
    return FALSE;
  gboolean ok;
  if (size <= MODE_WHOLE_MAX) {
    MemorySource content;
    memory_source_init (&content, self->worker.unpacked->data, (gsize)size);
    ok = put (self, &checksum, meta, &content.source, size, FALSE, TREE_ERROR_CHANGED, error);
  } else {
    FdSource file;
    if (lseek (fd, 0, SEEK_SET) < 0)
      return throw_errno (error, "seek");
    fd_source_init (&file, fd, size + 1);
    ok = put (self, &checksum, meta, &file.source, size, TRUE, TREE_ERROR_CHANGED, error);
  }
  if (ok)
    *out = checksum;
  return ok;
}

gboolean
object_writer_put_stream (ObjectWriter *self, const FileMeta *meta, Source *content, guint64 size,
                          const TreeChecksum *expected, GError **error)
{
  return put (self, expected, meta, content, size, TRUE, TREE_ERROR_CORRUPT, error);
}

/* ---- From other objects ---- */

gboolean
object_writer_put_trusted (ObjectWriter *self, StoreFile *file, const TreeChecksum *checksum,
                           GError **error)
{
  return put (self, checksum, &file->meta, file->content, file->size, FALSE, TREE_ERROR_CORRUPT,
              error);
}

gboolean
object_writer_put_open_file (ObjectWriter *self, StoreFile *file, const TreeChecksum *expected,
                             GError **error)
{
  if (file->content == NULL)
    return object_writer_put_data (self, &file->meta, NULL, 0, expected, NULL, error);
  if (file->content->data != NULL)
    return object_writer_put_data (self, &file->meta, file->content->data, file->content->data_len,
                                   expected, NULL, error);
  return object_writer_put_stream (self, &file->meta, file->content, file->size, expected, error);
}

static gboolean
named (gboolean ok, const TreeChecksum *checksum, GError **error)
{
  if (ok)
    return TRUE;
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (checksum, hex);
  return prefix_error (error, "file object %s", hex);
}

gboolean
object_writer_put_archive_data (ObjectWriter *self, const void *data, gsize len,
                                const TreeChecksum *expected, GError **error)
{
  g_auto (StoreFile) file = {.fd = -1};
  return named (archive_open_data (&self->worker, data, len, &file, error) &&
                    object_writer_put_open_file (self, &file, expected, error),
                expected, error);
}

gboolean
object_writer_put_archive_fd (ObjectWriter *self, int fd, const TreeChecksum *expected,
                              GError **error)
{
  g_auto (StoreFile) file = {.fd = -1};
  int own = fcntl (fd, F_DUPFD_CLOEXEC, 3);
  struct stat st;
  if (own < 0 || fstat (own, &st) < 0 || lseek (own, 0, SEEK_SET) < 0) {
    (void)throw_errno (error, "read the downloaded file");
    fd_cleanup (&own);
    return FALSE;
  }
  return named (archive_open_fd (own, (guint64)st.st_size, &file, error) &&
                    object_writer_put_open_file (self, &file, expected, error),
                expected, error);
}

static gboolean
write_as_is (ObjectWriter *self, const char *path, const void *data, gsize len,
             gboolean *out_written, GError **error)
{
  autofd int fd = -1;
  if (!txn_reserve (self->txn, len, error) || !txn_create_file (self->txn, path, &fd, error))
    return FALSE;
  if (fd < 0)
    return TRUE;
  *out_written = fd_write_bulk (fd, data, len, NULL, 0, error) &&
                 (fchmod (fd, 0644) == 0 || throw_errno (error, "set mode")) &&
                 txn_seal_file (self->txn, fd, error);
  if (!*out_written)
    (void)unlinkat (self->txn->staging_dfd, path, 0);
  return *out_written;
}

gboolean
object_writer_put_archive_as_is (ObjectWriter *self, const void *data, gsize len,
                                 const TreeChecksum *checksum, GError **error)
{
  g_auto (StoreFile) file = {.fd = -1};
  const ObjectName name = {*checksum, TREE_OBJECT_FILE};
  char path[OBJECT_PATH_MAX];
  gboolean exists = FALSE;
  gboolean written = FALSE;
  object_path (&name, /* archive= */ TRUE, path);
  if (!txn_found_object (self->txn, name.type, checksum, &exists, error))
    return FALSE;
  if (!exists && !(archive_open_data (NULL, data, len, &file, error) &&
                   object_writer_check (self, checksum, &file.meta, error) &&
                   write_as_is (self, path, data, len, &written, error)))
    return named (FALSE, checksum, error);
  txn_count (self->txn, FALSE, written, file.size);
  return TRUE;
}
