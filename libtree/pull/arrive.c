/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/arrive.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/pool.h"
#include "core/dirtree.h"
#include "core/object-set.h"
#include "net/retry.h"
#include "pull/route.h"
#include "store/object-import.h"
#include "store/object-read.h"
#include "store/verify.h"

/* Those who push look at arrival_n_underway(); this is only for the case that they do not. */
#define MAX_QUEUED 4096

typedef struct {
  gboolean is_publication; /* of what is staged; nothing else is set */
  PullAction action;
  PullItem item;
  FetchBody *body;
  char *url;
} Job;

/* A finished job, and of a dirtree what it names and is not here. */
typedef struct {
  gboolean is_publication;
  PullAction action;
  TreeObjectType type;
  GArray *children; /* PullItem; or NULL */
  gboolean again;   /* … */
  PullItem item;    /* … is to be fetched anew */
} Result;

struct Arrival {
  ArrivalConfig config;
  Pool *pool;
  guint n_underway;       /* of the owner's thread, as the next one */
  gboolean is_publishing; /* such a job is under way */
  gint looks_staged;      /* atomic: objects are staged that the queue does not know */
  GMutex lock;            /* guards all below */
  GCond changed;
  GArray *results; /* Result */
  guint n_running; /* pushed and without a result yet */
  ObjectSet *bad;  /* what came with other bytes than its own, once */
  gboolean failed;
};

static void
job_free (gpointer data)
{
  Job *job = data;
  pull_item_clear (&job->item);
  fetch_body_free (job->body);
  g_free (job->url);
  g_free (job);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Job, job_free)

static void
clear_item (gpointer item)
{
  pull_item_clear (item);
}

/* ---- Finding out what is missing ---- */

gboolean
arrival_locate (Arrival *self, TreeObjectType type, const TreeChecksum *checksum, PullWhere *out,
                GError **error)
{
  gboolean found = FALSE;
  /* What workers stage the queue knows; others are an earlier pull and static deltas. */
  Txn *txn = self->config.txn;
  if (!(g_atomic_int_get (&self->looks_staged)
            ? txn_has_object (txn, type, checksum, &found, error)
            : txn_found_object (txn, type, checksum, &found, error)))
    return FALSE;
  *out = found ? PULL_HERE : PULL_MISSING;
  if (!found && self->config.source_has_all)
    *out = PULL_CACHED;
  for (guint i = 0; *out == PULL_MISSING && i < self->config.sources->len; i++) {
    if (!object_exists (self->config.sources->pdata[i], type, checksum, &found, error))
      return FALSE;
    if (found)
      *out = PULL_CACHED;
  }
  return TRUE;
}

/* Takes what @item owns. */
static gboolean
add_child (Arrival *self, GArray *children, PullItem *item, GError **error)
{
  gboolean ok = arrival_locate (self, item->type, &item->checksum, &item->where, error);
  if (ok && (item->where != PULL_HERE || item->type == TREE_OBJECT_DIR_TREE))
    g_array_append_val (children, *item);
  else
    pull_item_clear (item);
  return ok;
}

/* Is an entry wanted, and if only partly: *@out_route is its path. */
static RouteKind
classify (Arrival *self, const char *route, const char *name, char **out_route)
{
  *out_route = NULL;
  if (route == NULL)
    return ROUTE_IN;
  g_autofree char *path = g_build_path ("/", route, name, NULL);
  RouteKind kind = route_classify (self->config.subpaths, path);
  if (kind == ROUTE_ON_WAY)
    *out_route = g_steal_pointer (&path);
  return kind;
}

static gboolean
list_files (Arrival *self, const PullItem *item, const DirTree *tree, const DirTree *against,
            GArray *children, GError **error)
{
  for (guint i = 0; i < tree->files.n; i++) {
    DirTreeEntry entry, old;
    dirtree_file (tree, i, &entry);
    if (against != NULL && dirtree_find_file (against, entry.name, &old) &&
        tree_checksum_equal (&entry.content, &old.content))
      continue;
    g_autofree char *route = NULL;
    if (classify (self, item->route, entry.name, &route) != ROUTE_IN)
      continue;
    PullItem child = {.type = TREE_OBJECT_FILE, .checksum = entry.content};
    if (!add_child (self, children, &child, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
list_dirs (Arrival *self, const PullItem *item, const DirTree *tree, const DirTree *against,
           GArray *children, GError **error)
{
  for (guint i = 0; i < tree->dirs.n; i++) {
    DirTreeEntry entry, old;
    dirtree_dir (tree, i, &entry);
    PullItem child = {.type = TREE_OBJECT_DIR_TREE, .checksum = entry.content};
    if (classify (self, item->route, entry.name, &child.route) == ROUTE_OUT)
      continue;
    child.has_against = against != NULL && dirtree_find_dir (against, entry.name, &old);
    gboolean same_meta = child.has_against && tree_checksum_equal (&entry.meta, &old.meta);
    if (child.has_against)
      child.against = old.content;
    /* The same dirtree in a complete commit: all below it is here. */
    if (child.has_against && tree_checksum_equal (&entry.content, &old.content))
      pull_item_clear (&child);
    else if (!add_child (self, children, &child, error))
      return FALSE;
    PullItem meta = {.type = TREE_OBJECT_DIR_META, .checksum = entry.meta};
    if (!same_meta && !add_child (self, children, &meta, error))
      return FALSE;
  }
  return TRUE;
}

static GArray *
list_children (Arrival *self, const PullItem *item, GBytes *bytes, GError **error)
{
  g_auto (DirTree) tree = {0};
  g_auto (DirTree) old = {0};
  const DirTree *against = NULL;
  if (!dirtree_parse (bytes, &tree, error))
    return NULL;
  g_autoptr (GError) local = NULL;
  if (item->has_against) {
    if (object_load_dirtree (txn_get_repo (self->config.txn), &item->against, &old, &local))
      against = &old;
    else
      g_debug ("not compared with an older tree: %s", local->message); /* only slower */
  }
  g_autoptr (GArray) children = g_array_new (FALSE, FALSE, sizeof (PullItem));
  g_array_set_clear_func (children, clear_item);
  if (!list_files (self, item, &tree, against, children, error) ||
      !list_dirs (self, item, &tree, against, children, error))
    return NULL;
  return g_steal_pointer (&children);
}

/* ---- The jobs ---- */

static gboolean
import_metadata (Arrival *self, const PullItem *item, GBytes **out, GError **error)
{
  const ObjectName wanted = {item->checksum, item->type};
  for (guint i = 0; i < self->config.sources->len; i++) {
    const TreeRepo *source = self->config.sources->pdata[i];
    if (!object_import_metadata (self->config.txn, source, &wanted, self->config.trusted, out,
                                 error))
      return prefix_error (error, "'%s'", source->path);
    if (*out != NULL)
      return TRUE;
  }
  g_autofree char *name = object_to_string (&wanted);
  return throw_error (error, TREE_ERROR_NOT_FOUND,
                      "No such metadata object %s in the source repository: it is incomplete",
                      name);
}

static gboolean
import_file (Arrival *self, ObjectWriter *writer, const PullItem *item, GError **error)
{
  g_autoptr (GError) local = NULL;
  for (guint i = 0; i < self->config.sources->len; i++) {
    g_clear_error (&local);
    if (object_import_file (writer, self->config.sources->pdata[i], &item->checksum,
                            self->config.trusted, &local))
      return TRUE;
    if (!g_error_matches (local, TREE_ERROR, TREE_ERROR_NOT_FOUND))
      break;
  }
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/* Is it what its type says? Of bytes that are not even the object's, that is what is told. */
static gboolean
check_metadata (const PullItem *item, GBytes *bytes, GError **error)
{
  const ObjectName name = {item->checksum, item->type};
  g_autoptr (GError) local = NULL;
  if (verify_structure (name.type, bytes, &local))
    return TRUE;
  TreeChecksum found;
  hash_data (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &found);
  if (!object_check_sum (&name, &found, error))
    return FALSE;
  g_propagate_error (error, g_steal_pointer (&local));
  g_autofree char *text = object_to_string (&name);
  return prefix_error (error, "Corrupted object %s", text);
}

/* The bytes of a metadata job, which are staged then. @job loses its body. */
static gboolean
take_metadata (Arrival *self, Job *job, GBytes **out, GError **error)
{
  const PullItem *item = &job->item;
  if (job->action == PULL_READ)
    return txn_load_metadata (self->config.txn, item->type, &item->checksum, out, error);
  if (job->action == PULL_IMPORT)
    return import_metadata (self, item, out, error);
  const guint8 *data;
  gsize len;
  if (!fetch_body_data (job->body, &data, &len, error))
    return FALSE;
  *out = g_bytes_new_with_free_func (data, len, (GDestroyNotify)fetch_body_free,
                                     g_steal_pointer (&job->body));
  /* First of all: what is staged counts. */
  return check_metadata (item, *out, error) &&
         txn_put_metadata (self->config.txn, item->type, *out, &item->checksum, NULL, error);
}

static gboolean
run_metadata (Arrival *self, Job *job, GArray **out_children, GError **error)
{
  const PullItem *item = &job->item;
  g_autoptr (GBytes) bytes = NULL;
  if (!take_metadata (self, job, &bytes, error))
    return FALSE;
  if (item->type == TREE_OBJECT_DIR_META)
    return TRUE;
  *out_children = list_children (self, item, bytes, error);
  if (*out_children != NULL)
    return TRUE;
  g_autofree char *name = object_to_string (&(ObjectName){item->checksum, item->type});
  return prefix_error (error, "%s", name);
}

static gboolean
put_body (const Arrival *self, ObjectWriter *writer, Job *job, GError **error)
{
  const TreeChecksum *checksum = &job->item.checksum;
  int fd = fetch_body_fd (job->body);
  if (fd >= 0 && !self->config.as_is)
    return object_writer_put_archive_fd (writer, fd, checksum, error);
  const guint8 *data;
  gsize len;
  if (!fetch_body_data (job->body, &data, &len, error))
    return FALSE;
  return self->config.as_is ? object_writer_put_archive_as_is (writer, data, len, checksum, error)
                            : object_writer_put_archive_data (writer, data, len, checksum, error);
}

/* Pieces that came at different times may not belong together, a proxy may have rotted, another
 * mirror may be well. Once for each object; then it is the server's fault. */
static gboolean
may_fetch_anew (Arrival *self, const Job *job)
{
  static const RetryPolicy policy = {0};
  g_mutex_lock (&self->lock);
  guint tries = object_set_add (self->bad, TREE_OBJECT_FILE, &job->item.checksum) ? 0 : 1;
  g_mutex_unlock (&self->lock);
  return retry_wait_ms (&policy, RETRY_BAD_BYTES, tries, 0, 0) != RETRY_GIVE_UP;
}

gboolean
arrival_was_bad (Arrival *self, const TreeChecksum *checksum)
{
  g_mutex_lock (&self->lock);
  gboolean bad = object_set_contains (self->bad, TREE_OBJECT_FILE, checksum);
  g_mutex_unlock (&self->lock);
  return bad;
}

static gboolean
run_content (Arrival *self, ObjectWriter *writer, Job *job, GError **error)
{
  if (job->action == PULL_IMPORT)
    return import_file (self, writer, &job->item, error);
  g_autoptr (GError) local_error = NULL;
  gboolean ok = put_body (self, writer, job, &local_error);
  /* A full disk says nothing about what came. */
  if (ok || g_error_matches (local_error, TREE_ERROR, TREE_ERROR_CORRUPT))
    fetch_body_forget (job->body);
  if (!ok)
    g_propagate_error (error, g_steal_pointer (&local_error));
  return ok;
}

static gboolean
run_work (Arrival *self, ObjectWriter *writer, Job *job, Result *result, GError **error)
{
  if (job->is_publication)
    return txn_publish_early (self->config.txn, error);
  g_autoptr (GError) local_error = NULL;
  if (job->item.type == TREE_OBJECT_FILE
          ? run_content (self, writer, job, &local_error)
          : run_metadata (self, job, &result->children, &local_error))
    return TRUE;
  result->again = job->action == PULL_FETCH &&
                  g_error_matches (local_error, TREE_ERROR, TREE_ERROR_CORRUPT) &&
                  may_fetch_anew (self, job);
  if (result->again) {
    g_debug ("%s: fetching it once more", local_error->message);
    result->item = job->item;
    job->item.route = NULL;
    return TRUE;
  }
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/* Says when the owner should look: a dirtree leads to more; otherwise when the workers run dry. */
static void
post (Arrival *self, const Result *result, gboolean failed)
{
  g_mutex_lock (&self->lock);
  self->n_running--;
  self->failed |= failed;
  if (!failed)
    g_array_append_val (self->results, *result);
  gboolean wake = failed || self->n_running == 0 || result->again ||
                  (result->children != NULL && result->children->len > 0) ||
                  self->results->len % 32 == 0;
  if (wake)
    g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
  if (wake && self->config.wake != NULL)
    self->config.wake (self->config.wake_data);
}

static gboolean
run_job (gpointer data, gpointer worker, gpointer user_data, GError **error)
{
  Arrival *self = user_data;
  g_autoptr (Job) job = data;
  Result result = {
      .is_publication = job->is_publication, .action = job->action, .type = job->item.type};
  gboolean ok = run_work (self, worker, job, &result, error);
  if (!ok && job->url != NULL)
    (void)prefix_error (error, "fetched '%s'", job->url);
  /* The memory is free before the owner is told that it may fetch more. */
  g_clear_pointer (&job, job_free);
  post (self, &result, !ok);
  return ok;
}

static gpointer
worker_new (gpointer user_data)
{
  const Arrival *self = user_data;
  ObjectWriter *writer = object_writer_new (self->config.txn);
  if (self->config.refuse_special)
    object_writer_refuse_special (writer);
  return writer;
}

static void
worker_free (gpointer worker)
{
  object_writer_free (worker);
}

static const PoolFuncs pool_funcs = {worker_new, worker_free, run_job, job_free};

/* ---- The owner's side ---- */

static void
clear_result (gpointer data)
{
  Result *result = data;
  g_clear_pointer (&result->children, g_array_unref);
  pull_item_clear (&result->item);
}

Arrival *
arrival_new (const ArrivalConfig *config)
{
  Arrival *self = g_new0 (Arrival, 1);
  self->bad = object_set_new ();
  self->config = *config;
  self->looks_staged = txn_is_resumed (config->txn);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->results = g_array_new (FALSE, FALSE, sizeof (Result));
  g_array_set_clear_func (self->results, clear_result);
  self->pool = pool_new (&pool_funcs, pool_default_workers (0), MAX_QUEUED, self);
  return self;
}

void
arrival_expect_staged (Arrival *self)
{
  g_atomic_int_set (&self->looks_staged, TRUE);
}

gboolean
arrival_finish (Arrival *self, GError **error)
{
  gboolean ok = pool_finish (self->pool, error);
  g_array_unref (self->results);
  object_set_free (self->bad);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
  return ok;
}

static void
push_job (Arrival *self, Job *job)
{
  g_mutex_lock (&self->lock);
  self->n_running++;
  g_mutex_unlock (&self->lock);
  self->n_underway++;
  (void)pool_push (self->pool, job); /* after a failure the job is dropped, and collect tells */
}

void
arrival_push (Arrival *self, PullAction action, PullItem *item, FetchBody *body, const char *url)
{
  Job *job = g_new0 (Job, 1);
  job->action = action;
  job->item = *item;
  item->route = NULL;
  job->body = body;
  job->url = g_strdup (url);
  push_job (self, job);
}

void
arrival_publish (Arrival *self)
{
  if (self->is_publishing)
    return;
  Job *job = g_new0 (Job, 1);
  job->is_publication = self->is_publishing = TRUE;
  push_job (self, job);
}

guint
arrival_n_underway (Arrival *self)
{
  return self->n_underway;
}

static void
take_result (Arrival *self, PullQueue *queue, Result *result)
{
  self->n_underway--;
  if (result->is_publication) {
    self->is_publishing = FALSE;
    return;
  }
  for (guint k = 0; result->children != NULL && k < result->children->len; k++) {
    PullItem *child = &g_array_index (result->children, PullItem, k);
    pull_queue_add (queue, child);
    child->route = NULL; /* the queue has it now */
  }
  if (result->again) {
    pull_queue_put_back (queue, result->action, &result->item);
    result->item.route = NULL; /* … and this */
  } else
    pull_queue_finish (queue, result->action, result->type);
}

gboolean
arrival_collect (Arrival *self, PullQueue *queue)
{
  g_autoptr (GArray) fresh = g_array_new (FALSE, FALSE, sizeof (Result));
  g_array_set_clear_func (fresh, clear_result);
  g_mutex_lock (&self->lock);
  GArray *results = self->results;
  self->results = fresh;
  fresh = results;
  gboolean failed = self->failed;
  g_mutex_unlock (&self->lock);
  for (guint i = 0; i < fresh->len; i++)
    take_result (self, queue, &g_array_index (fresh, Result, i));
  return !failed;
}

void
arrival_wait (Arrival *self, guint timeout_ms)
{
  gint64 until = g_get_monotonic_time () + (gint64)timeout_ms * 1000;
  g_mutex_lock (&self->lock);
  while (self->results->len == 0 && !self->failed) {
    if (!g_cond_wait_until (&self->changed, &self->lock, until))
      break;
  }
  g_mutex_unlock (&self->lock);
}
