/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando remote gpg-import`: adds OpenPGP keys to those that a remote's signatures are checked
 * with.
 */
#include "config.h"

#include <unistd.h>

#include "src/command.h"
#include "src/gpg-import.h"

static char **opt_keyrings;
static gboolean opt_stdin;

static const GOptionEntry options[] = {
    {"keyring", 'k', 0, G_OPTION_ARG_FILENAME_ARRAY, &opt_keyrings,
     "Take keys from this file, binary or ASCII armoured; again for more", "FILE"},
    {"stdin", 0, 0, G_OPTION_ARG_NONE, &opt_stdin, "Take keys from standard input", NULL},
    {NULL},
};

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "NAME must be specified");
  if ((opt_keyrings != NULL) == opt_stdin)
    return command_usage_error (context, error, "Give either --keyring or --stdin");
  return gpg_import_run (context->repo, argv[0], (const char *const *)opt_keyrings,
                         opt_stdin ? STDIN_FILENO : -1, (const char *const *)argv + 1, error);
}

const Command cmd_remote_gpg_import = {
    .name = "gpg-import",
    .arguments = "NAME [KEY-ID…]",
    .summary = "Add OpenPGP keys by which a remote may sign",
    .examples = "  $ pando remote gpg-import --keyring=vendor.asc origin\n"
                "  $ gpg --export vendor@example.com | pando remote gpg-import --stdin origin\n",
    .needs = NEEDS_REPO_OR_SYSROOT,
    .options = options,
    .run = run,
};
