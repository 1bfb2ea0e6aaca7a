/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/commit-ref.h"

#include <sys/stat.h>

#include "base/error.h"
#include "base/pool.h"
#include "store/object-read.h"
#include "store/object-write.h"
#include "store/verify.h"
#include "tree/mtree.h"

enum {
  MAX_QUEUED = 256, /* names of files */
  PROGRESS_US = 100 * 1000,
};

typedef struct {
  Txn *txn;
  const CommitRefOptions *options;
  Pool *pool;
  Mtree *tree;
  guint64 n_files;
  gint64 next_progress;
} Rewrite;

/* ---- One file ---- */

typedef struct {
  TreeChecksum from;
  TreeChecksum *slot; /* borrowed: where the checksum of what it becomes goes */
  char *path;         /* that rules know it by, or NULL */
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;
  g_free (job->path);
  g_free (job);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Job, job_free)

static gboolean
same_xattrs (GVariant *a, GVariant *b)
{
  return a == b || (a != NULL && b != NULL && g_variant_equal (a, b));
}

/* Does the filter make something else of it? Then @meta is that. */
static gboolean
apply (const Filter *filter, const char *path, FileMeta *meta, gboolean *out, GError **error)
{
  const FileMeta before = *meta;
  g_autoptr (GVariant) xattrs = meta->xattrs != NULL ? g_variant_ref (meta->xattrs) : NULL;
  filter_apply (filter, path, meta);
  if (filter->no_xattrs)
    g_clear_pointer (&meta->xattrs, g_variant_unref);
  if (!filter_label (filter, path, meta, error))
    return FALSE;
  *out = meta->uid != before.uid || meta->gid != before.gid || meta->mode != before.mode ||
         !same_xattrs (xattrs, meta->xattrs);
  return TRUE;
}

/* Whether owner or mode would change, without a look at attributes and content. */
static gboolean
may_change (const Rewrite *self, const Job *job, gboolean *out, GError **error)
{
  g_auto (StoreFile) file = {.fd = -1};
  *out = TRUE;
  if (self->options->filter->no_xattrs || self->options->filter->policy != NULL)
    return TRUE;
  if (!object_stat_file (txn_get_repo (self->txn), &job->from, &file, error))
    return FALSE;
  return apply (self->options->filter, job->path, &file.meta, out, error);
}

/* What is too large to be in memory is read twice: for its name, and to be written. */
static gboolean
put_large (const Rewrite *self, ObjectWriter *writer, const Job *job, StoreFile *file,
           GError **error)
{
  g_auto (StoreFile) again = {.fd = -1};
  return verify_hash_file (object_writer_worker (writer), file, job->slot, error) &&
         object_open_file (txn_get_repo (self->txn), NULL, &job->from, &again, error) &&
         object_writer_put_stream (writer, &file->meta, again.content, again.size, job->slot,
                                   error);
}

static gboolean
rewrite_file (const Rewrite *self, ObjectWriter *writer, const Job *job, GError **error)
{
  gboolean changes = FALSE;
  *job->slot = job->from;
  if (!may_change (self, job, &changes, error))
    return FALSE;
  if (!changes)
    return TRUE;
  g_auto (StoreFile) file = {.fd = -1};
  if (!object_open_file (txn_get_repo (self->txn), object_writer_worker (writer), &job->from, &file,
                         error))
    return FALSE;
  if (!apply (self->options->filter, job->path, &file.meta, &changes, error))
    return FALSE;
  if (!changes)
    return TRUE;
  if (file.content == NULL)
    return object_writer_put_data (writer, &file.meta, NULL, 0, NULL, job->slot, error);
  if (file.content->data != NULL)
    return object_writer_put_data (writer, &file.meta, file.content->data, file.content->data_len,
                                   NULL, job->slot, error);
  return put_large (self, writer, job, &file, error);
}

static gboolean
run (gpointer data, gpointer worker, gpointer user_data, GError **error)
{
  g_autoptr (Job) job = data;
  return rewrite_file (user_data, worker, job, error);
}

static gpointer
worker_new (gpointer user_data)
{
  return object_writer_new (((Rewrite *)user_data)->txn);
}

static void
worker_free (gpointer worker)
{
  object_writer_free (worker);
}

static const PoolFuncs rewrite_funcs = {worker_new, worker_free, run, job_free};

static void
start (Rewrite *self)
{
  self->pool = pool_new (&rewrite_funcs, pool_default_workers (0), MAX_QUEUED, self);
}

/* ---- The tree ---- */

/* Forgets what is finished, once the workers have written to all slots. */
static gboolean
bound_memory (Rewrite *self, MtreeDir *current, GError **error)
{
  if (!mtree_is_large (self->tree))
    return TRUE;
  gboolean done = pool_finish (self->pool, error);
  start (self);
  return done && mtree_unload (self->tree, current, error);
}

static void
show_progress (Rewrite *self)
{
  const CommitRefOptions *options = self->options;
  gint64 now = g_get_monotonic_time ();
  if (options->progress == NULL || now < self->next_progress)
    return;
  self->next_progress = now + PROGRESS_US;
  options->progress (self->n_files, 0, 0, "committing files", options->user_data);
}

/* NULL when no rule needs paths. */
static char *
child_path (const Rewrite *self, const char *path, const char *name)
{
  return filter_needs_paths (self->options->filter)
             ? g_strconcat (path[1] != '\0' ? path : "", "/", name, NULL)
             : NULL;
}

static gboolean
rewrite_meta (const Rewrite *self, const TreeChecksum *from, const char *path, TreeChecksum *out,
              GError **error)
{
  g_auto (FileMeta) meta = {0};
  gboolean changes = FALSE;
  *out = *from;
  if (!object_load_dirmeta (txn_get_repo (self->txn), from, &meta, error) ||
      !apply (self->options->filter, path, &meta, &changes, error))
    return FALSE;
  if (!changes)
    return TRUE;
  g_autoptr (GBytes) bytes = filemeta_to_dirmeta (&meta);
  return txn_put_metadata (self->txn, TREE_OBJECT_DIR_META, bytes, NULL, out, error);
}

/* FALSE without an error when a worker failed. */
static gboolean
add_files (Rewrite *self, const DirTree *from, const char *path, MtreeDir *to, GError **error)
{
  DirTreeEntry entry;
  for (guint i = 0; i < from->files.n; i++) {
    dirtree_file (from, i, &entry);
    g_autofree char *below = child_path (self, path, entry.name);
    if (below != NULL && filter_skips (self->options->filter, below))
      continue;
    TreeChecksum *slot = NULL;
    if (!mtree_put_file (self->tree, to, entry.name, &slot, error))
      return FALSE;
    Job *job = g_new0 (Job, 1);
    *job = (Job){entry.content, slot, g_steal_pointer (&below)};
    self->n_files++;
    show_progress (self);
    if (!pool_push (self->pool, job))
      return FALSE;
  }
  return TRUE;
}

/* FALSE without an error when a worker failed. */
static gboolean
add_tree (Rewrite *self, const TreeRoot *root, const char *path, MtreeDir *to, int depth,
          GError **error)
{
  g_auto (DirTree) from = {0};
  TreeChecksum meta;
  DirTreeEntry entry;
  if (depth > DIRTREE_MAX_DEPTH)
    return throw_error (error, TREE_ERROR_CORRUPT, "directories are nested too deeply");
  if (!rewrite_meta (self, &root->meta, path, &meta, error) ||
      !txn_load_dirtree (self->txn, &root->tree, &from, error))
    return FALSE;
  mtree_dir_set_meta (to, &meta);
  if (!add_files (self, &from, path, to, error) || !bound_memory (self, to, error))
    return FALSE;
  for (guint i = 0; i < from.dirs.n; i++) {
    dirtree_dir (&from, i, &entry);
    g_autofree char *below = child_path (self, path, entry.name);
    if (below != NULL && filter_skips (self->options->filter, below))
      continue;
    const TreeRoot child = {entry.content, entry.meta};
    MtreeDir *dir = NULL;
    if (!mtree_ensure_dir (self->tree, to, entry.name, &dir, error) ||
        !add_tree (self, &child, below, dir, depth + 1, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
commit_ref_write (Txn *txn, const TreeRoot *root, const CommitRefOptions *options,
                  const TreeRoot *base, TreeRoot *out, GError **error)
{
  g_autoptr (Mtree) tree = mtree_new (txn, base);
  Rewrite self = {.txn = txn, .options = options, .tree = tree};
  start (&self);
  const char *path = filter_needs_paths (options->filter) ? "/" : NULL;
  g_autoptr (GError) walk_error = NULL;
  gboolean walked = add_tree (&self, root, path, mtree_root (tree), 0, &walk_error);
  if (!pool_finish (self.pool, error))
    return FALSE;
  if (!walked) {
    g_propagate_error (error, g_steal_pointer (&walk_error));
    return FALSE;
  }
  return mtree_write (tree, out, error);
}
