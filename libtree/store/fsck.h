/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fsck with somebody at hand who can repair: fetching objects is for higher layers. */
#pragma once

#include "store/verify.h"

typedef struct {
  /* Is given what is missing or damaged, before anything is said of it; each object once.
   * *@out_n: how many it put in place. These are verified again, and with them what directories
   * name that could not be read before. */
  gboolean (*repair) (GPtrArray *findings, guint *out_n, gpointer user_data, GError **error);
  /* Is given what could not be repaired, after it was reported. */
  gboolean (*left) (GPtrArray *findings, gpointer user_data, GError **error);
  gpointer user_data;
} FsckRepair;

/* tree_repo_fsck(). With @repair, commits that an earlier fsck marked as partial are verified, too,
 * and lose the mark when nothing is wrong with them any more; and a ref whose commit is missing is
 * one more finding. */
gboolean fsck_run (TreeRepo *repo, const TreeFsckOptions *options, const FsckRepair *repair,
                   TreeFsckResult *out, GError **error);

/* A line to whoever asked for the fsck, if he listens. */
void fsck_report (const TreeFsckOptions *options, gboolean is_error, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
