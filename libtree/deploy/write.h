/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making a list of deployments the one that boots. */
#pragma once

#include "deploy/sysroot.h"

/* The order of work, and what a power cut leaves:
 *
 *   1  for a full switch: boot/loader.B' with the entries and what the boot loader wants, and
 *      boot/loader.new -> loader.B'; then ostree/boot.B'.S' with its links, ostree/boot.B', and
 *      the refs ostree/B'/S'/I. In this order, since links in ostree without any loader directory
 *      mean that /boot is not mounted (load.c)
 *   2  the barrier: all of this, the deployment's files and the kernel are on the disk
 *   3  the switch. Full: boot/loader and boot/loader.new change places (renameat2,
 *      RENAME_EXCHANGE); else: ostree/boot.B -> boot.B.S' by rename
 *   4  the switch is on the disk
 *   5  what is not needed any more may go (cleanup.c)
 *
 * Until 3 nothing that the old list needs has been touched: after a power cut the old list boots
 * and the next run overwrites what is half made. Between 3 and 4 either list boots, since both are
 * whole and 5 has not begun. An exchange and no plain rename: ext4 frees the replaced link at once,
 * and a boot loader, which does not replay the journal, may then find the name of a link without
 * content.
 *
 * The full switch is needed when an entry changes; else the links below ostree/boot.B are enough,
 * and /boot is not written at all.
 *
 * On success the sysroot holds the new list, read back from the disk.
 */
gboolean sysroot_write_list (TreeSysroot *self, GPtrArray *list, GError **error);
