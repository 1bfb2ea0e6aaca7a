/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando static-delta list`: prints the names of the static deltas. */
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
  g_auto (GStrv) names = tree_repo_list_deltas (context->repo, error);
  if (names == NULL)
    return FALSE;
  if (*names == NULL)
    puts ("(No static deltas)");
  for (char **name = names; *name != NULL; name++)
    puts (*name);
  return TRUE;
}

const Command cmd_static_delta_list = {
    .name = "list",
    .arguments = "",
    .summary = "Print the names of the static deltas",
    .examples = "  $ pando static-delta list --repo=/srv/www/repo\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
