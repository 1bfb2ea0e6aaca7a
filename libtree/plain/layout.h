/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every fixed path, file name, kernel argument and attribute name of the formats, each spelled
 * once. Compiled by the library and by the boot helper: no GLib, no functions. */
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
#define REPO_PARTIAL "tmp/pando-partial" /* downloads that were cut */
#define REPO_STAT_CACHE "tmp/cache/stat"
#define REPO_SUMMARY "summary"
#define REPO_SUMMARY_SIG "summary.sig"
#define REPO_SUMMARIES "summaries" /* ours: immutable copies of signed summaries */
/* Ours: keys that count no more, and the signature of that list. */
#define REPO_REVOKED "revoked-keys"
#define REPO_REVOKED_SIG "revoked-keys.sig"
#define REPO_PREDECESSORS "extensions/pando-predecessors" /* ours, store/predecessors.h */
#define REPO_LOCK ".lock"
/* Ours, not of the formats: held while a commit is released, and while the deltas of the policy are
 * made; and the others while the file is written anew from what is read. */
#define REPO_RELEASE_LOCK ".release.lock"
#define REPO_REFS_LOCK ".refs.lock" /* all below refs/ */
#define REPO_SUMMARY_LOCK ".summary.lock"
#define REPO_CONFIG_LOCK ".config.lock"
#define REPO_SIGN_LOCK ".sign.lock"
#define REPO_UNCOMPRESSED_CACHE "uncompressed-objects-cache"
#define BARE_USER_XATTR "user.ostreemeta"

/* Sysroot. */
#define SYSROOT_OSTREE "ostree"
#define SYSROOT_REPO "ostree/repo"
#define SYSROOT_DEPLOY "ostree/deploy"
#define SYSROOT_LOCK "ostree/lock"
#define SYSROOT_BOOTLINK_FORMAT "ostree/boot.%d"
#define SYSROOT_BOOTDIR_FORMAT "ostree/boot.%d.%d"
#define SYSROOT_BOOT "boot"
#define SYSROOT_LOADER "boot/loader"
#define SYSROOT_LOADER_FORMAT "boot/loader.%d"
#define SYSROOT_BOOT_OSTREE "boot/ostree"
/* In ostree/deploy/STATEROOT. */
#define STATEROOT_DEPLOY "deploy"
#define STATEROOT_VAR "var"
#define STATEROOT_BACKING "backing"
#define ORIGIN_SUFFIX ".origin"
/* Refs that keep the deployed commits: ostree/B/S/I under refs/heads. */
#define DEPLOYMENT_REFS "ostree"

/* In a deployment. */
#define DEPLOYMENT_ETC "etc"
#define DEPLOYMENT_DEFAULT_ETC "usr/etc"
#define DEPLOYMENT_VAR "var"
#define DEPLOYMENT_SYSROOT "sysroot"
#define DEPLOYMENT_MODULES "usr/lib/modules"
#define DEPLOYMENT_PREPARE_ROOT "usr/lib/ostree/ostree-prepare-root"
#define HOTFIX_UPPER ".usr-ovl-upper"
#define HOTFIX_WORK ".usr-ovl-work"

/* Folders of keys, below the root of a system. */
#define ROOT_KEYS_SHARED "usr/share/ostree"
#define ROOT_KEYS_LOCAL "etc/ostree"
#define ROOT_KEYRINGS "trusted.gpg.d" /* in the shared one */
/* Ours: in the shared one, the keys that sign lists of revoked keys; in the local one, the list. */
#define ROOT_REVOKERS "revoker.ed25519"
#define ROOT_REVOKED "revoked.ed25519.d"

/* A running system. */
#define RUN_OSTREE "/run/ostree"
#define OSTREE_BOOTED_FILE "/run/ostree-booted"
#define STAGED_DEPLOYMENT_FILE "/run/ostree/staged-deployment"

/* Kernel arguments. */
#define KARG_OSTREE "ostree"
#define KARG_OSTREE_PREFIX "ostree="
#define KARG_INIT "init"
