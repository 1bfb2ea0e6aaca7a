/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pando-prepare-root [SYSROOT]: between the mount of the physical root and the start of init.
 *
 * In an initramfs, the physical root is mounted at SYSROOT (/sysroot unless said otherwise). The
 * kernel argument `ostree=` names a deployment in it, which becomes the new SYSROOT; switching to
 * it and starting init is the initramfs' own business.
 *
 * Without an initramfs the kernel starts this program as init=, with the physical root at /; then
 * it makes the deployment the root itself and executes /sbin/init with its own arguments.
 *
 * One static program: libc and libtree/plain only. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "mounts.h"
#include "plain/cmdline.h"
#include "plain/layout.h"

#define CMDLINE_FILE "/proc/cmdline"
#define REAL_INIT "/sbin/init"

/* Returns the length, or -1 with errno. */
static ssize_t
read_cmdline (char *out, size_t out_size)
{
  int fd = open (CMDLINE_FILE, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return -1;
  size_t have = 0;
  ssize_t n = 0;
  while (have < out_size && (n = read (fd, out + have, out_size - have)) != 0) {
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      break;
    have += (size_t)n;
  }
  int err = errno;
  (void)close (fd);
  errno = err;
  return n < 0 ? -1 : (ssize_t)have;
}

/* As the first process there is no /proc yet. */
static ssize_t
read_cmdline_as_init (char *out, size_t out_size)
{
  ssize_t len = read_cmdline (out, out_size);
  if (len >= 0 || errno != ENOENT)
    return len;
  if (mount ("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_SILENT, NULL) < 0)
    return fail ("mount proc on", "/proc", errno);
  len = read_cmdline (out, out_size);
  int err = errno;
  (void)umount2 ("/proc", MNT_DETACH);
  errno = err;
  return len;
}

static int
find_target (int as_init, BootPath *out)
{
  char text[CMDLINE_MAX], target[BOOTPATH_TEXT_MAX];
  ssize_t len = as_init ? read_cmdline_as_init (text, sizeof text)
                        : read_cmdline (text, sizeof text);
  if (len < 0)
    return fail ("read", CMDLINE_FILE, errno);
  int r = cmdline_find (text, (size_t)len, KARG_OSTREE, target, sizeof target);
  if (r < 0)
    return fail ("find kernel argument", KARG_OSTREE, -r);
  r = bootpath_parse (target, out);
  if (r < 0)
    return fail ("understand kernel argument ostree=", target, -r);
  return 0;
}

static int
find_layout (const char *sysroot, const BootPath *target, RootLayout *out)
{
  char text[BOOTPATH_TEXT_MAX];
  DeployPath deployment;
  int dfd = open (sysroot[0] != '\0' ? sysroot : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dfd < 0)
    return fail ("open", sysroot, errno);
  (void)bootpath_format (target, text, sizeof text);
  int r = bootpath_resolve (dfd, target, &deployment);
  (void)close (dfd);
  if (r < 0)
    return fail ("resolve boot link", text, -r);
  r = deploypath_format (&deployment, text, sizeof text);
  if (r < 0)
    return fail ("name deployment of", deployment.stateroot, -r);

  out->sysroot = sysroot;
  int len = snprintf (out->deployment, sizeof out->deployment, "%s/%s", sysroot, text);
  int var_len = snprintf (out->var, sizeof out->var, "%s/" SYSROOT_DEPLOY "/%s/" STATEROOT_VAR,
                          sysroot, deployment.stateroot);
  if (len < 0 || (size_t)len >= sizeof out->deployment || var_len < 0 ||
      (size_t)var_len >= sizeof out->var)
    return fail ("name", sysroot, ENAMETOOLONG);
  return 0;
}

int
main (int argc, char **argv)
{
  int as_init = getpid () == 1;
  const char *sysroot = as_init ? "" : argc > 1 ? argv[1] : "/sysroot";
  if (!as_init && (argc > 2 || sysroot[0] != '/' || strcmp (sysroot, "/") == 0)) {
    dprintf (STDERR_FILENO,
             "usage: pando-prepare-root [SYSROOT]\n"
             "SYSROOT: absolute path of the mounted physical root, /sysroot by default\n");
    return 2;
  }

  BootPath target;
  static RootLayout layout;
  if (find_target (as_init, &target) < 0 || find_layout (sysroot, &target, &layout) < 0 ||
      mounts_prepare (&layout) < 0)
    return 1;
  if (!as_init) {
    mounts_write_booted ("/run");
    return mounts_move (&layout) < 0 ? 1 : 0;
  }
  if (mounts_pivot (&layout) < 0)
    return 1;
  argv[0] = (char[]){REAL_INIT};
  (void)execv (REAL_INIT, argv);
  (void)fail ("execute", REAL_INIT, errno);
  return 1;
}
