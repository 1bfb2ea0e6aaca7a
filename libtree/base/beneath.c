/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/beneath.h"

#include <errno.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/error.h"
#include "base/fd.h"

/* The kernel's name of an open directory. */
static char *
name_of (int fd)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  return g_file_read_link (link, NULL);
}

/* openat2 by hand, for kernels (or emulators) that lack it: what was opened says where it is. */
static int
open_and_look (int dfd, const char *path)
{
  struct stat outer;
  struct stat inner;
  autofd int fd = openat (dfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return -1;
  g_autofree char *above = name_of (dfd);
  g_autofree char *below = name_of (fd);
  gsize len = above != NULL ? strlen (above) : 0;
  if (len > 0 && below != NULL && strncmp (below, above, len) == 0 &&
      (below[len] == '/' || above[len - 1] == '/') && fstat (dfd, &outer) == 0 &&
      fstat (fd, &inner) == 0 && outer.st_dev == inner.st_dev)
    return fd_steal (&fd);
  errno = EXDEV;
  return -1;
}

int
dir_open_beneath (int dfd, const char *path)
{
  struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                         .resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS};
  int fd = (int)syscall (SYS_openat2, dfd, path, &how, sizeof how);
  if (fd < 0 && (errno == ENOSYS || errno == EPERM))
    fd = open_and_look (dfd, path);
  return fd;
}

int
dir_make_beneath (int dfd, const char *path, GError **error)
{
  autofd int at = fcntl (dfd, F_DUPFD_CLOEXEC, 3);
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  for (char **part = parts; at >= 0 && *part != NULL; part++) {
    if (**part == '\0' || strcmp (*part, ".") == 0)
      continue;
    if (strcmp (*part, "..") == 0) {
      (void)throw_error (error, TREE_ERROR_INVALID, "'%s' has a '..' in it", path);
      return -1;
    }
    if (mkdirat (at, *part, 0777) < 0 && errno != EEXIST) {
      (void)throw_errno (error, "create directory '%s'", path);
      return -1;
    }
    int next = openat (at, *part, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (next < 0) {
      (void)throw_errno (error, "open '%s' of '%s', which must be a directory and no link", *part,
                         path);
      return -1;
    }
    fd_cleanup (&at);
    at = next;
  }
  return fd_steal (&at);
}
