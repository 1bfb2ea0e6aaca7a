/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando admin stateroot-init`: makes a place for the deployments of one system. */
#include "config.h"

#include <stdio.h>

#include "src/sysroot.h"

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 1, 1, error))
    return FALSE;
  g_autoptr (TreeSysroot) sysroot = sysroot_open_locked (context, error);
  if (sysroot == NULL || !tree_sysroot_init_stateroot (sysroot, argv[0], error))
    return FALSE;
  printf ("ostree/deploy/%s initialized as OSTree stateroot\n", argv[0]);
  return TRUE;
}

const Command cmd_admin_stateroot_init = {
    .name = "stateroot-init",
    .arguments = "STATEROOT",
    .summary = "Make a place for deployments that share one /var",
    .examples = "  $ pando admin stateroot-init --sysroot=/mnt/disk debian\n",
    .needs = NEEDS_SYSROOT,
    .run = run,
};
