/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando admin init-fs`: makes a folder a sysroot. */
#include "config.h"

#include <fcntl.h>

#include "src/command.h"
#include "tree-sysroot.h"

static gboolean opt_modern;
static int opt_epoch;

static const GOptionEntry options[] = {
    {"epoch", 'E', 0, G_OPTION_ARG_INT, &opt_epoch,
     "0: with the directories of a root (default); 1: boot and ostree alone; 2: ostree for root "
     "only",
     "N"},
    {"modern", 0, 0, G_OPTION_ARG_NONE, &opt_modern, "The same as --epoch=1", NULL},
    {NULL},
};

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 1, 1, error))
    return FALSE;
  int epoch = opt_modern && opt_epoch == 0 ? 1 : opt_epoch;
  return tree_sysroot_init_fs (AT_FDCWD, argv[0], epoch, error);
}

const Command cmd_admin_init_fs = {
    .name = "init-fs",
    .arguments = "PATH",
    .summary = "Make a folder a sysroot, with an empty repository",
    .examples = "  $ pando admin init-fs --epoch=1 /mnt/disk\n",
    .needs = NEEDS_NOTHING,
    .options = options,
    .run = run,
};
