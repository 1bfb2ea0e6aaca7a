/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/deltas.h"

#include <stdio.h>

#include "base/error.h"
#include "base/pool.h"
#include "core/checksum.h"
#include "delta/apply-part.h"
#include "pull/answer.h"
#include "pull/delta-find.h"
#include "store/object-read.h"

enum {
  FETCHES = 2,  /* parts that are fetched at a time: each is many objects */
  UNDERWAY = 4, /* parts of a delta that are fetched or wait to be applied */
};

/* A delta that is used. */
typedef struct {
  Delta delta;
  gboolean started;
  guint next;       /* part that was not asked for yet */
  guint n_underway; /* parts that are fetched or applied */
} Used;

struct PullDeltas {
  PullContext *context;
  GPtrArray *used; /* owned Used */
  Pool *pool;      /* made when the first part is there */
  guint n_fetching;
  guint n_done;
  GError *error;      /* why a part could not be fetched */
  GMutex lock;        /* guards all below, which workers write */
  GPtrArray *applied; /* Used, borrowed: an entry for each part */
  gboolean failed;
};

typedef struct {
  PullDeltas *deltas;
  Used *used;
  guint part;
  FetchBody *body; /* NULL: it is in the superblock, or a file */
  char *url;
} PartJob;

static void
used_free (gpointer data)
{
  Used *used = data;
  delta_clear (&used->delta);
  g_free (used);
}

static void
job_free (gpointer data)
{
  PartJob *job = data;
  fetch_body_free (job->body);
  g_free (job->url);
  g_free (job);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PartJob, job_free)

PullDeltas *
pull_deltas_new (PullContext *context)
{
  PullDeltas *self = g_new0 (PullDeltas, 1);
  self->context = context;
  self->used = g_ptr_array_new_with_free_func (used_free);
  self->applied = g_ptr_array_new ();
  g_mutex_init (&self->lock);
  return self;
}

void
pull_deltas_free (PullDeltas *self)
{
  if (self == NULL)
    return;
  if (self->pool != NULL)
    (void)pool_finish (self->pool, NULL);
  g_ptr_array_unref (self->used);
  g_ptr_array_unref (self->applied);
  g_clear_error (&self->error);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static Used *
find_used (const PullDeltas *self, const TreeChecksum *commit)
{
  for (guint i = 0; i < self->used->len; i++) {
    Used *used = self->used->pdata[i];
    if (tree_checksum_equal (&used->delta.superblock.name.to, commit))
      return used;
  }
  return NULL;
}

GBytes *
pull_deltas_commit (const PullDeltas *self, const TreeChecksum *commit)
{
  const Used *used = find_used (self, commit);
  return used != NULL ? used->delta.superblock.commit : NULL;
}

GBytes *
pull_deltas_commitmeta (const PullDeltas *self, const TreeChecksum *commit)
{
  const Used *used = find_used (self, commit);
  return used != NULL ? delta_superblock_commitmeta (&used->delta.superblock) : NULL;
}

/* ---- Finding ---- */

static gboolean
throw_none (const TreeChecksum *commit, GError **error)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (commit, hex);
  return throw_error (error, TREE_ERROR_NOT_FOUND,
                      "Static deltas required, but none found for %s from what is here", hex);
}

/* Are deltas to be used at all? */
static gboolean
may_use (const PullContext *context, gboolean *out, GError **error)
{
  const TreePullOptions *options = context->options;
  *out = FALSE;
  if (options->require_static_deltas && context->repo->mode->archive)
    return throw_error (error, TREE_ERROR_UNSUPPORTED,
                        "Can't use static deltas in an archive repo");
  if (options->disable_static_deltas || context->repo->mode->archive ||
      options->commit_metadata_only || context->subpaths != NULL)
    return TRUE;
  /* Taking objects from a folder is cheaper than unpacking a delta. */
  *out = !context->is_local || options->require_static_deltas;
  return TRUE;
}

gboolean
pull_deltas_find (PullDeltas *self, const PullSummary *summary, const TreeChecksum *commit,
                  const char *ref, GError **error)
{
  PullContext *context = self->context;
  gboolean use = FALSE;
  gboolean complete = FALSE;
  gboolean found = FALSE;
  if (!may_use (context, &use, error) ||
      !commit_is_complete (context->repo, commit, &complete, error))
    return FALSE;
  if (!use || complete || find_used (self, commit) != NULL)
    return TRUE;
  Used *used = g_new0 (Used, 1);
  used->delta = (Delta)DELTA_INIT;
  g_ptr_array_add (self->used, used);
  if (!delta_find (context, summary, commit, ref, &found, &used->delta, error))
    return FALSE;
  if (!found)
    g_ptr_array_set_size (self->used, (int)self->used->len - 1);
  return found || !context->options->require_static_deltas || throw_none (commit, error);
}

/* ---- Applying ---- */

/* The bytes of a part that came over the network. */
static gboolean
open_body (const PartJob *job, MemorySource *memory, FdSource *file, Source **out, GError **error)
{
  const guint8 *data;
  gsize len = 0;
  int fd = fetch_body_fd (job->body);
  if (fd >= 0) {
    if (lseek (fd, 0, SEEK_SET) < 0)
      return throw_errno (error, "seek");
    fd_source_init (file, fd, G_MAXUINT64);
    *out = &file->source;
    return TRUE;
  }
  if (!fetch_body_data (job->body, &data, &len, error))
    return FALSE;
  memory_source_init (memory, data, len);
  *out = &memory->source;
  return TRUE;
}

/* What is kept of a part that was cut is not wanted any more when it was applied, or was not what
 * it should be. */
static gboolean
apply_body (const PartJob *job, DeltaApplier *applier, const DeltaPartInfo *info, GError **error)
{
  g_autoptr (GError) local = NULL;
  MemorySource memory;
  FdSource file;
  Source *source = NULL;
  gboolean ok = open_body (job, &memory, &file, &source, &local) &&
                delta_apply_part (applier, info, source, &local);
  if (ok || g_error_matches (local, TREE_ERROR, TREE_ERROR_CORRUPT))
    fetch_body_forget (job->body);
  if (!ok)
    g_propagate_error (error, g_steal_pointer (&local));
  return ok;
}

static gboolean
apply (const PartJob *job, DeltaApplier *applier, GError **error)
{
  const Delta *delta = &job->used->delta;
  g_auto (DeltaPartFile) beside = DELTA_PART_FILE_INIT;
  DeltaPartInfo info;
  delta_superblock_part (&delta->superblock, job->part, &info);
  if (job->body != NULL)
    return apply_body (job, applier, &info, error) ||
           prefix_error (error, "fetched '%s'", job->url);
  return (delta_open_part (delta, job->part, &beside, error) &&
          delta_apply_part (applier, &info, beside.source, error)) ||
         prefix_error (error, "static delta: part %u", job->part);
}

static gboolean
run_job (gpointer data, gpointer worker, gpointer user_data, GError **error)
{
  PullDeltas *self = user_data;
  g_autoptr (PartJob) job = data;
  Used *used = job->used;
  gboolean ok = apply (job, worker, error);
  g_clear_pointer (&job, job_free); /* the memory is free before the owner goes on */
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->applied, used);
  self->failed |= !ok;
  g_mutex_unlock (&self->lock);
  if (self->context->fetcher != NULL)
    fetcher_wakeup (self->context->fetcher);
  return ok;
}

static gpointer
worker_new (gpointer user_data)
{
  const PullDeltas *self = user_data;
  return delta_applier_new (self->context->txn);
}

static void
worker_free (gpointer worker)
{
  delta_applier_free (worker);
}

static const PoolFuncs pool_funcs = {worker_new, worker_free, run_job, job_free};

/* Takes @job. */
static void
push (PullDeltas *self, PartJob *job)
{
  if (self->pool == NULL)
    self->pool = pool_new (&pool_funcs, delta_apply_workers (), G_MAXUINT, self);
  (void)pool_push (self->pool, job); /* after a failure step() tells */
}

/* ---- Fetching ---- */

static void
on_part (FetchResult *result, gpointer user_data)
{
  g_autoptr (PartJob) job = user_data;
  PullDeltas *self = job->deltas;
  self->n_fetching--;
  if (result->status == FETCH_OK) {
    job->body = g_steal_pointer (&result->body);
    job->url = g_strdup (result->url);
    push (self, g_steal_pointer (&job));
    return;
  }
  job->used->n_underway--;
  /* What is missing is fetched object by object. */
  if (result->status == FETCH_NOT_FOUND && !self->context->options->require_static_deltas)
    g_debug ("part of a static delta is missing: %s", result->error->message);
  else if (self->error == NULL)
    self->error = g_error_copy (result->error);
}

static void
fetch (PullDeltas *self, const DeltaPartInfo *info, PartJob *job)
{
  g_autofree char *dir = delta_name_to_path (&job->used->delta.superblock.name);
  g_autofree char *path = g_strdup_printf ("%s/%u", dir, job->part);
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&info->checksum, hex);
  FetchRequest request = {.bases = (const char *const *)self->context->remote->content_bases,
                          .path = path,
                          .max_bytes = info->size,
                          .priority = FETCH_PRIORITY_CONTENT,
                          .keep_name = hex,
                          .done = on_part,
                          .user_data = job,
                          .drop = job_free};
  self->n_fetching++;
  fetcher_start (self->context->fetcher, &request);
}

/* Is there anything in the part that is not here? */
static gboolean
is_needed (PullDeltas *self, const DeltaPartInfo *info, gboolean *out, GError **error)
{
  *out = FALSE;
  for (guint i = 0; i < info->n_objects && !*out; i++) {
    ObjectName name;
    gboolean found = FALSE;
    delta_part_object (info, i, &name);
    if (!txn_has_object (self->context->txn, name.type, &name.checksum, &found, error))
      return FALSE;
    *out = !found;
  }
  return TRUE;
}

static gboolean
part_sizes (PullDeltas *self, const DeltaSuperblock *superblock, guint i, guint64 *out_fetched,
            guint64 *out_disk, GError **error)
{
  DeltaPartInfo info;
  gboolean needed = FALSE;
  delta_superblock_part (superblock, i, &info);
  if (!is_needed (self, &info, &needed, error))
    return FALSE;
  g_autoptr (GBytes) carried = delta_superblock_inline_part (superblock, i);
  *out_fetched = needed && carried == NULL ? info.size : 0;
  *out_disk = needed ? info.unpacked : 0;
  return TRUE;
}

static gboolean
fallback_sizes (PullDeltas *self, const DeltaSuperblock *superblock, guint i, guint64 *out_fetched,
                guint64 *out_disk, GError **error)
{
  DeltaFallback fallback;
  gboolean here = FALSE;
  delta_superblock_fallback (superblock, i, &fallback);
  if (!txn_has_object (self->context->txn, fallback.name.type, &fallback.name.checksum, &here,
                       error))
    return FALSE;
  *out_fetched = here ? 0 : fallback.stored;
  *out_disk = here ? 0 : fallback.unpacked;
  return TRUE;
}

gboolean
pull_deltas_sizes (PullDeltas *self, const TreeChecksum *commit, guint64 *out_fetched,
                   guint64 *out_disk, GError **error)
{
  const DeltaSuperblock *superblock = &find_used (self, commit)->delta.superblock;
  guint64 fetched = 0, disk = 0;
  for (guint i = 0; i < superblock->n_parts + superblock->n_fallbacks; i++) {
    guint64 more_fetched = 0, more_disk = 0;
    if (!(i < superblock->n_parts
              ? part_sizes (self, superblock, i, &more_fetched, &more_disk, error)
              : fallback_sizes (self, superblock, i - superblock->n_parts, &more_fetched,
                                &more_disk, error)))
      return FALSE;
    if (!g_uint64_checked_add (&fetched, fetched, more_fetched) ||
        !g_uint64_checked_add (&disk, disk, more_disk))
      return throw_error (error, TREE_ERROR_CORRUPT, "static delta: sizes without end");
  }
  *out_fetched = fetched;
  *out_disk = disk;
  return TRUE;
}

static gboolean
begin_part (PullDeltas *self, Used *used, GError **error)
{
  const DeltaSuperblock *superblock = &used->delta.superblock;
  DeltaPartInfo info;
  gboolean needed = FALSE;
  guint i = used->next++;
  delta_superblock_part (superblock, i, &info);
  if (!is_needed (self, &info, &needed, error))
    return FALSE;
  if (!needed) {
    self->n_done++;
    return TRUE;
  }
  PartJob *job = g_new0 (PartJob, 1);
  job->deltas = self;
  job->used = used;
  job->part = i;
  used->n_underway++;
  g_autoptr (GBytes) carried = delta_superblock_inline_part (superblock, i);
  if (carried != NULL || self->context->is_local)
    push (self, job);
  else
    fetch (self, &info, job);
  return TRUE;
}

/* Fallbacks are fetched beside the parts. Trees are found when they are walked. */
static gboolean
queue_fallbacks (PullDeltas *self, const DeltaSuperblock *superblock, GError **error)
{
  PullContext *context = self->context;
  for (guint i = 0; i < superblock->n_fallbacks; i++) {
    DeltaFallback fallback;
    delta_superblock_fallback (superblock, i, &fallback);
    PullItem item = {.type = fallback.name.type, .checksum = fallback.name.checksum};
    if (item.type == TREE_OBJECT_DIR_TREE)
      continue;
    if (!arrival_locate (context->arrival, item.type, &item.checksum, &item.where, error))
      return FALSE;
    pull_queue_add (context->queue, &item);
  }
  return TRUE;
}

/* In a folder there is no fetcher whose turns would come: all of it is done here. */
static gboolean
apply_all (PullDeltas *self, Used *used, GError **error)
{
  while (used->next < used->delta.superblock.n_parts)
    if (!begin_part (self, used, error))
      return FALSE;
  return self->pool == NULL || pool_finish (g_steal_pointer (&self->pool), error);
}

gboolean
pull_deltas_start (PullDeltas *self, const TreeChecksum *commit, GError **error)
{
  Used *used = find_used (self, commit);
  if (used == NULL || used->started)
    return TRUE;
  used->started = TRUE;
  arrival_expect_staged (self->context->arrival);
  if (!queue_fallbacks (self, &used->delta.superblock, error))
    return FALSE;
  return self->context->is_local ? apply_all (self, used, error) : pull_deltas_step (self, error);
}

static gboolean
collect (PullDeltas *self)
{
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->applied->len; i++) {
    Used *used = self->applied->pdata[i];
    used->n_underway--;
    self->n_done++;
  }
  g_ptr_array_set_size (self->applied, 0);
  gboolean failed = self->failed;
  g_mutex_unlock (&self->lock);
  return !failed;
}

gboolean
pull_deltas_step (PullDeltas *self, GError **error)
{
  if (!collect (self) && self->pool != NULL)
    return pool_finish (g_steal_pointer (&self->pool), error);
  if (self->error != NULL) {
    g_propagate_error (error, g_steal_pointer (&self->error));
    return FALSE;
  }
  for (guint i = 0; i < self->used->len && self->context->fetcher != NULL; i++) {
    Used *used = self->used->pdata[i];
    while (used->started && used->next < used->delta.superblock.n_parts &&
           self->n_fetching < FETCHES && used->n_underway < UNDERWAY)
      if (!begin_part (self, used, error))
        return FALSE;
  }
  return TRUE;
}

gboolean
pull_deltas_is_done (PullDeltas *self, const TreeChecksum *commit)
{
  const Used *used = find_used (self, commit);
  (void)collect (self); /* a failure is told by the next step */
  return used == NULL || !used->started ||
         (used->next == used->delta.superblock.n_parts && used->n_underway == 0);
}

void
pull_deltas_count (PullDeltas *self, PullDeltaCounts *out)
{
  (void)collect (self);
  *out = (PullDeltaCounts){.n_done = self->n_done};
  for (guint i = 0; i < self->used->len; i++) {
    const Used *used = self->used->pdata[i];
    out->n_parts += used->delta.superblock.n_parts;
    out->bytes += used->delta.superblock.part_bytes;
    out->unpacked_bytes += used->delta.superblock.unpacked_bytes;
  }
}
