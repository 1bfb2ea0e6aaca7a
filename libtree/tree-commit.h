/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing commits. */
#pragma once

#include "tree-repo.h"

G_BEGIN_DECLS

typedef struct {
  const char *branch;  /* local ref to update; NULL for none */
  const char *subject; /* NULL: "" */
  const char *body;    /* NULL: "" */
  gboolean has_timestamp;
  guint64 timestamp; /* seconds since 1970; else SOURCE_DATE_EPOCH, else now */
  gboolean no_parent;
  const TreeChecksum *parent;          /* NULL: the current commit of @branch */
  const char *const *metadata_strings; /* "KEY=VALUE", NULL-terminated, or NULL */
  const char *const *bind_refs;        /* added to the ref binding, or NULL */
  const char *const
      *detached_metadata_strings; /* "KEY=VALUE" for metadata outside the checksum, or NULL */
  gboolean no_bindings;
  gint64 owner_uid; /* -1: as found */
  gint64 owner_gid; /* -1: as found */
  gboolean no_xattrs;
  gboolean canonical_permissions; /* owner 0:0, mode & 0755 */
  gboolean use_stat_cache;        /* trust device, inode, size, mtime and ctime of files that were
                                     committed before */
  gboolean skip_if_unchanged;     /* no new commit when the parent has the same tree */
  gboolean no_fsync;
  TreeProgress progress; /* files done; total unknown */
  gpointer user_data;
} TreeCommitOptions;

#define TREE_COMMIT_OPTIONS_INIT                                                                   \
  {                                                                                                \
    .owner_uid = -1, .owner_gid = -1                                                               \
  }

typedef struct {
  TreeChecksum checksum;
  guint64 n_metadata; /* objects that the tree consists of */
  guint64 n_metadata_written;
  guint64 n_content;
  guint64 n_content_written;
  guint64 content_bytes_written; /* uncompressed */
  guint64 n_cache_hits;          /* files that were not read */
} TreeCommitResult;

/**
 * tree_repo_commit_dir:
 * @dfd: directory that @path is relative to, or AT_FDCWD
 *
 * Commits the tree at @path, on all cores. Until it returns, nothing in the repository has changed
 * that a reader can see; when it returns, all is on disk (unless no_fsync) and the ref points at
 * it.
 *
 * Errors: TREE_ERROR_CHANGED for a file that changed while it was read; TREE_ERROR_UNSUPPORTED for
 * a device, socket or fifo; TREE_ERROR_NO_SPACE; each names the path
 */
TREE_API gboolean tree_repo_commit_dir (TreeRepo *self, int dfd, const char *path,
                                        const TreeCommitOptions *options, TreeCommitResult *out,
                                        GError **error);

/* A commit of a tree that the repository has already. Uses the same options but those about files.
 */
TREE_API gboolean tree_repo_commit_tree (TreeRepo *self, const TreeChecksum *root,
                                         const TreeChecksum *root_meta,
                                         const TreeCommitOptions *options, TreeCommitResult *out,
                                         GError **error);

G_END_DECLS
