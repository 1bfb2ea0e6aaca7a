/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "deploy/sync.h"

#include <errno.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/fd.h"
#include "plain/layout.h"

/* Since Linux 5.14; writes the journal of ext4 to its final places. Not in every <linux/ext4.h>. */
#ifndef EXT4_IOC_CHECKPOINT
#define EXT4_IOC_CHECKPOINT _IOW ('f', 43, __u32)
#endif

static gboolean
open_boot (int sysroot_fd, int *out_fd, gboolean *out_is_separate, GError **error)
{
  autofd int fd = openat (sysroot_fd, SYSROOT_BOOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct stat boot, root;
  if (fd < 0 || fstat (fd, &boot) < 0 || fstat (sysroot_fd, &root) < 0)
    return throw_errno (error, "open directory '" SYSROOT_BOOT "'");
  *out_is_separate = boot.st_dev != root.st_dev;
  *out_fd = fd_steal (&fd);
  return TRUE;
}

gboolean
sync_barrier (int sysroot_fd, GError **error)
{
  autofd int boot = -1;
  gboolean is_separate = FALSE;
  if (!open_boot (sysroot_fd, &boot, &is_separate, error))
    return FALSE;
  if (syncfs (sysroot_fd) < 0 || (is_separate && syncfs (boot) < 0))
    return throw_errno (error, "sync the new deployment to the disk");
  return TRUE;
}

/* In the child: if the parent dies before it has thawed the file system, nobody else would. */
static void
watch_freeze (int pipe_fd, int boot_fd)
{
  /* Ctrl-C is meant for the parent. */
  (void)signal (SIGINT, SIG_IGN);
  (void)signal (SIGTERM, SIG_IGN);
  char byte;
  ssize_t n;
  do
    n = read (pipe_fd, &byte, 1);
  while (n < 0 && errno == EINTR);
  if (n == 1)
    _Exit (0);
  static const char message[] = "fifreeze watchdog was run\n";
  (void)!write (STDERR_FILENO, message, sizeof message - 1);
  (void)ioctl (boot_fd, FITHAW, 0);
  _Exit (1);
}

/* Freezing writes the journal out; only for a /boot of its own, which nothing else waits for.
 * @pretend: for tests of the watchdog: nothing is frozen, and it looks as if this process had died.
 */
static gboolean
freeze_and_thaw (int boot_fd, gboolean pretend, GError **error)
{
  int pipe_fds[2];
  if (pipe2 (pipe_fds, O_CLOEXEC) < 0)
    return throw_errno (error, "pipe");
  autofd int read_end = pipe_fds[0];
  autofd int write_end = pipe_fds[1];
  pid_t child = fork ();
  if (child < 0)
    return throw_errno (error, "fork");
  if (child == 0) {
    (void)close (write_end);
    watch_freeze (read_end, boot_fd);
  }
  int frozen_err = !pretend && ioctl (boot_fd, FIFREEZE, 0) < 0 ? errno : 0;
  /* EINVAL: somebody else has thawed it. Of any other failure the child is told nothing: it tries
   * once more. */
  int thawed_err = !pretend && frozen_err == 0 && ioctl (boot_fd, FITHAW, 0) < 0 && errno != EINVAL
                       ? errno
                       : 0;
  if (!pretend && thawed_err == 0)
    (void)!write (write_end, "", 1);
  fd_cleanup (&write_end);
  while (waitpid (child, NULL, 0) < 0 && errno == EINTR)
    ;
  if (pretend)
    return throw_error (error, TREE_ERROR_FAILED,
                        "During fsfreeze-thaw: aborting due to test-fifreeze");
  /* A file system that cannot be frozen (EOPNOTSUPP, EPERM in a container) has been synced. */
  if (frozen_err == EIO) {
    errno = frozen_err;
    return throw_errno (error, "flush the journal of /boot");
  }
  if (thawed_err != 0) {
    errno = thawed_err;
    return throw_errno (error, "thaw /boot; 'fsfreeze --unfreeze /boot' may help");
  }
  return TRUE;
}

gboolean
sync_boot_switch (int sysroot_fd, GError **error)
{
  autofd int boot = -1;
  gboolean is_separate = FALSE;
  if (!open_boot (sysroot_fd, &boot, &is_separate, error))
    return FALSE;
  if (syncfs (boot) < 0)
    return throw_errno (error, "sync /boot to the disk");
  guint32 flags = 0;
  if (ioctl (boot, EXT4_IOC_CHECKPOINT, &flags) == 0 || !is_separate)
    return TRUE;
  return freeze_and_thaw (boot, /* pretend= */ FALSE, error);
}

gboolean
sync_test_watchdog (int sysroot_fd, GError **error)
{
  const char *debug = getenv ("OSTREE_SYSROOT_DEBUG");
  if (debug == NULL || strstr (debug, "test-fifreeze") == NULL)
    return TRUE;
  autofd int boot = -1;
  gboolean is_separate = FALSE;
  return open_boot (sysroot_fd, &boot, &is_separate, error) &&
         freeze_and_thaw (boot, /* pretend= */ TRUE, error);
}
