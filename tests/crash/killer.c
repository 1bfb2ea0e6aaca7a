/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A library to preload: kills the process just before the Nth call that changes something on disk,
 * as a power cut or the OOM killer would. When that call is a write, half of its bytes are written
 * first: a torn write.
 *
 *   PANDO_CRASH_AT=N       kill at the Nth call, counted from 1; unset or 0: never
 *   PANDO_CRASH_ERRNO=E    do not kill: from the Nth call on, all that take room fail with this
 *                          errno, as on a full disk (28) or beyond a quota (122)
 *   PANDO_CRASH_COUNT=FILE at a normal end, write how many calls there were
 *
 * Calls are counted over all threads of the process, so with several of them the Nth is not always
 * the same one: that is what a loop over N is for. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__ ((visibility ("default")))

static atomic_long calls;
static long crash_at;
static int crash_errno; /* 0: kill */

__attribute__ ((constructor)) static void
read_environment (void)
{
  const char *at = getenv ("PANDO_CRASH_AT");
  const char *code = getenv ("PANDO_CRASH_ERRNO");
  crash_at = at != NULL ? strtol (at, NULL, 10) : 0;
  crash_errno = code != NULL ? (int)strtol (code, NULL, 10) : 0;
}

__attribute__ ((destructor)) static void
write_count (void)
{
  const char *path = getenv ("PANDO_CRASH_COUNT");
  FILE *out = path != NULL ? fopen (path, "w") : NULL;
  if (out == NULL)
    return;
  (void)fprintf (out, "%ld\n", atomic_load (&calls));
  (void)fclose (out);
}

/* Returns whether this call is the one, or on a full disk one of those behind it. */
static int
is_hit (void)
{
  long number = atomic_fetch_add (&calls, 1) + 1;
  return crash_at > 0 && (crash_errno != 0 ? number >= crash_at : number == crash_at);
}

static void
die (void)
{
  (void)kill (getpid (), SIGKILL);
  for (;;)
    (void)pause ();
}

/* Returns whether a call that takes room fails now. */
static int
has_no_room (void)
{
  if (!is_hit ())
    return 0;
  if (crash_errno == 0)
    die ();
  errno = crash_errno;
  return 1;
}

static void
count (void)
{
  if (is_hit () && crash_errno == 0)
    die ();
}

/* The functions keep the names and types of the C library's; only their parameters are ours. */
#define NEXT(name) ((__typeof__ (&name))dlsym (RTLD_NEXT, #name))

/* Calls that take room on the disk … */
#define WRAP(ret, name, params, args)                                                              \
  EXPORT ret name params;                                                                          \
  EXPORT ret name params                                                                           \
  {                                                                                                \
    return has_no_room () ? -1 : NEXT (name) args;                                                 \
  }

/* … and those that a full disk allows. */
#define WRAP_FREE(ret, name, params, args)                                                         \
  EXPORT ret name params;                                                                          \
  EXPORT ret name params                                                                           \
  {                                                                                                \
    count ();                                                                                      \
    return NEXT (name) args;                                                                       \
  }

/* Standard output and error are not the disk. */
static int
is_file (int fd)
{
  struct stat st;
  return fd > 2 && fstat (fd, &st) == 0 && S_ISREG (st.st_mode);
}

EXPORT ssize_t
write (int fd, const void *buf, size_t len)
{
  if (!is_file (fd) || !is_hit ())
    return NEXT (write) (fd, buf, len);
  if (crash_errno == 0) {
    (void)NEXT (write) (fd, buf, len / 2);
    die ();
  }
  errno = crash_errno;
  return -1;
}

EXPORT ssize_t
writev (int fd, const struct iovec *iov, int n)
{
  return is_file (fd) && has_no_room () ? -1 : NEXT (writev) (fd, iov, n);
}

WRAP (ssize_t, pwritev2, (int fd, const struct iovec *iov, int n, off_t at, int flags),
      (fd, iov, n, at, flags))
WRAP (ssize_t, pwritev64v2, (int fd, const struct iovec *iov, int n, off64_t at, int flags),
      (fd, iov, n, at, flags))
WRAP (ssize_t, pwrite, (int fd, const void *buf, size_t len, off_t at), (fd, buf, len, at))
WRAP (ssize_t, pwrite64, (int fd, const void *buf, size_t len, off64_t at), (fd, buf, len, at))
WRAP (int, rename, (const char *from, const char *to), (from, to))
WRAP (int, renameat, (int from_dfd, const char *from, int to_dfd, const char *to),
      (from_dfd, from, to_dfd, to))
WRAP (int, renameat2,
      (int from_dfd, const char *from, int to_dfd, const char *to, unsigned int flags),
      (from_dfd, from, to_dfd, to, flags))
WRAP (int, link, (const char *from, const char *to), (from, to))
WRAP (int, linkat, (int from_dfd, const char *from, int to_dfd, const char *to, int flags),
      (from_dfd, from, to_dfd, to, flags))
WRAP (int, symlink, (const char *target, const char *path), (target, path))
WRAP (int, symlinkat, (const char *target, int dfd, const char *path), (target, dfd, path))
WRAP (int, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP (int, mkdirat, (int dfd, const char *path, mode_t mode), (dfd, path, mode))
WRAP_FREE (int, unlink, (const char *path), (path))
WRAP_FREE (int, unlinkat, (int dfd, const char *path, int flags), (dfd, path, flags))
WRAP (int, fsync, (int fd), (fd))
WRAP (int, fdatasync, (int fd), (fd))
WRAP (int, syncfs, (int fd), (fd))
WRAP_FREE (int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP (int, ftruncate, (int fd, off_t size), (fd, size))
WRAP (int, ftruncate64, (int fd, off64_t size), (fd, size))
