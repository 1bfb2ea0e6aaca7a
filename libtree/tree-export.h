/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing a commit's tree into an archive. */
#pragma once

#include "tree-repo.h"

G_BEGIN_DECLS

typedef struct {
  const char *subpath; /* a directory of the tree, which becomes the root; NULL: "/" */
  const char *prefix;  /* put before every name as it is, with a slash or without; NULL: "" */
  gboolean no_xattrs;
} TreeExportOptions;

/**
 * tree_repo_export_tar:
 * @fd: where the archive goes; may be a pipe
 *
 * A tar archive of the tree, byte for byte the same for the same tree, time and options: entries in
 * the order of the tree, files before directories; all times are that of the commit. Where a name,
 * an owner or attributes need it, an entry has a pax header.
 *
 * Errors: TREE_ERROR_NOT_FOUND for the commit, the subpath or an object; TREE_ERROR_UNSUPPORTED
 * when libarchive is not built in or not installed
 */
TREE_API gboolean tree_repo_export_tar (const TreeRepo *self, const TreeChecksum *commit, int fd,
                                        const TreeExportOptions *options, GError **error);

G_END_DECLS
