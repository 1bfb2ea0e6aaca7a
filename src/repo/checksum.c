/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando checksum`: prints the name that a file has as an object. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>

#include "src/command.h"
#include "tree-commit.h"

static gboolean opt_ignore_xattrs;

static const GOptionEntry options[] = {
    {"ignore-xattrs", 0, 0, G_OPTION_ARG_NONE, &opt_ignore_xattrs,
     "As if the file had no extended attributes", NULL},
    {NULL},
};

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "A filename must be given");
  TreeChecksum checksum;
  if (!command_check_words (context, argc, 1, 1, error) ||
      !tree_checksum_path (AT_FDCWD, argv[0], opt_ignore_xattrs, &checksum, error))
    return FALSE;
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&checksum, hex);
  puts (hex);
  return TRUE;
}

const Command cmd_repo_checksum = {
    .name = "checksum",
    .arguments = "PATH",
    .summary = "Print the name that a file, link or directory has as an object",
    .examples = "  $ pando checksum /usr/bin/env\n",
    .needs = NEEDS_NOTHING,
    .options = options,
    .run = run,
};
