/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando prune`: deletes what no commit needs. */
#include "config.h"

#include <stdio.h>

#include "src/command.h"

static gboolean opt_no_prune;
static gboolean opt_refs_only;
static int opt_depth = -1;

static const GOptionEntry options[] = {
    {"refs-only", 0, 0, G_OPTION_ARG_NONE, &opt_refs_only,
     "Keep what the refs reach; by default every commit is kept", NULL},
    {"depth", 0, 0, G_OPTION_ARG_INT, &opt_depth,
     "Keep so many commits before each (default: -1, all)", "N"},
    {"no-prune", 0, 0, G_OPTION_ARG_NONE, &opt_no_prune, "Only say what would be deleted", NULL},
    {NULL},
};

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 0, 0, error))
    return FALSE;
  if (opt_depth < -1)
    return command_usage_error (context, error, "--depth=%d is less than -1", opt_depth);
  const TreePruneOptions prune_options = {
      .refs_only = opt_refs_only,
      .depth = opt_depth,
      .no_prune = opt_no_prune,
  };
  TreePruneResult result = {0};
  if (!tree_repo_prune (context->repo, &prune_options, &result, error))
    return FALSE;
  printf ("Total objects: %" G_GUINT64_FORMAT "\n", result.n_objects);
  g_autofree char *size = g_format_size (result.freed_bytes);
  if (result.n_deleted == 0)
    puts ("No unreachable objects");
  else if (opt_no_prune)
    printf ("Would delete: %" G_GUINT64_FORMAT " objects, freeing %s\n", result.n_deleted, size);
  else
    printf ("Deleted %" G_GUINT64_FORMAT " objects, %s freed\n", result.n_deleted, size);
  return TRUE;
}

const Command cmd_repo_prune = {
    .name = "prune",
    .arguments = "",
    .summary = "Delete objects that no commit needs",
    .examples = "  $ pando prune --refs-only --depth=2\n"
                "  $ pando prune --refs-only --no-prune\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
