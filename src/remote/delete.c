/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando remote delete`: forgets a remote. */
#include "config.h"

#include "src/command.h"

static gboolean opt_if_exists;

static const GOptionEntry options[] = {
    {"if-exists", 0, 0, G_OPTION_ARG_NONE, &opt_if_exists, "That there is none is fine", NULL},
    {NULL},
};

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "NAME must be specified");
  return command_check_words (context, argc, 1, 1, error) &&
         tree_repo_remote_delete (context->repo, argv[0], opt_if_exists, error);
}

const Command cmd_remote_delete = {
    .name = "delete",
    .arguments = "NAME",
    .summary = "Forget a remote and its keys; its refs stay",
    .examples = "  $ pando remote delete origin\n",
    .needs = NEEDS_REPO_OR_SYSROOT,
    .options = options,
    .run = run,
};
