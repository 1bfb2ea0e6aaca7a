/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando admin undeploy`: drops a deployment. */
#include "config.h"

#include <stdio.h>

#include "src/sysroot.h"

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 1, 1, error))
    return FALSE;
  g_autoptr (TreeSysroot) sysroot = sysroot_open_locked (context, error);
  guint index = 0;
  if (sysroot == NULL || !sysroot_parse_index (sysroot, argv[0], &index, error))
    return FALSE;
  const TreeDeployment *deployment = tree_sysroot_get_deployment (sysroot, index);
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&deployment->checksum, hex);
  int serial = deployment->serial;
  if (!tree_sysroot_undeploy (sysroot, index, error))
    return FALSE;
  printf ("Deleted deployment %s.%d\n", hex, serial);
  return TRUE;
}

const Command cmd_admin_undeploy = {
    .name = "undeploy",
    .arguments = "INDEX",
    .summary = "Drop a deployment, counted from 0 as `admin status` lists them",
    .examples = "  $ pando admin undeploy 1\n",
    .needs = NEEDS_SYSROOT,
    .run = run,
};
