/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando remote delete-cookie`: no longer sends a cookie. */
#include "config.h"

#include "src/command.h"

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 4)
    return command_usage_error (context, error, "NAME, DOMAIN, PATH and COOKIE must be specified");
  return command_check_words (context, argc, 4, 4, error) &&
         tree_repo_delete_cookie (context->repo, argv[0], argv[1], argv[2], argv[3], error);
}

const Command cmd_remote_delete_cookie = {
    .name = "delete-cookie",
    .arguments = "NAME DOMAIN PATH COOKIE",
    .summary = "Forget a cookie",
    .examples = "  $ pando remote delete-cookie origin .example.com / token\n",
    .needs = NEEDS_REPO_OR_SYSROOT,
    .run = run,
};
