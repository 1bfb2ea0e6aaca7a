/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A library to preload: the system's clock, and with it all the process and its children see of the
 * time of day, starts at another time.
 *
 *   PANDO_CLOCK=SECONDS   since 1970, when a process starts
 *
 * It is built for the tests alone: a program that could be told the time by whoever starts it could
 * be told that nothing has expired. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define EXPORT __attribute__ ((visibility ("default")))

static int (*real_clock_gettime) (clockid_t, struct timespec *);
static time_t offset_s;

__attribute__ ((constructor)) static void
start (void)
{
  const char *at = getenv ("PANDO_CLOCK");
  struct timespec now;
  void *found = dlsym (RTLD_NEXT, "clock_gettime");
  memcpy (&real_clock_gettime, &found, sizeof found);
  if (at != NULL && real_clock_gettime (CLOCK_REALTIME, &now) == 0)
    offset_s = (time_t)strtoll (at, NULL, 10) - now.tv_sec;
}

EXPORT int
clock_gettime (clockid_t clock, struct timespec *out)
{
  if (real_clock_gettime == NULL)
    start ();
  int rc = real_clock_gettime (clock, out);
  if (rc == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    out->tv_sec += offset_s;
  return rc;
}

EXPORT int
gettimeofday (struct timeval *restrict out, void *restrict zone)
{
  struct timespec now;
  int rc = clock_gettime (CLOCK_REALTIME, &now);
  (void)zone;
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return rc;
}

EXPORT time_t
time (time_t *out)
{
  struct timespec now = {0};
  (void)clock_gettime (CLOCK_REALTIME, &now);
  if (out != NULL)
    *out = now.tv_sec;
  return now.tv_sec;
}
