/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

/* What is read at a time for hashing. */
#define HASH_BUFFER ((gsize)128 * 1024)

void
source_close (Source *self)
{
  if (self != NULL && self->close != NULL)
    self->close (self);
}

static gssize
memory_read (Source *source, void *buffer, gsize len, GError **error)
{
  gsize n = MIN (len, source->data_len);
  if (n > 0)
    memcpy (buffer, source->data, n);
  source->data += n;
  source->data_len -= n;
  return (gssize)n;
}

void
memory_source_init (MemorySource *self, const void *data, gsize len)
{
  /* An empty source is in memory, too: data must not be NULL then. */
  *self = (MemorySource){
      {.read = memory_read, .data = data != NULL ? data : (const guint8 *)"", .data_len = len}};
}

static gssize
fd_source_read (Source *source, void *buffer, gsize len, GError **error)
{
  FdSource *self = (FdSource *)source;
  gsize want = (gsize)MIN ((guint64)len, self->left);
  if (want == 0)
    return 0;
  ssize_t n;
  do
    n = read (self->fd, buffer, want);
  while (n < 0 && errno == EINTR);
  if (n < 0) {
    (void)throw_errno (error, "read");
    return -1;
  }
  self->left -= (guint64)n;
  return n;
}

void
fd_source_init (FdSource *self, int fd, guint64 max_bytes)
{
  *self = (FdSource){{.read = fd_source_read}, fd, max_bytes};
}

int
fd_source_whole (const Source *source)
{
  const FdSource *self = (const FdSource *)source;
  return source->read == fd_source_read && self->left == G_MAXUINT64 ? self->fd : -1;
}

static gssize
hash_source_read (Source *source, void *buffer, gsize len, GError **error)
{
  HashSource *self = (HashSource *)source;
  gssize n = self->inner->read (self->inner, buffer, len, error);
  if (n > 0) {
    hasher_update (self->hasher, buffer, (gsize)n);
    self->n_bytes += (guint64)n;
  }
  return n;
}

void
hash_source_init (HashSource *self, Source *inner, Hasher *hasher)
{
  *self = (HashSource){{.read = hash_source_read}, inner, hasher, 0};
}

gboolean
source_read_full (Source *self, void *buffer, gsize len, gsize *out_len, GError **error)
{
  gsize have = 0;
  while (have < len) {
    gssize n = self->read (self, (char *)buffer + have, len - have, error);
    if (n < 0)
      return FALSE;
    if (n == 0)
      break;
    have += (gsize)n;
  }
  *out_len = have;
  return TRUE;
}

gboolean
source_hash (Source *self, Hasher *hasher, void *buffer, gsize len, guint64 *out_n_bytes,
             GError **error)
{
  guint64 n_bytes = 0;
  gssize n;
  while ((n = self->read (self, buffer, len, error)) > 0) {
    hasher_update (hasher, buffer, (gsize)n);
    n_bytes += (guint64)n;
  }
  if (out_n_bytes != NULL)
    *out_n_bytes = n_bytes;
  return n == 0;
}

gboolean
fd_hash (int fd, Hasher *hasher, guint64 *out_n_bytes, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (HASH_BUFFER);
  FdSource file;
  fd_source_init (&file, fd, G_MAXUINT64);
  return source_hash (&file.source, hasher, buffer, HASH_BUFFER, out_n_bytes, error);
}
