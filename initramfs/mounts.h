/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mounts that make a deployment the root. Errors are printed where they happen. */
#pragma once

#include "plain/bootpath.h"

/* Three of them must fit into the one page that the options of a mount may have. */
#define PATH_TEXT_MAX 1024

typedef struct {
  const char *sysroot;            /* where the physical root is mounted; "" when it is / */
  char deployment[PATH_TEXT_MAX]; /* absolute */
  char var[PATH_TEXT_MAX];        /* of the stateroot, absolute */
} RootLayout;

/* Prints "pando-prepare-root: STEP 'PATH': reason" and returns -1. @err: a positive errno. */
int fail (const char *step, const char *path, int err);

/* Makes the deployment a mount of its own, with /usr read-only, /etc writable and /var bound. */
int mounts_prepare (const RootLayout *layout);
/* Leaves the mark that tells programs what they run on; @run is "/run" or the one of the new root.
 */
void mounts_write_booted (const char *run);
/* In an initramfs: the deployment to SYSROOT, the physical root to SYSROOT/sysroot. */
int mounts_move (const RootLayout *layout);
/* As init: the deployment to /, the physical root to /sysroot. */
int mounts_pivot (const RootLayout *layout);
