/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando log`: a commit and all before it. */
#include "config.h"

#include <stdio.h>

#include "src/command.h"
#include "src/rev.h"
#include "src/show/dump.h"
#include "tree-error.h"

static gboolean opt_raw;
static gboolean opt_json;

static const GOptionEntry options[] = {
    {"raw", 0, 0, G_OPTION_ARG_NONE, &opt_raw, "Print the whole objects, as GVariant text", NULL},
    {"json", 0, 0, G_OPTION_ARG_NONE, &opt_json, "Print JSON: an array of objects", NULL},
    {NULL},
};

static gboolean
print_commit (const TreeCommitInfo *info, ShowJson *json, GError **error)
{
  if (!opt_json)
    return dump_commit (info, opt_raw ? DUMP_RAW : DUMP_TEXT, error);
  dump_commit_json (info, json);
  return TRUE;
}

static gboolean
print_history (const TreeRepo *repo, const TreeChecksum *from, ShowJson *json, GError **error)
{
  TreeChecksum checksum = *from;
  for (gboolean first = TRUE;; first = FALSE) {
    g_autoptr (GError) local_error = NULL;
    g_autoptr (TreeCommitInfo) info = tree_repo_load_commit (repo, &checksum, &local_error);
    if (info == NULL) {
      /* A device has the commits that it was given, not those before. */
      if (!first && g_error_matches (local_error, TREE_ERROR, TREE_ERROR_NOT_FOUND)) {
        if (!opt_json)
          puts ("<< History beyond this commit not fetched >>");
        return TRUE;
      }
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
    if (!print_commit (info, json, error))
      return FALSE;
    if (!info->has_parent)
      return TRUE;
    checksum = info->parent;
  }
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "A rev argument is required");
  TreeChecksum checksum;
  if (!command_check_words (context, argc, 1, 1, error) ||
      !rev_resolve (context->repo, argv[0], &checksum, error))
    return FALSE;
  g_auto (ShowJson) json = {0};
  show_json_init (&json);
  if (!opt_json)
    return print_history (context->repo, &checksum, &json, error);
  show_json_begin_array (&json, NULL);
  if (!print_history (context->repo, &checksum, &json, error))
    return FALSE;
  show_json_end_array (&json);
  show_json_flush (&json);
  return TRUE;
}

const Command cmd_repo_log = {
    .name = "log",
    .arguments = "REV",
    .summary = "Show a commit and those before it, the newest first",
    .examples = "  $ pando log os/stable\n"
                "  $ pando log --json os/stable | jq -r '.[].version'\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
