/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando remote show-url`: prints where a remote is. */
#include "config.h"

#include <stdio.h>

#include "src/command.h"
#include "tree-error.h"

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "NAME must be specified");
  g_autofree char *url = NULL;
  if (!command_check_words (context, argc, 1, 1, error) ||
      !tree_repo_remote_option (context->repo, argv[0], "url", &url, error))
    return FALSE;
  if (url == NULL) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND, "No \"url\" option in remote \"%s\"",
                 argv[0]);
    return FALSE;
  }
  puts (url);
  return TRUE;
}

const Command cmd_remote_show_url = {
    .name = "show-url",
    .arguments = "NAME",
    .summary = "Print the URL of a remote",
    .examples = "  $ pando remote show-url origin\n",
    .needs = NEEDS_REPO_OR_SYSROOT,
    .run = run,
};
