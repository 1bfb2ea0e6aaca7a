/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Repairing a repository: what fsck finds missing or damaged is fetched again by its name, from
 * another repository or the remotes, verified, and put in place by a transaction. */
#pragma once

#include "store/fsck.h"
#include "tree-pull.h"

/* A damaged file that has more links than the one in the repository. */
typedef struct {
  ObjectName name;
  dev_t dev;
  ino_t ino;
  guint64 n_others; /* links elsewhere */
} RepairFile;

typedef struct {
  /* Is called when the good files are staged, by their object paths in @staging_dfd, and before the
   * damaged ones are replaced: cut short, the damage is still there to be found, and the rest is
   * done by the next attempt. */
  gboolean (*relink) (const RepairFile *files, guint n, int staging_dfd, gpointer user_data,
                      GError **error);
  gpointer user_data;
} RepairLinks;

/* What tree_repo_repair() does to the repository. */
gboolean repair_repo (TreeRepo *repo, const TreeRepairOptions *options, const RepairLinks *links,
                      TreeFsckResult *out, GError **error);

/* Reports, for each object of @findings, which refs need it and at which paths. */
gboolean repair_name_users (TreeRepo *repo, GPtrArray *findings, const TreeFsckOptions *options,
                            GError **error);
