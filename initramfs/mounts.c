/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plain/layout.h"

int
fail (const char *step, const char *path, int err)
{
  dprintf (STDERR_FILENO, "pando-prepare-root: %s '%s': %s\n", step, path, strerror (err));
  return -1;
}

/* Joins into @out, whose size is PATH_TEXT_MAX. */
static int
join (char *out, const char *directory, const char *name)
{
  int len = snprintf (out, PATH_TEXT_MAX, "%s/%s", directory, name);
  if (len < 0 || len >= PATH_TEXT_MAX)
    return fail ("name", name, ENAMETOOLONG);
  return 0;
}

static int
bind (const char *source, const char *target)
{
  if (mount (source, target, NULL, MS_BIND | MS_SILENT, NULL) < 0)
    return fail ("bind", target, errno);
  return 0;
}

static int
move (const char *source, const char *target)
{
  if (mount (source, target, NULL, MS_MOVE | MS_SILENT, NULL) < 0)
    return fail ("move mount to", target, errno);
  return 0;
}

/* An unlocked deployment carries an upper layer for /usr; any other /usr is read-only. */
static int
mount_usr (const RootLayout *layout)
{
  char usr[PATH_TEXT_MAX], upper[PATH_TEXT_MAX], work[PATH_TEXT_MAX];
  if (join (usr, layout->deployment, "usr") < 0 ||
      join (upper, layout->deployment, HOTFIX_UPPER) < 0 ||
      join (work, layout->deployment, HOTFIX_WORK) < 0)
    return -1;
  struct stat st;
  if (lstat (work, &st) == 0 && S_ISDIR (st.st_mode)) {
    char options[3 * PATH_TEXT_MAX + 64];
    (void)snprintf (options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s", usr, upper,
                    work);
    if (mount ("overlay", usr, "overlay", MS_SILENT, options) < 0)
      return fail ("mount overlay on", usr, errno);
    return 0;
  }
  if (bind (usr, usr) < 0)
    return -1;
  if (mount (NULL, usr, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_SILENT, NULL) < 0)
    return fail ("make read-only", usr, errno);
  return 0;
}

int
mounts_prepare (const RootLayout *layout)
{
  char etc[PATH_TEXT_MAX], var[PATH_TEXT_MAX];
  if (join (etc, layout->deployment, DEPLOYMENT_ETC) < 0 ||
      join (var, layout->deployment, DEPLOYMENT_VAR) < 0)
    return -1;
  /* Mounts below a shared one cannot be moved, and systemd shares everything. */
  if (mount (NULL, "/", NULL, MS_REC | MS_PRIVATE | MS_SILENT, NULL) < 0)
    return fail ("make private", "/", errno);
  if (bind (layout->deployment, layout->deployment) < 0 || mount_usr (layout) < 0)
    return -1;
  /* A mount of its own, so that it stays writable when the root around it is made read-only. */
  if (bind (etc, etc) < 0)
    return -1;
  return bind (layout->var, var);
}

void
mounts_write_booted (const char *run)
{
  char path[PATH_TEXT_MAX];
  const char *below_run = &OSTREE_BOOTED_FILE[strlen ("/run/")];
  if (join (path, run, &RUN_OSTREE[strlen ("/run/")]) < 0)
    return;
  if (mkdir (path, 0755) < 0 && errno != EEXIST)
    (void)fail ("create", path, errno);
  if (join (path, run, below_run) < 0)
    return;
  int fd = open (path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0)
    (void)fail ("create", path, errno); /* better to boot without the mark than not to boot */
  else
    (void)close (fd);
}

int
mounts_move (const RootLayout *layout)
{
  /* The physical root cannot be moved below itself, so the deployment leaves it first. */
  char temporary[PATH_TEXT_MAX], below[PATH_TEXT_MAX];
  int len = snprintf (temporary, sizeof temporary, "%s.tmp", layout->sysroot);
  if (len < 0 || (size_t)len >= sizeof temporary)
    return fail ("name", layout->sysroot, ENAMETOOLONG);
  if (join (below, temporary, DEPLOYMENT_SYSROOT) < 0)
    return -1;
  if (mkdir (temporary, 0755) < 0 && errno != EEXIST)
    return fail ("create", temporary, errno);
  if (move (layout->deployment, temporary) < 0 || move (layout->sysroot, below) < 0 ||
      move (temporary, layout->sysroot) < 0)
    return -1;
  (void)rmdir (temporary); /* an initramfs goes away as a whole */
  return 0;
}

int
mounts_pivot (const RootLayout *layout)
{
  char run[PATH_TEXT_MAX], below[PATH_TEXT_MAX];
  if (join (run, layout->deployment, "run") < 0 ||
      join (below, layout->deployment, DEPLOYMENT_SYSROOT) < 0)
    return -1;
  /* systemd takes a /run that is mounted already; without it the mark would be hidden. */
  if (mount ("tmpfs", run, "tmpfs", MS_NOSUID | MS_NODEV | MS_SILENT, "mode=0755") < 0)
    return fail ("mount tmpfs on", run, errno);
  mounts_write_booted (run);
  if (syscall (SYS_pivot_root, layout->deployment, below) < 0)
    return fail ("pivot root to", layout->deployment, errno);
  return 0;
}
