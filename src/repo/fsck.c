/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando fsck`: verifies all that the commits of a repository name. */
#include "config.h"

#include <stdio.h>

#include "src/command.h"
#include "src/show/progress.h"
#include "tree-error.h"
#include "tree-pull.h"

static gboolean opt_all;
static gboolean opt_quiet;
static gboolean opt_delete;
static gboolean opt_add_tombstones;
static gboolean opt_verify_bindings;
static gboolean opt_verify_back_refs;
static gboolean opt_repair;
static char *opt_from;

static const GOptionEntry options[] = {
    {"all", 'a', 0, G_OPTION_ARG_NONE, &opt_all,
     "Go on after the first object that is corrupt or missing", NULL},
    {"quiet", 'q', 0, G_OPTION_ARG_NONE, &opt_quiet, "Print only the result", NULL},
    {"delete", 0, 0, G_OPTION_ARG_NONE, &opt_delete,
     "Delete corrupt objects and mark their commits partial: a pull brings them back", NULL},
    {"repair", 0, 0, G_OPTION_ARG_NONE, &opt_repair,
     "Fetch what is missing or corrupt again, from the remotes or --from, and put it in place",
     NULL},
    {"from", 0, 0, G_OPTION_ARG_FILENAME, &opt_from, "Repair from this repository", "PATH"},
    {"add-tombstones", 0, 0, G_OPTION_ARG_NONE, &opt_add_tombstones,
     "Mark parents that are missing as deleted on purpose", NULL},
    {"verify-bindings", 0, 0, G_OPTION_ARG_NONE, &opt_verify_bindings,
     "Verify that refs point at commits that are meant for them", NULL},
    {"verify-back-refs", 0, 0, G_OPTION_ARG_NONE, &opt_verify_back_refs,
     "Verify that the refs a commit is meant for have it (and --verify-bindings)", NULL},
    {NULL},
};

static void
print_found (const char *line, gboolean is_error, gpointer user_data)
{
  if (opt_quiet && !is_error)
    return;
  show_progress_end (user_data);
  (void)fflush (stdout); /* a failure shows at the end */
  fprintf (is_error ? stderr : stdout, "%s\n", line);
}

static gboolean
fail_corrupt (GError **error, const char *text)
{
  g_set_error_literal (error, TREE_ERROR, TREE_ERROR_CORRUPT, text);
  return FALSE;
}

static void
print_waiting (void)
{
  fputs ("Waiting for sysroot lock…\n", stderr);
}

static gboolean
check_options (const CommandContext *context, GError **error)
{
  if (opt_from != NULL && !opt_repair)
    return command_usage_error (context, error, "--from says where to --repair from");
  if (opt_repair && opt_delete)
    return command_usage_error (context, error, "--repair and --delete exclude each other");
  return TRUE;
}

static gboolean
check (TreeRepo *repo, const TreeFsckOptions *fsck_options, TreeFsckResult *result, GError **error)
{
  const TreeRepairOptions repair_options = {
      .fsck = *fsck_options,
      .from = opt_from,
      .on_wait = print_waiting,
  };
  if (!opt_repair)
    return tree_repo_fsck (repo, fsck_options, result, error);
  if (!tree_repo_repair (repo, &repair_options, result, error))
    return FALSE;
  if (result->n_repaired > 0)
    printf ("%u objects repaired\n", result->n_repaired);
  return TRUE;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 0, 0, error) || !check_options (context, error))
    return FALSE;
  ShowProgress line = {0};
  const TreeFsckOptions fsck_options = {
      .all = opt_all,
      .delete_bad = opt_delete,
      .verify_bindings = opt_verify_bindings,
      .verify_back_refs = opt_verify_back_refs,
      .add_tombstones = opt_add_tombstones,
      .progress = opt_quiet ? NULL : show_progress,
      .report = print_found,
      .user_data = &line,
  };
  TreeFsckResult result = {0};
  gboolean done = check (context->repo, &fsck_options, &result, error);
  show_progress_end (&line);
  if (!done)
    return FALSE;
  if (result.found_corruption)
    return fail_corrupt (error, "Repository corruption encountered; fsck --repair (or with "
                                "--from=REPOSITORY) fetches what is bad again");
  if (result.n_fsck_partial > 0) {
    g_autofree char *text = g_strdup_printf ("%u partial commits from fsck-detected corruption; "
                                             "fsck --repair, or pulling them again, repairs them",
                                             result.n_fsck_partial);
    return fail_corrupt (error, text);
  }
  printf ("object fsck of %u commits completed successfully - no errors found.\n",
          result.n_commits);
  return TRUE;
}

const Command cmd_repo_fsck = {
    .name = "fsck",
    .arguments = "",
    .summary = "Verify every object that the commits name",
    .examples = "  $ pando fsck --repo=/srv/www/repo\n"
                "  $ pando fsck --repair\n"
                "  $ pando fsck --repair --from=/media/stick/repo\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
