/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando static-delta reindex`: brings the indexes in line with the static deltas. */
#include "config.h"

#include "src/command.h"
#include "src/rev.h"
#include "tree-delta.h"

static char *opt_to;

static const GOptionEntry options[] = {
    {"to", 0, 0, G_OPTION_ARG_STRING, &opt_to, "Only the index of deltas to this commit", "REV"},
    {NULL},
};

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  TreeChecksum to;
  if (!command_check_words (context, argc, 0, 0, error) ||
      (opt_to != NULL && !rev_resolve (context->repo, opt_to, &to, error)))
    return FALSE;
  return tree_repo_reindex_deltas (context->repo, opt_to != NULL ? &to : NULL, error);
}

const Command cmd_static_delta_reindex = {
    .name = "reindex",
    .arguments = "",
    .summary = "Bring the indexes in line with the static deltas",
    .examples = "  $ pando static-delta reindex\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
