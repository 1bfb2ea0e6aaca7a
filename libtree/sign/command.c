/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sign/command.h"

#include <errno.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/fd.h"

#define SIGNATURE_MAX_BYTES ((gsize)64 * 1024)

extern char **environ;

/* The data as a file from its start; -1 with an error. */
static int
open_data (GBytes *data, GError **error)
{
  gsize len;
  const void *bytes = g_bytes_get_data (data, &len);
  autofd int fd = memfd_create ("pando-to-sign", MFD_CLOEXEC);
  if (fd < 0)
    return throw_errno (error, "memfd_create"), -1;
  if (!fd_write_all (fd, bytes, len, error))
    return -1;
  if (lseek (fd, 0, SEEK_SET) < 0)
    return throw_errno (error, "seek"), -1;
  return fd_steal (&fd);
}

static gboolean
spawn (char **argv, int in, int out, pid_t *pid, GError **error)
{
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init (&actions);
  int code = posix_spawn_file_actions_adddup2 (&actions, in, STDIN_FILENO);
  if (code == 0)
    code = posix_spawn_file_actions_adddup2 (&actions, out, STDOUT_FILENO);
  if (code == 0)
    code = posix_spawnp (pid, argv[0], &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy (&actions);
  errno = code;
  return code == 0 || throw_errno (error, "run '%s'", argv[0]);
}

static gboolean
wait_for (pid_t pid, GError **error)
{
  int status = 0;
  while (waitpid (pid, &status, 0) < 0)
    if (errno != EINTR)
      return throw_errno (error, "wait");
  if (WIFEXITED (status) && WEXITSTATUS (status) == 0)
    return TRUE;
  return WIFEXITED (status) ? throw_error (error, TREE_ERROR_FAILED, "it ended with status %d",
                                           WEXITSTATUS (status))
                            : throw_error (error, TREE_ERROR_FAILED, "it was ended by signal %d",
                                           WTERMSIG (status));
}

static GBytes *
run (char **argv, GBytes *data, GError **error)
{
  int ends[2];
  pid_t pid;
  autofd int in = open_data (data, error);
  if (in < 0)
    return NULL;
  if (pipe2 (ends, O_CLOEXEC) < 0)
    return throw_errno_null (error, "pipe");
  autofd int from = ends[0];
  autofd int to = ends[1];
  if (!spawn (argv, in, to, &pid, error))
    return NULL;
  fd_cleanup (&to);
  g_autoptr (GBytes) signature = NULL;
  gboolean ok = fd_read_all (from, SIGNATURE_MAX_BYTES, &signature, error);
  fd_cleanup (&from); /* one that goes on writing ends */
  return wait_for (pid, ok ? error : NULL) && ok ? g_steal_pointer (&signature) : NULL;
}

GBytes *
command_sign (const char *command, GBytes *data, GError **error)
{
  g_auto (GStrv) argv = NULL;
  g_autoptr (GError) local = NULL;
  if (!g_shell_parse_argv (command, NULL, &argv, &local))
    return throw_null (error, TREE_ERROR_INVALID, "sign by '%s': %s", command, local->message);
  g_autoptr (GBytes) signature = run (argv, data, error);
  if (signature == NULL)
    return prefix_null (error, "sign by '%s'", command);
  if (g_bytes_get_size (signature) == 0)
    return throw_null (error, TREE_ERROR_FAILED, "sign by '%s': it wrote nothing", command);
  return g_steal_pointer (&signature);
}
