/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando remote list-cookies`: prints what is sent to the servers of a remote. */
#include "config.h"

#include <stdio.h>

#include "src/command.h"

static void
print_cookie (const TreeCookie *cookie)
{
  g_autoptr (GDateTime) expires = g_date_time_new_from_unix_utc (cookie->expires);
  g_autofree char *date = expires != NULL ? g_date_time_format (expires, "%Y-%m-%d %H:%M:%S +0000")
                                          : g_strdup_printf ("%" G_GINT64_FORMAT, cookie->expires);
  printf ("--\nDomain: %s\nPath: %s\nName: %s\nSecure: %s\nExpires: %s\nValue: %s\n",
          cookie->domain, cookie->path, cookie->name, cookie->secure ? "yes" : "no", date,
          cookie->value);
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "NAME must be specified");
  if (!command_check_words (context, argc, 1, 1, error))
    return FALSE;
  g_autoptr (GPtrArray) cookies = tree_repo_list_cookies (context->repo, argv[0], error);
  for (guint i = 0; cookies != NULL && i < cookies->len; i++)
    print_cookie (cookies->pdata[i]);
  return cookies != NULL;
}

const Command cmd_remote_list_cookies = {
    .name = "list-cookies",
    .arguments = "NAME",
    .summary = "Print the cookies of a remote",
    .examples = "  $ pando remote list-cookies origin\n",
    .needs = NEEDS_REPO_OR_SYSROOT,
    .run = run,
};
