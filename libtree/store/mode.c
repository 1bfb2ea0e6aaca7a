/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/mode.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "tree-repo.h"

static const StoreMode *const modes[] = {&store_mode_bare, &store_mode_bare_user,
                                         &store_mode_bare_user_only, &store_mode_archive,
                                         &store_mode_bare_split_xattrs};

const StoreMode *
store_mode_by_name (const char *name, GError **error)
{
  /* What people say, and what config files have said since the first archive format was given up.
   */
  if (strcmp (name, "archive") == 0)
    return &store_mode_archive;
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    if (strcmp (modes[i]->name, name) == 0)
      return modes[i];
  return throw_null (error, TREE_ERROR_UNSUPPORTED,
                     "Invalid mode '%s' in repository configuration: use bare, bare-user, "
                     "bare-user-only, bare-split-xattrs or archive",
                     name);
}

const StoreMode *
store_mode_by_id (TreeMode id)
{
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    if (modes[i]->id == id)
      return modes[i];
  g_return_val_if_reached (NULL);
}

gboolean
tree_mode_from_string (const char *text, TreeMode *out, GError **error)
{
  const StoreMode *mode = store_mode_by_name (text, NULL);
  if (mode == NULL)
    return throw_error (
        error, TREE_ERROR_INVALID,
        "unknown mode '%s': use bare, bare-user, bare-user-only, bare-split-xattrs or "
        "archive",
        text);
  *out = mode->id;
  return TRUE;
}

const char *
tree_mode_to_string (TreeMode mode)
{
  return store_mode_by_id (mode)->name;
}

void
store_file_clear (StoreFile *self)
{
  filemeta_clear (&self->meta);
  source_close (self->inflater);
  fd_cleanup (&self->fd);
  self->inflater = self->content = NULL;
}

void
mode_worker_init (ModeWorker *self, int deflate_level)
{
  *self = (ModeWorker){
      .codec = codec_new (),
      .hasher = hasher_new (),
      .buffer = g_malloc (MODE_BUFFER),
      .header = g_byte_array_new (),
      .packed = g_byte_array_new (),
      .unpacked = g_byte_array_new (),
      .deflate_level = deflate_level,
  };
}

void
mode_worker_clear (ModeWorker *self)
{
  codec_free (self->codec);
  hasher_free (self->hasher);
  g_free (self->buffer);
  g_clear_pointer (&self->header, g_byte_array_unref);
  g_clear_pointer (&self->packed, g_byte_array_unref);
  g_clear_pointer (&self->unpacked, g_byte_array_unref);
}

static gboolean
wrong_size (guint64 have, guint64 size, GError **error)
{
  return throw_error (error, TREE_ERROR_CHANGED,
                      "content has %s than the %" G_GUINT64_FORMAT " bytes it should have",
                      have < size ? "fewer" : "more", size);
}

gboolean
mode_worker_owns (const ModeWorker *self, const FileMeta *meta)
{
  return self->owner_known && meta->uid == self->owner_uid && meta->gid == self->owner_gid;
}

gboolean
mode_check_bits (const FileMeta *meta, GError **error)
{
  guint32 bad = S_ISREG (meta->mode) ? meta->mode & 07777 & ~0775u : 0;
  return bad == 0 ||
         throw_error (error, TREE_ERROR_UNSUPPORTED,
                      "invalid mode 0%o with bits 0%04o: no more than 0775 is taken here",
                      meta->mode, bad);
}

gboolean
mode_open_regular (int dfd, const char *path, int *out_fd, struct stat *out_st, GError **error)
{
  autofd int fd = openat (dfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0 || fstat (fd, out_st) < 0)
    return throw_errno (error, "open '%s'", path);
  if (!S_ISREG (out_st->st_mode))
    return throw_error (error, TREE_ERROR_CORRUPT, "'%s' is not a regular file", path);
  *out_fd = fd_steal (&fd);
  return TRUE;
}

static gboolean
copy_by_kernel (int in, int out, guint64 size, GError **error)
{
  struct stat st;
  if (!file_copy_content (in, out, error))
    return FALSE;
  if (fstat (out, &st) < 0)
    return throw_errno (error, "stat");
  return (guint64)st.st_size == size || wrong_size ((guint64)st.st_size, size, error);
}

gboolean
mode_copy_content (ModeWorker *worker, int fd, Source *content, guint64 size, GError **error)
{
  int in = fd_source_whole (content);
  if (in >= 0)
    return size == 0 || copy_by_kernel (in, fd, size, error);
  if (content->data != NULL) {
    if (content->data_len != size)
      return wrong_size (content->data_len, size, error);
    return fd_write_bulk (fd, content->data, content->data_len, NULL, 0, error);
  }
  guint64 have = 0;
  for (;;) {
    gssize n = content->read (content, worker->buffer, MODE_BUFFER, error);
    if (n < 0)
      return FALSE;
    if (n == 0)
      return have == size || wrong_size (have, size, error);
    have += (guint64)n;
    if (have > size)
      return wrong_size (have, size, error);
    if (!fd_write_bulk (fd, worker->buffer, (gsize)n, NULL, 0, error))
      return FALSE;
  }
}
