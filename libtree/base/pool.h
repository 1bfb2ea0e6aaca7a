/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Worker threads behind a bounded queue: who pushes waits when the workers are behind, so that
 * memory is bounded by the queue and not by the work. */
#pragma once

#include <glib.h>

typedef struct Pool Pool;

typedef struct {
  /* What a thread keeps for itself (buffers, a hasher, a codec); both may be NULL. */
  gpointer (*worker_new) (gpointer user_data);
  void (*worker_free) (gpointer worker);
  /* Takes the ownership of @job. FALSE with an error stops the pool: see pool_push(). */
  gboolean (*run) (gpointer job, gpointer worker, gpointer user_data, GError **error);
  /* Frees a job that will never run, because the pool failed. */
  void (*job_free) (gpointer job);
} PoolFuncs;

/* As many workers as there are processors this process may use, but no more than @max_workers (0:
 * no limit). */
guint pool_default_workers (guint max_workers);

/* @funcs must outlive the pool. */
Pool *pool_new (const PoolFuncs *funcs, guint n_workers, guint max_queued, gpointer user_data);
/* Waits while the queue is full. After a job failed, jobs are freed unrun and this returns FALSE. A
 * worker must not push: it could wait for itself. */
gboolean pool_push (Pool *self, gpointer job);
/* Has a job failed? */
gboolean pool_failed (Pool *self);
/* Waits until all jobs have run, ends the threads, frees the pool, and gives the error of the first
 * that failed. */
gboolean pool_finish (Pool *self, GError **error);
