/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing commits. */
#pragma once

#include "tree-repo.h"

G_BEGIN_DECLS

/* "This file gets this mode": added to the bits that it has, or instead of them. */
typedef struct {
  const char *path; /* absolute in the tree */
  guint32 mode;     /* of 07777 */
  gboolean replace;
} TreeModeRule;

typedef struct {
  /* What the commit is. */
  const char *branch;  /* ref to update, "REF" or "REMOTE:REF"; NULL for none */
  const char *subject; /* NULL: "" */
  const char *body;    /* NULL: "" */
  gboolean has_timestamp;
  guint64 timestamp; /* seconds since 1970; else SOURCE_DATE_EPOCH, else now */
  gboolean no_parent;
  const TreeChecksum *parent; /* NULL: the current commit of @branch */
  /* A commit whose subject, body, time and metadata, but for its bindings, this one has, too; what
   * is above of subject, body and time means nothing then. NULL: none */
  const TreeChecksum *like;
  gboolean skip_if_unchanged; /* no new commit when the parent has the same tree */

  /* Its metadata, in this order; each NULL-terminated, or NULL. */
  const char *const *metadata_strings;  /* "KEY=VALUE" */
  const char *const *metadata_variants; /* "KEY=" and the text of a GVariant */
  const char *const *keep_metadata;     /* keys that are copied from the parent */
  gboolean generate_sizes; /* … and last, the sizes of all objects; in archive repositories alone */
  gboolean bootable;       /* say so, and which kernel is in it; there must be one */
  const char *const *bind_refs; /* added to the ref binding */
  gboolean no_bindings;
  const char *const *detached_metadata_strings; /* "KEY=VALUE", outside the checksum */
  const GPtrArray *signers; /* TreeSigner (tree-sign.h), or NULL; their signatures go there, too */

  /* What becomes of the files of all sources. */
  gint64 owner_uid; /* -1: as found */
  gint64 owner_gid; /* -1: as found */
  gboolean no_xattrs;
  gboolean canonical_permissions; /* owner 0:0, mode & 0755 */
  gboolean read_only_executables; /* executables lose their write bits */
  int selinux_dfd;                /* that the next is relative to, or AT_FDCWD */
  const char *selinux_policy; /* a root file system whose policy labels all files; NULL: none … */
  gboolean selinux_policy_from_base; /* … or that of the first source, a directory or a commit */
  gboolean selinux_usr_etc_as_etc;   /* files below /usr/etc get the labels of those in /etc */
  const TreeModeRule *mode_rules;    /* each must meet a file */
  guint n_mode_rules;
  const char *const *skip_paths; /* absolute in the tree, left out; each must meet something */
  gboolean
      use_stat_cache; /* trust device, inode, size, mtime and ctime of what was committed before */
  gboolean trust_hardlinks;         /* a file that is a link to an object is that object … */
  gboolean trust_canonical;         /* … whatever the options above would make of it */
  gboolean tar_autocreate_parents;  /* directories that an archive does not name are 0:0 0755 */
  const char *tar_path_regex;       /* what this matches in the names of an archive … */
  const char *tar_path_replacement; /* … becomes this */
  gboolean consume; /* files may be moved into the repository; the directories are removed */

  gboolean no_fsync;
  TreeProgress progress; /* files done; total unknown */
  gpointer user_data;
} TreeCommitOptions;

#define TREE_COMMIT_OPTIONS_INIT                                                                   \
  {                                                                                                \
    .owner_uid = -1, .owner_gid = -1                                                               \
  }

typedef enum {
  TREE_SOURCE_DIR,    /* the directory @path */
  TREE_SOURCE_COMMIT, /* the tree of @commit */
  TREE_SOURCE_BASE,   /* the same, whatever the options make of others */
  TREE_SOURCE_TAR,    /* what the archive @path holds */
  TREE_SOURCE_EXT4,   /* what the ext2, ext3 or ext4 file system in the image @path holds */
} TreeSourceKind;

typedef struct {
  TreeSourceKind kind;
  int dfd;          /* that @path is relative to, or AT_FDCWD */
  const char *path; /* of an archive, NULL: @dfd is the archive itself, and may be a pipe */
  TreeChecksum commit;
} TreeSource;

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
 * tree_repo_commit:
 * @sources: trees, laid over each other: what comes later wins. None: an empty tree
 *
 * Commits on all cores. Until it returns, nothing in the repository has changed that a reader can
 * see; when it returns, all is on disk (unless no_fsync) and the ref points at it.
 *
 * Errors: TREE_ERROR_CHANGED for a file that changed while it was read; TREE_ERROR_UNSUPPORTED for
 * a device, socket or fifo; TREE_ERROR_NO_SPACE; each names the path
 */
TREE_API gboolean tree_repo_commit (TreeRepo *self, const TreeSource *sources, guint n_sources,
                                    const TreeCommitOptions *options, TreeCommitResult *out,
                                    GError **error);

/**
 * tree_checksum_path:
 * @dfd: directory that @path is relative to, or AT_FDCWD
 *
 * The name that the file or symbolic link at @path has as an object when it is committed as it is;
 * of a directory, that of its dirmeta.
 */
TREE_API gboolean tree_checksum_path (int dfd, const char *path, gboolean ignore_xattrs,
                                      TreeChecksum *out, GError **error);

G_END_DECLS
