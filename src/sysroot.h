/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands of `admin` have in common. */
#pragma once

#include "src/command.h"
#include "tree-sysroot.h"

/* Without the lock: for looking. */
TreeSysroot *sysroot_open (const CommandContext *context, GError **error);
/* With the lock, and with what the library reports on standard output. Of the running system only
 * for root. */
TreeSysroot *sysroot_open_locked (const CommandContext *context, GError **error);

/* A decimal index of a deployment that is there. */
gboolean sysroot_parse_index (const TreeSysroot *sysroot, const char *word, guint *out,
                              GError **error);
/* The deployment that is booted, or the first, of @stateroot (NULL: the booted one); the running
 * system or a stateroot must be known. */
const TreeDeployment *sysroot_find_current (const TreeSysroot *sysroot, const char *stateroot,
                                            GError **error);

/* `admin` itself: --print-current-dir. */
extern const GOptionEntry sysroot_group_options[];
gboolean sysroot_group_run (const CommandContext *context, int argc, char **argv, GError **error);
