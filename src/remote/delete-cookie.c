/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando remote delete-cookie`: no longer sends a cookie. */
#include "config.h"

#include <string.h>

#include "src/command.h"
#include "tree-error.h"

/* Who names the value means the cookie that has it. */
static gboolean
check_value (const CommandContext *context, char **argv, GError **error)
{
  g_autoptr (GPtrArray) cookies = tree_repo_list_cookies (context->repo, argv[0], error);
  for (guint i = 0; cookies != NULL && i < cookies->len; i++) {
    const TreeCookie *cookie = cookies->pdata[i];
    if (strcmp (cookie->domain, argv[1]) != 0 || strcmp (cookie->path, argv[2]) != 0 ||
        strcmp (cookie->name, argv[3]) != 0 || strcmp (cookie->value, argv[4]) == 0)
      continue;
    g_set_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND, "cookie '%s' has another value", argv[3]);
    return FALSE;
  }
  return cookies != NULL;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 4)
    return command_usage_error (context, error, "NAME, DOMAIN, PATH and COOKIE must be specified");
  return command_check_words (context, argc, 4, 5, error) &&
         (argc == 4 || check_value (context, argv, error)) &&
         tree_repo_delete_cookie (context->repo, argv[0], argv[1], argv[2], argv[3], error);
}

const Command cmd_remote_delete_cookie = {
    .name = "delete-cookie",
    .arguments = "NAME DOMAIN PATH COOKIE [VALUE]",
    .summary = "Forget a cookie",
    .examples = "  $ pando remote delete-cookie origin .example.com / token\n",
    .needs = NEEDS_REPO_OR_SYSROOT,
    .run = run,
};
