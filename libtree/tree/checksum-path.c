/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/checksum-path.h"

#include <errno.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/source.h"
#include "base/xattr.h"
#include "tree-commit.h"

gboolean
checksum_content (int fd, const FileMeta *meta, guint64 size, TreeChecksum *out, GError **error)
{
  g_autoptr (GByteArray) header = g_byte_array_new ();
  filemeta_content_header (meta, header);
  g_autoptr (Hasher) hasher = hasher_new ();
  hasher_update (hasher, header->data, header->len);
  guint64 n_bytes = 0;
  if (!fd_hash (fd, hasher, &n_bytes, error))
    return FALSE;
  if (n_bytes != size)
    return throw_error (error, TREE_ERROR_CHANGED, "the file changed while it was read");
  hasher_final (hasher, out);
  return TRUE;
}

static void
take_stat (FileMeta *meta, const struct stat *st, const ChecksumAs *as)
{
  meta->uid = as->owner_uid >= 0 ? (guint32)as->owner_uid : st->st_uid;
  meta->gid = as->owner_gid >= 0 ? (guint32)as->owner_gid : st->st_gid;
  meta->mode = st->st_mode;
}

/* A regular file or a directory. */
static gboolean
checksum_opened (int dfd, const char *path, const ChecksumAs *as, TreeChecksum *out, GError **error)
{
  autofd int fd = openat (dfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat st;
  if (fd < 0)
    return throw_errno (error, "open");
  if (fstat (fd, &st) < 0)
    return throw_errno (error, "stat");
  g_auto (FileMeta) meta = {0};
  take_stat (&meta, &st, as);
  if (!as->no_xattrs && !xattr_read_fd (fd, NULL, &meta.xattrs, error))
    return FALSE;
  if (!S_ISDIR (st.st_mode))
    return checksum_content (fd, &meta, (guint64)st.st_size, out, error);
  g_autoptr (GBytes) dirmeta = filemeta_to_dirmeta (&meta);
  hash_data (g_bytes_get_data (dirmeta, NULL), g_bytes_get_size (dirmeta), out);
  return TRUE;
}

static gboolean
checksum_link (int dfd, const char *path, const struct stat *st, const ChecksumAs *as,
               TreeChecksum *out, GError **error)
{
  g_auto (FileMeta) meta = {0};
  take_stat (&meta, st, as);
  if (!link_read_at (dfd, path, &meta.target, error))
    return FALSE;
  if (meta.target == NULL)
    return throw_error (error, TREE_ERROR_CHANGED, "the link changed while it was read");
  if (!as->no_xattrs && !xattr_read_at (dfd, path, &meta.xattrs, error))
    return FALSE;
  g_autoptr (GByteArray) header = g_byte_array_new ();
  filemeta_content_header (&meta, header);
  hash_data (header->data, header->len, out);
  return TRUE;
}

gboolean
checksum_path (int dfd, const char *path, const ChecksumAs *as, TreeChecksum *out, GError **error)
{
  struct stat st;
  if (fstatat (dfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno (error, "stat '%s'", path);
  gboolean ok;
  if (S_ISLNK (st.st_mode))
    ok = checksum_link (dfd, path, &st, as, out, error);
  else if (S_ISREG (st.st_mode) || S_ISDIR (st.st_mode))
    ok = checksum_opened (dfd, path, as, out, error);
  else
    return throw_error (error, TREE_ERROR_UNSUPPORTED,
                        "'%s' is neither a file, a symbolic link nor a directory", path);
  return ok || prefix_error (error, "checksum '%s'", path);
}

gboolean
tree_checksum_path (int dfd, const char *path, gboolean ignore_xattrs, TreeChecksum *out,
                    GError **error)
{
  return checksum_path (dfd, path, &(ChecksumAs){ignore_xattrs, -1, -1}, out, error);
}
