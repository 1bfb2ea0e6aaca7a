/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/remove.h"

#include <dirent.h>
#include <errno.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "base/error.h"
#include "base/fd.h"

/* Deployments and hostile trees may carry chattr +i. Best effort: the unlink that follows tells. */
static void
clear_immutable (int fd)
{
  int flags = 0;
  if (ioctl (fd, FS_IOC_GETFLAGS, &flags) == 0 && (flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)) != 0) {
    flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
    (void)ioctl (fd, FS_IOC_SETFLAGS, &flags);
  }
}

static gboolean
remove_file (int dfd, const char *name, GError **error)
{
  int rc = unlinkat (dfd, name, 0);
  if (rc < 0 && errno == EPERM) {
    autofd int fd = openat (dfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0)
      clear_immutable (fd);
    rc = unlinkat (dfd, name, 0);
  }
  return rc == 0 || errno == ENOENT || throw_errno (error, "remove '%s'", name);
}

static gboolean remove_all_in (int dfd, const char *name, GError **error);

static gboolean
remove_children (int dfd, GError **error)
{
  g_autoptr (GPtrArray) entries = NULL;
  if (!dir_list (dfd, &entries, error))
    return FALSE;
  for (guint i = 0; i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    if (entry->type == DT_DIR) {
      if (!remove_all_in (dfd, entry->name, error))
        return FALSE;
    } else if (!remove_file (dfd, entry->name, error))
      return FALSE;
  }
  return TRUE;
}

/* Kernels (or emulators) without openat2 tell other file systems, but not bind mounts. */
static int
open_on_device (int dfd, const char *name)
{
  struct stat outer;
  struct stat inner;
  int fd = openat (dfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 || fstat (dfd, &outer) < 0 || fstat (fd, &inner) < 0 || outer.st_dev == inner.st_dev)
    return fd;
  (void)close (fd);
  errno = EXDEV;
  return -1;
}

/* What is mounted somewhere below is not part of what is to be removed. */
static int
open_to_remove (int dfd, const char *name, GError **error)
{
  struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW,
                         .resolve = RESOLVE_NO_XDEV};
  int fd = (int)syscall (SYS_openat2, dfd, name, &how, sizeof how);
  if (fd < 0 && (errno == ENOSYS || errno == EPERM))
    fd = open_on_device (dfd, name);
  if (fd < 0 && errno == EXDEV)
    (void)throw_error (error, TREE_ERROR_FAILED,
                       "cannot remove '%s': something is mounted there; unmount it first", name);
  else if (fd < 0)
    (void)throw_errno (error, "open '%s' to remove it", name);
  return fd;
}

static gboolean
remove_all_in (int dfd, const char *name, GError **error)
{
  struct stat st;
  if (fstatat (dfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT || throw_errno (error, "stat '%s' to remove it", name);
  if (!S_ISDIR (st.st_mode))
    return remove_file (dfd, name, error);
  autofd int fd = open_to_remove (dfd, name, error);
  if (fd < 0)
    return FALSE;
  clear_immutable (fd);
  if (!remove_children (fd, error))
    return prefix_error (error, "in '%s'", name);
  return unlinkat (dfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT ||
         throw_errno (error, "remove directory '%s'", name);
}

/* A directory that @path does not call by its own name: "." or "a/..". It stays, empty. */
static gboolean
empty_dir (int dfd, const char *path, GError **error)
{
  autofd int fd = open_to_remove (dfd, path, error);
  return fd >= 0 && (remove_children (fd, error) || prefix_error (error, "in '%s'", path));
}

/* Without the slashes behind it, which say that it is a directory. */
static gboolean
strip_slashes (int dfd, char *path, GError **error)
{
  gsize len = strlen (path);
  struct stat st;
  if (len == 0 || path[len - 1] != '/')
    return TRUE;
  while (len > 0 && path[len - 1] == '/')
    path[--len] = '\0';
  if (len == 0)
    return throw_error (error, TREE_ERROR_INVALID, "will not remove '/'");
  if (fstatat (dfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR (st.st_mode))
    return throw_error (error, TREE_ERROR_INVALID, "'%s' is not a directory", path);
  return TRUE;
}

gboolean
dir_remove_all_at (int dfd, const char *name, GError **error)
{
  g_autofree char *path = g_strdup (name);
  if (!strip_slashes (dfd, path, error))
    return FALSE;
  const char *slash = strrchr (path, '/');
  const char *last = slash != NULL ? slash + 1 : path;
  if (strcmp (last, ".") == 0 || strcmp (last, "..") == 0)
    return empty_dir (dfd, path, error);
  if (slash == NULL)
    return remove_all_in (dfd, path, error);
  g_autofree char *parent = slash == path ? g_strdup ("/")
                                          : g_strndup (path, (gsize)(slash - path));
  autofd int parent_fd = openat (dfd, parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (parent_fd < 0)
    return errno == ENOENT || throw_errno (error, "open '%s'", parent);
  return remove_all_in (parent_fd, slash + 1, error) || prefix_error (error, "in '%s'", parent);
}
