/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bare-user-only: a repository without privileges and without attributes. An object is a plain file
 * or link of the caller, and holds nothing but content and mode; so it can only be one whose owner
 * is 0:0 and that has no xattrs. Commits into such a repository are made so; anything else is
 * refused, since it would read back as another object. */
#include "config.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "store/mode.h"

static gboolean
check (const FileMeta *meta, GError **error)
{
  if (!mode_check_bits (meta, error))
    return FALSE;
  if (meta->uid != 0 || meta->gid != 0 || meta->xattrs != NULL)
    return throw_error (
        error, TREE_ERROR_UNSUPPORTED,
        "a file of %u:%u%s cannot be kept in a bare-user-only repository; commit it "
        "with --canonical-permissions --no-xattrs",
        meta->uid, meta->gid, meta->xattrs != NULL ? " with xattrs" : "");
  return TRUE;
}

static gboolean
user_only_write (ModeWorker *worker, int fd, const FileMeta *meta, Source *content, guint64 size,
                 GError **error)
{
  if (!mode_copy_content (worker, fd, content, size, error))
    return FALSE;
  return fchmod (fd, meta->mode & 07777) == 0 || throw_errno (error, "set mode");
}

static gboolean
user_only_open (ModeWorker *worker, int dfd, const char *path, StoreFile *out, GError **error)
{
  *out = (StoreFile){.fd = -1};
  struct stat st;
  if (fstatat (dfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno (error, "stat '%s'", path);
  out->meta.mode = st.st_mode;
  if (S_ISLNK (st.st_mode)) {
    if (link_read_at (dfd, path, &out->meta.target, error))
      return out->meta.target != NULL ||
             throw_error (error, TREE_ERROR_NOT_FOUND, "'%s' is gone", path);
    return FALSE;
  }
  if (!mode_open_regular (dfd, path, &out->fd, &st, error))
    return FALSE;
  out->meta.mode = st.st_mode;
  out->size = (guint64)st.st_size;
  fd_source_init (&out->fd_source, out->fd, G_MAXUINT64);
  out->content = &out->fd_source.source;
  return TRUE;
}

const StoreMode store_mode_bare_user_only = {
    .id = TREE_MODE_BARE_USER_ONLY,
    .name = "bare-user-only",
    .plain_files = TRUE,
    .hardlink_user_checkout = TRUE,
    .canonical_only = TRUE,
    .check = check,
    .write = user_only_write,
    .open = user_only_open,
};
