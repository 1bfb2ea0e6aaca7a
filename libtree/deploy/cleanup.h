/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Deleting what no deployment of the list needs. */
#pragma once

#include "deploy/sysroot.h"

/* Only after the list is on the disk. */
gboolean sysroot_clean (TreeSysroot *self, gboolean prune, GError **error);
