/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Applying a static delta from a file: `static-delta apply-offline`.
 *
 * The commit is marked as partial before it is staged, and the mark goes after the transaction
 * (whose commit point is store/txn.h's): a power cut between the two leaves a whole commit with a
 * mark too many, which the next pull or apply takes off. */
#include "config.h"

#include "base/error.h"
#include "base/pool.h"
#include "delta/apply-part.h"
#include "delta/complete.h"
#include "delta/load.h"
#include "delta/verify.h"
#include "store/object-read.h"
#include "tree-delta.h"

typedef struct {
  Txn *txn;
  const Delta *delta;
  gint n_done; /* atomic */
} Apply;

typedef struct {
  guint i;
} PartJob;

static gpointer
worker_new (gpointer user_data)
{
  const Apply *self = user_data;
  return delta_applier_new (self->txn);
}

static void
worker_free (gpointer worker)
{
  delta_applier_free (worker);
}

static gboolean
run_part (gpointer job, gpointer worker, gpointer user_data, GError **error)
{
  Apply *self = user_data;
  g_autofree PartJob *part = job;
  g_auto (DeltaPartFile) file = DELTA_PART_FILE_INIT;
  DeltaPartInfo info;
  delta_superblock_part (&self->delta->superblock, part->i, &info);
  if (!delta_open_part (self->delta, part->i, &file, error) ||
      !delta_apply_part (worker, &info, file.source, error))
    return prefix_error (error, "part %u", part->i);
  g_atomic_int_inc (&self->n_done);
  return TRUE;
}

static const PoolFuncs pool_funcs = {worker_new, worker_free, run_part, g_free};

static gboolean
apply_parts (Apply *self, TreeProgress progress, gpointer user_data, GError **error)
{
  guint n = self->delta->superblock.n_parts;
  Pool *pool = pool_new (&pool_funcs, delta_apply_workers (), 1, self);
  gboolean ok = TRUE;
  for (guint i = 0; i < n && ok; i++) {
    PartJob *job = g_new0 (PartJob, 1);
    job->i = i;
    ok = pool_push (pool, job);
    if (progress != NULL)
      progress ((guint64)g_atomic_int_get (&self->n_done), n, 0, "Applying parts", user_data);
  }
  return pool_finish (pool, error) && ok;
}

/* ---- Before and after ---- */

static gboolean
check_origin (const TreeRepo *repo, const DeltaName *name, GError **error)
{
  gboolean complete = FALSE;
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  if (!name->has_from)
    return TRUE;
  if (!commit_is_complete (repo, &name->from, &complete, error))
    return FALSE;
  tree_checksum_to_hex (&name->from, hex);
  return complete || throw_error (error, TREE_ERROR_NOT_FOUND,
                                  "Commit %s, which is the source of the delta, is not in the "
                                  "repository, or not complete",
                                  hex);
}

static gboolean
check_signed (const TreeRepo *repo, const Delta *delta, const TreeVerifyKeys *keys, GError **error)
{
  gboolean demanded = FALSE;
  g_autofree char *text = NULL;
  if (!repo_config_boolean (repo, "core", "sign-verify-deltas", FALSE, &demanded, error))
    return FALSE;
  return (!demanded && keys == NULL) || delta_verify (repo, delta, keys, &text, error);
}

static gboolean
stage_commit (Txn *txn, const DeltaSuperblock *superblock, GError **error)
{
  const TreeChecksum *to = &superblock->name.to;
  g_autoptr (GBytes) detached = delta_superblock_commitmeta (superblock);
  return commit_set_partial (txn_get_repo (txn), to, TRUE, error) &&
         (detached == NULL ||
          txn_put_metadata (txn, TREE_OBJECT_COMMIT_META, detached, to, NULL, error)) &&
         txn_put_metadata (txn, TREE_OBJECT_COMMIT, superblock->commit, to, NULL, error);
}

static gboolean
apply (TreeRepo *repo, const Delta *delta, const TreeVerifyKeys *keys, TreeProgress progress,
       gpointer user_data, GError **error)
{
  const DeltaSuperblock *superblock = &delta->superblock;
  g_auto (Commit) commit = {0};
  if (!check_signed (repo, delta, keys, error) ||
      !commit_parse (superblock->commit, &commit, error))
    return FALSE;
  g_autoptr (Txn) txn = txn_begin (repo, /* fsync= */ TRUE, error);
  Apply self = {.txn = txn, .delta = delta};
  gboolean complete = FALSE;
  if (txn == NULL || !commit_is_complete (repo, &superblock->name.to, &complete, error))
    return FALSE;
  return complete ||
         (check_origin (repo, &superblock->name, error) && stage_commit (txn, superblock, error) &&
          apply_parts (&self, progress, user_data, error) &&
          delta_check_complete (txn, &commit.root, &commit.root_meta, error) &&
          txn_commit (txn, NULL, error) &&
          commit_set_partial (repo, &superblock->name.to, FALSE, error));
}

gboolean
tree_repo_apply_delta (TreeRepo *self, const char *path, const TreeVerifyKeys *keys,
                       TreeProgress progress, gpointer user_data, GError **error)
{
  g_auto (Delta) delta = DELTA_INIT;
  return delta_open_path (&delta, self, path, error) &&
         (apply (self, &delta, keys, progress, user_data, error) ||
          prefix_error (error, "static delta '%s'", path));
}
