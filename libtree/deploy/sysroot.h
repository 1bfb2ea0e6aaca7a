/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The open sysroot, as the files of this folder share it.
 *
 *   ostree/repo                                the repository
 *   ostree/deploy/STATEROOT/var                shared by the deployments of a stateroot
 *   ostree/deploy/STATEROOT/deploy/CSUM.N      a deployment, and CSUM.N.origin beside it
 *   ostree/boot.B -> boot.B.S                  B, S: 0 or 1
 *   ostree/boot.B.S/STATEROOT/BOOTCSUM/SERIAL  -> the deployment
 *   boot/loader -> loader.B                    the switch
 *   boot/loader.B/entries/ostree-N-STATEROOT.conf
 *   boot/ostree/STATEROOT-BOOTCSUM/            kernel, initramfs, device trees
 *
 * The list of deployments is what the entries of the current loader.B say, highest version first.
 */
#pragma once

#include "deploy/deployment.h"

struct TreeSysroot {
  int ref_count;
  char *path; /* absolute, for messages */
  int dfd;
  TreeRepo *repo;
  int lock_fd;              /* -1: not locked */
  GPtrArray *deployments;   /* owned Deployment, default first */
  const Deployment *booted; /* in deployments; NULL: not the running system */
  gboolean has_loader;      /* boot/loader is there */
  int bootversion;          /* B */
  int subbootversion;       /* S */
  gboolean immutable;       /* new deployments get the immutable flag */
  TreeReport report;
  gpointer report_data;
};

/* Reads the list of deployments again. */
gboolean sysroot_load (TreeSysroot *self, GError **error);
/* For functions that change something. */
gboolean sysroot_check_locked (const TreeSysroot *self, GError **error);
gboolean sysroot_check_index (const TreeSysroot *self, guint index, GError **error);
void sysroot_report (TreeSysroot *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* @stateroot, or that of the booted deployment; it must exist. Borrowed; NULL with an error. */
const char *sysroot_pick_stateroot (const TreeSysroot *self, const char *stateroot, GError **error);
/* Daemons watch the mtime of ostree/deploy. */
void sysroot_touch (const TreeSysroot *self);
