/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `admin upgrade` and `admin switch` have in common. */
#pragma once

#include "src/sysroot.h"

/* Fills in progress and results of the pull, and runs it. */
gboolean upgrade_run (const CommandContext *context, const TreeUpgradeOptions *options,
                      gboolean *out_changed, GError **error);
