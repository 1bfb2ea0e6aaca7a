/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing a commit's tree into a directory. */
#pragma once

#include "tree-repo.h"

G_BEGIN_DECLS

typedef enum {
  TREE_OVERWRITE_NONE,      /* the destination must not exist */
  TREE_OVERWRITE_UNION,     /* files that exist are replaced */
  TREE_OVERWRITE_ADD,       /* files that exist are kept */
  TREE_OVERWRITE_IDENTICAL, /* a file that exists must be the same object (or, with copies, equal)
                             */
} TreeOverwrite;

typedef struct {
  gboolean user_mode;         /* no owners, no xattrs, no setuid bits */
  gboolean require_hardlinks; /* a copy that is needed is an error */
  gboolean force_copy;
  gboolean whiteouts_as_devices; /* ".ostree-wh.NAME" becomes the overlayfs whiteout NAME; for
                                    deployments */
  /* A layer of a container image: ".wh.NAME" removes NAME from the destination, ".wh..wh..opq"
   * what its directory held; with TREE_OVERWRITE_UNION files replace directories and the other way
   * round. */
  gboolean whiteouts;
  gboolean allow_noent; /* a missing subpath is fine */
  TreeOverwrite overwrite;
  const char *subpath;           /* NULL: "/" */
  const char *const *skip_paths; /* left out: absolute below @subpath, NULL-terminated; or NULL */
  gboolean canonical_dirs;       /* directories get no mode bits outside of 0775 */
  gboolean no_cache; /* neither use nor fill the cache of unpacked files, see tree_repo_checkout */
  int selinux_dfd;   /* that the next is relative to, or AT_FDCWD */
  const char *selinux_policy; /* a root file system whose policy labels all files, which are copies
                                 then; not in user mode. NULL: none */
  const char
      *selinux_prefix; /* the path that the policy knows the destination by; NULL: @subpath */
  gboolean fsync;
} TreeCheckoutOptions;

/**
 * tree_repo_checkout:
 * @dfd: directory that @path is relative to, or AT_FDCWD
 * @path: the destination; its parent must exist
 *
 * Hard-links where the repository's mode and @options allow, else copies on all cores (reflinks
 * where the file system has them). Every directory that it makes has mtime 0, so that equal trees
 * look equal. On failure a destination that it made may be left, incomplete.
 *
 * In user mode, an archive repository that the caller may write to keeps what was unpacked in
 * `uncompressed-objects-cache/`, and the next checkout links it (`core.enable-uncompressed-cache`).
 */
TREE_API gboolean tree_repo_checkout (const TreeRepo *self, const TreeChecksum *commit, int dfd,
                                      const char *path, const TreeCheckoutOptions *options,
                                      GError **error);

G_END_DECLS
