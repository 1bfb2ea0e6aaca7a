/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The program: starts a command, prints the one line of an error, returns 0 or 1.
 *
 * Called as `ostree` it says so in its texts, and is the same otherwise, but that `summary` writes
 * just the files that ostree does. No locale is set: what is printed and what is compared must not
 * depend on who calls, and start-up is most of what many
 * commands cost.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "src/command.h"

/* Many objects are open at a time when all cores work; the soft limit is for programs that use
 * select(). */
static void
raise_fd_limit (void)
{
  struct rlimit limit;
  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max)
    return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit (RLIMIT_NOFILE, &limit); /* the old limit serves as well, only later */
}

static const char *
program_name (const char *path)
{
  const char *slash = strrchr (path, '/');
  const char *name = slash != NULL ? slash + 1 : path;
  return strcmp (name, "ostree") == 0 ? "ostree" : "pando";
}

static void
print_error (const char *message)
{
  const char *term = getenv ("TERM");
  gboolean color = isatty (STDERR_FILENO) && getenv ("NO_COLOR") == NULL && term != NULL &&
                   strcmp (term, "dumb") != 0;
  fprintf (stderr, "%serror:%s %s\n", color ? "\033[31m\033[1m" : "", color ? "\033[0m" : "",
           message);
}

int
main (int argc, char **argv)
{
  raise_fd_limit ();
  const char *program = program_name (argc > 0 ? argv[0] : "pando");
  g_set_prgname (program);

  g_autoptr (GError) error = NULL;
  int status = EXIT_SUCCESS;
  if (argc > 0 && !command_main (program, argc, argv, &error)) {
    /* What was printed before the error stands before it in a log, too. */
    (void)fflush (stdout);
    print_error (error->message);
    status = EXIT_FAILURE;
  }
  /* A full disk shows here and nowhere else. */
  gboolean failed = ferror (stdout) != 0;
  if ((fflush (stdout) != 0 || failed) && status == EXIT_SUCCESS) {
    g_autofree char *message = g_strdup_printf ("write to standard output: %s",
                                                g_strerror (errno != 0 ? errno : EIO));
    print_error (message);
    status = EXIT_FAILURE;
  }
  return status;
}
