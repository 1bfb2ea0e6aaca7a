/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A commit becomes a directory that can be booted. */
#pragma once

#include "deploy/sysroot.h"

/* Checks out @commit, makes its /etc (merged with that of @merge, unless NULL), finds the kernel
 * and puts it into /boot. Nothing is synced and no list changes. @origin is taken. On error what
 * was made is gone again. */
Deployment *deploy_tree (TreeSysroot *self, const char *stateroot, const TreeChecksum *commit,
                         GKeyFile *origin, const Deployment *merge, const char *kargs,
                         GError **error);
