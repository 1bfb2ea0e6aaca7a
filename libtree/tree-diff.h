/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What differs between two trees. */
#pragma once

#include "tree-repo.h"

G_BEGIN_DECLS

/* One side: the tree of a commit, or a directory. */
typedef struct {
  gboolean is_directory;
  TreeChecksum commit;
  int dfd;          /* that @path is relative to, or AT_FDCWD */
  const char *path; /* of the directory */
} TreeDiffSide;

/* Files of directories are compared as if they were committed so. */
typedef struct {
  gint64 owner_uid; /* -1: as found */
  gint64 owner_gid; /* -1: as found */
  gboolean no_xattrs;
} TreeDiffOptions;

#define TREE_DIFF_OPTIONS_INIT                                                                     \
  {                                                                                                \
    .owner_uid = -1, .owner_gid = -1                                                               \
  }

typedef enum {
  TREE_CHANGE_MODIFIED, /* content, owner, mode, xattrs, or from a file to a directory */
  TREE_CHANGE_DELETED,  /* of a directory, what was in it is not listed */
  TREE_CHANGE_ADDED,    /* what is in a directory follows it */
} TreeChangeKind;

typedef struct {
  TreeChangeKind kind;
  const char *path; /* in the tree, without a slash before it */
} TreeChange;

/* FALSE with an error ends it. */
typedef gboolean (*TreeChangeFunc) (const TreeChange *change, gpointer user_data, GError **error);

/**
 * tree_repo_diff:
 * @options: (nullable)
 * @func: called for each change once all has been compared: first for those that are modified, then
 * deleted, then added; within a kind in the order of a walk, sorted, files before directories
 *
 * Errors: TREE_ERROR_NOT_FOUND; TREE_ERROR_UNSUPPORTED for a device, fifo or socket in a directory
 */
TREE_API gboolean tree_repo_diff (const TreeRepo *self, const TreeDiffSide *a,
                                  const TreeDiffSide *b, const TreeDiffOptions *options,
                                  TreeChangeFunc func, gpointer user_data, GError **error);

typedef struct {
  guint64 n_objects_a;
  guint64 n_objects_b;
  guint64 n_common;
  guint64 common_bytes; /* as they are stored */
} TreeDiffStats;

/* Which objects two commits share, themselves included, their parents not. */
TREE_API gboolean tree_repo_diff_stats (const TreeRepo *self, const TreeChecksum *a,
                                        const TreeChecksum *b, TreeDiffStats *out, GError **error);

G_END_DECLS
