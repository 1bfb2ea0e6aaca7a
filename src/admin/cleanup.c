/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando admin cleanup`: deletes what no deployment needs. */
#include "config.h"

#include "src/sysroot.h"

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 0, 0, error))
    return FALSE;
  g_autoptr (TreeSysroot) sysroot = sysroot_open_locked (context, error);
  return sysroot != NULL && tree_sysroot_cleanup (sysroot, /* prune= */ TRUE, error);
}

const Command cmd_admin_cleanup = {
    .name = "cleanup",
    .arguments = "",
    .summary = "Delete files and objects that no deployment needs",
    .examples = "  $ pando admin cleanup\n",
    .needs = NEEDS_SYSROOT,
    .run = run,
};
