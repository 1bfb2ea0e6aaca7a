/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bare-user: a repository without privileges. An object is a regular file of the caller; what it
 * should be is in the attribute user.ostreemeta (the layout of a dirmeta). A link is a file that
 * holds its target and a NUL. */
#include "config.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/xattr.h"
#include "plain/layout.h"
#include "store/mode.h"

enum {
  LINK_FILE_MODE = 0644,
  TARGET_MAX = 4096
};

static gboolean
bare_user_write (ModeWorker *worker, int fd, const FileMeta *meta, Source *content, guint64 size,
                 GError **error)
{
  gboolean is_link = S_ISLNK (meta->mode);
  if (is_link ? !fd_write_all (fd, meta->target, strlen (meta->target) + 1, error)
              : !mode_copy_content (worker, fd, content, size, error))
    return FALSE;
  g_autoptr (GBytes) attribute = filemeta_to_dirmeta (meta);
  gsize len = 0;
  const void *data = g_bytes_get_data (attribute, &len);
  if (fsetxattr (fd, BARE_USER_XATTR, data, len, 0) < 0)
    return throw_errno (error, "set attribute " BARE_USER_XATTR
                               " (does the file system have user attributes?)");
  /* The owner may always read; nobody gains setuid, and nobody but owner and group may write. */
  mode_t mode = is_link ? LINK_FILE_MODE : (meta->mode & 0775) | S_IRUSR;
  if (fchmod (fd, mode) < 0)
    return throw_errno (error, "set mode");
  return TRUE;
}

static gboolean
read_target (StoreFile *file, GError **error)
{
  char target[TARGET_MAX + 1];
  ssize_t n = read (file->fd, target, sizeof target);
  if (n < 0)
    return throw_errno (error, "read link target");
  if (n < 2 || (gsize)n > TARGET_MAX || memchr (target, '\0', (gsize)n) != target + n - 1)
    return throw_error (error, TREE_ERROR_CORRUPT, "does not hold a link target");
  file->meta.target = g_strdup (target);
  fd_cleanup (&file->fd);
  return TRUE;
}

static gboolean
fill (StoreFile *file, guint64 size, GError **error)
{
  g_autoptr (GBytes) attribute = NULL;
  if (!xattr_get_fd (file->fd, BARE_USER_XATTR, &attribute, error))
    return FALSE;
  if (attribute == NULL)
    return throw_error (error, TREE_ERROR_CORRUPT, "lacks the attribute " BARE_USER_XATTR);
  if (!filemeta_parse_dirmeta (attribute, 0, &file->meta, error))
    return prefix_error (error, BARE_USER_XATTR);
  if (S_ISLNK (file->meta.mode))
    return read_target (file, error);
  file->size = size;
  fd_source_init (&file->fd_source, file->fd, G_MAXUINT64);
  file->content = &file->fd_source.source;
  return TRUE;
}

static gboolean
bare_user_open (ModeWorker *worker, int dfd, const char *path, StoreFile *out, GError **error)
{
  struct stat st;
  *out = (StoreFile){.fd = -1};
  if (!mode_open_regular (dfd, path, &out->fd, &st, error))
    return FALSE;
  if (fill (out, (guint64)st.st_size, error))
    return TRUE;
  store_file_clear (out);
  return prefix_error (error, "'%s'", path);
}

const StoreMode store_mode_bare_user = {
    .id = TREE_MODE_BARE_USER,
    .name = "bare-user",
    .hardlink_user_checkout = TRUE,
    .write = bare_user_write,
    .open = bare_user_open,
};
