/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando admin set-default`: makes a deployment the one that boots. */
#include "config.h"

#include "src/sysroot.h"

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 1, 1, error))
    return FALSE;
  g_autoptr (TreeSysroot) sysroot = sysroot_open_locked (context, error);
  guint index = 0;
  return sysroot != NULL && sysroot_parse_index (sysroot, argv[0], &index, error) &&
         tree_sysroot_set_default (sysroot, index, error);
}

const Command cmd_admin_set_default = {
    .name = "set-default",
    .arguments = "INDEX",
    .summary = "Boot this deployment from now on",
    .examples = "  $ pando admin set-default 1\n",
    .needs = NEEDS_SYSROOT,
    .run = run,
};
