/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando cat`: prints files of a commit. */
#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include "src/command.h"
#include "src/rev.h"

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 2)
    return command_usage_error (context, error,
                                "A COMMIT and at least one PATH argument are required");
  TreeChecksum commit;
  if (!rev_resolve (context->repo, argv[0], &commit, error))
    return FALSE;
  for (int i = 1; i < argc; i++)
    if (!tree_repo_cat (context->repo, &commit, argv[i], STDOUT_FILENO, error))
      return FALSE;
  return TRUE;
}

const Command cmd_repo_cat = {
    .name = "cat",
    .arguments = "COMMIT PATH…",
    .summary = "Print files of a commit",
    .examples = "  $ pando cat os/stable /usr/lib/os-release\n",
    .needs = NEEDS_REPO,
    .run = run,
};
