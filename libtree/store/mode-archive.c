/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* archive: what is served over HTTP. An object is a header and the compressed content; see
 * core/filemeta.h. */
#include "config.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "store/mode.h"

enum {
  FRAME = 8,        /* u32 size of the header, 4 zero bytes */
  STAT_BYTES = 512, /* enough for most headers */
  ARCHIVE_FILE_MODE = 0644
};

static gboolean
write_chunk (const void *data, gsize len, gpointer user_data, GError **error)
{
  return fd_write_bulk (GPOINTER_TO_INT (user_data), data, len, NULL, 0, error);
}

/* Takes the content whole into the worker's buffer, if it is not in memory; it must be @size bytes.
 */
static gboolean
take_whole (ModeWorker *worker, Source *content, guint64 size, const guint8 **out, GError **error)
{
  *out = content->data;
  gsize n = content->data_len;
  if (content->data == NULL) {
    /* One byte more than there should be tells that there are more. */
    g_byte_array_set_size (worker->unpacked, (guint)size + 1);
    if (!source_read_full (content, worker->unpacked->data, (gsize)size + 1, &n, error))
      return FALSE;
    *out = worker->unpacked->data;
  }
  if (n != size)
    return throw_error (error, TREE_ERROR_CHANGED,
                        "content does not have the %" G_GUINT64_FORMAT " bytes it should have",
                        size);
  return TRUE;
}

static gboolean
write_content (ModeWorker *worker, int fd, Source *content, guint64 size, GError **error)
{
  GByteArray *header = worker->header;
  if (size <= CODEC_WHOLE_MAX) {
    const guint8 *data = NULL;
    const guint8 *packed = NULL;
    gsize packed_len = 0;
    return take_whole (worker, content, size, &data, error) &&
           codec_deflate (worker->codec, worker->deflate_level, data, (gsize)size, &packed,
                          &packed_len, error) &&
           fd_write_bulk (fd, header->data, header->len, packed, packed_len, error);
  }
  return fd_write_all (fd, header->data, header->len, error) &&
         codec_deflate_stream (worker->codec, worker->deflate_level, content, write_chunk,
                               GINT_TO_POINTER (fd), error);
}

static gboolean
archive_write (ModeWorker *worker, int fd, const FileMeta *meta, Source *content, guint64 size,
               GError **error)
{
  g_byte_array_set_size (worker->header, 0);
  filemeta_archive_header (meta, size, worker->header);
  gboolean ok = S_ISLNK (meta->mode)
                    ? fd_write_all (fd, worker->header->data, worker->header->len, error)
                    : write_content (worker, fd, content, size, error);
  if (!ok)
    return FALSE;
  if (fchmod (fd, ARCHIVE_FILE_MODE) < 0)
    return throw_errno (error, "set mode");
  return TRUE;
}

/* The length of the header that a frame announces. */
static gboolean
parse_frame (const guint8 frame[FRAME], guint64 file_size, gsize *out_len, GError **error)
{
  guint32 be;
  memcpy (&be, frame, sizeof be);
  gsize len = GUINT32_FROM_BE (be);
  if (len == 0 || len > FILEMETA_HEADER_MAX || len > file_size - FRAME)
    return throw_error (error, TREE_ERROR_CORRUPT,
                        "header of %" G_GSIZE_FORMAT " bytes does not fit the file", len);
  *out_len = len;
  return TRUE;
}

gboolean
archive_open_data (ModeWorker *worker, const guint8 *data, gsize len, StoreFile *out,
                   GError **error)
{
  *out = (StoreFile){.fd = -1};
  if (len < FRAME)
    return throw_error (error, TREE_ERROR_CORRUPT, "cut short: no header");
  gsize header_len = 0;
  if (!parse_frame (data, len, &header_len, error) ||
      !filemeta_parse_archive_header (data + FRAME, header_len, &out->meta, &out->size, error))
    return FALSE;
  const guint8 *body = data + FRAME + header_len;
  gsize body_len = len - FRAME - header_len;
  gboolean ok = TRUE;
  if (S_ISLNK (out->meta.mode))
    ok = body_len == 0 ||
         throw_error (error, TREE_ERROR_CORRUPT, "bytes behind the header of a link");
  else if (worker != NULL && out->size <= MODE_WHOLE_MAX) {
    g_byte_array_set_size (worker->unpacked, (guint)out->size);
    ok = codec_inflate (worker->codec, body, body_len, worker->unpacked->data, (gsize)out->size,
                        error);
    memory_source_init (&out->memory, worker->unpacked->data, (gsize)out->size);
    out->content = &out->memory.source;
  } else {
    memory_source_init (&out->memory, body, body_len);
    out->content = out->inflater = inflate_source_new (&out->memory.source);
  }
  if (!ok)
    store_file_clear (out);
  return ok;
}

static gboolean
read_header (guint64 file_size, StoreFile *out, GError **error)
{
  guint8 frame[FRAME];
  fd_source_init (&out->fd_source, out->fd, file_size);
  Source *source = &out->fd_source.source;
  gsize n = 0;
  gsize header_len = 0;
  if (!source_read_full (source, frame, FRAME, &n, error))
    return FALSE;
  if (n < FRAME)
    return throw_error (error, TREE_ERROR_CORRUPT, "cut short: no header");
  if (!parse_frame (frame, file_size, &header_len, error))
    return FALSE;
  g_autofree guint8 *header = g_malloc (header_len);
  if (!source_read_full (source, header, header_len, &n, error))
    return FALSE;
  if (n < header_len)
    return throw_error (error, TREE_ERROR_CORRUPT, "cut short in the header");
  if (!filemeta_parse_archive_header (header, header_len, &out->meta, &out->size, error))
    return FALSE;
  if (!S_ISLNK (out->meta.mode))
    out->content = out->inflater = inflate_source_new (source);
  return TRUE;
}

gboolean
archive_open_fd (int fd, guint64 file_size, StoreFile *out, GError **error)
{
  *out = (StoreFile){.fd = fd};
  if (read_header (file_size, out, error))
    return TRUE;
  store_file_clear (out);
  return FALSE;
}

static gboolean
open_whole (ModeWorker *worker, int fd, gsize size, StoreFile *out, GError **error)
{
  FdSource source;
  fd_source_init (&source, fd, size);
  g_byte_array_set_size (worker->packed, (guint)size);
  gsize n = 0;
  return source_read_full (&source.source, worker->packed->data, size, &n, error) &&
         archive_open_data (worker, worker->packed->data, n, out, error);
}

static gboolean
archive_open (ModeWorker *worker, int dfd, const char *path, StoreFile *out, GError **error)
{
  autofd int fd = -1;
  struct stat st;
  if (!mode_open_regular (dfd, path, &fd, &st, error))
    return FALSE;
  if (st.st_size < FRAME)
    return throw_error (error, TREE_ERROR_CORRUPT, "'%s' is no archived file", path);
  if (worker != NULL && (guint64)st.st_size <= MODE_WHOLE_MAX)
    return open_whole (worker, fd, (gsize)st.st_size, out, error) ||
           prefix_error (error, "'%s'", path);
  return archive_open_fd (fd_steal (&fd), (guint64)st.st_size, out, error) ||
         prefix_error (error, "'%s'", path);
}

/* The header comes with the first read. A longer one, or none, is a matter for archive_open(). */
static gboolean
archive_stat (int dfd, const char *path, StoreFile *out, GError **error)
{
  guint8 start[STAT_BYTES];
  *out = (StoreFile){.fd = -1};
  autofd int fd = openat (dfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0)
    return throw_errno (error, "open '%s'", path);
  ssize_t n = read (fd, start, sizeof start);
  gsize len = 0;
  if (n < FRAME || !parse_frame (start, (guint64)n, &len, NULL))
    return archive_open (NULL, dfd, path, out, error);
  return filemeta_parse_archive_header (start + FRAME, len, &out->meta, &out->size, error) ||
         prefix_error (error, "'%s'", path);
}

const StoreMode store_mode_archive = {
    .id = TREE_MODE_ARCHIVE,
    .name = "archive-z2",
    .archive = TRUE,
    .write = archive_write,
    .open = archive_open,
    .stat = archive_stat,
};
