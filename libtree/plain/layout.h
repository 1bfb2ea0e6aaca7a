/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every fixed path, file name, kernel argument and attribute name of the formats, each spelled once.
 * Compiled by the library and by the boot helper: no GLib, no functions. */
#pragma once

/* Repository (docs: OSTree's repository layout). */
#define REPO_CONFIG "config"
#define REPO_OBJECTS "objects"
#define REPO_REFS "refs"
#define REPO_HEADS "refs/heads"
#define REPO_REMOTES "refs/remotes"
#define REPO_MIRRORS "refs/mirrors"
#define REPO_STATE "state"
#define REPO_TMP "tmp"
#define REPO_EXTENSIONS "extensions"
#define REPO_SUMMARY_CACHE "tmp/cache/summaries"
#define REPO_SUMMARY "summary"
#define REPO_SUMMARY_SIG "summary.sig"
#define REPO_LOCK ".lock"
#define REPO_UNCOMPRESSED_CACHE "uncompressed-objects-cache"
#define BARE_USER_XATTR "user.ostreemeta"

/* Sysroot. */
#define SYSROOT_REPO "ostree/repo"
#define SYSROOT_DEPLOY "ostree/deploy"
#define SYSROOT_LOCK "ostree/lock"
#define SYSROOT_BOOTLINK_FORMAT "ostree/boot.%d"
#define SYSROOT_LOADER "boot/loader"
#define SYSROOT_BOOT_OSTREE "boot/ostree"
#define OSTREE_BOOTED_FILE "/run/ostree-booted"
#define STAGED_DEPLOYMENT_FILE "/run/ostree/staged-deployment"

/* Kernel arguments. */
#define KARG_OSTREE "ostree"
#define KARG_OSTREE_PREFIX "ostree="
