/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando serve`: a read-only HTTP server for a repository, until it is stopped by a signal. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "src/command.h"
#include "tree-error.h"
#include "tree-serve.h"

#define DEFAULT_PORT 8080

static int opt_port = DEFAULT_PORT;
static char *opt_port_file;
static char *opt_listen;
static char *opt_log_file;

static const GOptionEntry options[] = {
    {"port", 'p', 0, G_OPTION_ARG_INT, &opt_port, "TCP port; 0: any that is free (default: 8080)",
     "PORT"},
    {"port-file", 'P', 0, G_OPTION_ARG_FILENAME, &opt_port_file,
     "Write the port there once the server listens; removed at the end", "FILE"},
    {"listen", 0, 0, G_OPTION_ARG_STRING, &opt_listen,
     "Address to listen on; 0.0.0.0 or :: for all (default: 127.0.0.1)", "ADDRESS"},
    {"log-file", 0, 0, G_OPTION_ARG_FILENAME, &opt_log_file,
     "Append a line for each request: method, path, status, bytes", "FILE"},
    {NULL},
};

static void
log_request (const char *method, const char *path, guint status, guint64 bytes, gpointer user_data)
{
  FILE *log = user_data;
  g_autofree char *shown = g_strescape (path, NULL);
  /* One call, so that lines of several threads do not mix. */
  fprintf (log, "%s %s %u %" G_GUINT64_FORMAT "\n", method, shown, status, bytes);
}

static gboolean
open_log (FILE **out, GError **error)
{
  if (opt_log_file == NULL)
    return TRUE;
  *out = fopen (opt_log_file, "ae");
  if (*out == NULL) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_FAILED, "open '%s': %s", opt_log_file,
                 g_strerror (errno));
    return FALSE;
  }
  setvbuf (*out, NULL, _IOLBF, 0);
  return TRUE;
}

static gboolean
write_port (const TreeServer *server, GError **error)
{
  if (opt_port_file == NULL)
    return TRUE;
  g_autofree char *text = g_strdup_printf ("%u\n", tree_server_get_port (server));
  return g_file_set_contents (opt_port_file, text, -1, error);
}

static gboolean
serve (const CommandContext *context, const sigset_t *stop, FILE *log, GError **error)
{
  TreeServeOptions serve_options = {
      .listen = opt_listen,
      .port = (guint)opt_port,
      .log = log != NULL ? log_request : NULL,
      .user_data = log,
  };
  g_autoptr (TreeServer) server = tree_server_start (context->repo, &serve_options, error);
  if (server == NULL)
    return FALSE;
  printf ("Serving '%s' at %s\n", tree_repo_get_path (context->repo), tree_server_get_url (server));
  (void)fflush (stdout); /* main reports a broken standard output */
  if (!write_port (server, error))
    return FALSE;
  int number;
  while (sigwait (stop, &number) != 0 || number == SIGPIPE)
    ;
  if (opt_port_file != NULL)
    (void)unlink (opt_port_file); /* whoever reads it later must cope anyway */
  return TRUE;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 0, 0, error))
    return FALSE;
  if (opt_port < 0 || opt_port > 65535)
    return command_usage_error (context, error, "--port=%d: must be 0 to 65535", opt_port);
  /* Blocked before the server's threads start, so that they inherit it and only sigwait() sees
   * them. */
  sigset_t stop;
  sigemptyset (&stop);
  sigaddset (&stop, SIGINT);
  sigaddset (&stop, SIGTERM);
  sigaddset (&stop, SIGPIPE);
  (void)pthread_sigmask (SIG_BLOCK, &stop, NULL); /* cannot fail for a valid set */
  FILE *log = NULL;
  if (!open_log (&log, error))
    return FALSE;
  gboolean ok = serve (context, &stop, log, error);
  if (log != NULL)
    (void)fclose (log); /* each line was written when it was complete */
  return ok;
}

const Command cmd_repo_serve = {
    .name = "serve",
    .arguments = "",
    .summary = "Serve a repository over HTTP, read-only",
    .examples = "  $ pando serve --repo=/srv/www/repo\n"
                "  $ pando serve --repo=r --port=0 --port-file=port --listen=0.0.0.0\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
