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
  gboolean allow_noent;          /* a missing subpath is fine */
  TreeOverwrite overwrite;
  const char *subpath; /* NULL: "/" */
  gboolean fsync;
} TreeCheckoutOptions;

/**
 * tree_repo_checkout:
 * @dfd: directory that @path is relative to, or AT_FDCWD
 * @path: the destination; its parent must exist
 *
 * Hard-links where the repository's mode and @options allow, else copies on all cores. Every
 * directory that it makes has mtime 0, so that equal trees look equal. On failure a destination
 * that it made may be left, incomplete.
 */
TREE_API gboolean tree_repo_checkout (const TreeRepo *self, const TreeChecksum *commit, int dfd,
                                      const char *path, const TreeCheckoutOptions *options,
                                      GError **error);

G_END_DECLS
