/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando admin os-init`: stateroot-init under the name that older scripts use. */
#include "config.h"

#include "src/command.h"

extern const Command cmd_admin_stateroot_init;

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  return cmd_admin_stateroot_init.run (context, argc, argv, error);
}

const Command cmd_admin_os_init = {
    .name = "os-init",
    .arguments = "STATEROOT",
    .summary = "The same as stateroot-init",
    .examples = "  $ pando admin os-init --sysroot=/mnt/disk debian\n",
    .needs = NEEDS_SYSROOT,
    .run = run,
};
