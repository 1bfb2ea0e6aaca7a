/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando admin upgrade`: pulls and deploys what the current origin has. */
#include "config.h"

#include <stdio.h>

#include "src/upgrade.h"

static char *opt_stateroot;
static char *opt_override_commit;
static gboolean opt_allow_downgrade;
static gboolean opt_pull_only;
static gboolean opt_deploy_only;

static const GOptionEntry options[] = {
    {"os", 0, 0, G_OPTION_ARG_STRING, &opt_stateroot,
     "Upgrade this stateroot (default: the booted one)", "STATEROOT"},
    {"stateroot", 0, 0, G_OPTION_ARG_STRING, &opt_stateroot, "The same as --os", "STATEROOT"},
    {"allow-downgrade", 0, 0, G_OPTION_ARG_NONE, &opt_allow_downgrade,
     "Accept a commit that is older than the deployed one", NULL},
    {"override-commit", 0, 0, G_OPTION_ARG_STRING, &opt_override_commit,
     "Deploy this commit instead of the newest", "CHECKSUM"},
    {"pull-only", 0, 0, G_OPTION_ARG_NONE, &opt_pull_only, "Pull, and deploy nothing", NULL},
    {"deploy-only", 0, 0, G_OPTION_ARG_NONE, &opt_deploy_only, "Deploy what was pulled before",
     NULL},
    {NULL},
};

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 0, 0, error))
    return FALSE;
  if (opt_pull_only && opt_deploy_only)
    return command_usage_error (context, error, "--pull-only and --deploy-only exclude each other");
  TreeUpgradeOptions upgrade = {
      .stateroot = opt_stateroot,
      .override_commit = opt_override_commit,
      .allow_downgrade = opt_allow_downgrade,
      .pull_only = opt_pull_only,
      .deploy_only = opt_deploy_only,
  };
  gboolean changed = FALSE;
  if (!upgrade_run (context, &upgrade, &changed, error))
    return FALSE;
  if (!changed)
    puts ("No update available.");
  return TRUE;
}

const Command cmd_admin_upgrade = {
    .name = "upgrade",
    .arguments = "",
    .summary = "Pull and deploy what the current origin has",
    .examples = "  $ pando admin upgrade\n"
                "  $ pando admin upgrade --pull-only && pando admin upgrade --deploy-only\n",
    .needs = NEEDS_SYSROOT,
    .options = options,
    .run = run,
};
