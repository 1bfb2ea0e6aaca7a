/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Deleting what no root reaches (tree_repo_prune).
 *
 *   1 under the shared lock, beside commits and pulls: read the roots, walk what they reach, list
 *     the objects; what is listed and not reached is a candidate
 *   2 under the exclusive lock: read the roots again, and walk from what is new. Writers hold the
 *     shared lock from their first "is it there?" until their refs are written, so every object
 *     that they found, and did not write, is reached now
 *   3 delete the candidates that are still not reached, commits first: whenever this is cut short,
 *     every commit that is still there is as whole as before
 *
 * Between 1 and 2 there is no lock; a commit that appears meanwhile is a root in any case, whether
 * or not a ref leads to it. The memory is a slot of the set for each object that is reached, and a
 * name for each that is not.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/checksum.h"
#include "core/object-set.h"
#include "store/delta-index.h"
#include "store/object-list.h"
#include "store/object-read.h"
#include "store/payload.h"
#include "store/refs-list.h"
#include "store/remote.h"
#include "store/traverse.h"
#include "store/unpacked.h"

typedef struct {
  ObjectName name;
  guint64 bytes; /* that its deletion gives back */
} Candidate;

typedef struct {
  TreeRepo *repo;
  const TreePruneOptions *options;
  Traversal *traversal;
  const ObjectSet *reachable; /* of the traversal */
  ObjectSet *doomed;          /* candidates that are commits */
  GArray *commits;            /* Candidate: those commits */
  GArray *others;             /* Candidate: all others */
  TreePruneResult result;
} Prune;

/* ---- The roots ---- */

static gboolean
is_to_delete (const Prune *self, const TreeChecksum *commit)
{
  for (guint i = 0; i < self->options->n_delete_commits; i++)
    if (tree_checksum_equal (&self->options->delete_commits[i], commit))
      return TRUE;
  return FALSE;
}

static gboolean
throw_referenced (const TreeChecksum *commit, GError **error)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (commit, hex);
  return throw_error (error, TREE_ERROR_INVALID,
                      "Commit '%s' is referenced, so it cannot be deleted", hex);
}

/* Depths are about branches by name, wherever they came from. */
static gboolean
add_ref (Prune *self, const char *name, const TreeChecksum *commit, GError **error)
{
  const TreePruneOptions *options = self->options;
  if (is_to_delete (self, commit))
    return throw_referenced (commit, error);
  for (guint i = 0; i < options->n_retain; i++)
    if (strcmp (options->retain[i].branch, name) == 0)
      return traversal_add_commit (self->traversal, commit, options->retain[i].depth, error);
  if (options->only_branches != NULL && !g_strv_contains (options->only_branches, name))
    return traversal_add_commit (self->traversal, commit, /* depth= */ -1, error);
  if (options->has_since)
    return traversal_add_since (self->traversal, commit, options->since, error);
  return traversal_add_commit (self->traversal, commit, options->depth, error);
}

static gboolean
add_ref_roots (Prune *self, GError **error)
{
  g_autoptr (GPtrArray) refs = tree_repo_list_refs (self->repo, NULL, error);
  g_autoptr (GPtrArray) mirrors = refs != NULL ? refs_list_mirrors (self->repo, error) : NULL;
  if (mirrors == NULL)
    return FALSE;
  for (guint i = 0; i < refs->len; i++) {
    const TreeRef *ref = refs->pdata[i];
    if (!add_ref (self, ref->name, &ref->checksum, error))
      return prefix_error (error, "ref '%s'", ref->name);
  }
  for (guint i = 0; i < mirrors->len; i++) {
    const TreeCollectionRef *ref = mirrors->pdata[i];
    if (!add_ref (self, ref->name, &ref->checksum, error))
      return prefix_error (error, "ref '%s' of '%s'", ref->name, ref->collection);
  }
  return TRUE;
}

static gboolean
add_all_commits (Prune *self, GError **error)
{
  g_autoptr (GArray) commits = tree_repo_list_commits (self->repo, error);
  if (commits == NULL)
    return FALSE;
  for (guint i = 0; i < commits->len; i++) {
    const TreeChecksum *commit = &g_array_index (commits, TreeChecksum, i);
    if (!is_to_delete (self, commit) &&
        !traversal_add_commit (self->traversal, commit, self->options->depth, error))
      return FALSE;
  }
  return TRUE;
}

/* Those that the scan did not see. */
static gboolean
add_new_commits (Prune *self, GError **error)
{
  g_autoptr (GArray) commits = tree_repo_list_commits (self->repo, error);
  if (commits == NULL)
    return FALSE;
  for (guint i = 0; i < commits->len; i++) {
    const TreeChecksum *commit = &g_array_index (commits, TreeChecksum, i);
    if (!object_set_contains (self->doomed, TREE_OBJECT_COMMIT, commit) &&
        !object_set_contains (self->reachable, TREE_OBJECT_COMMIT, commit) &&
        !traversal_add_commit (self->traversal, commit, /* depth= */ 0, error))
      return FALSE;
  }
  return TRUE;
}

/* A branch that is not there is a slip of the pen, and what it was to protect would go. */
static gboolean
check_branch (const Prune *self, const char *branch, GError **error)
{
  g_autoptr (GPtrArray) refs = tree_repo_list_refs (self->repo, NULL, error);
  g_autoptr (GPtrArray) mirrors = refs != NULL ? refs_list_mirrors (self->repo, error) : NULL;
  if (mirrors == NULL)
    return FALSE;
  for (guint i = 0; i < refs->len; i++)
    if (strcmp (((const TreeRef *)refs->pdata[i])->name, branch) == 0)
      return TRUE;
  for (guint i = 0; i < mirrors->len; i++)
    if (strcmp (((const TreeCollectionRef *)mirrors->pdata[i])->name, branch) == 0)
      return TRUE;
  return throw_error (error, TREE_ERROR_NOT_FOUND, "Refspec '%s' not found", branch);
}

static gboolean
check_branches (const Prune *self, GError **error)
{
  const char *const *branch = self->options->only_branches;
  for (guint i = 0; i < self->options->n_retain; i++)
    if (!check_branch (self, self->options->retain[i].branch, error))
      return FALSE;
  for (; branch != NULL && *branch != NULL; branch++)
    if (!check_branch (self, *branch, error))
      return FALSE;
  return TRUE;
}

/* ---- The candidates ---- */

static gboolean
is_reachable (const Prune *self, const ObjectName *name)
{
  switch (name->type) {
  case TREE_OBJECT_TOMBSTONE: /* says on purpose that something is gone */
    return TRUE;
  case TREE_OBJECT_COMMIT_META:
    return object_set_contains (self->reachable, TREE_OBJECT_COMMIT, &name->checksum);
  case TREE_OBJECT_COMMIT:
    return object_set_contains (self->reachable, name->type, &name->checksum);
  case TREE_OBJECT_PAYLOAD_LINK: /* see is_companion_needed() */
  case TREE_OBJECT_FILE_XATTRS:
    return self->options->commit_only;
  case TREE_OBJECT_FILE_XATTRS_LINK:
    return self->options->commit_only ||
           object_set_contains (self->reachable, TREE_OBJECT_FILE, &name->checksum);
  default:
    return self->options->commit_only ||
           object_set_contains (self->reachable, name->type, &name->checksum);
  }
}

/* Of what only serves other objects, which its name does not tell. It is a candidate when those go;
 * that it is deleted, too, when one of them stays after all costs space alone. */
static gboolean
is_companion_needed (const Prune *self, const ObjectName *name, int dfd, const char *file_name)
{
  ObjectName target;
  struct stat st;
  if (name->type == TREE_OBJECT_PAYLOAD_LINK)
    return payload_read_link (dfd, file_name, &target) && is_reachable (self, &target);
  return name->type == TREE_OBJECT_FILE_XATTRS &&
         fstatat (dfd, file_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_nlink > 1;
}

static gboolean
consider (const ObjectName *name, int dfd, const char *file_name, gpointer user_data,
          GError **error)
{
  Prune *self = user_data;
  if (!self->options->commit_only || name->type == TREE_OBJECT_COMMIT)
    self->result.n_objects++;
  if (is_reachable (self, name) || is_companion_needed (self, name, dfd, file_name))
    return TRUE;
  struct stat st;
  if (fstatat (dfd, file_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno (error, "stat object '%s'", file_name);
  /* A file that is linked into a checkout takes its space there. */
  Candidate candidate = {*name, st.st_nlink == 1 ? (guint64)st.st_size : 0};
  if (name->type == TREE_OBJECT_COMMIT) {
    (void)object_set_add (self->doomed, name->type, &name->checksum);
    g_array_append_val (self->commits, candidate);
  } else
    g_array_append_val (self->others, candidate);
  self->result.n_deleted++;
  self->result.freed_bytes += candidate.bytes;
  return TRUE;
}

/* Deltas to commits that go, or that went before. */
static gboolean
is_delta_wanted (const TreeChecksum *to, gboolean *out, gpointer user_data, GError **error)
{
  const Prune *self = user_data;
  *out = FALSE;
  if (object_set_contains (self->doomed, TREE_OBJECT_COMMIT, to) &&
      !object_set_contains (self->reachable, TREE_OBJECT_COMMIT, to))
    return TRUE;
  return object_exists (self->repo, TREE_OBJECT_COMMIT, to, out, error);
}

static gboolean
prune_deltas (Prune *self, DeltaWanted wanted, gboolean remove, GError **error)
{
  DeltaPruned pruned = {0};
  if (!delta_index_prune (self->repo, wanted, self, remove, &pruned, error))
    return FALSE;
  self->result.n_deltas = pruned.n_deltas;
  self->result.delta_bytes = pruned.bytes;
  return TRUE;
}

/* A parent repository's are not ours to delete. */
static gboolean
check_commits_found (const Prune *self, GError **error)
{
  for (guint i = 0; i < self->options->n_delete_commits; i++) {
    const TreeChecksum *commit = &self->options->delete_commits[i];
    if (object_set_contains (self->doomed, TREE_OBJECT_COMMIT, commit))
      continue;
    char hex[TREE_CHECKSUM_HEX_LEN + 1];
    tree_checksum_to_hex (commit, hex);
    return throw_error (error, TREE_ERROR_NOT_FOUND, "No such commit '%s' in '%s'", hex,
                        self->repo->path);
  }
  return TRUE;
}

/* What to do when a root cannot be followed. */
static gboolean
add_remedy (GError **error)
{
  if (error == NULL || (!g_error_matches (*error, TREE_ERROR, TREE_ERROR_NOT_FOUND) &&
                        !g_error_matches (*error, TREE_ERROR, TREE_ERROR_CORRUPT)))
    return FALSE;
  char *longer = g_strdup_printf ("%s; nothing is deleted while it is not known what is needed: "
                                  "fsck --repair may help, or deleting the ref",
                                  (*error)->message);
  g_free ((*error)->message);
  (*error)->message = longer;
  return FALSE;
}

static gboolean
add_roots (Prune *self, gboolean refs_only, GError **error)
{
  return (add_ref_roots (self, error) && (refs_only || add_all_commits (self, error))) ||
         add_remedy (error);
}

static gboolean
scan (Prune *self, GError **error)
{
  const TreePruneOptions *options = self->options;
  gboolean refs_only = options->refs_only || options->has_since || options->n_retain > 0 ||
                       options->only_branches != NULL;
  autofd int lock = repo_lock (self->repo, options->no_prune ? REPO_LOCK_READ : REPO_LOCK_SHARED,
                               error);
  for (guint i = 0; i < options->n_delete_commits; i++)
    traversal_block (self->traversal, &options->delete_commits[i]);
  return lock >= 0 && check_branches (self, error) && add_roots (self, refs_only, error) &&
         object_list (self->repo, NULL, consider, self, error) &&
         check_commits_found (self, error) &&
         prune_deltas (self, is_delta_wanted, /* remove= */ FALSE, error);
}

/* ---- Deleting ---- */

static gboolean
delete_candidate (Prune *self, const Candidate *candidate, GError **error)
{
  if (!object_delete (self->repo, &candidate->name, error))
    return FALSE;
  self->result.n_deleted++;
  self->result.freed_bytes += candidate->bytes;
  return TRUE;
}

static gboolean
delete_commits (Prune *self, GError **error)
{
  gboolean tombstones = FALSE;
  if (!repo_config_boolean (self->repo, "core", "tombstone-commits", FALSE, &tombstones, error))
    return FALSE;
  /* Who deletes a commit out of a history wants its clients to know that it was on purpose. */
  if (self->options->n_delete_commits > 0 && !tombstones &&
      !tree_repo_config_set (self->repo, "core", "tombstone-commits", "true", error))
    return FALSE;
  tombstones = tombstones || self->options->n_delete_commits > 0;
  for (guint i = 0; i < self->commits->len; i++) {
    const Candidate *candidate = &g_array_index (self->commits, Candidate, i);
    const TreeChecksum *checksum = &candidate->name.checksum;
    if (is_reachable (self, &candidate->name))
      continue;
    if ((tombstones && !commit_write_tombstone (self->repo, checksum, error)) ||
        !delete_candidate (self, candidate, error) ||
        !commit_set_partial (self->repo, checksum, FALSE, error))
      return FALSE;
  }
  return TRUE;
}

/* What lies beside a file goes after it: a file that is there is whole. */
static gboolean
delete_others (Prune *self, gboolean beside, GError **error)
{
  for (guint i = 0; i < self->others->len; i++) {
    const Candidate *candidate = &g_array_index (self->others, Candidate, i);
    if ((candidate->name.type == TREE_OBJECT_FILE_XATTRS_LINK) == beside &&
        !is_reachable (self, &candidate->name) && !delete_candidate (self, candidate, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
delete_all (Prune *self, GError **error)
{
  autofd int lock = repo_lock (self->repo, REPO_LOCK_EXCLUSIVE, error);
  if (lock < 0 || !add_ref_roots (self, error) || !add_new_commits (self, error))
    return FALSE;
  self->result.n_deleted = 0;
  self->result.freed_bytes = 0;
  if (!delete_commits (self, error))
    return FALSE;
  /* A commit that is still there after a power cut is whole. */
  if (self->result.n_deleted > 0 && self->repo->fsync && syncfs (self->repo->dfd) < 0)
    return throw_errno (error, "sync the file system");
  return delete_others (self, /* beside= */ FALSE, error) &&
         delete_others (self, /* beside= */ TRUE, error) &&
         prune_deltas (self, is_delta_wanted, /* remove= */ TRUE, error);
}

/* ---- Deltas alone ---- */

static gboolean
is_delta_not_named (const TreeChecksum *to, gboolean *out, gpointer user_data, GError **error)
{
  *out = !is_to_delete (user_data, to);
  return TRUE;
}

static gboolean
delete_deltas (Prune *self, GError **error)
{
  autofd int lock = repo_lock (
      self->repo, self->options->no_prune ? REPO_LOCK_READ : REPO_LOCK_EXCLUSIVE, error);
  return lock >= 0 && prune_deltas (self, is_delta_not_named, !self->options->no_prune, error);
}

/* ---- All of it ---- */

static gboolean
run (Prune *self, GError **error)
{
  const TreePruneOptions *options = self->options;
  if (options->static_deltas_only)
    return delete_deltas (self, error);
  if (!scan (self, error))
    return FALSE;
  if (options->no_prune || (self->result.n_deleted == 0 && self->result.n_deltas == 0))
    return TRUE;
  if (options->found != NULL)
    options->found (&self->result, options->user_data);
  return delete_all (self, error);
}

gboolean
tree_repo_prune (TreeRepo *self, const TreePruneOptions *options, TreePruneResult *out,
                 GError **error)
{
  TraverseFlags flags = options->commit_only ? TRAVERSE_COMMITS : TRAVERSE_STRICT;
  g_autoptr (Traversal) traversal = traversal_new (self, flags);
  g_autoptr (ObjectSet) doomed = object_set_new ();
  g_autoptr (GArray) commits = g_array_new (FALSE, FALSE, sizeof (Candidate));
  g_autoptr (GArray) others = g_array_new (FALSE, FALSE, sizeof (Candidate));
  Prune prune = {
      .repo = self,
      .options = options,
      .traversal = traversal,
      .reachable = traversal_objects (traversal),
      .doomed = doomed,
      .commits = commits,
      .others = others,
  };
  if (!run (&prune, error) ||
      (!options->no_prune && !(unpacked_prune (self, error) && remote_prune_cache (self, error))))
    return prefix_error (error, "prune");
  *out = prune.result;
  return TRUE;
}
