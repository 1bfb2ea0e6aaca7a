/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which commit a branch had before another one, where that is not its parent: a commit that was
 * made for two branches has one parent, and is released to the second when that is elsewhere.
 *
 * Ours: a key file in extensions/, which other programs leave alone; a group for each branch, in it
 * COMMIT=COMMIT BEFORE. Written under REPO_RELEASE_LOCK. */
#pragma once

#include "store/repo.h"

typedef struct {
  GKeyFile *file; /* owned */
} Predecessors;

void predecessors_clear (Predecessors *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Predecessors, predecessors_clear)

gboolean predecessors_load (const TreeRepo *repo, Predecessors *out, GError **error);
/* FALSE when nothing is noted: then it is the parent. */
gboolean predecessors_find (const Predecessors *self, const char *branch,
                            const TreeChecksum *commit, TreeChecksum *out);
/* Notes it, and writes the file if that is news. @before: NULL: it is the parent. */
gboolean predecessors_set (Predecessors *self, const TreeRepo *repo, const char *branch,
                           const TreeChecksum *commit, const TreeChecksum *before, GError **error);
