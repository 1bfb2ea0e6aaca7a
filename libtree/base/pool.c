/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/pool.h"

#include <sched.h>

struct Pool {
  const PoolFuncs *funcs;
  gpointer user_data;
  guint max_queued;
  GPtrArray *threads; /* GThread */
  GMutex lock;        /* guards all below */
  GCond not_empty;
  GCond not_full;
  GQueue jobs;
  guint n_idle; /* workers waiting: no signal is sent when nobody listens */
  gboolean pusher_waits;
  gboolean closed;
  GError *error; /* of the first job that failed */
};

guint
pool_default_workers (guint max_workers)
{
  cpu_set_t set;
  guint n = 1;
  if (sched_getaffinity (0, sizeof set, &set) == 0)
    n = (guint)MAX (CPU_COUNT (&set), 1);
  return max_workers > 0 ? MIN (n, max_workers) : n;
}

/* With the lock held; NULL when the pool is closed and empty. */
static gpointer
next_job (Pool *self)
{
  while (g_queue_is_empty (&self->jobs) && !self->closed) {
    self->n_idle++;
    g_cond_wait (&self->not_empty, &self->lock);
    self->n_idle--;
  }
  gpointer job = g_queue_pop_head (&self->jobs);
  /* Wake the pusher when half of the queue is free, not for each slot: fewer switches between
   * threads. */
  if (self->pusher_waits && self->jobs.length <= self->max_queued / 2) {
    self->pusher_waits = FALSE;
    g_cond_broadcast (&self->not_full);
  }
  return job;
}

static gpointer
worker_main (gpointer data)
{
  Pool *self = data;
  gpointer worker = self->funcs->worker_new != NULL ? self->funcs->worker_new (self->user_data)
                                                    : NULL;
  g_mutex_lock (&self->lock);
  for (;;) {
    gpointer job = next_job (self);
    if (job == NULL)
      break;
    gboolean failed = self->error != NULL;
    g_mutex_unlock (&self->lock);
    g_autoptr (GError) error = NULL;
    if (failed)
      self->funcs->job_free (job);
    else
      (void)self->funcs->run (job, worker, self->user_data, &error);
    g_mutex_lock (&self->lock);
    if (error != NULL && self->error == NULL)
      self->error = g_steal_pointer (&error);
  }
  g_mutex_unlock (&self->lock);
  if (self->funcs->worker_free != NULL)
    self->funcs->worker_free (worker);
  return NULL;
}

Pool *
pool_new (const PoolFuncs *funcs, guint n_workers, guint max_queued, gpointer user_data)
{
  Pool *self = g_new0 (Pool, 1);
  self->funcs = funcs;
  self->user_data = user_data;
  self->max_queued = MAX (max_queued, 1);
  g_mutex_init (&self->lock);
  g_cond_init (&self->not_empty);
  g_cond_init (&self->not_full);
  g_queue_init (&self->jobs);
  self->threads = g_ptr_array_new ();
  for (guint i = 0; i < MAX (n_workers, 1); i++)
    g_ptr_array_add (self->threads, g_thread_new ("worker", worker_main, self));
  return self;
}

gboolean
pool_push (Pool *self, gpointer job)
{
  g_mutex_lock (&self->lock);
  while (self->jobs.length >= self->max_queued && self->error == NULL) {
    self->pusher_waits = TRUE;
    g_cond_wait (&self->not_full, &self->lock);
  }
  gboolean ok = self->error == NULL;
  if (ok) {
    g_queue_push_tail (&self->jobs, job);
    if (self->n_idle > 0)
      g_cond_signal (&self->not_empty);
  }
  g_mutex_unlock (&self->lock);
  if (!ok)
    self->funcs->job_free (job);
  return ok;
}

gboolean
pool_failed (Pool *self)
{
  g_mutex_lock (&self->lock);
  gboolean failed = self->error != NULL;
  g_mutex_unlock (&self->lock);
  return failed;
}

gboolean
pool_finish (Pool *self, GError **error)
{
  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  g_cond_broadcast (&self->not_empty);
  g_mutex_unlock (&self->lock);
  for (guint i = 0; i < self->threads->len; i++)
    (void)g_thread_join (self->threads->pdata[i]);
  g_ptr_array_unref (self->threads);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->not_empty);
  g_cond_clear (&self->not_full);
  gboolean ok = self->error == NULL;
  if (!ok)
    g_propagate_error (error, g_steal_pointer (&self->error));
  g_free (self);
  return ok;
}
