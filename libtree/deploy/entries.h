/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The boot entries of a list of deployments. */
#pragma once

#include "deploy/sysroot.h"

/* For a deployment that has none yet: the keys that every entry has, in the order in which OSTree
 * writes them, so that entries_build() fills them in place. */
BootEntry *entries_new_entry (void);

/* Owned BootEntry, in the order of @list; NULL on error. Title, version and kernel arguments are
 * made for this list and @bootversion; everything else stays as it is in the entry of the
 * deployment. */
GPtrArray *entries_build (const TreeSysroot *sysroot, const GPtrArray *list, int bootversion,
                          GError **error);
/* "boot/ostree/STATEROOT-BOOTCSUM" */
char *entries_boot_directory (const Deployment *deployment);
