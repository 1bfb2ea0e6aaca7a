/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the options of a commit make of a file's owner, mode and xattrs. */
#pragma once

#include "base/hash.h"
#include "core/filemeta.h"
#include "tree-commit.h"

typedef struct {
  gint64 owner_uid; /* -1: as found */
  gint64 owner_gid;
  gboolean canonical_permissions;
  gboolean no_xattrs;
} Filter;

void filter_init (Filter *self, const TreeRepo *repo, const TreeCommitOptions *options);
void filter_apply (const Filter *self, FileMeta *meta);
/* Feeds what decides about objects into the key of a stat cache. */
void filter_hash (const Filter *self, Hasher *hasher);
