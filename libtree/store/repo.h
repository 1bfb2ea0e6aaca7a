/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The open repository, as the files of this folder share it. */
#pragma once

#include "store/mode.h"
#include "tree-repo.h"

struct TreeRepo {
  int ref_count; /* atomic */
  char *path;    /* for messages */
  int dfd;
  int objects_dfd;
  int root_dfd; /* of the deployment that it was opened through; else -1 */
  uid_t owner;  /* of objects/ */
  const StoreMode *mode;
  GKeyFile *config;
  TreeRepo *parent; /* reads fall through to it; or NULL */
  char *collection_id;
  gboolean fsync;
  gboolean per_object_fsync;
  int deflate_level;
  int lock_timeout_secs;
  guint64 tmp_expiry_secs;
  gboolean disable_xattrs;
};

/* tree_repo_open() without the parent that the configuration may name: for a repository whose
 * writer is not known. */
TreeRepo *repo_open_alone (int dfd, const char *path, GError **error);

/* Takes the repository's lock. Returns a descriptor whose closing unlocks; -1 with an error. When
 * `core.locking` is false, an unlocked one. */
typedef enum {
  REPO_LOCK_READ,      /* reading what must stay; who may not write goes without a lock */
  REPO_LOCK_SHARED,    /* writing objects and refs */
  REPO_LOCK_EXCLUSIVE, /* deleting objects */
} RepoLockKind;
int repo_lock (const TreeRepo *self, RepoLockKind kind, GError **error);
gboolean repo_has_locks (const TreeRepo *self, gboolean *out, GError **error);
/* The same, exclusive, for one file that is read, changed and replaced: @path is its REPO_*_LOCK.
 * Many hold the repository's lock at the same time, and it cannot be upgraded. */
int repo_lock_file (const TreeRepo *self, const char *path, GError **error);

/* Typed options of [core] and others; the default when unset. A value that does not parse is an
 * error. */
gboolean repo_config_boolean (const TreeRepo *self, const char *group, const char *key,
                              gboolean fallback, gboolean *out, GError **error);
gboolean repo_config_int (const TreeRepo *self, const char *group, const char *key, gint64 fallback,
                          gint64 *out, GError **error);
/* Replaces a file of configuration, the repository's or one of remotes.d, durably and with the mode
 * that it has; 0644 for a new one. */
gboolean config_replace_at (int dfd, const char *path, const char *text, gsize len, GError **error);
/* Reads repo->config from disk. */
gboolean repo_config_load (TreeRepo *self, GError **error);
/* A change of the configuration: begin, which locks it and reads it again, since others may have
 * changed it meanwhile; change repo->config; save. Closing the descriptor unlocks; -1 with an
 * error. */
int repo_config_begin (TreeRepo *self, GError **error);
/* Writes repo->config to disk; if that fails, it is again what is there. */
gboolean repo_config_save (TreeRepo *self, GError **error);
/* Watchers of a repository look at its directory's mtime: touched after each change of refs or
 * configuration. */
void repo_touch (const TreeRepo *self);
/* Replaces a file that everybody may read, durably unless the repository is one that syncs nothing.
 */
gboolean repo_replace_file (const TreeRepo *self, const char *path, GBytes *content,
                            GError **error);
