/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/commit-dir.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/pool.h"
#include "base/xattr.h"
#include "core/dirtree.h"

enum {
  MAX_QUEUED = 64, /* batches; each may keep a directory open */
  BATCH = 8,       /* files that one worker takes at once */
  PROGRESS_US = 100 * 1000,
};

/* A directory that is not finished. */
typedef struct Dir Dir;
struct Dir {
  Dir *parent;
  guint slot; /* in parent->dirs */
  int dfd;
  GPtrArray *listing; /* DirEntry: owns the names */
  GArray *files;      /* DirTreeEntry, sorted, filled by workers: each its own element */
  GArray *dirs;       /* DirTreeEntry, sorted */
  gint n_pending;     /* atomic: batches, subdirectories, and one for the walk itself */
  GList link;         /* in Walk.unfinished */
};

typedef struct {
  Dir *dir;
  guint first;
  guint n;
} Batch;

typedef struct {
  Txn *txn;
  const CommitDirOptions *options;
  Pool *pool;
  CommitFiles files;
  gint n_files; /* atomic: done; may wrap, it is only shown */
  gint64 next_progress;
  GMutex mutex;      /* guards the next */
  GQueue unfinished; /* Dir: what is left when something failed */
  TreeRoot root;     /* written by the last of all */
} Walk;

static void
dir_free (Walk *walk, Dir *self)
{
  g_mutex_lock (&walk->mutex);
  g_queue_unlink (&walk->unfinished, &self->link);
  g_mutex_unlock (&walk->mutex);
  fd_cleanup (&self->dfd);
  g_ptr_array_unref (self->listing);
  g_array_unref (self->files);
  g_array_unref (self->dirs);
  g_free (self);
}

static const char *
dir_name (const Dir *self)
{
  return self->parent != NULL ? g_array_index (self->parent->dirs, DirTreeEntry, self->slot).name
                              : "";
}

/* "/usr/lib/x", for messages. */
static char *
path_of (const Dir *dir, const char *name)
{
  g_autofree char *path = g_strdup (name);
  for (const Dir *at = dir; at->parent != NULL; at = at->parent) {
    char *longer = g_strconcat (dir_name (at), "/", path, NULL);
    g_free (path);
    path = longer;
  }
  return g_strconcat ("/", path, NULL);
}

/* The path that the filter's rules know it by; NULL when there are none. */
static char *
rule_path (const Walk *walk, const Dir *dir, const char *name)
{
  if (!filter_needs_paths (walk->options->filter))
    return NULL;
  if (name != NULL)
    return path_of (dir, name);
  return dir->parent != NULL ? path_of (dir->parent, dir_name (dir)) : g_strdup ("/");
}

/* ---- Directories ---- */

static gboolean
put_dirmeta (Walk *walk, const Dir *dir, TreeChecksum *out, GError **error)
{
  struct stat st;
  if (fstat (dir->dfd, &st) < 0)
    return throw_errno (error, "stat");
  g_auto (FileMeta) meta = {0};
  g_autofree char *path = rule_path (walk, dir, NULL);
  meta.uid = st.st_uid;
  meta.gid = st.st_gid;
  meta.mode = st.st_mode;
  filter_apply (walk->options->filter, path, &meta);
  if (!walk->options->filter->no_xattrs && !xattr_read_fd (dir->dfd, NULL, &meta.xattrs, error))
    return FALSE;
  if (!filter_label (walk->options->filter, path, &meta, error))
    return FALSE;
  g_autoptr (GBytes) bytes = filemeta_to_dirmeta (&meta);
  return txn_put_metadata (walk->txn, TREE_OBJECT_DIR_META, bytes, NULL, out, error);
}

static gboolean
put_dirtree (Walk *walk, const Dir *dir, TreeChecksum *out, GError **error)
{
  g_autoptr (GBytes) bytes = dirtree_build ((const DirTreeEntry *)dir->files->data, dir->files->len,
                                            (const DirTreeEntry *)dir->dirs->data, dir->dirs->len);
  return txn_put_metadata (walk->txn, TREE_OBJECT_DIR_TREE, bytes, NULL, out, error);
}

/* One part of the directory is done. The last one assembles it and goes on with the parent. */
static gboolean
dir_done (Walk *walk, Dir *dir, GError **error)
{
  while (dir != NULL && g_atomic_int_dec_and_test (&dir->n_pending)) {
    Dir *parent = dir->parent;
    TreeChecksum *root = &walk->root.tree;
    TreeChecksum *root_meta = &walk->root.meta;
    if (parent != NULL) {
      DirTreeEntry *entry = &g_array_index (parent->dirs, DirTreeEntry, dir->slot);
      root = &entry->content;
      root_meta = &entry->meta;
    }
    if (!put_dirmeta (walk, dir, root_meta, error) || !put_dirtree (walk, dir, root, error)) {
      g_autofree char *path = path_of (dir, "");
      return prefix_error (error, "'%s'", path);
    }
    dir_free (walk, dir);
    dir = parent;
  }
  return TRUE;
}

static gboolean
run_batch (gpointer job, gpointer worker, gpointer user_data, GError **error)
{
  g_autofree Batch *batch = job;
  Walk *walk = user_data;
  Dir *dir = batch->dir;
  for (guint i = batch->first; i < batch->first + batch->n; i++) {
    DirTreeEntry *file = &g_array_index (dir->files, DirTreeEntry, i);
    /* The name is the tail of its DirEntry, which knows the type. */
    const DirEntry *entry = (const DirEntry *)(file->name - G_STRUCT_OFFSET (DirEntry, name));
    g_autofree char *rule = rule_path (walk, dir, file->name);
    if (!commit_file (&walk->files, worker, dir->dfd, file->name, rule, entry->type, &file->content,
                      error)) {
      g_autofree char *path = path_of (dir, file->name);
      return prefix_error (error, "'%s'", path);
    }
  }
  (void)g_atomic_int_add (&walk->n_files, (gint)batch->n);
  return dir_done (walk, dir, error);
}

static gpointer
worker_new (gpointer user_data)
{
  return object_writer_new (((Walk *)user_data)->txn);
}

static void
worker_free (gpointer worker)
{
  object_writer_free (worker);
}

static const PoolFuncs commit_funcs = {worker_new, worker_free, run_batch, g_free};

/* ---- The walk ---- */

static void
show_progress (Walk *walk)
{
  if (walk->options->progress == NULL || g_get_monotonic_time () < walk->next_progress)
    return;
  walk->next_progress = g_get_monotonic_time () + PROGRESS_US;
  walk->options->progress ((guint64)g_atomic_int_get (&walk->n_files), 0, 0, "committing files",
                           walk->options->user_data);
}

static gboolean
sort_entry (const Walk *walk, Dir *dir, const DirEntry *entry, GError **error)
{
  g_autofree char *rule = rule_path (walk, dir, entry->name);
  if (rule != NULL && filter_skips (walk->options->filter, rule))
    return TRUE;
  if (!dirtree_check_name (entry->name, error))
    return FALSE;
  DirTreeEntry made = {.name = entry->name};
  if (entry->type == DT_DIR)
    g_array_append_val (dir->dirs, made);
  else if (entry->type == DT_REG || entry->type == DT_LNK)
    g_array_append_val (dir->files, made);
  else
    return throw_error (error, TREE_ERROR_UNSUPPORTED,
                        "Not a regular file or symlink: devices, sockets and pipes cannot be "
                        "committed; remove it first");
  return TRUE;
}

/* Takes @dfd. The directory belongs to the walk's list of unfinished ones. */
static Dir *
dir_new (Walk *walk, Dir *parent, guint slot, int dfd, GError **error)
{
  g_autoptr (GPtrArray) listing = NULL;
  if (!dir_list (dfd, &listing, error)) {
    (void)close (dfd);
    return NULL;
  }
  Dir *self = g_new0 (Dir, 1);
  self->parent = parent;
  self->slot = slot;
  self->dfd = dfd;
  self->listing = g_steal_pointer (&listing);
  self->files = g_array_new (FALSE, TRUE, sizeof (DirTreeEntry));
  self->dirs = g_array_new (FALSE, TRUE, sizeof (DirTreeEntry));
  self->link.data = self;
  g_mutex_lock (&walk->mutex);
  g_queue_push_tail_link (&walk->unfinished, &self->link);
  g_mutex_unlock (&walk->mutex);
  for (guint i = 0; i < self->listing->len; i++) {
    const DirEntry *entry = self->listing->pdata[i];
    if (!sort_entry (walk, self, entry, error)) {
      g_autofree char *path = path_of (self, entry->name);
      return prefix_null (error, "'%s'", path);
    }
  }
  return self;
}

static void
push_files (Walk *walk, Dir *dir)
{
  for (guint first = 0; first < dir->files->len; first += BATCH) {
    Batch *batch = g_new (Batch, 1);
    *batch = (Batch){dir, first, MIN (BATCH, dir->files->len - first)};
    if (!pool_push (walk->pool, batch))
      return; /* pool_finish() has the error */
  }
}

/* FALSE without an error when a worker failed: pool_finish() has its error. */
static gboolean
walk_dir (Walk *walk, Dir *dir, GError **error)
{
  guint n_batches = (dir->files->len + BATCH - 1) / BATCH;
  dir->n_pending = (gint)(1 + n_batches + dir->dirs->len);
  push_files (walk, dir);
  for (guint i = 0; i < dir->dirs->len; i++) {
    if (pool_failed (walk->pool))
      return FALSE;
    show_progress (walk);
    const char *name = g_array_index (dir->dirs, DirTreeEntry, i).name;
    int dfd = dir_open_at (dir->dfd, name, error);
    Dir *child = dfd >= 0 ? dir_new (walk, dir, i, dfd, error) : NULL;
    if (child == NULL) {
      g_autofree char *path = path_of (dir, name);
      return prefix_error (error, "'%s'", path);
    }
    if (!walk_dir (walk, child, error))
      return FALSE;
  }
  return dir_done (walk, dir, error);
}

static gboolean
walk_root (Walk *walk, int dfd, GError **error)
{
  int own = dir_open_at (dfd, ".", error);
  Dir *root = own >= 0 ? dir_new (walk, NULL, 0, own, error) : NULL;
  return root != NULL && walk_dir (walk, root, error);
}

gboolean
commit_dir_write (Txn *txn, int dfd, const CommitDirOptions *options, TreeRoot *out,
                  guint64 *out_n_hits, GError **error)
{
  Walk walk = {.txn = txn, .options = options, .unfinished = G_QUEUE_INIT};
  walk.files = (CommitFiles){.txn = txn,
                             .filter = options->filter,
                             .stat_cache = options->stat_cache,
                             .devino = options->devino,
                             .trust_canonical = options->trust_canonical,
                             .adopt = options->adopt};
  g_mutex_init (&walk.mutex);
  walk.pool = pool_new (&commit_funcs, pool_default_workers (0), MAX_QUEUED, &walk);
  g_autoptr (GError) walk_error = NULL;
  gboolean walked = walk_root (&walk, dfd, &walk_error);
  gboolean worked = pool_finish (walk.pool, error);
  while (walk.unfinished.head != NULL)
    dir_free (&walk, walk.unfinished.head->data);
  g_mutex_clear (&walk.mutex);
  if (!worked)
    return FALSE;
  if (!walked) {
    g_propagate_error (error, g_steal_pointer (&walk_error));
    return FALSE;
  }
  *out = walk.root;
  *out_n_hits = (guint64)walk.files.n_hits;
  return TRUE;
}
