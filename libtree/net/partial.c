/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "net/partial.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/xattr.h"

#define URL_XATTR "user.pando.url"
#define ETAG_XATTR "user.pando.etag"
/* A power cut costs no more than this of a download. */
#define SYNC_BYTES ((guint64)16 * 1024 * 1024)

struct PartialDir {
  int dfd;
  gboolean sync;
  GHashTable
      *names; /* of what was there at first: most files are not, and need not be looked for */
};

PartialDir *
partial_dir_new (int dfd, gboolean sync)
{
  PartialDir *self = g_new0 (PartialDir, 1);
  self->dfd = dfd;
  self->sync = sync;
  self->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) entries = NULL;
  if (dir_list (dfd, &entries, NULL)) /* else all is fetched from its beginning */
    for (guint i = 0; i < entries->len; i++)
      (void)g_hash_table_add (self->names, g_strdup (((const DirEntry *)entries->pdata[i])->name));
  return self;
}

void
partial_dir_free (PartialDir *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->names);
  g_free (self);
}

/* A lock that another gave up may be that of a file which he deleted. */
static int
open_locked (int dfd, const char *name, int flags)
{
  autofd int fd = openat (dfd, name, flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  struct stat st;
  if (fd < 0 || !lock_try_fd (fd, LOCK_EXCLUSIVE) || fstat (fd, &st) < 0 || !S_ISREG (st.st_mode) ||
      st.st_nlink != 1)
    return -1;
  return fd_steal (&fd);
}

static char *
read_text (int fd, const char *attribute)
{
  g_autoptr (GBytes) value = NULL;
  if (!xattr_get_fd (fd, attribute, &value, NULL) || value == NULL)
    return NULL;
  return g_strndup (g_bytes_get_data (value, NULL), g_bytes_get_size (value));
}

/* Only a strong tag says that each byte is the same. It goes into a header as it is. */
static gboolean
is_strong (const char *etag)
{
  return etag != NULL && *etag == '"' && strpbrk (etag, "\r\n") == NULL;
}

gboolean
partial_find (PartialDir *dir, const char *name, const char *url, Partial *out)
{
  if (!g_hash_table_contains (dir->names, name))
    return FALSE;
  autofd int fd = open_locked (dir->dfd, name, 0);
  struct stat st;
  if (fd < 0 || fstat (fd, &st) < 0 || st.st_size < 2 || lseek (fd, st.st_size - 1, SEEK_SET) < 0)
    return FALSE;
  g_autofree char *of_url = read_text (fd, URL_XATTR);
  g_autofree char *etag = read_text (fd, ETAG_XATTR);
  if (g_strcmp0 (of_url, url) != 0 || !is_strong (etag))
    return FALSE;
  *out = (Partial){.dir = dir,
                   .name = g_strdup (name),
                   .fd = fd_steal (&fd),
                   .len = (guint64)st.st_size - 1,
                   .etag = g_steal_pointer (&etag)};
  return TRUE;
}

gboolean
partial_begin (PartialDir *dir, const char *name, const char *url, const char *etag, Partial *out)
{
  if (!is_strong (etag))
    return FALSE;
  autofd int fd = open_locked (dir->dfd, name, O_CREAT);
  if (fd < 0)
    return FALSE;
  /* Empty first: the bytes of another file must never stand under this one's tag. */
  if (ftruncate (fd, 0) < 0 || fsetxattr (fd, URL_XATTR, url, strlen (url), 0) < 0 ||
      fsetxattr (fd, ETAG_XATTR, etag, strlen (etag), 0) < 0) {
    (void)unlinkat (dir->dfd, name, 0);
    return FALSE;
  }
  (void)g_hash_table_add (dir->names, g_strdup (name));
  *out = (Partial){
      .dir = dir, .name = g_strdup (name), .fd = fd_steal (&fd), .etag = g_strdup (etag)};
  return TRUE;
}

gboolean
partial_append (Partial *self, const void *data, gsize len, GError **error)
{
  if (!fd_write_all (self->fd, data, len, error))
    return FALSE;
  self->len += len;
  self->unsynced += len;
  if (!self->dir->sync || self->unsynced < SYNC_BYTES)
    return TRUE;
  self->unsynced = 0;
  return fdatasync (self->fd) == 0 || throw_errno (error, "sync a download");
}

void
partial_forget (Partial *self)
{
  if (self->name != NULL)
    (void)unlinkat (self->dir->dfd, self->name, 0); /* at worst it expires */
}

void
partial_close (Partial *self)
{
  fd_cleanup (&self->fd);
  g_free (self->name);
  g_free (self->etag);
  *self = PARTIAL_INIT;
}
