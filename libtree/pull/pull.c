/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sequence of a pull:
 *
 *   remote -> summary -> commits -> queue <-> fetcher -> workers -> transaction -> refs
 *
 * One thread (the caller's) moves bytes and decides; workers verify, unpack and write. The commit
 * point is the transaction's (store/txn.h). A pull that is killed before it leaves staged objects,
 * which the next one takes over, and marks on commits that were not there before; a power cut
 * between the transaction and the end leaves a mark too many, and the next pull walks that commit
 * once more. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/error.h"
#include "base/fd.h"
#include "plain/layout.h"
#include "pull/answer.h"
#include "pull/commits.h"
#include "pull/deltas.h"
#include "pull/mirrors.h"
#include "pull/pull.h"
#include "pull/refs.h"
#include "pull/report.h"
#include "pull/revoked.h"
#include "pull/route.h"
#include "pull/space.h"
#include "store/generation.h"
#include "store/object-read.h"
#include "store/publish.h"
#include "store/remote.h"
#include "store/repo.h"

/* Jobs that workers have not done yet; beyond, the network waits for them. */
#define MAX_UNDERWAY 256
#define PUBLICATION_INTERVAL_US (10 * G_USEC_PER_SEC)
#define IDLE_MS 500

typedef struct {
  PullContext context;
  PullCommits *commits;
  guint64 content_max_bytes;
  PullReport report;
  gint64 next_publication_us;
  gboolean walked;   /* all trees: it is known what is missing */
  GPtrArray *wanted; /* owned WantedRef */
  /* Borrowed, what an attempt before this one wanted and the server did not have; or NULL. */
  GPtrArray *before;
  gboolean lost; /* this one found something missing */
  /* Those of a pull from a folder, which has no remote of its own; owned. */
  PullDemands *demands;
  GError *error; /* why the turn ended the run */
} Pull;

/* ---- Objects from the network ---- */

typedef struct {
  Pull *pull;
  PullItem item;
} Ticket;

static void
fail (Pull *self, GError *error)
{
  if (self->error == NULL)
    self->error = error;
  else
    g_error_free (error);
}

static GError *
explain (const Pull *self, TreeObjectType type, const FetchResult *result)
{
  GError *error = g_error_copy (result->error);
  if (result->status == FETCH_NOT_FOUND)
    g_prefix_error (&error, "the remote's repository is incomplete: ");
  /* Only of files the limit is ours, see set_up(). */
  if (type != TREE_OBJECT_FILE || !g_error_matches (error, TREE_ERROR, TREE_ERROR_CORRUPT))
    return error;
  g_clear_error (&error);
  (void)throw_error (&error, TREE_ERROR_NO_SPACE,
                     "fetch '%s': larger than the %" G_GUINT64_FORMAT " bytes that are free here",
                     result->url, self->content_max_bytes);
  return error;
}

static void
on_object (FetchResult *result, gpointer user_data)
{
  g_autofree Ticket *ticket = user_data;
  Pull *self = ticket->pull;
  if (result->status == FETCH_OK) {
    arrival_push (self->context.arrival, PULL_FETCH, &ticket->item, g_steal_pointer (&result->body),
                  result->url);
    return;
  }
  fail (self, explain (self, ticket->item.type, result));
  pull_item_clear (&ticket->item);
}

/* The pull failed before the object came. */
static void
drop_object (gpointer user_data)
{
  Ticket *ticket = user_data;
  pull_item_clear (&ticket->item);
  g_free (ticket);
}

static void
fetch_object (Pull *self, const PullItem *item)
{
  gboolean is_content = item->type == TREE_OBJECT_FILE;
  char path[sizeof REPO_OBJECTS + OBJECT_PATH_MAX] = REPO_OBJECTS "/";
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&item->checksum, hex);
  object_path (&(ObjectName){item->checksum, item->type}, /* archive= */ TRUE,
               path + strlen (REPO_OBJECTS "/"));
  Ticket *ticket = g_new0 (Ticket, 1);
  ticket->pull = self;
  ticket->item = *item;
  FetchRequest request = {.bases = (const char *const *)self->context.remote->content_bases,
                          .path = path,
                          .max_bytes = is_content ? self->content_max_bytes : OBJECT_METADATA_MAX,
                          .priority = is_content ? FETCH_PRIORITY_CONTENT : FETCH_PRIORITY_METADATA,
                          .keep_name = is_content ? hex : NULL,
                          .anew = arrival_was_bad (self->context.arrival, &item->checksum),
                          .done = on_object,
                          .user_data = ticket,
                          .drop = drop_object};
  fetcher_start (self->context.fetcher, &request);
}

/* ---- The engine ---- */

static gboolean
workers_have_room (Pull *self)
{
  return arrival_n_underway (self->context.arrival) < MAX_UNDERWAY;
}

static void
feed (Pull *self)
{
  PullContext *context = &self->context;
  static const PullAction local_actions[] = {PULL_READ, PULL_IMPORT};
  PullItem item;
  for (gsize i = 0; i < G_N_ELEMENTS (local_actions); i++) {
    while (workers_have_room (self) && pull_queue_next (context->queue, local_actions[i], &item))
      arrival_push (context->arrival, local_actions[i], &item, NULL, NULL);
  }
  while (context->fetcher != NULL && workers_have_room (self) &&
         fetcher_has_room (context->fetcher) && pull_queue_next (context->queue, PULL_FETCH, &item))
    fetch_object (self, &item);
}

/* What is lost by a power cut is what came since. */
static void
publish_now_and_then (Pull *self)
{
  gint64 now = g_get_monotonic_time ();
  if (now < self->next_publication_us)
    return;
  self->next_publication_us = now + PUBLICATION_INTERVAL_US;
  arrival_publish (self->context.arrival);
}

static void
look_ahead (Pull *self)
{
  const PullContext *context = &self->context;
  const PullCounts *counts = pull_queue_counts (context->queue);
  gboolean walked = pull_commits_is_done (self->commits) && pull_queue_is_walked (context->queue);
  pull_report (&self->report, context, walked ? "objects" : "metadata", walked && !self->walked);
  self->walked |= walked;
  if (walked)
    pull_space_estimate (context->space, counts->n_known - counts->n_done);
}

/* FALSE: all is done, or cannot be. */
static gboolean
turn (gpointer user_data)
{
  Pull *self = user_data;
  const volatile int *interrupted = self->context.options->interrupted;
  if (interrupted != NULL && *interrupted && self->error == NULL)
    (void)throw_interrupted (&self->error);
  if (self->error != NULL || !arrival_collect (self->context.arrival, self->context.queue) ||
      !pull_deltas_step (self->context.deltas, &self->error) ||
      !pull_commits_step (self->commits, &self->error))
    return FALSE;
  feed (self);
  publish_now_and_then (self);
  look_ahead (self);
  return !pull_queue_is_done (self->context.queue) || !pull_commits_is_done (self->commits);
}

static gboolean
run (Pull *self, GError **error)
{
  if (self->context.fetcher != NULL)
    return fetcher_run (self->context.fetcher, turn, self, error);
  while (turn (self))
    arrival_wait (self->context.arrival, IDLE_MS);
  return TRUE;
}

/* The workers end first in any case: they hold bodies of the fetcher. Of two errors, that of the
 * turn came first unless it only noticed that a worker had failed. */
static gboolean
run_to_end (Pull *self, GError **error)
{
  g_autoptr (GError) run_error = NULL;
  g_autoptr (GError) worker_error = NULL;
  (void)run (self, &run_error);
  (void)arrival_finish (g_steal_pointer (&self->context.arrival), &worker_error);
  GError **first = self->error != NULL ? &self->error
                   : run_error != NULL ? &run_error
                                       : &worker_error;
  if (*first == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (first));
  return FALSE;
}

/* ---- Setting up ---- */

static void
wake_fetcher (gpointer user_data)
{
  fetcher_wakeup (user_data);
}

static gboolean
open_caches (PullContext *context, GError **error)
{
  for (const char *const *path = context->options->localcache_repos; path != NULL && *path != NULL;
       path++) {
    TreeRepo *cache = tree_repo_open (AT_FDCWD, *path, error);
    if (cache == NULL)
      return FALSE;
    g_ptr_array_add (context->sources, cache);
  }
  return TRUE;
}

static gboolean
open_fetcher (PullContext *context, GError **error)
{
  if (context->is_local)
    return TRUE;
  autofd int tmp = dir_open_at (context->repo->dfd, REPO_TMP, error);
  if (tmp < 0)
    return FALSE;
  if (!dir_ensure_at (context->repo->dfd, REPO_PARTIAL, 0700, error))
    return FALSE;
  autofd int partial = dir_open_at (context->repo->dfd, REPO_PARTIAL, error);
  if (partial < 0)
    return FALSE;
  context->tmp_dfd = fd_steal (&tmp);
  context->partial_dfd = fd_steal (&partial);
  FetchConfig *fetch = &context->remote->fetch;
  fetch->tmp_dfd = context->tmp_dfd;
  fetch->keep_partials = TRUE;
  fetch->partial_dfd = context->partial_dfd;
  fetch->sync_partials = !context->options->disable_fsync;
  context->fetcher = fetcher_new (&context->remote->fetch, error);
  return context->fetcher != NULL &&
         pull_remote_find_mirrors (context->remote, context->fetcher, context->options->interrupted,
                                   error);
}

static gboolean
check_options (const TreePullOptions *options, GError **error)
{
  if (options->disable_static_deltas && options->require_static_deltas)
    return throw_error (error, TREE_ERROR_INVALID,
                        "static deltas cannot be both required and disabled");
  if (options->dry_run && options->disable_static_deltas)
    return throw_error (error, TREE_ERROR_INVALID,
                        "a dry run tells what static deltas cost: it does not go with "
                        "--disable-static-deltas");
  if (options->depth < -1)
    return throw_error (error, TREE_ERROR_INVALID, "depth %d: must be -1 (all) or more",
                        options->depth);
  if (options->depth != 0 &&
      (options->timestamp_check || options->timestamp_check_from_rev != NULL))
    return throw_error (
        error, TREE_ERROR_INVALID,
        "the timestamp check and a depth exclude each other: parents are always older");
  return TRUE;
}

static gboolean
set_up (Pull *self, GError **error)
{
  PullContext *context = &self->context;
  const TreePullOptions *options = context->options;
  if (!check_options (options, error))
    return FALSE;
  if (options->subpaths != NULL && options->subpaths[0] != NULL) {
    context->subpaths = route_parse (options->subpaths, error);
    if (context->subpaths == NULL)
      return FALSE;
  }
  struct statvfs st;
  if (fstatvfs (context->repo->dfd, &st) < 0)
    return throw_errno (error, "statvfs");
  /* What is larger than the free space cannot be meant to be stored here. */
  self->content_max_bytes = MAX ((guint64)st.f_bavail * st.f_frsize, 1024 * 1024);
  if (!open_caches (context, error) || !open_fetcher (context, error))
    return FALSE;
  if (options->per_object_fsync)
    context->repo->per_object_fsync = TRUE;
  context->txn = txn_begin (context->repo, !options->disable_fsync, error);
  if (context->txn == NULL)
    return FALSE;
  /* A signature vouches for all that the commit names. */
  context->trusted = context->is_local && !options->untrusted && !demands_commit (context->demands);
  context->queue = pull_queue_new ();
  context->deltas = pull_deltas_new (context);
  context->space = pull_space_new (context);
  self->commits = pull_commits_new (context);
  ArrivalConfig config = {.txn = context->txn,
                          .sources = context->sources,
                          .source_has_all = context->is_local,
                          .trusted = context->trusted,
                          .as_is = options->http_trusted && options->mirror &&
                                   context->repo->mode->archive,
                          .refuse_special = options->bareuseronly_files,
                          .subpaths = (const char *const *)context->subpaths,
                          .wake = context->fetcher != NULL ? wake_fetcher : NULL,
                          .wake_data = context->fetcher};
  context->arrival = arrival_new (&config);
  return TRUE;
}

static void
pull_clear (Pull *self)
{
  PullContext *context = &self->context;
  if (context->arrival != NULL)
    (void)arrival_finish (context->arrival, NULL);
  g_clear_pointer (&self->commits, pull_commits_free);
  g_clear_pointer (&self->wanted, g_ptr_array_unref);
  g_clear_pointer (&context->deltas, pull_deltas_free);
  g_clear_pointer (&context->space, pull_space_free);
  g_clear_pointer (&context->fetcher, fetcher_free);
  g_clear_pointer (&context->queue, pull_queue_free);
  g_clear_pointer (&context->txn, txn_free);
  g_clear_pointer (&context->sources, g_ptr_array_unref);
  g_clear_pointer (&context->remote, pull_remote_free);
  g_clear_pointer (&self->demands, demands_free);
  g_free (context->ref_remote);
  g_free (context->collection_id);
  g_free (context->ref_collection);
  g_strfreev (context->subpaths);
  fd_cleanup (&context->tmp_dfd);
  fd_cleanup (&context->partial_dfd);
  g_clear_error (&self->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pull, pull_clear)

/* ---- The end ---- */

static gboolean
store_summary (const PullContext *context, const PullSummary *summary, GError **error)
{
  static const char *const names[] = {REPO_SUMMARY, REPO_SUMMARY_SIG};
  GBytes *const contents[] = {summary->bytes, summary->signature};
  if (!generation_mirror (context->repo, summary->bytes, summary->signature, error))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    if (contents[i] == NULL) {
      (void)unlinkat (context->repo->dfd, names[i], 0); /* hardly ever there */
      continue;
    }
    gsize len;
    const void *data = g_bytes_get_data (contents[i], &len);
    if (!file_replace_durable_at (context->repo->dfd, names[i], data, len, 0644, error))
      return FALSE;
  }
  return TRUE;
}

static void
count_result (Pull *self, const TxnStats *stats, gint64 begin_us, TreePullResult *out)
{
  const PullContext *context = &self->context;
  const PullCounts *counts = pull_queue_counts (context->queue);
  guint n_commits = pull_commits_n_arrived (self->commits);
  PullDeltaCounts deltas;
  pull_deltas_count (context->deltas, &deltas);
  *out = (TreePullResult){
      .n_metadata_fetched = counts->n_metadata[PULL_FETCH] +
                            (context->fetcher != NULL ? n_commits : 0),
      .n_content_fetched = counts->n_content[PULL_FETCH],
      .n_metadata_imported = counts->n_metadata[PULL_IMPORT] +
                             (context->fetcher != NULL ? 0 : n_commits),
      .n_content_imported = counts->n_content[PULL_IMPORT],
      .transferred_bytes = context->fetcher != NULL ? fetcher_received_bytes (context->fetcher) : 0,
      .content_bytes_written = stats->content_bytes_written,
      .elapsed_s = (double)(g_get_monotonic_time () - begin_us) / G_USEC_PER_SEC,
      .is_local = context->is_local,
      .n_delta_parts = deltas.n_parts,
      .n_delta_parts_done = deltas.n_done,
      .delta_bytes = deltas.bytes,
      .delta_unpacked_bytes = deltas.unpacked_bytes,
  };
}

/* A mirror is one of the list of revoked keys, too; before the summary that announces it. */
static gboolean
store_published (const PullContext *context, const PullSummary *summary, GError **error)
{
  return pull_revoked_mirror (context->repo, context->is_local ? context->sources->pdata[0] : NULL,
                              context->remote, context->fetcher, context->options->interrupted,
                              error) &&
         store_summary (context, summary, error);
}

/* Everything is complete only if everything was asked for. */
static gboolean
is_full (const PullContext *context)
{
  return !context->options->commit_metadata_only &&
         (context->subpaths == NULL ||
          g_strv_contains ((const char *const *)context->subpaths, "/"));
}

/* A folder is read each time. Of a server the summary has asked already, unless nothing of it is
 * new, or nobody asked for a summary; but no commit is taken without having asked. */
static gboolean
look_for_revoked (const PullContext *context, const GPtrArray *wanted, GError **error)
{
  gboolean is_news = context->options->depth != 0;
  for (guint i = 0; !is_news && i < wanted->len; i++) {
    const WantedRef *ref = wanted->pdata[i];
    gboolean complete = FALSE;
    if (!commit_is_complete (context->repo, &ref->commit, &complete, error))
      return FALSE;
    is_news = !complete;
  }
  return !is_news || pull_revoked_look (context->remote->revoked, context->remote, context->fetcher,
                                        context->options->interrupted, error);
}

static GPtrArray *
resolve_refs (PullContext *context, PullSummary *summary, GError **error)
{
  PullRevoked *revoked = context->remote != NULL ? context->remote->revoked : NULL;
  if (context->is_local && !pull_revoked_read (revoked, context->sources->pdata[0], error))
    return NULL;
  g_autoptr (GPtrArray) wanted = pull_resolve_refs (context, summary, error);
  if (wanted == NULL ||
      (!context->is_local && revoked != NULL && !look_for_revoked (context, wanted, error)))
    return NULL;
  return g_steal_pointer (&wanted);
}

/* Do two attempts want the same? */
static gboolean
is_same (const GPtrArray *a, const GPtrArray *b)
{
  gboolean same = a->len == b->len;
  for (guint i = 0; i < a->len && same; i++) {
    const WantedRef *left = a->pdata[i], *right = b->pdata[i];
    same = tree_checksum_equal (&left->commit, &right->commit);
  }
  return same;
}

static gboolean
find_targets (Pull *self, PullSummary *summary, GError **error)
{
  PullContext *context = &self->context;
  pull_report (&self->report, context, "refs", TRUE);
  self->wanted = resolve_refs (context, summary, error);
  if (self->wanted == NULL)
    return FALSE;
  if (self->before != NULL && is_same (self->wanted, self->before))
    return throw_error (error, TREE_ERROR_NOT_FOUND, "the remote names the same commits still");
  for (guint i = 0; i < self->wanted->len; i++) {
    const WantedRef *ref = self->wanted->pdata[i];
    if (!pull_deltas_find (context->deltas, summary, &ref->commit, ref->name, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
fetch_targets (Pull *self, GError **error)
{
  for (guint i = 0; i < self->wanted->len; i++) {
    const WantedRef *ref = self->wanted->pdata[i];
    if (!pull_commits_want (self->commits, ref, error))
      return FALSE;
  }
  g_autoptr (GError) local = NULL;
  if (run_to_end (self, &local))
    return TRUE;
  self->lost = g_error_matches (local, TREE_ERROR, TREE_ERROR_NOT_FOUND);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
publish (Pull *self, const PullSummary *summary, TxnStats *out_stats, GError **error)
{
  PullContext *context = &self->context;
  const char *const *refs = context->options->refs;
  gboolean is_all = refs == NULL || refs[0] == NULL;
  pull_report (&self->report, context, "publish", TRUE);
  for (guint i = 0; i < self->wanted->len; i++) {
    const WantedRef *ref = self->wanted->pdata[i];
    if (ref->name != NULL)
      pull_set_ref (context, ref);
  }
  if (!txn_commit (context->txn, out_stats, error) ||
      (is_full (context) && !pull_commits_unmark (self->commits, error)) ||
      (self->wanted->len > 0 && !publish_automatically (context->repo, error)))
    return FALSE;
  return !context->options->mirror || !is_all || summary->bytes == NULL ||
         store_published (context, summary, error);
}

static gboolean
pull (Pull *self, TreePullResult *out, GError **error)
{
  gint64 begin_us = g_get_monotonic_time ();
  g_auto (PullSummary) summary = {0};
  TxnStats stats = {0};
  self->next_publication_us = begin_us + PUBLICATION_INTERVAL_US;
  if (!set_up (self, error) || !find_targets (self, &summary, error))
    return FALSE;
  if (!self->context.options->dry_run &&
      (!fetch_targets (self, error) || !publish (self, &summary, &stats, error)))
    return FALSE;
  if (out != NULL)
    count_result (self, &stats, begin_us, out);
  return TRUE;
}

/* What a person can do about it, for the errors that come from far below. */
static gboolean
add_remedy (GError **error)
{
  if (error == NULL || *error == NULL)
    return FALSE;
  const char *remedy = NULL;
  if (g_error_matches (*error, TREE_ERROR, TREE_ERROR_NO_SPACE))
    remedy = "what was fetched is kept: make room and pull again to go on";
  else if (g_error_matches (*error, TREE_ERROR, TREE_ERROR_CORRUPT))
    remedy =
        "nothing of it was kept: have the source checked by fsck, or pull from another by --url";
  if (remedy == NULL)
    return FALSE;
  char *longer = g_strdup_printf ("%s; %s", (*error)->message, remedy);
  g_free ((*error)->message);
  (*error)->message = longer;
  return FALSE;
}

static void
unref_repo (gpointer repo)
{
  tree_repo_unref (repo);
}

static void
init (Pull *self, TreeRepo *repo, const TreePullOptions *options)
{
  self->context.repo = repo;
  self->context.options = options;
  self->context.sources = g_ptr_array_new_with_free_func (unref_repo);
}

/* The source of a remote that is a folder. @medium: (nullable): what is in its place */
static gboolean
open_source (PullContext *context, TreeRepo *medium, GError **error)
{
  const char *path = context->remote->file_path;
  if (path == NULL)
    return TRUE;
  TreeRepo *source = medium != NULL ? tree_repo_ref (medium)
                                    : tree_repo_open (AT_FDCWD, path, error);
  if (source == NULL)
    return FALSE;
  context->is_local = TRUE;
  g_ptr_array_add (context->sources, source);
  return TRUE;
}

static gboolean
pull_remote (Pull *self, const char *remote, TreeRepo *medium, TreePullResult *out, GError **error)
{
  PullContext *context = &self->context;
  const TreePullOptions *options = context->options;
  context->remote = pull_remote_load (context->repo, remote, options, /* verify= */ TRUE, error);
  if (context->remote == NULL ||
      (medium != NULL && !demands_only_commits (context->remote->demands, error)))
    return FALSE;
  context->demands = context->remote->demands;
  context->ref_remote = options->mirror ? NULL : g_strdup (remote);
  context->collection_id = g_strdup (context->remote->collection_id);
  context->ref_collection = options->mirror ? g_strdup (context->collection_id) : NULL;
  return open_source (context, medium, error) && (pull (self, out, error) || add_remedy (error));
}

/* @before: (nullable): what an attempt before this one wanted. *@out_lost: (transfer full): what
 * this one did, when it failed because the server does not have all of it; else unset. */
static gboolean
try_remote (TreeRepo *self, const char *remote, const TreePullOptions *options, GPtrArray *before,
            GPtrArray **out_lost, TreePullResult *out, GError **error)
{
  g_auto (Pull) state = {.context = PULL_CONTEXT_INIT, .before = before};
  init (&state, self, options);
  gboolean ok = pull_remote (&state, remote, NULL, out, error);
  if (!ok && state.lost && !state.context.is_local)
    *out_lost = g_steal_pointer (&state.wanted);
  return ok;
}

/* What is missing below a commit may have been pruned while it was pulled: then the refs lead to a
 * newer one now. What was staged is taken over, so that nothing that both share is fetched again.
 * Once: a server that is faster than its clients is not for them. */
gboolean
tree_repo_pull (TreeRepo *self, const char *remote, const TreePullOptions *options,
                TreePullResult *out, GError **error)
{
  g_autoptr (GPtrArray) lost = NULL;
  g_autoptr (GPtrArray) lost_again = NULL;
  g_autoptr (GError) first = NULL;
  g_autoptr (GError) second = NULL;
  if (try_remote (self, remote, options, NULL, &lost, out, &first))
    return TRUE;
  if (lost != NULL) {
    g_debug ("%s; asking what the refs are now", first->message);
    if (try_remote (self, remote, options, lost, &lost_again, out, &second))
      return TRUE;
  }
  gboolean says_more = second != NULL &&
                       !g_error_matches (second, TREE_ERROR, TREE_ERROR_NOT_FOUND);
  g_propagate_error (error, says_more ? g_steal_pointer (&second) : g_steal_pointer (&first));
  return FALSE;
}

gboolean
pull_from_medium (TreeRepo *self, const char *remote, TreeRepo *medium,
                  const TreePullOptions *options, TreePullResult *out, GError **error)
{
  g_auto (Pull) state = {.context = PULL_CONTEXT_INIT};
  TreePullOptions strict = *options;
  strict.url = "file:///"; /* where the remote is otherwise is of no interest */
  strict.untrusted = TRUE;
  strict.timestamp_check = options->depth == 0;
  init (&state, self, &strict);
  return pull_remote (&state, remote, medium, out, error);
}

gboolean
tree_repo_pull_local (TreeRepo *self, TreeRepo *source, const char *remote,
                      const TreePullOptions *options, TreePullResult *out, GError **error)
{
  g_auto (Pull) state = {.context = PULL_CONTEXT_INIT};
  init (&state, self, options);
  state.context.is_local = TRUE;
  state.context.ref_remote = g_strdup (remote);
  state.context.collection_id = g_strdup (source->collection_id);
  if (options->gpg_verify || options->gpg_verify_summary) {
    if (remote == NULL)
      return throw_error (error, TREE_ERROR_INVALID,
                          "Must specify remote name to enable gpg verification");
    state.demands = demands_new_gpg (self, remote, options->gpg_verify, options->gpg_verify_summary,
                                     error);
    if (state.demands == NULL)
      return FALSE;
    state.context.demands = state.demands;
  }
  g_ptr_array_add (state.context.sources, tree_repo_ref (source));
  return pull (&state, out, error) || add_remedy (error);
}

gboolean
pull_collection (TreeRepo *self, TreeRepo *source, const char *collection,
                 const TreePullOptions *options, TreePullResult *out, GError **error)
{
  g_auto (Pull) state = {.context = PULL_CONTEXT_INIT};
  init (&state, self, options);
  state.context.is_local = TRUE;
  state.context.collection_id = g_strdup (collection);
  state.context.ref_collection = g_strdup (collection);
  g_ptr_array_add (state.context.sources, tree_repo_ref (source));
  return pull (&state, out, error) || add_remedy (error);
}
