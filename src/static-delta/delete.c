/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando static-delta delete`: deletes a static delta. */
#include "config.h"

#include "src/command.h"
#include "tree-delta.h"

static const GOptionEntry options[] = {{NULL}};

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "DELTA must be specified");
  return command_check_words (context, argc, 1, 1, error) &&
         tree_repo_delete_delta (context->repo, argv[0], error);
}

const Command cmd_static_delta_delete = {
    .name = "delete",
    .arguments = "DELTA",
    .summary = "Delete a static delta",
    .examples = "  $ pando static-delta delete \"$(pando static-delta list | head -n 1)\"\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
