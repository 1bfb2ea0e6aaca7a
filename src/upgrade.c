/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "src/upgrade.h"

#include <stdio.h>
#include <stdlib.h>

#include "src/interrupt.h"
#include "src/show/pull-progress.h"
#include "src/show/pull-result.h"

/* The line of the progress goes before the one of the result is printed. */
static void
print_pulled (const TreePullResult *result, gpointer user_data)
{
  ShowPullProgress *progress = user_data;
  show_pull_progress_end (progress, TRUE);
  (void)show_pull_progress_init (progress, -1, NULL); /* there may be another pull */
  show_pull_result (result);
}

gboolean
upgrade_run (const CommandContext *context, const TreeUpgradeOptions *options,
             gboolean *out_changed, GError **error)
{
  g_autoptr (TreeSysroot) sysroot = sysroot_open_locked (context, error);
  if (sysroot == NULL)
    return FALSE;
  /* Scripts ask for staging by this variable. Deploying at once is not what they mean. */
  if (getenv ("OSTREE_EX_STAGE_DEPLOYMENTS") != NULL && !tree_sysroot_check_stage (sysroot, error))
    return FALSE;
  ShowPullProgress progress;
  (void)show_pull_progress_init (&progress, -1, NULL); /* no descriptor, no failure */
  TreeUpgradeOptions upgrade = *options;
  upgrade.progress = show_pull_progress;
  upgrade.interrupted = interrupt_catch ();
  upgrade.pulled = print_pulled;
  upgrade.user_data = &progress;
  gboolean ok = tree_sysroot_upgrade (sysroot, &upgrade, out_changed, error);
  show_pull_progress_end (&progress, ok);
  return ok;
}
