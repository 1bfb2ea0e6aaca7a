/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando admin rollback`: takes the last step back. */
#include "config.h"

#include <stdio.h>

#include "src/sysroot.h"

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 0, 0, error))
    return FALSE;
  g_autoptr (TreeSysroot) sysroot = sysroot_open_locked (context, error);
  if (sysroot == NULL || !tree_sysroot_rollback (sysroot, error))
    return FALSE;
  const TreeDeployment *first = tree_sysroot_get_deployment (sysroot, 0);
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&first->checksum, hex);
  printf ("Next boot: %s %s.%d\n", first->stateroot, hex, first->serial);
  return TRUE;
}

const Command cmd_admin_rollback = {
    .name = "rollback",
    .arguments = "",
    .summary = "Boot the deployment before this one next",
    .examples = "  $ pando admin rollback && systemctl reboot\n",
    .needs = NEEDS_SYSROOT,
    .run = run,
};
