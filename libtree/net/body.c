/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "net/body.h"

#include <string.h>
#include <sys/mman.h>

#include "base/error.h"
#include "base/fd.h"

/* Buffers grow by doubling from here, unless the server says how much will come. */
#define FIRST_BYTES 4096

struct FetchBody {
  BodyPool *pool;
  guint8 *buffer;   /* NULL once the content is in the file */
  gsize room;       /* of the buffer */
  gsize len;        /* of the content in the buffer */
  int fd;           /* -1 while the content is in memory */
  guint64 file_len; /* of the content in the file */
  Partial partial;  /* owns that file if it has a name */
  gboolean resumed;
  void *map; /* of the file, once it was asked for */
};

struct BodyPool {
  int tmp_dfd;
  gsize memory_bytes;
  gsize each_bytes;
  GMutex lock;
  gsize used; /* bytes of all buffers */
};

BodyPool *
body_pool_new (int tmp_dfd, gsize memory_bytes, gsize each_bytes)
{
  BodyPool *self = g_new0 (BodyPool, 1);
  self->tmp_dfd = tmp_dfd;
  self->memory_bytes = memory_bytes;
  self->each_bytes = each_bytes;
  g_mutex_init (&self->lock);
  return self;
}

void
body_pool_free (BodyPool *self)
{
  if (self == NULL)
    return;
  g_assert (self->used == 0);
  g_mutex_clear (&self->lock);
  g_free (self);
}

gsize
body_pool_used (BodyPool *self)
{
  g_mutex_lock (&self->lock);
  gsize used = self->used;
  g_mutex_unlock (&self->lock);
  return used;
}

FetchBody *
body_new (BodyPool *pool)
{
  FetchBody *self = g_new0 (FetchBody, 1);
  self->pool = pool;
  self->fd = -1;
  self->partial = PARTIAL_INIT;
  return self;
}

/* Takes @more bytes from the pool's allowance; FALSE if that is more than is left. */
static gboolean
pool_reserve (BodyPool *pool, gsize more)
{
  g_mutex_lock (&pool->lock);
  gboolean ok = pool->used + more <= pool->memory_bytes;
  if (ok)
    pool->used += more;
  g_mutex_unlock (&pool->lock);
  return ok;
}

static void
pool_release (BodyPool *pool, gsize bytes)
{
  g_mutex_lock (&pool->lock);
  pool->used -= bytes;
  g_mutex_unlock (&pool->lock);
}

static gboolean
grow_buffer (FetchBody *self, guint64 wanted)
{
  if (wanted > self->pool->each_bytes)
    return FALSE;
  gsize room = MAX (self->room, FIRST_BYTES);
  while (room < wanted)
    room *= 2;
  if (!pool_reserve (self->pool, room - self->room))
    return FALSE;
  self->buffer = g_realloc (self->buffer, room);
  self->room = room;
  return TRUE;
}

void
body_expect (FetchBody *self, guint64 size_bytes)
{
  if (self->fd >= 0 || size_bytes <= self->room || size_bytes > self->pool->each_bytes ||
      !pool_reserve (self->pool, (gsize)size_bytes - self->room))
    return; /* append finds out */
  self->buffer = g_realloc (self->buffer, (gsize)size_bytes);
  self->room = (gsize)size_bytes;
}

static void
drop_buffer (FetchBody *self)
{
  pool_release (self->pool, self->room);
  g_clear_pointer (&self->buffer, g_free);
  self->room = 0;
  self->len = 0;
}

static gboolean
spill (FetchBody *self, GError **error)
{
  self->fd = file_open_unlinked (self->pool->tmp_dfd, "fetch", error);
  if (self->fd < 0 || !fd_write_all (self->fd, self->buffer, self->len, error))
    return FALSE;
  self->file_len = self->len;
  drop_buffer (self);
  return TRUE;
}

void
body_keep (FetchBody *self, Partial *partial)
{
  g_assert (self->fd < 0 && self->len == 0);
  self->partial = *partial;
  *partial = PARTIAL_INIT;
  self->fd = self->partial.fd;
  self->file_len = self->partial.len;
  self->resumed = self->file_len > 0;
}

guint64
body_kept_bytes (const FetchBody *self)
{
  return self->partial.len;
}

gboolean
body_append (FetchBody *self, const void *data, gsize len, GError **error)
{
  if (len == 0)
    return TRUE;
  if (self->fd < 0 && self->len + len > self->room &&
      !grow_buffer (self, (guint64)self->len + len) && !spill (self, error))
    return FALSE;
  if (self->fd < 0) {
    memcpy (self->buffer + self->len, data, len);
    self->len += len;
    return TRUE;
  }
  if (!(self->partial.fd >= 0 ? partial_append (&self->partial, data, len, error)
                              : fd_write_all (self->fd, data, len, error)))
    return FALSE;
  self->file_len += len;
  return TRUE;
}

static void
drop_file (FetchBody *self)
{
  if (self->map != NULL)
    (void)munmap (self->map, self->file_len);
  if (self->partial.fd >= 0)
    partial_close (&self->partial);
  else if (self->fd >= 0)
    (void)close (self->fd);
}

guint64
body_size (const FetchBody *self)
{
  return self->fd < 0 ? self->len : self->file_len;
}

gboolean
fetch_body_data (FetchBody *self, const guint8 **out_data, gsize *out_len, GError **error)
{
  if (self->fd < 0) {
    *out_data = self->buffer;
    *out_len = self->len;
    return TRUE;
  }
  if (self->map == NULL) {
    if (self->file_len > G_MAXSIZE / 2)
      return throw_error (error, TREE_ERROR_NO_SPACE,
                          "a download of this size does not fit into memory");
    void *map = mmap (NULL, self->file_len, PROT_READ, MAP_PRIVATE, self->fd, 0);
    if (map == MAP_FAILED)
      return throw_errno (error, "map a download");
    (void)madvise (map, self->file_len, MADV_SEQUENTIAL); /* a hint */
    self->map = map;
  }
  *out_data = self->map;
  *out_len = self->file_len;
  return TRUE;
}

int
fetch_body_fd (const FetchBody *self)
{
  return self->fd;
}

gboolean
fetch_body_is_resumed (const FetchBody *self)
{
  return self->resumed;
}

void
fetch_body_forget (FetchBody *self)
{
  partial_forget (&self->partial);
}

void
fetch_body_free (FetchBody *self)
{
  if (self == NULL)
    return;
  drop_file (self);
  drop_buffer (self);
  g_free (self);
}
