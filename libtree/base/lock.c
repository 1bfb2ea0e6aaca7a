/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"

enum {
  POLL_US = 50 * 1000 /* between two attempts of a wait with a limit */
};

static int
set_lock (int fd, LockKind kind, gboolean wait)
{
  struct flock lock = {.l_type = kind == LOCK_EXCLUSIVE ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET};
  int rc;
  do
    rc = fcntl (fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
  while (rc < 0 && errno == EINTR);
  return rc;
}

gboolean
lock_try_fd (int fd, LockKind kind)
{
  return set_lock (fd, kind, FALSE) == 0;
}

int
lock_open_at (int dfd, const char *path, unsigned mode, LockKind kind, int timeout_secs,
              void (*on_wait) (void), GError **error)
{
  autofd int fd = openat (dfd, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) {
    (void)throw_errno (error, "open lock file '%s'", path);
    return -1;
  }
  if (set_lock (fd, kind, FALSE) == 0)
    return fd_steal (&fd);
  if (errno != EAGAIN && errno != EACCES) {
    (void)throw_errno (error, "lock '%s'", path);
    return -1;
  }
  if (on_wait != NULL)
    on_wait ();
  if (timeout_secs < 0) {
    if (set_lock (fd, kind, TRUE) == 0)
      return fd_steal (&fd);
    (void)throw_errno (error, "lock '%s'", path);
    return -1;
  }
  gint64 deadline = g_get_monotonic_time () + (gint64)timeout_secs * G_USEC_PER_SEC;
  while (g_get_monotonic_time () < deadline) {
    g_usleep (POLL_US);
    if (set_lock (fd, kind, FALSE) == 0)
      return fd_steal (&fd);
  }
  (void)throw_error (error, TREE_ERROR_LOCKED,
                     "'%s' is locked by another process; gave up after %d seconds", path,
                     timeout_secs);
  return -1;
}
