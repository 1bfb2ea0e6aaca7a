/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/temp-file.h"

#include <sys/mman.h>

#include "base/error.h"
#include "base/fd.h"

enum {
  BUFFER = 128 * 1024,
};

gboolean
temp_file_open (TempFile *self, int dfd, GError **error)
{
  *self = (TempFile)TEMP_FILE_INIT;
  self->fd = file_open_unlinked (dfd, "temp", error);
  return self->fd >= 0;
}

void
temp_file_clear (TempFile *self)
{
  if (self->map != NULL)
    (void)munmap (self->map, self->map_len);
  fd_cleanup (&self->fd);
  *self = (TempFile)TEMP_FILE_INIT;
}

gboolean
temp_file_append (TempFile *self, const void *data, gsize len, GError **error)
{
  if (!fd_write_all (self->fd, data, len, error))
    return prefix_error (error, "temporary file");
  self->size += len;
  return TRUE;
}

gboolean
temp_file_append_source (TempFile *self, Source *source, guint64 max_bytes, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (BUFFER);
  for (;;) {
    gssize n = source->read (source, buffer, BUFFER, error);
    if (n < 0)
      return FALSE;
    if (n == 0)
      return TRUE;
    if ((guint64)n > max_bytes || self->size > max_bytes - (guint64)n)
      return throw_error (error, TREE_ERROR_CORRUPT,
                          "more than the %" G_GUINT64_FORMAT " bytes that there may be", max_bytes);
    if (!temp_file_append (self, buffer, (gsize)n, error))
      return FALSE;
  }
}

gboolean
temp_file_map (TempFile *self, const guint8 **out_data, gsize *out_len, GError **error)
{
  if (self->map == NULL && self->size > 0) {
    if (self->size > G_MAXSIZE)
      return throw_error (error, TREE_ERROR_UNSUPPORTED,
                          "%" G_GUINT64_FORMAT " bytes are too much for this machine's addresses",
                          self->size);
    void *map = mmap (NULL, (gsize)self->size, PROT_READ, MAP_SHARED, self->fd, 0);
    if (map == MAP_FAILED)
      return throw_errno (error, "map a temporary file of %" G_GUINT64_FORMAT " bytes", self->size);
    self->map = map;
    self->map_len = (gsize)self->size;
  }
  *out_data = self->map != NULL ? self->map : (const guint8 *)"";
  *out_len = self->map_len;
  return TRUE;
}

static void
free_temp_file (gpointer data)
{
  temp_file_clear (data);
  g_free (data);
}

GBytes *
temp_file_take_bytes (TempFile *self, GError **error)
{
  const guint8 *data = NULL;
  gsize len = 0;
  if (!temp_file_map (self, &data, &len, error))
    return NULL;
  TempFile *taken = g_memdup2 (self, sizeof *self);
  *self = (TempFile)TEMP_FILE_INIT;
  return g_bytes_new_with_free_func (data, len, free_temp_file, taken);
}
