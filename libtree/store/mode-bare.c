/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bare: an object is the file itself, with its owner, mode and xattrs; a link is a link. Checkouts
 * are hard links. */
#include "config.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/xattr.h"
#include "store/mode.h"

gboolean
bare_own (ModeWorker *worker, int fd, const FileMeta *meta, GError **error)
{
  if (mode_worker_owns (worker, meta) || fchown (fd, meta->uid, meta->gid) == 0)
    return TRUE;
  if (errno == EPERM)
    return throw_error (error, TREE_ERROR_DENIED,
                        "cannot give a file to %u:%u: a bare repository needs root; without it use "
                        "--mode=bare-user",
                        meta->uid, meta->gid);
  return throw_errno (error, "set owner %u:%u", meta->uid, meta->gid);
}

static gboolean
bare_write (ModeWorker *worker, int fd, const FileMeta *meta, Source *content, guint64 size,
            GError **error)
{
  if (!mode_copy_content (worker, fd, content, size, error))
    return FALSE;
  /* In this order: changing the owner drops setuid bits and capabilities. */
  if (!bare_own (worker, fd, meta, error) || !xattr_write_fd (fd, meta->xattrs, error))
    return FALSE;
  if (fchmod (fd, meta->mode & 07777) < 0)
    return throw_errno (error, "set mode");
  return TRUE;
}

static void
take_stat (StoreFile *file, const struct stat *st)
{
  file->meta.uid = st->st_uid;
  file->meta.gid = st->st_gid;
  file->meta.mode = st->st_mode;
  if (S_ISREG (st->st_mode))
    file->size = (guint64)st->st_size;
}

/* What bare_stat() said of the name may have been of another file. */
gboolean
bare_open_content (int dfd, const char *path, StoreFile *file, GError **error)
{
  struct stat st;
  if (!mode_open_regular (dfd, path, &file->fd, &st, error))
    return FALSE;
  take_stat (file, &st);
  fd_source_init (&file->fd_source, file->fd, G_MAXUINT64);
  file->content = &file->fd_source.source;
  return TRUE;
}

gboolean
bare_stat (int dfd, const char *path, StoreFile *out, GError **error)
{
  *out = (StoreFile){.fd = -1};
  struct stat st;
  if (fstatat (dfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno (error, "stat '%s'", path);
  if (!S_ISLNK (st.st_mode) && !S_ISREG (st.st_mode))
    return throw_error (error, TREE_ERROR_CORRUPT, "'%s' is neither a file nor a link", path);
  take_stat (out, &st);
  if (S_ISREG (st.st_mode))
    return TRUE;
  if (!link_read_at (dfd, path, &out->meta.target, error))
    return FALSE;
  return out->meta.target != NULL ||
         throw_error (error, TREE_ERROR_NOT_FOUND, "'%s' is gone", path);
}

static gboolean
bare_open (ModeWorker *worker, int dfd, const char *path, StoreFile *out, GError **error)
{
  if (!bare_stat (dfd, path, out, error))
    return FALSE;
  gboolean ok = S_ISLNK (out->meta.mode)
                    ? xattr_read_at (dfd, path, &out->meta.xattrs, error)
                    : bare_open_content (dfd, path, out, error) &&
                          xattr_read_fd (out->fd, NULL, &out->meta.xattrs, error);
  if (!ok)
    store_file_clear (out);
  return ok;
}

const StoreMode store_mode_bare = {
    .id = TREE_MODE_BARE,
    .name = "bare",
    .plain_files = TRUE,
    .hardlink_checkout = TRUE,
    .write = bare_write,
    .open = bare_open,
    .stat = bare_stat,
};
