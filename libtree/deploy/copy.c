/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "deploy/copy.h"

#include <dirent.h>
#include <errno.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/xattr.h"

static gboolean
copy_regular (int src_dfd, const char *src, int dst_dfd, const char *dst, GError **error)
{
  autofd int in = openat (src_dfd, src, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat st;
  if (in < 0 || fstat (in, &st) < 0)
    return throw_errno (error, "open '%s'", src);
  autofd int out = openat (dst_dfd, dst, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                           0600);
  if (out < 0)
    return throw_errno (error, "create '%s'", dst);
  if (!file_copy_content (in, out, error))
    return prefix_error (error, "copy '%s'", src);
  g_autoptr (GVariant) xattrs = NULL;
  if (!xattr_read_fd (in, NULL, &xattrs, error))
    return prefix_error (error, "copy '%s'", src);
  /* The owner first: a change of owner clears setuid bits and file capabilities. */
  if (fchown (out, st.st_uid, st.st_gid) < 0)
    return throw_errno (error, "set owner of '%s'", dst);
  if (fchmod (out, st.st_mode & 07777) < 0)
    return throw_errno (error, "set mode of '%s'", dst);
  if (xattrs != NULL && !xattr_write_fd (out, xattrs, error))
    return prefix_error (error, "copy '%s'", src);
  struct timespec times[2] = {st.st_atim, st.st_mtim};
  if (futimens (out, times) < 0)
    return throw_errno (error, "set time of '%s'", dst);
  return TRUE;
}

static gboolean
copy_link (int src_dfd, const char *src, const struct stat *st, int dst_dfd, const char *dst,
           GError **error)
{
  g_autofree char *target = NULL;
  if (!link_read_at (src_dfd, src, &target, error))
    return FALSE;
  if (target == NULL)
    return throw_error (error, TREE_ERROR_CHANGED, "link '%s' vanished while it was copied", src);
  if (symlinkat (target, dst_dfd, dst) < 0)
    return throw_errno (error, "create link '%s'", dst);
  if (fchownat (dst_dfd, dst, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno (error, "set owner of link '%s'", dst);
  g_autoptr (GVariant) xattrs = NULL;
  if (!xattr_read_at (src_dfd, src, &xattrs, error))
    return prefix_error (error, "copy link '%s'", src);
  return xattrs == NULL || xattr_write_at (dst_dfd, dst, xattrs, error);
}

gboolean
copy_file_at (int src_dfd, const char *src, int dst_dfd, const char *dst, GError **error)
{
  struct stat st;
  if (fstatat (src_dfd, src, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno (error, "stat '%s'", src);
  if (S_ISREG (st.st_mode))
    return copy_regular (src_dfd, src, dst_dfd, dst, error);
  if (S_ISLNK (st.st_mode))
    return copy_link (src_dfd, src, &st, dst_dfd, dst, error);
  return TRUE;
}

gboolean
copy_directory_meta (int src_fd, int dst_fd, GError **error)
{
  struct stat st;
  if (fstat (src_fd, &st) < 0)
    return throw_errno (error, "stat directory");
  if (fchown (dst_fd, st.st_uid, st.st_gid) < 0)
    return throw_errno (error, "set owner of directory");
  if (fchmod (dst_fd, st.st_mode & 07777) < 0)
    return throw_errno (error, "set mode of directory");
  g_autoptr (GVariant) xattrs = NULL;
  if (!xattr_read_fd (src_fd, NULL, &xattrs, error))
    return FALSE;
  return xattrs == NULL || xattr_write_fd (dst_fd, xattrs, error);
}

static gboolean
copy_children (int src_fd, int dst_fd, GError **error)
{
  g_autoptr (GPtrArray) entries = NULL;
  if (!dir_list (src_fd, &entries, error))
    return FALSE;
  for (guint i = 0; i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    if (entry->type == DT_DIR ? !copy_directory_at (src_fd, entry->name, dst_fd, entry->name, error)
                              : !copy_file_at (src_fd, entry->name, dst_fd, entry->name, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
copy_directory_at (int src_dfd, const char *src, int dst_dfd, const char *dst, GError **error)
{
  autofd int from = dir_open_at (src_dfd, src, error);
  if (from < 0)
    return FALSE;
  if (mkdirat (dst_dfd, dst, 0700) < 0 && errno != EEXIST)
    return throw_errno (error, "create directory '%s'", dst);
  autofd int to = dir_open_at (dst_dfd, dst, error);
  if (to < 0)
    return FALSE;
  if (!copy_directory_meta (from, to, error) || !copy_children (from, to, error))
    return prefix_error (error, "in '%s'", src);
  return TRUE;
}
