/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* measure [-r TIMES] COMMAND…: runs a command and prints, on file descriptor 3, one line: wall
 * seconds, seconds of CPU (its children included) and the peak of memory in KiB. With -r, the means
 * of so many runs (and the highest peak). Ends with the command's status when that is not 0. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
now_seconds (void)
{
  struct timespec at;
  (void)clock_gettime (CLOCK_MONOTONIC, &at);
  return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static double
seconds_of (struct timeval time)
{
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* Adds what one run took; ends the process if it failed. */
static void
run_once (char **argv, double *wall, double *cpu, long *peak_kib)
{
  double start = now_seconds ();
  pid_t pid = fork ();
  if (pid < 0) {
    perror ("measure: fork");
    exit (1);
  }
  if (pid == 0) {
    (void)execvp (argv[0], argv);
    (void)fprintf (stderr, "measure: %s: %s\n", argv[0], strerror (errno));
    _exit (127);
  }
  int status;
  struct rusage usage;
  while (wait4 (pid, &status, 0, &usage) < 0 && errno == EINTR)
    ;
  *wall += now_seconds () - start;
  *cpu += seconds_of (usage.ru_utime) + seconds_of (usage.ru_stime);
  if (usage.ru_maxrss > *peak_kib)
    *peak_kib = usage.ru_maxrss;
  if (status != 0)
    exit (WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status));
}

int
main (int argc, char **argv)
{
  int times = 1, option;
  while ((option = getopt (argc, argv, "+r:")) == 'r')
    times = (int)strtol (optarg, NULL, 10);
  if (option != -1 || optind >= argc || times < 1) {
    (void)fprintf (stderr, "usage: measure [-r TIMES] COMMAND…\n");
    return 2;
  }
  double wall = 0, cpu = 0;
  long peak_kib = 0;
  for (int i = 0; i < times; i++)
    run_once (argv + optind, &wall, &cpu, &peak_kib);
  (void)dprintf (3, "%.6f %.6f %ld\n", wall / times, cpu / times, peak_kib);
  return 0;
}
