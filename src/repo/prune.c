/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando prune`: deletes what no commit needs. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "src/command.h"
#include "src/rev.h"
#include "src/values.h"
#include "tree-error.h"

static gboolean opt_no_prune;
static gboolean opt_refs_only;
static int opt_depth = -1;
static char **opt_delete_commit;
static char *opt_keep_younger_than;
static gboolean opt_static_deltas_only;
static char **opt_retain_branch_depth;
static char **opt_only_branch;
static gboolean opt_commit_only;

static const GOptionEntry options[] = {
    {"no-prune", 0, 0, G_OPTION_ARG_NONE, &opt_no_prune, "Only say what would be deleted", NULL},
    {"refs-only", 0, 0, G_OPTION_ARG_NONE, &opt_refs_only,
     "Keep what the refs reach; by default every commit is kept", NULL},
    {"depth", 0, 0, G_OPTION_ARG_INT, &opt_depth,
     "Keep so many commits before each (default: -1, all)", "N"},
    {"keep-younger-than", 0, 0, G_OPTION_ARG_STRING, &opt_keep_younger_than,
     "Keep the commits of each ref since then (implies --refs-only)", "DATE"},
    {"only-branch", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_only_branch,
     "Keep all of the other branches (implies --refs-only); may be repeated", "BRANCH"},
    {"retain-branch-depth", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_retain_branch_depth,
     "Another depth for this branch (implies --refs-only); may be repeated", "BRANCH=N"},
    {"delete-commit", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_delete_commit,
     "Delete this commit out of its history; may be repeated", "COMMIT"},
    {"commit-only", 0, 0, G_OPTION_ARG_NONE, &opt_commit_only,
     "Delete commits, and not what they consist of", NULL},
    {"static-deltas-only", 0, 0, G_OPTION_ARG_NONE, &opt_static_deltas_only,
     "Delete the static deltas to --delete-commit, and nothing else", NULL},
    {NULL},
};

static gboolean
check_options (const CommandContext *context, GError **error)
{
  if (opt_depth < -1)
    return command_usage_error (context, error, "--depth=%d is less than -1", opt_depth);
  if (opt_static_deltas_only && opt_delete_commit == NULL)
    return command_usage_error (context, error, "--static-deltas-only requires --delete-commit");
  if (opt_static_deltas_only &&
      (opt_refs_only || opt_depth != -1 || opt_commit_only || opt_keep_younger_than != NULL ||
       opt_only_branch != NULL || opt_retain_branch_depth != NULL))
    return command_usage_error (
        context, error, "--static-deltas-only goes with --delete-commit and --no-prune alone");
  return TRUE;
}

/* "BRANCH=DEPTH"; the branch stays in @text. */
static gboolean
parse_branch_depth (char *text, TreeBranchDepth *out, GError **error)
{
  char *equals = strrchr (text, '=');
  gint64 depth = 0;
  if (equals == NULL || equals == text) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "Invalid value %s, must specify BRANCH=DEPTH", text);
    return FALSE;
  }
  if (!g_ascii_string_to_signed (equals + 1, 10, -1, G_MAXINT, &depth, NULL)) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "Invalid depth %s for %.*s: use a number, or -1 for all", equals + 1,
                 (int)(equals - text), text);
    return FALSE;
  }
  *equals = '\0';
  *out = (TreeBranchDepth){text, (int)depth};
  return TRUE;
}

static GArray *
parse_retain (GError **error)
{
  g_autoptr (GArray) retain = g_array_new (FALSE, FALSE, sizeof (TreeBranchDepth));
  for (char **text = opt_retain_branch_depth; text != NULL && *text != NULL; text++) {
    TreeBranchDepth parsed;
    if (!parse_branch_depth (*text, &parsed, error))
      return NULL;
    g_array_append_val (retain, parsed);
  }
  return g_steal_pointer (&retain);
}

static GArray *
resolve_commits (const TreeRepo *repo, GError **error)
{
  g_autoptr (GArray) commits = g_array_new (FALSE, FALSE, sizeof (TreeChecksum));
  for (char **rev = opt_delete_commit; rev != NULL && *rev != NULL; rev++) {
    TreeChecksum commit;
    if (!rev_resolve (repo, *rev, &commit, error))
      return NULL;
    g_array_append_val (commits, commit);
  }
  return g_steal_pointer (&commits);
}

static void
print_total (const TreePruneResult *result)
{
  printf ("Total %sobjects: %" G_GUINT64_FORMAT "\n", opt_commit_only ? "(commit only) " : "",
          result->n_objects);
}

/* Before the deletion, for it may have to wait for the lock. */
static void
print_found (const TreePruneResult *found, gpointer user_data)
{
  g_autofree char *size = g_format_size (found->freed_bytes + found->delta_bytes);
  print_total (found);
  printf ("Deleting %" G_GUINT64_FORMAT " objects and %u static deltas of %s\n", found->n_deleted,
          found->n_deltas, size);
  (void)fflush (stdout);
  *(gboolean *)user_data = TRUE;
}

static void
print_result (const TreePruneResult *result)
{
  g_autofree char *size = g_format_size (result->freed_bytes);
  g_autofree char *delta_size = g_format_size (result->delta_bytes);
  if (result->n_deltas > 0)
    printf (opt_no_prune ? "Would delete: %u static deltas, freeing %s\n"
                         : "Deleted %u static deltas, %s freed\n",
            result->n_deltas, delta_size);
  if (opt_static_deltas_only && result->n_deltas == 0)
    puts ("No static deltas to delete");
  if (opt_static_deltas_only)
    return;
  if (result->n_deleted == 0)
    puts ("No unreachable objects");
  else
    printf (opt_no_prune ? "Would delete: %" G_GUINT64_FORMAT " objects, freeing %s\n"
                         : "Deleted %" G_GUINT64_FORMAT " objects, %s freed\n",
            result->n_deleted, size);
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  gint64 since = 0;
  gboolean total_printed = FALSE;
  if (!command_check_words (context, argc, 0, 0, error) || !check_options (context, error) ||
      (opt_keep_younger_than != NULL && !value_parse_time (opt_keep_younger_than, &since, error)))
    return FALSE;
  g_autoptr (GArray) retain = parse_retain (error);
  g_autoptr (GArray) delete_commits = retain != NULL ? resolve_commits (context->repo, error)
                                                     : NULL;
  if (delete_commits == NULL)
    return FALSE;
  const TreePruneOptions prune_options = {
      .refs_only = opt_refs_only,
      .depth = opt_depth,
      .has_since = opt_keep_younger_than != NULL,
      .since = since,
      .retain = (const TreeBranchDepth *)retain->data,
      .n_retain = retain->len,
      .only_branches = (const char *const *)opt_only_branch,
      .delete_commits = (const TreeChecksum *)delete_commits->data,
      .n_delete_commits = delete_commits->len,
      .commit_only = opt_commit_only,
      .static_deltas_only = opt_static_deltas_only,
      .no_prune = opt_no_prune,
      .found = print_found,
      .user_data = &total_printed,
  };
  TreePruneResult result = {0};
  if (!tree_repo_prune (context->repo, &prune_options, &result, error))
    return FALSE;
  if (!total_printed && !opt_static_deltas_only)
    print_total (&result);
  print_result (&result);
  return TRUE;
}

const Command cmd_repo_prune = {
    .name = "prune",
    .arguments = "",
    .summary = "Delete objects that no commit needs",
    .examples =
        "  $ pando prune --refs-only --depth=2\n"
        "  $ pando prune --keep-younger-than='6 months ago' --retain-branch-depth=stable=-1\n"
        "  $ pando prune --refs-only --no-prune\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
