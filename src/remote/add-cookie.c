/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando remote add-cookie`: what a server wants to be sent with each request. */
#include "config.h"

#include "src/command.h"

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 5)
    return command_usage_error (context, error,
                                "NAME, DOMAIN, PATH, COOKIE and VALUE must be specified");
  const TreeCookie cookie = {.domain = argv[1], .path = argv[2], .name = argv[3], .value = argv[4]};
  return command_check_words (context, argc, 5, 5, error) &&
         tree_repo_add_cookie (context->repo, argv[0], &cookie, error);
}

const Command cmd_remote_add_cookie = {
    .name = "add-cookie",
    .arguments = "NAME DOMAIN PATH COOKIE VALUE",
    .summary = "Send a cookie to the servers of a domain",
    .examples = "  $ pando remote add-cookie origin .example.com / token 1234\n",
    .needs = NEEDS_REPO_OR_SYSROOT,
    .run = run,
};
