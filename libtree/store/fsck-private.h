/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of fsck share. */
#pragma once

#include "core/object-set.h"
#include "store/fsck.h"

typedef struct {
  TreeRepo *repo;
  const TreeFsckOptions *options;
  const FsckRepair *repair; /* or NULL */
  TreeFsckResult result;
  GArray *commits;     /* TreeChecksum of commits that must be complete, sorted */
  GArray *marked;      /* TreeChecksum: those of them that an earlier fsck marked */
  ObjectSet *lost;     /* commits of refs that are not here, but may be repaired */
  GHashTable *missing; /* owned TreeChecksum of parents that are not here: a set */
} Fsck;

typedef enum {
  FSCK_COMPLETE,
  FSCK_PARTIAL, /* a pull was cut short, or was to be partial */
  FSCK_DAMAGED, /* fsck found something missing or deleted it */
} FsckState;
gboolean fsck_read_state (const TreeRepo *repo, const TreeChecksum *commit, FsckState *out,
                          GError **error);
/* Marks as FSCK_DAMAGED, durably. */
gboolean fsck_mark (const TreeRepo *repo, const TreeChecksum *commit, GError **error);
/* Reads which commits there are, and must be complete, into @out, sorted. */
gboolean fsck_list_commits (const Fsck *self, GArray *out, GError **error);

/* Verifies what the commits need and handles what is found. */
gboolean fsck_check_objects (Fsck *self, GError **error);
