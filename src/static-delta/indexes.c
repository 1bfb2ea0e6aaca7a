/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando static-delta indexes`: prints the commits whose index tells clients of deltas. */
#include "config.h"

#include <stdio.h>

#include "src/command.h"
#include "tree-delta.h"

static const GOptionEntry options[] = {{NULL}};

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 0, 0, error))
    return FALSE;
  g_auto (GStrv) commits = tree_repo_list_delta_indexes (context->repo, error);
  if (commits == NULL)
    return FALSE;
  if (*commits == NULL)
    puts ("(No static deltas indexes)");
  for (char **commit = commits; *commit != NULL; commit++)
    puts (*commit);
  return TRUE;
}

const Command cmd_static_delta_indexes = {
    .name = "indexes",
    .arguments = "",
    .summary = "Print the commits whose index tells clients of static deltas",
    .examples = "  $ pando static-delta indexes\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
