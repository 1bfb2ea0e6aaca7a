/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The value of the kernel argument `ostree=`, and the way from it to a deployment:
 *
 *   /ostree/boot.B/STATEROOT/BOOTCSUM/SERIAL          what the boot entry says
 *   ostree/boot.B    -> boot.B.S                      switched by one rename
 *   ostree/boot.B.S/STATEROOT/BOOTCSUM/SERIAL -> ../../../deploy/STATEROOT/deploy/CSUM.N
 */
#pragma once

#include <stddef.h>

#define BOOTPATH_NAME_MAX 255
#define BOOTPATH_CSUM_LEN 64
/* Larger serials than this come from no program. */
#define BOOTPATH_SERIAL_MAX 999999
/* Enough for every text below. */
#define BOOTPATH_TEXT_MAX 512

typedef struct {
  int bootversion;                       /* B: 0 or 1 */
  char stateroot[BOOTPATH_NAME_MAX + 1]; /* one path component */
  char bootcsum[BOOTPATH_CSUM_LEN + 1];  /* 64 hexadecimal digits */
  int serial;                            /* which of the deployments with this kernel */
} BootPath;

/* A deployment: "ostree/deploy/STATEROOT/deploy/CSUM.SERIAL". */
typedef struct {
  char stateroot[BOOTPATH_NAME_MAX + 1];
  char csum[BOOTPATH_CSUM_LEN + 1];
  int serial;
} DeployPath;

/* All return 0 or -errno: -EINVAL for a text that is not of the form above. */
int bootpath_parse (const char *text, BootPath *out);
int bootpath_format (const BootPath *self, char *out, size_t out_size);

/* "CSUM.SERIAL", the name of a deployment's directory; fills csum and serial only. */
int deploypath_parse_name (const char *name, DeployPath *out);
/* Relative to the sysroot: "ostree/deploy/STATEROOT/deploy/CSUM.SERIAL". */
int deploypath_format (const DeployPath *self, char *out, size_t out_size);

/* One usable component of a path: not empty, ".", ".." and without '/'. */
int pathname_is_component (const char *name);

/* Which S the link ostree/boot.B of the sysroot points to: 0 or 1. -ENOENT without such a link. */
int bootpath_read_subversion (int sysroot_fd, int bootversion, int *out_subversion);
/* Follows both links by reading them, so that nothing outside ostree/deploy can be reached. */
int bootpath_resolve (int sysroot_fd, const BootPath *self, DeployPath *out);
