/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando rev-parse`: prints which commit a revision is. */
#include "config.h"

#include <stdio.h>

#include "src/command.h"
#include "src/rev.h"
#include "tree-error.h"

static gboolean opt_single;

static const GOptionEntry options[] = {
    {"single", 'S', 0, G_OPTION_ARG_NONE, &opt_single,
     "Print the only commit of the repository; that there are more is an error", NULL},
    {NULL},
};

static void
print_checksum (const TreeChecksum *checksum)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (checksum, hex);
  puts (hex);
}

static gboolean
print_single (const TreeRepo *repo, GError **error)
{
  g_autoptr (GArray) commits = tree_repo_list_commits (repo, error);
  if (commits == NULL)
    return FALSE;
  if (commits->len != 1) {
    g_set_error_literal (error, TREE_ERROR, TREE_ERROR_NOT_FOUND,
                         commits->len == 0 ? "No commit objects found"
                                           : "Multiple commit objects found");
    return FALSE;
  }
  print_checksum (&g_array_index (commits, TreeChecksum, 0));
  return TRUE;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (opt_single) {
    if (argc > 0)
      return command_usage_error (context, error, "Cannot specify arguments with --single");
    return print_single (context->repo, error);
  }
  if (argc < 1)
    return command_usage_error (context, error, "REV must be specified");
  for (int i = 0; i < argc; i++) {
    TreeChecksum checksum;
    if (!rev_resolve (context->repo, argv[i], &checksum, error))
      return FALSE;
    print_checksum (&checksum);
  }
  return TRUE;
}

const Command cmd_repo_rev_parse = {
    .name = "rev-parse",
    .arguments = "REV…",
    .summary = "Print the checksum of the commit that each REV is",
    .examples = "  $ pando rev-parse os/stable\n"
                "  $ pando rev-parse 'os/stable^'\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
