/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando static-delta policy`: makes the static deltas that the configuration wants, and deletes
 * those that it wants no more. */
#include "config.h"

#include <stdio.h>

#include "src/command.h"
#include "src/show/progress.h"
#include "src/signers.h"
#include "tree-delta.h"

static gboolean opt_prune;
static gboolean opt_dry_run;
static SignOptions opt_sign;

static const GOptionEntry options[] = {
    {"prune", 0, 0, G_OPTION_ARG_NONE, &opt_prune,
     "Delete all that the policy does not want, also deltas that it has not made", NULL},
    {"dry-run", 'n', 0, G_OPTION_ARG_NONE, &opt_dry_run, "Only print what would be done", NULL},
    SIGN_OPTIONS (opt_sign, "deltas"),
    {NULL},
};

static void
report_delta (const char *delta, gboolean made, gpointer user_data)
{
  show_progress_end (user_data);
  if (opt_dry_run)
    printf ("%s %s\n", made ? "Would make" : "Would delete", delta);
  else
    printf ("%s %s\n", made ? "Made" : "Deleted", delta);
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  TreeDeltaPolicyResult result;
  if (!command_check_words (context, argc, 0, 0, error))
    return FALSE;
  g_autoptr (GPtrArray) signers = signers_load (&opt_sign, error);
  if (signers == NULL)
    return FALSE;
  ShowProgress progress = {0};
  const TreeDeltaPolicyOptions policy = {.signers = signers,
                                         .prune_all = opt_prune,
                                         .dry_run = opt_dry_run,
                                         .report = report_delta,
                                         .user_data = &progress,
                                         .progress = show_progress,
                                         .progress_data = &progress};
  gboolean ok = tree_repo_apply_delta_policy (context->repo, &policy, &result, error);
  show_progress_end (&progress);
  if (!ok)
    return FALSE;
  g_autofree char *size = g_format_size (result.made_bytes);
  printf ("%u made", result.n_made);
  if (result.made_bytes > 0)
    printf (" (%s)", size);
  printf (", %u there already, %u deleted\n", result.n_kept, result.n_deleted);
  return TRUE;
}

const Command cmd_static_delta_policy = {
    .name = "policy",
    .arguments = "",
    .summary = "Make the static deltas that the configuration wants, delete old ones",
    .examples = "  $ pando config set static-delta-policy.branches 'os/stable;os/beta'\n"
                "  $ pando config set static-delta-policy.versions 3\n"
                "  $ pando static-delta policy && pando summary -u\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
