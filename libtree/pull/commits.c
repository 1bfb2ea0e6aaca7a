/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/commits.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "core/bindings.h"
#include "core/checksum.h"
#include "plain/layout.h"
#include "pull/answer.h"
#include "pull/deltas.h"
#include "pull/refs.h"
#include "pull/space.h"
#include "pull/verify.h"
#include "store/object-import.h"
#include "store/object-read.h"

/* Of a commit whose size no summary tells. What can make one large is the table of sizes, with some
 * forty bytes for each object. */
#define COMMIT_MAX_BYTES ((guint64)16 * 1024 * 1024)
#define TOMBSTONE_MAX_BYTES ((guint64)1024)

typedef struct {
  TreeChecksum checksum;
  char *ref;            /* by which it was asked for, or NULL */
  guint64 max_bytes;    /* of the object */
  int depth;            /* parents to follow; -1: all */
  gboolean is_parent;   /* then it may be missing */
  gboolean is_gone;     /* it is, and what is asked for is its tombstone */
  gboolean is_here;     /* in the repository or staged */
  gboolean is_complete; /* and all below it as well */
  gboolean wants_tree;  /* it is stored; its tree comes when the delta is applied */
  PullAnswer object;
  PullAnswer detached;
} WantedCommit;

struct PullCommits {
  PullContext *context; /* borrowed */
  GPtrArray *waiting;   /* owned WantedCommit that are being fetched */
  GPtrArray *postponed; /* owned WantedCommit that are stored, and whose trees a delta brings */
  GHashTable *depths;   /* owned TreeChecksum -> depth that was wanted of it, +1 so that all is 0 */
  GArray *marked;       /* TreeChecksum: commits to unmark at the end */
  guint n_arrived;
};

static void
wanted_commit_free (gpointer data)
{
  WantedCommit *wanted = data;
  g_free (wanted->ref);
  answer_clear (&wanted->object);
  answer_clear (&wanted->detached);
  g_free (wanted);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (WantedCommit, wanted_commit_free)

PullCommits *
pull_commits_new (PullContext *context)
{
  PullCommits *self = g_new0 (PullCommits, 1);
  self->context = context;
  self->waiting = g_ptr_array_new_with_free_func (wanted_commit_free);
  self->postponed = g_ptr_array_new_with_free_func (wanted_commit_free);
  self->depths = g_hash_table_new_full (checksum_hash, checksum_equal, g_free, NULL);
  self->marked = g_array_new (FALSE, FALSE, sizeof (TreeChecksum));
  return self;
}

void
pull_commits_free (PullCommits *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->waiting);
  g_ptr_array_unref (self->postponed);
  g_hash_table_unref (self->depths);
  g_array_unref (self->marked);
  g_free (self);
}

gboolean
pull_commits_is_done (const PullCommits *self)
{
  return self->waiting->len == 0 && self->postponed->len == 0;
}

guint
pull_commits_n_arrived (const PullCommits *self)
{
  return self->n_arrived;
}

/* ---- Asking for it ---- */

static void
request (PullCommits *self, PullAnswer *answer, const TreeChecksum *commit, TreeObjectType type,
         guint64 max_bytes)
{
  const PullRemote *remote = self->context->remote;
  char **bases = type == TREE_OBJECT_COMMIT_META ? remote->bases : remote->content_bases;
  char path[OBJECT_PATH_MAX];
  object_path (&(ObjectName){*commit, type}, /* archive= */ TRUE, path);
  g_autofree char *below = g_build_filename (REPO_OBJECTS, path, NULL);
  answer_request (answer, self->context->fetcher, (const char *const *)bases, below, max_bytes,
                  NULL, NULL);
}

/* From the local source instead; what is not there is "not found", as on a server. */
static gboolean
load (PullCommits *self, PullAnswer *answer, const TreeChecksum *commit, TreeObjectType type,
      GError **error)
{
  const TreeRepo *source = self->context->sources->pdata[0];
  if (!object_load_optional (source, type, commit, &answer->bytes, error))
    return prefix_error (error, "'%s'", source->path);
  answer->done = TRUE;
  answer->status = answer->bytes != NULL ? FETCH_OK : FETCH_NOT_FOUND;
  answer->url = g_strdup (source->path);
  if (answer->bytes == NULL) {
    g_autofree char *name = object_to_string (&(ObjectName){*commit, type});
    (void)throw_error (&answer->error, TREE_ERROR_NOT_FOUND, "No such metadata object %s in '%s'",
                       name, source->path);
  }
  return TRUE;
}

/* A commit that a cache repository has need not be fetched; its tree is looked for there, too. */
static gboolean
load_from_cache (PullCommits *self, WantedCommit *wanted, GError **error)
{
  const PullContext *context = self->context;
  for (guint i = 0; i < context->sources->len && wanted->object.bytes == NULL; i++) {
    if (!object_load_optional (context->sources->pdata[i], TREE_OBJECT_COMMIT, &wanted->checksum,
                               &wanted->object.bytes, error))
      return FALSE;
  }
  wanted->object.done = wanted->object.bytes != NULL;
  return TRUE;
}

/* … and one that a delta brings. */
static void
take_from_delta (PullCommits *self, WantedCommit *wanted)
{
  GBytes *carried = pull_deltas_commit (self->context->deltas, &wanted->checksum);
  if (carried == NULL || wanted->object.done)
    return;
  wanted->object.bytes = g_bytes_ref (carried);
  wanted->object.url = g_strdup ("the superblock of the static delta");
  wanted->object.done = TRUE;
}

/* Is it in the repository, published, with nothing missing below? A staged commit never is: the
 * pull that staged it did not come to its end. */
static gboolean
look_up (PullCommits *self, WantedCommit *wanted, GError **error)
{
  const PullContext *context = self->context;
  return txn_has_object (context->txn, TREE_OBJECT_COMMIT, &wanted->checksum, &wanted->is_here,
                         error) &&
         commit_is_complete (context->repo, &wanted->checksum, &wanted->is_complete, error);
}

/* Asks for the object and for what is beside it, where they are not at hand. */
static gboolean
ask (PullCommits *self, WantedCommit *wanted, GError **error)
{
  const TreeChecksum *commit = &wanted->checksum;
  if (!look_up (self, wanted, error))
    return FALSE;
  if (wanted->is_here)
    wanted->object.done = TRUE;
  take_from_delta (self, wanted);
  if (self->context->is_local)
    return (wanted->object.done ||
            load (self, &wanted->object, commit, TREE_OBJECT_COMMIT, error)) &&
           load (self, &wanted->detached, commit, TREE_OBJECT_COMMIT_META, error);
  if (!wanted->object.done && !load_from_cache (self, wanted, error))
    return FALSE;
  if (!wanted->object.done)
    request (self, &wanted->object, commit, TREE_OBJECT_COMMIT, wanted->max_bytes);
  request (self, &wanted->detached, commit, TREE_OBJECT_COMMIT_META, OBJECT_METADATA_MAX);
  return TRUE;
}

static gboolean
want (PullCommits *self, const WantedRef *ref, int depth, gboolean is_parent, GError **error)
{
  /* As unsigned, -1 is the deepest of all. */
  gpointer seen;
  if (ref->name == NULL && g_hash_table_lookup_extended (self->depths, &ref->commit, NULL, &seen) &&
      (guint)GPOINTER_TO_INT (seen) >= (guint)depth)
    return TRUE;
  (void)g_hash_table_replace (self->depths, g_memdup2 (&ref->commit, sizeof ref->commit),
                              GINT_TO_POINTER (depth));
  g_autoptr (WantedCommit) wanted = g_new0 (WantedCommit, 1);
  wanted->checksum = ref->commit;
  wanted->ref = g_strdup (ref->name);
  wanted->max_bytes = ref->commit_size > 0 ? MIN (ref->commit_size, OBJECT_METADATA_MAX)
                                           : COMMIT_MAX_BYTES;
  wanted->depth = depth;
  wanted->is_parent = is_parent;
  if (!ask (self, wanted, error))
    return FALSE;
  g_ptr_array_add (self->waiting, g_steal_pointer (&wanted));
  return TRUE;
}

gboolean
pull_commits_want (PullCommits *self, const WantedRef *ref, GError **error)
{
  return want (self, ref, self->context->options->depth, /* is_parent= */ FALSE, error);
}

/* ---- Verifying ---- */

static gboolean
check_bytes (const PullContext *context, const WantedCommit *wanted, GError **error)
{
  TreeChecksum found;
  if (wanted->is_here || context->trusted)
    return TRUE;
  hash_data (g_bytes_get_data (wanted->object.bytes, NULL), g_bytes_get_size (wanted->object.bytes),
             &found);
  if (object_check_sum (&(ObjectName){wanted->checksum, TREE_OBJECT_COMMIT}, &found, error))
    return TRUE;
  return wanted->object.url != NULL && prefix_error (error, "fetched '%s'", wanted->object.url);
}

/* Like every object it is fetched once more when it came with other bytes than its own. */
static gboolean
fetches_anew (PullCommits *self, WantedCommit *wanted)
{
  const PullContext *context = self->context;
  if (context->is_local || wanted->is_gone || wanted->object.anew || wanted->object.bytes == NULL ||
      check_bytes (context, wanted, NULL))
    return FALSE;
  wanted->object.anew = TRUE;
  request (self, &wanted->object, &wanted->checksum, TREE_OBJECT_COMMIT, wanted->max_bytes);
  return TRUE;
}

static gboolean
check_timestamp_of (const PullContext *context, const WantedCommit *wanted, const Commit *commit,
                    const TreeChecksum *current, GError **error)
{
  g_auto (Commit) old = {0};
  if (tree_checksum_equal (current, &wanted->checksum))
    return TRUE;
  return object_load_commit (context->repo, current, &old, error) &&
         verify_timestamp (&wanted->checksum, commit, current, &old, error);
}

static gboolean
check_timestamps (const PullContext *context, const WantedCommit *wanted, const Commit *commit,
                  GError **error)
{
  TreeChecksum current;
  gboolean found = FALSE;
  if (context->options->timestamp_check && wanted->ref != NULL &&
      (!pull_current_commit (context, wanted->ref, &found, &current, error) ||
       (found && !check_timestamp_of (context, wanted, commit, &current, error))))
    return FALSE;
  const char *rev = context->options->timestamp_check_from_rev;
  return rev == NULL || (tree_repo_resolve_rev (context->repo, rev, &current, error) &&
                         check_timestamp_of (context, wanted, commit, &current, error));
}

/* Where the remote has no detached metadata, what came with the commit once is as good. */
static gboolean
check_signatures (const PullContext *context, const WantedCommit *wanted, GError **error)
{
  g_autoptr (GBytes) stored = NULL;
  if (context->demands != NULL && wanted->detached.bytes == NULL &&
      !object_load_optional (context->repo, TREE_OBJECT_COMMIT_META, &wanted->checksum, &stored,
                             error))
    return FALSE;
  return demands_check_commit (context->demands, wanted->object.bytes,
                               stored != NULL ? stored : wanted->detached.bytes, error);
}

static gboolean
verify (const PullContext *context, const WantedCommit *wanted, const Commit *commit,
        GError **error)
{
  if (!check_signatures (context, wanted, error))
    return FALSE;
  if (!context->options->disable_verify_bindings &&
      !bindings_verify (commit->metadata, context->collection_id, wanted->ref, error))
    return FALSE;
  return wanted->is_parent || check_timestamps (context, wanted, commit, error);
}

/* ---- Storing, and what follows ---- */

/* The bytes that were judged, or a link to a file that has the same, by its checksum. */
static gboolean
store_commit (const PullContext *context, const WantedCommit *wanted, GError **error)
{
  const ObjectName name = {wanted->checksum, TREE_OBJECT_COMMIT};
  g_autoptr (GBytes) bytes = NULL;
  if (!context->is_local || pull_deltas_commit (context->deltas, &name.checksum) != NULL)
    return txn_put_metadata (context->txn, name.type, wanted->object.bytes, &name.checksum, NULL,
                             error);
  return object_import_metadata (context->txn, context->sources->pdata[0], &name, context->trusted,
                                 &bytes, error) &&
         (bytes != NULL || throw_error (error, TREE_ERROR_CHANGED, "it has just been deleted"));
}

static gboolean
store (PullCommits *self, const WantedCommit *wanted, GError **error)
{
  const PullContext *context = self->context;
  if (!wanted->is_complete) {
    if (!commit_set_partial (context->repo, &wanted->checksum, TRUE, error))
      return FALSE;
    g_array_append_val (self->marked, wanted->checksum);
  }
  if (wanted->detached.bytes != NULL &&
      !txn_put_metadata (context->txn, TREE_OBJECT_COMMIT_META, wanted->detached.bytes,
                         &wanted->checksum, NULL, error))
    return FALSE;
  if (wanted->is_here)
    return TRUE;
  if (pull_deltas_commit (context->deltas, &wanted->checksum) == NULL)
    self->n_arrived++;
  return store_commit (context, wanted, error);
}

/* A complete commit whose tree is probably much the same: what the ref points to now, or the
 * parent. */
static gboolean
find_relative (const PullContext *context, const WantedCommit *wanted, const Commit *commit,
               gboolean *out_found, Commit *out, GError **error)
{
  TreeChecksum candidate;
  *out_found = FALSE;
  if (wanted->ref != NULL) {
    if (!pull_current_commit (context, wanted->ref, out_found, &candidate, error) ||
        (*out_found && !commit_is_complete (context->repo, &candidate, out_found, error)))
      return FALSE;
  }
  if (!*out_found && commit->has_parent) {
    candidate = commit->parent;
    if (!commit_is_complete (context->repo, &candidate, out_found, error))
      return FALSE;
  }
  return !*out_found || object_load_commit (context->repo, &candidate, out, error);
}

static gboolean
add_item (PullContext *context, PullItem *item, GError **error)
{
  if (!arrival_locate (context->arrival, item->type, &item->checksum, &item->where, error)) {
    pull_item_clear (item);
    return FALSE;
  }
  pull_queue_add (context->queue, item);
  return TRUE;
}

static gboolean
add_tree (PullCommits *self, const WantedCommit *wanted, const Commit *commit, GError **error)
{
  PullContext *context = self->context;
  g_auto (Commit) relative = {0};
  PullItem tree = {.type = TREE_OBJECT_DIR_TREE, .checksum = commit->root};
  PullItem meta = {.type = TREE_OBJECT_DIR_META, .checksum = commit->root_meta};
  if (!find_relative (context, wanted, commit, &tree.has_against, &relative, error) ||
      !add_item (context, &meta, error))
    return FALSE;
  if (tree.has_against)
    tree.against = relative.root;
  if (tree.has_against && tree_checksum_equal (&tree.against, &tree.checksum))
    return TRUE;
  if (context->subpaths != NULL && !g_strv_contains ((const char *const *)context->subpaths, "/"))
    tree.route = g_strdup ("/");
  return add_item (context, &tree, error);
}

/* Is one commit all that was asked for? */
static gboolean
is_alone (const PullCommits *self)
{
  return g_hash_table_size (self->depths) == 1 && self->context->options->depth == 0;
}

static gboolean
arrived (PullCommits *self, WantedCommit *wanted, GError **error)
{
  const PullContext *context = self->context;
  g_auto (Commit) commit = {0};
  if (wanted->is_here && !txn_load_metadata (context->txn, TREE_OBJECT_COMMIT, &wanted->checksum,
                                             &wanted->object.bytes, error))
    return FALSE;
  if (!check_bytes (context, wanted, error) ||
      !commit_parse (wanted->object.bytes, &commit, error) ||
      !verify (context, wanted, &commit, error))
    return FALSE;
  /* Before the first byte is written. */
  if (!wanted->is_complete &&
      !pull_space_add (context->space, &wanted->checksum, &commit, is_alone (self), error))
    return FALSE;
  if (!store (self, wanted, error))
    return FALSE;
  const WantedRef parent = {.commit = commit.parent};
  if (commit.has_parent && wanted->depth != 0 &&
      !want (self, &parent, wanted->depth > 0 ? wanted->depth - 1 : -1, /* is_parent= */ TRUE,
             error))
    return FALSE;
  wanted->wants_tree = !wanted->is_complete && !context->options->commit_metadata_only;
  return !wanted->wants_tree || pull_deltas_start (context->deltas, &wanted->checksum, error);
}

/* The tree of a commit that is stored, when the delta to it is applied, or there is none. */
static gboolean
follow (PullCommits *self, WantedCommit *wanted, gboolean *out_followed, GError **error)
{
  g_auto (Commit) commit = {0};
  *out_followed = !wanted->wants_tree ||
                  pull_deltas_is_done (self->context->deltas, &wanted->checksum);
  if (!*out_followed || !wanted->wants_tree)
    return TRUE;
  return commit_parse (wanted->object.bytes, &commit, error) &&
         add_tree (self, wanted, &commit, error);
}

/* ---- History that was deleted on purpose ---- */

static gboolean
ask_for_tombstone (PullCommits *self, WantedCommit *wanted, GError **error)
{
  wanted->is_gone = TRUE;
  answer_clear (&wanted->object);
  if (self->context->is_local)
    return load (self, &wanted->object, &wanted->checksum, TREE_OBJECT_TOMBSTONE, error);
  request (self, &wanted->object, &wanted->checksum, TREE_OBJECT_TOMBSTONE, TOMBSTONE_MAX_BYTES);
  return TRUE;
}

/* Where history ends without one, that is no fault either. */
static gboolean
store_tombstone (PullCommits *self, const WantedCommit *wanted, GError **error)
{
  g_autoptr (GBytes) expected = commit_build_tombstone (&wanted->checksum);
  return wanted->object.bytes == NULL || !g_bytes_equal (wanted->object.bytes, expected) ||
         txn_put_metadata (self->context->txn, TREE_OBJECT_TOMBSTONE, expected, &wanted->checksum,
                           NULL, error);
}

/* ---- All of it ---- */

static gboolean
take (PullCommits *self, WantedCommit *wanted, GError **error)
{
  if (wanted->detached.bytes == NULL)
    wanted->detached.bytes = pull_deltas_commitmeta (self->context->deltas, &wanted->checksum);
  if (arrived (self, wanted, error))
    return TRUE;
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&wanted->checksum, hex);
  return prefix_error (error, "commit %s", hex);
}

/* *@out_wait: it waits for something else now. */
static gboolean
settle (PullCommits *self, WantedCommit *wanted, gboolean *out_wait, GError **error)
{
  *out_wait = FALSE;
  if (wanted->is_gone)
    return store_tombstone (self, wanted, error);
  if (!answer_check (&wanted->object, error) || !answer_check (&wanted->detached, error))
    return FALSE;
  if (wanted->is_here || wanted->object.bytes != NULL)
    return take (self, wanted, error);
  *out_wait = wanted->is_parent;
  if (wanted->is_parent)
    return ask_for_tombstone (self, wanted, error);
  g_propagate_error (error, g_steal_pointer (&wanted->object.error));
  return FALSE;
}

gboolean
pull_commits_step (PullCommits *self, GError **error)
{
  for (guint i = 0; i < self->waiting->len;) {
    WantedCommit *peek = self->waiting->pdata[i];
    if (!peek->object.done || !peek->detached.done || fetches_anew (self, peek)) {
      i++;
      continue;
    }
    /* Settling may add parents to the end of the list. */
    gboolean wait = FALSE;
    g_autoptr (WantedCommit) wanted = g_ptr_array_steal_index (self->waiting, i);
    if (!settle (self, wanted, &wait, error))
      return FALSE;
    g_ptr_array_add (wait ? self->waiting : self->postponed, g_steal_pointer (&wanted));
  }
  for (guint i = 0; i < self->postponed->len;) {
    gboolean followed = FALSE;
    if (!follow (self, self->postponed->pdata[i], &followed, error))
      return FALSE;
    if (followed)
      g_ptr_array_remove_index (self->postponed, i);
    else
      i++;
  }
  return TRUE;
}

gboolean
pull_commits_unmark (PullCommits *self, GError **error)
{
  for (guint i = 0; i < self->marked->len; i++) {
    if (!commit_set_partial (self->context->repo, &g_array_index (self->marked, TreeChecksum, i),
                             FALSE, error))
      return FALSE;
  }
  return TRUE;
}
