/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes into a static delta: the objects of one commit that another one lacks, and of each file
 * the old one that it is probably made from.
 *
 * A file is paired with the one at the same path; else with one of the same name, or the same name
 * but for its digits, of the nearest size; else with one that has content in common
 * (delta/similar.h). Everything is in the order of the paths, so that the same commits give the
 * same plan. */
#pragma once

#include "store/object-read.h"

typedef struct {
  TreeChecksum checksum;
  const char *path; /* the plan's: the first at which it was found */
  FileMeta meta;
  guint64 size;
  gboolean has_old;
  TreeChecksum old;
  guint64 old_size;
} PlanFile;

typedef struct {
  GArray *metadata; /* ObjectName: dirtrees and dirmetas */
  GArray *files;    /* PlanFile */
  GStringChunk *paths;
} DeltaPlan;

/* @from: NULL for nothing. @tmp_dfd: where content may be unpacked. */
gboolean delta_plan_make (DeltaPlan *self, const TreeRepo *repo, int tmp_dfd, const Commit *from,
                          const Commit *to, GError **error);
void delta_plan_clear (DeltaPlan *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DeltaPlan, delta_plan_clear)
