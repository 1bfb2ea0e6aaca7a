/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "delta/content.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/checksum.h"

void
content_clear (Content *self)
{
  if (self->map != NULL)
    (void)munmap (self->map, (gsize)self->size);
  store_file_clear (&self->file);
  temp_file_clear (&self->temp);
  *self = (Content)CONTENT_INIT;
}

static gboolean
unpack (Content *self, int tmp_dfd, GError **error)
{
  if (!temp_file_open (&self->temp, tmp_dfd, error) ||
      !temp_file_append_source (&self->temp, self->file.content, self->size, error))
    return FALSE;
  self->fd = self->temp.fd;
  return self->temp.size == self->size ||
         throw_error (error, TREE_ERROR_CORRUPT, "not so many bytes as its header says");
}

gboolean
content_open (Content *self, const TreeRepo *repo, const TreeChecksum *file, int tmp_dfd,
              GError **error)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (file, hex);
  *self = (Content)CONTENT_INIT;
  if (!object_open_file (repo, NULL, file, &self->file, error))
    return FALSE;
  self->size = self->file.size;
  self->fd = self->file.fd;
  gboolean ok = self->file.content != NULL ||
                throw_error (error, TREE_ERROR_CORRUPT, "a link has no content");
  /* Where the content is the file, it is all of it. */
  if (ok && fd_source_whole (self->file.content) < 0)
    ok = unpack (self, tmp_dfd, error);
  if (ok)
    return TRUE;
  content_clear (self);
  return prefix_error (error, "file object %s", hex);
}

gboolean
content_read (const Content *self, guint64 offset, void *buffer, gsize len, GError **error)
{
  while (len > 0) {
    ssize_t n = pread (self->fd, buffer, len, (off_t)offset);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return throw_errno (error, "read a file object");
    if (n == 0)
      return throw_error (error, TREE_ERROR_CORRUPT, "a file object is shorter than it was");
    buffer = (guint8 *)buffer + n;
    offset += (guint64)n;
    len -= (gsize)n;
  }
  return TRUE;
}

gboolean
content_map (Content *self, const guint8 **out, GError **error)
{
  *out = (const guint8 *)"";
  if (self->map == NULL && self->size > 0) {
    void *map = self->size <= G_MAXSIZE
                    ? mmap (NULL, (gsize)self->size, PROT_READ, MAP_PRIVATE, self->fd, 0)
                    : MAP_FAILED;
    if (map == MAP_FAILED)
      return throw_errno (error, "map a file object of %" G_GUINT64_FORMAT " bytes", self->size);
    self->map = map;
  }
  if (self->map != NULL)
    *out = self->map;
  return TRUE;
}
