/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando admin switch`: follows another branch from now on. */
#include "config.h"

#include "src/upgrade.h"

static char *opt_stateroot;

static const GOptionEntry options[] = {
    {"os", 0, 0, G_OPTION_ARG_STRING, &opt_stateroot,
     "Switch this stateroot (default: the booted one)", "STATEROOT"},
    {"stateroot", 0, 0, G_OPTION_ARG_STRING, &opt_stateroot, "The same as --os", "STATEROOT"},
    {NULL},
};

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 1, 1, error))
    return FALSE;
  TreeUpgradeOptions upgrade = {.stateroot = opt_stateroot, .switch_to = argv[0]};
  gboolean changed = FALSE;
  return upgrade_run (context, &upgrade, &changed, error);
}

const Command cmd_admin_switch = {
    .name = "switch",
    .arguments = "REFSPEC",
    .summary = "Pull and deploy another branch, and follow it from now on",
    .examples = "  $ pando admin switch os/testing          (of the same remote)\n"
                "  $ pando admin switch mirror:             (the same branch of another)\n",
    .needs = NEEDS_SYSROOT,
    .options = options,
    .run = run,
};
