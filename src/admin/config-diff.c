/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando admin config-diff`: what somebody changed in /etc. */
#include "config.h"

#include <stdio.h>

#include "src/sysroot.h"

static char *opt_stateroot;

static const GOptionEntry options[] = {
    {"os", 0, 0, G_OPTION_ARG_STRING, &opt_stateroot,
     "Look at this stateroot (default: the booted one)", "STATEROOT"},
    {"stateroot", 0, 0, G_OPTION_ARG_STRING, &opt_stateroot, "The same as --os", "STATEROOT"},
    {NULL},
};

static void
print_change (TreeEtcChange change, const char *path, gpointer user_data)
{
  static const char letters[] = {
      [TREE_ETC_MODIFIED] = 'M', [TREE_ETC_REMOVED] = 'D', [TREE_ETC_ADDED] = 'A'};
  printf ("%c    %s\n", letters[change], path);
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 0, 0, error))
    return FALSE;
  g_autoptr (TreeSysroot) sysroot = sysroot_open (context, error);
  if (sysroot == NULL)
    return FALSE;
  const TreeDeployment *current = sysroot_find_current (sysroot, opt_stateroot, error);
  return current != NULL &&
         tree_sysroot_diff_etc (sysroot, (guint)current->index, print_change, NULL, error);
}

const Command cmd_admin_config_diff = {
    .name = "config-diff",
    .arguments = "",
    .summary = "List what was changed in /etc: M modified, D removed, A added",
    .examples = "  $ pando admin config-diff\n",
    .needs = NEEDS_SYSROOT,
    .options = options,
    .run = run,
};
