/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The three-way merge of /etc: old defaults (usr/etc of the deployment in use), local state (its
 * etc), new defaults (already copied to the etc of the new deployment).
 *
 *   local = old default         the new default stays
 *   locally changed or added    the local one, whole with owner, mode and xattrs, wins
 *   locally removed             it goes
 *   local file where the new defaults have a directory: an error, since no choice is right
 *
 * Compared are type, mode, owner, content and link target; neither times nor xattrs. */
#pragma once

#include "tree-error.h"

typedef struct {
  GPtrArray *modified; /* owned paths relative to etc, sorted; so are the others */
  GPtrArray *removed;  /* of a directory, just its own path */
  GPtrArray *added;    /* of a directory, its own path and then all below it */
} EtcDiff;

EtcDiff *etc_diff (int default_dfd, int local_dfd, GError **error);
void etc_diff_free (EtcDiff *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EtcDiff, etc_diff_free)

/* Repeats the local changes in @new_dfd. */
gboolean etc_merge (const EtcDiff *diff, int default_dfd, int local_dfd, int new_dfd,
                    GError **error);
