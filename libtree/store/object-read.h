/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading objects. Reads fall through to the parent repository. */
#pragma once

#include "core/commit.h"
#include "core/dirtree.h"
#include "core/object.h"
#include "store/repo.h"

/* Errors: TREE_ERROR_NOT_FOUND. Nothing is checked against the name: fsck and pull do that. */
gboolean object_load (const TreeRepo *repo, TreeObjectType type, const TreeChecksum *checksum,
                      GBytes **out, GError **error);
/* *@out is NULL when it is not there. */
gboolean object_load_optional (const TreeRepo *repo, TreeObjectType type,
                               const TreeChecksum *checksum, GBytes **out, GError **error);
gboolean object_exists (const TreeRepo *repo, TreeObjectType type, const TreeChecksum *checksum,
                        gboolean *out, GError **error);

/* Load and parse; errors name the object. */
gboolean object_load_commit (const TreeRepo *repo, const TreeChecksum *checksum, Commit *out,
                             GError **error);
/* *@out_found is FALSE when it is not there. */
gboolean object_load_commit_optional (const TreeRepo *repo, const TreeChecksum *checksum,
                                      gboolean *out_found, Commit *out, GError **error);
gboolean object_load_dirtree (const TreeRepo *repo, const TreeChecksum *checksum, DirTree *out,
                              GError **error);
gboolean object_load_dirmeta (const TreeRepo *repo, const TreeChecksum *checksum, FileMeta *out,
                              GError **error);

/* Opens a file object. @worker (may be NULL): buffers for reading small ones whole, see StoreMode.
 */
gboolean object_open_file (const TreeRepo *repo, ModeWorker *worker, const TreeChecksum *checksum,
                           StoreFile *out, GError **error);

/* The metadata of a file object, perhaps without its xattrs, and its size: for who lists many and
 * reads none. */
gboolean object_stat_file (const TreeRepo *repo, const TreeChecksum *checksum, StoreFile *out,
                           GError **error);

/* The size of an object's file. Errors: TREE_ERROR_NOT_FOUND */
gboolean object_stored_size (const TreeRepo *repo, const ObjectName *name, guint64 *out,
                             GError **error);

/* Does state/CHECKSUM.commitpartial exist, that is, may objects below this commit be missing? The
 * mark of a parent repository counts when the commit is read from there. */
gboolean commit_is_partial (const TreeRepo *repo, const TreeChecksum *commit, gboolean *out,
                            GError **error);
/* Is it there, and nothing below it missing? */
gboolean commit_is_complete (const TreeRepo *repo, const TreeChecksum *commit, gboolean *out,
                             GError **error);
/* Is it there for who would store it? Not if only a parent repository has it, and in part: stored
 * here too, it can become whole here. */
gboolean commit_is_settled (const TreeRepo *repo, const TreeChecksum *commit, gboolean *out,
                            GError **error);
/* "state/CHECKSUM.commitpartial", for who reads or removes it; owned by the caller. */
char *commit_partial_path (const TreeChecksum *commit);
/* Called before a commit object is stored whose closure is not there yet, and when it is there. */
gboolean commit_set_partial (const TreeRepo *repo, const TreeChecksum *commit, gboolean partial,
                             GError **error);
/* Leaves a tombstone where a commit is deleted on purpose, or is known to be gone. */
gboolean commit_write_tombstone (const TreeRepo *repo, const TreeChecksum *commit, GError **error);
