/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando export`: writes the tree of a commit as an archive. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/command.h"
#include "src/rev.h"
#include "tree-error.h"
#include "tree-export.h"

static char *opt_format;
static gboolean opt_no_xattrs;
static char *opt_subpath;
static char *opt_prefix;
static char *opt_output;

static const GOptionEntry options[] = {
    {"format", 0, 0, G_OPTION_ARG_STRING, &opt_format, "tar, the default", "FORMAT"},
    {"no-xattrs", 0, 0, G_OPTION_ARG_NONE, &opt_no_xattrs, "Leave extended attributes out", NULL},
    {"subpath", 0, 0, G_OPTION_ARG_STRING, &opt_subpath, "Only this directory of the tree", "PATH"},
    {"prefix", 0, 0, G_OPTION_ARG_STRING, &opt_prefix,
     "Put this before every name; with a slash at the end it is a directory", "PATH"},
    {"output", 'o', 0, G_OPTION_ARG_FILENAME, &opt_output,
     "Write to this file instead of standard output", "FILE"},
    {NULL},
};

static gboolean
throw_file (const char *what, GError **error)
{
  g_set_error (error, TREE_ERROR, TREE_ERROR_FAILED, "%s '%s': %s", what, opt_output,
               g_strerror (errno));
  return FALSE;
}

/* A file that is not whole is removed: it would pass for one. */
static gboolean
export_to_file (const TreeRepo *repo, const TreeChecksum *commit, const TreeExportOptions *how,
                GError **error)
{
  int fd = open (opt_output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0)
    return throw_file ("create", error);
  struct stat st;
  gboolean is_file = fstat (fd, &st) == 0 && S_ISREG (st.st_mode);
  gboolean ok = tree_repo_export_tar (repo, commit, fd, how, error);
  if (close (fd) < 0 && ok)
    ok = throw_file ("write", error);
  if (!ok && is_file)
    (void)unlink (opt_output);
  return ok;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "A COMMIT argument is required");
  if (!command_check_words (context, argc, 1, 1, error))
    return FALSE;
  if (opt_format != NULL && strcmp (opt_format, "tar") != 0) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID, "unknown format '%s': there is tar",
                 opt_format);
    return FALSE;
  }
  TreeExportOptions how = {
      .subpath = opt_subpath, .prefix = opt_prefix, .no_xattrs = opt_no_xattrs};
  TreeChecksum commit;
  if (!rev_resolve (context->repo, argv[0], &commit, error))
    return FALSE;
  if (opt_output != NULL)
    return export_to_file (context->repo, &commit, &how, error);
  if (isatty (STDOUT_FILENO)) {
    g_set_error_literal (error, TREE_ERROR, TREE_ERROR_INVALID,
                         "an archive is nothing for a terminal: use --output=FILE");
    return FALSE;
  }
  return tree_repo_export_tar (context->repo, &commit, STDOUT_FILENO, &how, error);
}

const Command cmd_repo_export = {
    .name = "export",
    .arguments = "COMMIT",
    .summary = "Write the tree of a commit as an archive",
    .examples =
        "  $ pando export os/stable -o stable.tar\n"
        "  $ pando export os/stable --subpath=/usr/etc --prefix=defaults/ | xz >etc.tar.xz\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
