/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel of a tree, and its way into /boot/ostree/STATEROOT-BOOTCSUM.
 *
 *   usr/lib/modules/KVER/         vmlinuz, initramfs.img or initramfs, devicetree or dtb/, and
 *                                 .vmlinuz.hmac; BOOTCSUM = SHA-256 of kernel, initramfs and
 *                                 device trees, in this order
 *   usr/lib/ostree-boot/, boot/   (old) vmlinuz-KVER-SHA, initramfs-…-SHA, devicetree-…-SHA;
 *                                 BOOTCSUM = SHA, which all names must share
 */
#pragma once

#include "boot/entry.h"
#include "tree-error.h"

typedef struct {
  char *directory; /* relative to the deployment */
  char *kernel;    /* names in it; NULL for what is not there */
  char *initramfs;
  char *devicetree;
  char *dtb_directory;
  char *hmac;
  char *kernel_target; /* names in /boot; NULL for what is not there */
  char *initramfs_target;
  char *devicetree_target;
  char *hmac_target;
  char bootcsum[TREE_CHECKSUM_HEX_LEN + 1];
} Kernel;

/* Errors: TREE_ERROR_UNSUPPORTED when the tree has none. */
Kernel *kernel_locate (int deployment_fd, GError **error);
void kernel_free (Kernel *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Kernel, kernel_free)

/* Links or copies the files to @target, a directory relative to the sysroot. What is there already,
 * of an interrupted run, is made anew: a power cut may have left it without content. */
gboolean kernel_install (const Kernel *self, int deployment_fd, int sysroot_fd, const char *target,
                         GError **error);
/* Adds devicetree, linux, initrd and fdtdir to a boot entry. @boot_path:
 * "/ostree/STATEROOT-BOOTCSUM". */
void kernel_describe (const Kernel *self, const char *boot_path, BootEntry *entry);
