/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the options of a commit make of a tree's files: which are left out, and whose owner, mode
 * and xattrs become what. */
#pragma once

#include "base/hash.h"
#include "core/filemeta.h"
#include "tree-commit.h"
#include "tree/sepolicy.h"

typedef struct {
  gint64 owner_uid; /* -1: as found */
  gint64 owner_gid;
  gboolean canonical_permissions;
  gboolean read_only_executables;
  gboolean no_xattrs;
  gboolean changes_stored; /* may make something else of what is in the repository */
  GHashTable *mode_rules;  /* path -> ModeRule; NULL for none */
  GHashTable *skips;       /* path -> SkipRule; NULL for none */
  SePolicy *policy;        /* or NULL; borrowed */
  gboolean label_usr_etc_as_etc;
} Filter;

/* @policy: may be NULL. */
gboolean filter_init (Filter *self, const TreeRepo *repo, const TreeCommitOptions *options,
                      SePolicy *policy, GError **error);
void filter_clear (Filter *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Filter, filter_clear)

/* Do rules name paths? Else filter_apply() and filter_skips() need none. */
gboolean filter_needs_paths (const Filter *self);
/* From any thread. @path: absolute in the tree, or NULL. Changes owner and mode. */
void filter_apply (const Filter *self, const char *path, FileMeta *meta);
gboolean filter_skips (const Filter *self, const char *path);
gboolean filter_has_mode_rule (const Filter *self, const char *path);
/* Does what becomes of this file depend on its path? */
gboolean filter_goes_by_path (const Filter *self, const char *path);
/* The file's SELinux label, once its attributes are there. */
gboolean filter_label (const Filter *self, const char *path, FileMeta *meta, GError **error);
/* After the commit: every rule must have met its file. */
gboolean filter_check_all_used (const Filter *self, GError **error);
/* Feeds what decides about objects into the key of a stat cache. */
void filter_hash (const Filter *self, Hasher *hasher);
