/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Worker threads: all jobs run once, the queue is bounded, the first error ends it. */
#include "config.h"

#include "base/pool.h"

#include "base/error.h"

typedef struct {
  int n_run; /* atomic, as are all */
  int n_freed;
  int n_workers; /* that are alive */
  int sum;
  int fail_at; /* the job that fails; 0: none */
  GMutex gate; /* a job waits here while it is locked */
} State;

static gpointer
worker_new (gpointer user_data)
{
  State *state = user_data;
  (void)g_atomic_int_add (&state->n_workers, 1);
  return state;
}

static void
worker_free (gpointer worker)
{
  State *state = worker;
  (void)g_atomic_int_add (&state->n_workers, -1);
}

static State *current; /* job_free() has no other way to it */

static gboolean
run (gpointer job, gpointer worker, gpointer user_data, GError **error)
{
  State *state = user_data;
  int number = GPOINTER_TO_INT (job);
  g_assert_true (worker == state);
  g_mutex_lock (&state->gate);
  g_mutex_unlock (&state->gate);
  (void)g_atomic_int_add (&state->n_run, 1);
  (void)g_atomic_int_add (&state->sum, number);
  if (number == state->fail_at)
    return throw_error (error, TREE_ERROR_CORRUPT, "job %d", number);
  return TRUE;
}

static void
job_free (gpointer job)
{
  (void)g_atomic_int_add (&current->n_freed, 1);
}

static const PoolFuncs funcs = {worker_new, worker_free, run, job_free};

static void
state_init (State *state)
{
  *state = (State){0};
  g_mutex_init (&state->gate);
  current = state;
}

static void
test_all_run (void)
{
  for (guint n_workers = 1; n_workers <= 5; n_workers += 2)
    for (guint queued = 1; queued <= 64; queued *= 8) {
      g_autoptr (GError) error = NULL;
      State state;
      state_init (&state);
      Pool *pool = pool_new (&funcs, n_workers, queued, &state);
      for (int i = 1; i <= 1000; i++)
        g_assert_true (pool_push (pool, GINT_TO_POINTER (i)));
      g_assert_false (pool_failed (pool));
      (void)pool_finish (pool, &error);
      g_assert_no_error (error);
      g_assert_cmpint (state.n_run, ==, 1000);
      g_assert_cmpint (state.sum, ==, 500500);
      g_assert_cmpint (state.n_workers, ==, 0);
    }
}

static void
test_error (void)
{
  for (guint n_workers = 1; n_workers <= 4; n_workers++) {
    g_autoptr (GError) error = NULL;
    State state;
    state_init (&state);
    state.fail_at = 10;
    Pool *pool = pool_new (&funcs, n_workers, 4, &state);
    int n_pushed = 0;
    gboolean refused = FALSE;
    for (int i = 1; i <= 1000; i++) {
      n_pushed++;
      refused = !pool_push (pool, GINT_TO_POINTER (i)) || refused;
    }
    g_assert_true (refused);
    g_assert_true (pool_failed (pool));
    g_assert_false (pool_finish (pool, &error));
    g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
    g_assert_cmpstr (error->message, ==, "job 10");
    /* Every job was run or freed, none both. */
    g_assert_cmpint (state.n_run + state.n_freed, ==, n_pushed);
    g_assert_cmpint (state.n_run, <, 40);
    g_assert_cmpint (state.n_workers, ==, 0);
  }
}

typedef struct {
  Pool *pool;
  int n_pushed; /* atomic */
} Pusher;

static gpointer
push_many (gpointer data)
{
  Pusher *pusher = data;
  for (int i = 1; i <= 100; i++) {
    g_assert_true (pool_push (pusher->pool, GINT_TO_POINTER (i)));
    (void)g_atomic_int_add (&pusher->n_pushed, 1);
  }
  return NULL;
}

/* While no job can end, only as many are taken as there are workers and places in the queue. */
static void
test_bounded (void)
{
  State state;
  state_init (&state);
  g_mutex_lock (&state.gate);
  Pusher pusher = {pool_new (&funcs, 2, 3, &state), 0};
  GThread *thread = g_thread_new ("pusher", push_many, &pusher);
  /* Four or five: a pusher that waits is woken when half of the queue is free, and a worker that
   * came late takes one without freeing half. */
  while (g_atomic_int_get (&pusher.n_pushed) < 4)
    g_thread_yield ();
  g_usleep (20 * 1000); /* time for a mistake to show */
  g_assert_cmpint (g_atomic_int_get (&pusher.n_pushed), <=, 5);
  g_mutex_unlock (&state.gate);
  (void)g_thread_join (thread);
  g_assert_true (pool_finish (pusher.pool, NULL));
  g_assert_cmpint (state.n_run, ==, 100);
}

static void
test_empty (void)
{
  State state;
  state_init (&state);
  Pool *pool = pool_new (&funcs, 3, 3, &state);
  g_assert_true (pool_finish (pool, NULL));
  g_assert_cmpint (state.n_workers, ==, 0);
  g_assert_cmpuint (pool_default_workers (0), >=, 1);
  g_assert_cmpuint (pool_default_workers (1), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/pool/all-run", test_all_run);
  g_test_add_func ("/base/pool/error", test_error);
  g_test_add_func ("/base/pool/bounded", test_bounded);
  g_test_add_func ("/base/pool/empty", test_empty);
  return g_test_run ();
}
