/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/put-pool.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/pool.h"
#include "plain/layout.h"
#include "store/object-write.h"

enum {
  SPOOL_MEMORY = 1024 * 1024, /* larger files go to disk */
  MAX_QUEUED = 16,            /* files that wait, in memory or on disk */
  PROGRESS_US = 100 * 1000,
};

/* ---- Collecting ---- */

void
spool_init (Spool *self, Txn *txn)
{
  *self = (Spool){.txn = txn, .fd = -1};
}

void
spool_clear (Spool *self)
{
  g_clear_pointer (&self->data, g_byte_array_unref);
  if (self->txn != NULL) /* else it was never initialised */
    fd_cleanup (&self->fd);
}

gboolean
spool_expect (Spool *self, guint64 size, GError **error)
{
  struct statvfs st;
  if (size <= SPOOL_MEMORY)
    return TRUE;
  if (fstatvfs (txn_get_repo (self->txn)->dfd, &st) < 0)
    return throw_errno (error, "statvfs");
  guint64 block = st.f_frsize > 0 ? st.f_frsize : 4096;
  return size / block < st.f_bavail ||
         throw_error (error, TREE_ERROR_NO_SPACE,
                      "has %" G_GUINT64_FORMAT " bytes, and there is no room for them", size);
}

/* From memory to a file, which is gone when it is closed. */
static gboolean
move_to_disk (Spool *self, GError **error)
{
  autofd int tmp_dfd = dir_open_at (txn_get_repo (self->txn)->dfd, REPO_TMP, error);
  autofd int fd = tmp_dfd >= 0 ? file_open_unlinked (tmp_dfd, "pando-spool", error) : -1;
  if (fd < 0)
    return FALSE;
  if (self->data != NULL && !fd_write_all (fd, self->data->data, self->data->len, error))
    return FALSE;
  g_clear_pointer (&self->data, g_byte_array_unref);
  self->fd = fd_steal (&fd);
  return TRUE;
}

gboolean
spool_write (Spool *self, const void *data, gsize len, GError **error)
{
  if (self->fd < 0 && self->size + len > SPOOL_MEMORY && !move_to_disk (self, error))
    return FALSE;
  self->size += len;
  if (self->fd >= 0)
    return fd_write_all (self->fd, data, len, error);
  if (self->data == NULL)
    self->data = g_byte_array_new ();
  g_byte_array_append (self->data, data, (guint)len);
  return TRUE;
}

/* ---- Writing objects ---- */

typedef struct {
  FileMeta meta;
  Spool content;
  char *path;
  TreeChecksum *slot; /* borrowed */
} Job;

struct PutPool {
  Txn *txn; /* borrowed */
  Pool *pool;
  guint64 n_files;
  gint64 next_progress;
};

static void
job_free (gpointer data)
{
  Job *job = data;
  filemeta_clear (&job->meta);
  spool_clear (&job->content);
  g_free (job->path);
  g_free (job);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Job, job_free)

static gboolean
run (gpointer data, gpointer worker, gpointer user_data, GError **error)
{
  g_autoptr (Job) job = data;
  const Spool *content = &job->content;
  gboolean ok;
  if (content->fd >= 0)
    ok = (lseek (content->fd, 0, SEEK_SET) == 0 || throw_errno (error, "seek")) &&
         object_writer_put_fd (worker, &job->meta, content->fd, content->size, job->slot, error);
  else
    ok = object_writer_put_data (worker, &job->meta,
                                 content->data != NULL ? content->data->data : NULL,
                                 (gsize)content->size, NULL, job->slot, error);
  return ok || prefix_error (error, "'%s'", job->path);
}

static gpointer
worker_new (gpointer user_data)
{
  return object_writer_new (((PutPool *)user_data)->txn);
}

static void
worker_free (gpointer worker)
{
  object_writer_free (worker);
}

static const PoolFuncs put_funcs = {worker_new, worker_free, run, job_free};

static void
start (PutPool *self)
{
  self->pool = pool_new (&put_funcs, pool_default_workers (0), MAX_QUEUED, self);
}

PutPool *
put_pool_new (Txn *txn)
{
  PutPool *self = g_new0 (PutPool, 1);
  self->txn = txn;
  start (self);
  return self;
}

gboolean
put_pool_push (PutPool *self, FileMeta *meta, Spool *content, const char *path, TreeChecksum *slot)
{
  Job *job = g_new0 (Job, 1);
  job->meta = *meta;
  *meta = (FileMeta){0};
  spool_init (&job->content, self->txn);
  if (content != NULL) {
    job->content = *content;
    spool_init (content, self->txn);
  }
  job->path = g_strdup (path);
  job->slot = slot;
  self->n_files++;
  return pool_push (self->pool, job);
}

gboolean
put_pool_failed (PutPool *self)
{
  return pool_failed (self->pool);
}

void
put_pool_show_progress (PutPool *self, TreeProgress progress, gpointer user_data)
{
  gint64 now = g_get_monotonic_time ();
  if (progress == NULL || now < self->next_progress)
    return;
  self->next_progress = now + PROGRESS_US;
  progress (self->n_files, 0, 0, "committing files", user_data);
}

gboolean
put_pool_wait (PutPool *self, GError **error)
{
  gboolean ok = pool_finish (self->pool, error);
  start (self);
  return ok;
}

gboolean
put_pool_finish (PutPool *self, GError **error)
{
  gboolean ok = pool_finish (self->pool, error);
  g_free (self);
  return ok;
}
