/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando remote list`: prints the names of the remotes. */
#include "config.h"

#include <stdio.h>

#include "src/command.h"
#include "src/show/json.h"

static gboolean opt_show_urls;
static gboolean opt_json;

static const GOptionEntry options[] = {
    {"show-urls", 'u', 0, G_OPTION_ARG_NONE, &opt_show_urls, "Print URLs, too", NULL},
    {"json", 0, 0, G_OPTION_ARG_NONE, &opt_json, "An array of objects with name and url", NULL},
    {NULL},
};

static gboolean
print_json (const TreeRepo *repo, char **names, GError **error)
{
  g_auto (ShowJson) json = {0};
  show_json_init (&json);
  show_json_begin_array (&json, NULL);
  for (char **name = names; *name != NULL; name++) {
    g_autofree char *url = NULL;
    if (!tree_repo_remote_option (repo, *name, "url", &url, error))
      return FALSE;
    show_json_begin_object (&json, NULL);
    show_json_string (&json, "name", *name);
    show_json_string (&json, "url", url);
    show_json_end_object (&json);
  }
  show_json_end_array (&json);
  show_json_flush (&json);
  return TRUE;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 0, 0, error))
    return FALSE;
  g_auto (GStrv) names = tree_repo_remote_list (context->repo);
  if (opt_json)
    return print_json (context->repo, names, error);
  int width = 0;
  for (char **name = names; *name != NULL; name++)
    width = MAX (width, (int)g_utf8_strlen (*name, -1));
  for (char **name = names; *name != NULL; name++) {
    if (!opt_show_urls) {
      puts (*name);
      continue;
    }
    g_autofree char *url = NULL;
    if (!tree_repo_remote_option (context->repo, *name, "url", &url, error))
      return FALSE;
    int pad = width - (int)g_utf8_strlen (*name, -1);
    printf ("%s%*s  %s\n", *name, pad, "", url != NULL ? url : "");
  }
  return TRUE;
}

const Command cmd_remote_list = {
    .name = "list",
    .arguments = "",
    .summary = "Print the names of the remotes",
    .examples = "  $ pando remote list -u\n",
    .needs = NEEDS_REPO_OR_SYSROOT,
    .options = options,
    .run = run,
};
