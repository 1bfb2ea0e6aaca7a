/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Getting what was written to the disk: one barrier before the switch, one after it. */
#pragma once

#include "tree-error.h"

/* Everything on the file systems of the sysroot and of its /boot. */
gboolean sync_barrier (int sysroot_fd, GError **error);
/* The switch in /boot, in a way that a boot loader sees it: those do not replay a journal, so that
 * what is only in the journal does not exist for them. */
gboolean sync_boot_switch (int sysroot_fd, GError **error);
/* When OSTREE_SYSROOT_DEBUG asks for it, tests the watchdog that thaws /boot should this process
 * die while it is frozen; always an error then, and never else. */
gboolean sync_test_watchdog (int sysroot_fd, GError **error);
