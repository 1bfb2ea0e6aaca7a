/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Releasing a commit to a branch:
 *
 *   1 which commit: itself, or one of the same tree that is bound to the branch, which is written
 *     but not referred to. From the same commit and the same branch it comes out the same, so that
 *     who begins again finds it
 *   2 its signatures
 *   3 the deltas to it that the policy wants; nobody is told of them yet
 *   4 the ref, which is the commit point
 *   5 deltas that nobody needs any more go; indexes, then the summary (store/publish.h)
 *
 * Killed before 4, clients see nothing of it; after 4, those that read refs see the new commit, and
 * the others see it after 5, which the next release, or `summary -u`, makes up for. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/bindings.h"
#include "core/commit.h"
#include "core/refspec.h"
#include "delta/policy.h"
#include "plain/layout.h"
#include "sign/gpg.h"
#include "sign/judge.h"
#include "store/object-read.h"
#include "store/publish.h"
#include "store/refs-write.h"
#include "store/refs.h"
#include "tree-commit.h"
#include "tree-release.h"
#include "tree/commit-sign.h"

typedef struct {
  TreeRepo *repo;
  const TreeReleaseOptions *options;
  const char *branch;
  TreeChecksum asked;
  Commit asked_commit;
  gboolean has_head;
  TreeChecksum head;
  Commit head_commit; /* cleared without one */
  TreeReleaseResult result;
} Release;

static void
release_clear (Release *self)
{
  commit_clear (&self->asked_commit);
  commit_clear (&self->head_commit);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Release, release_clear)

/* ---- What there is ---- */

static gboolean
load (Release *self, GError **error)
{
  const TreeRepo *repo = self->repo;
  gboolean complete = FALSE;
  g_autofree char *name = NULL;
  if (!refspec_check_ref (self->branch, error) ||
      !refs_read_in (repo, REF_HEADS, NULL, self->branch, &self->has_head, &self->head, &name,
                     error) ||
      !object_load_commit (repo, &self->asked, &self->asked_commit, error) ||
      !commit_is_complete (repo, &self->asked, &complete, error))
    return FALSE;
  if (!complete)
    return throw_error (error, TREE_ERROR_NOT_FOUND,
                        "the commit was not pulled completely; pull it first");
  if (self->has_head && name != NULL && strcmp (name, self->branch) != 0)
    return throw_error (error, TREE_ERROR_INVALID, "'%s' is an alias of '%s': release to that one",
                        self->branch, name);
  return !self->has_head || object_load_commit (repo, &self->head, &self->head_commit, error);
}

/* ---- Which commit ---- */

static gboolean
is_binding (const char *key)
{
  return strcmp (key, COMMIT_KEY_REF_BINDING) == 0 ||
         strcmp (key, COMMIT_KEY_COLLECTION_BINDING) == 0;
}

static GVariant *
without_bindings (GVariant *metadata)
{
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  gsize n = g_variant_n_children (metadata);
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) entry = g_variant_get_child_value (metadata, i);
    const char *key;
    g_variant_get_child (entry, 0, "&s", &key);
    if (!is_binding (key))
      g_variant_builder_add_value (&builder, entry);
  }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* Is the one what a release makes of the other? */
static gboolean
is_release_of (const Commit *head, const Commit *asked)
{
  if (!tree_checksum_equal (&head->root, &asked->root) ||
      !tree_checksum_equal (&head->root_meta, &asked->root_meta) ||
      head->timestamp != asked->timestamp || strcmp (head->subject, asked->subject) != 0 ||
      strcmp (head->body, asked->body) != 0)
    return FALSE;
  g_autoptr (GVariant) a = without_bindings (head->metadata);
  g_autoptr (GVariant) b = without_bindings (asked->metadata);
  return g_variant_equal (a, b);
}

/* Clients that look at the time do not go back. */
static gboolean
check_age (const Release *self, GError **error)
{
  if (!self->has_head || self->asked_commit.timestamp >= self->head_commit.timestamp)
    return TRUE;
  char head[TREE_CHECKSUM_HEX_LEN + 1];
  char asked[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&self->head, head);
  tree_checksum_to_hex (&self->asked, asked);
  return throw_error (error, TREE_ERROR_INVALID,
                      "commit %s is older than what '%s' has, and clients refuse to go back; to "
                      "go back to its tree, release what this prints: commit --orphan "
                      "--bind-ref=%s --parent=%s --tree=ref=%s",
                      asked, self->branch, self->branch, head, asked);
}

static gboolean
has_signatures (GVariant *detached, const char *key)
{
  g_autoptr (GPtrArray) found = sign_dict_get (detached, key);
  return found->len > 0;
}

/* Clients that want signatures would not take it. */
static gboolean
check_signed_alike (const Release *self, GError **error)
{
  g_autoptr (TreeCommitInfo) info = tree_repo_load_commit (self->repo, &self->asked, error);
  if (info == NULL)
    return FALSE;
  gboolean is_signed = has_signatures (info->detached, GPG_METADATA_KEY);
  for (const SignEngine *const *engine = sign_engines; *engine != NULL; engine++)
    is_signed |= has_signatures (info->detached, (*engine)->metadata_key);
  return !is_signed || self->options->signers->len > 0 ||
         throw_error (error, TREE_ERROR_SIGNATURE,
                      "the commit is signed and not meant for '%s', and the one that takes its "
                      "place there would not be; give the keys",
                      self->branch);
}

static gboolean
write_commit (Release *self, GError **error)
{
  const char *const refs[] = {self->branch, NULL};
  TreeCommitOptions options = TREE_COMMIT_OPTIONS_INIT;
  TreeCommitResult made;
  options.no_parent = !self->has_head;
  options.parent = self->has_head ? &self->head : NULL;
  options.like = &self->asked;
  options.bind_refs = refs;
  const TreeSource source = {.kind = TREE_SOURCE_BASE, .commit = self->asked};
  if (!check_signed_alike (self, error) ||
      !tree_repo_commit (self->repo, &source, 1, &options, &made, error))
    return FALSE;
  self->result.commit = made.checksum;
  return TRUE;
}

static gboolean
is_meant (const Release *self, const Commit *commit)
{
  return bindings_verify (commit->metadata, self->repo->collection_id, self->branch, NULL);
}

static gboolean
choose_commit (Release *self, GError **error)
{
  TreeReleaseResult *result = &self->result;
  result->is_same = is_meant (self, &self->asked_commit);
  result->commit = self->asked;
  if (!result->is_same && self->has_head && is_meant (self, &self->head_commit) &&
      is_release_of (&self->head_commit, &self->asked_commit))
    result->commit = self->head; /* it has been released already */
  else if (!check_age (self, error) || (!result->is_same && !write_commit (self, error)))
    return FALSE;
  result->has_previous = self->has_head;
  result->previous = self->head;
  return TRUE;
}

/* ---- The steps ---- */

static gboolean
make_deltas (Release *self, DeltaPolicy *policy, GError **error)
{
  const TreeReleaseOptions *options = self->options;
  TreeReleaseResult *result = &self->result;
  TreeDeltaPolicyOptions deltas = {.signers = options->signers,
                                   .report = options->report,
                                   .user_data = options->user_data,
                                   .progress = options->progress,
                                   .progress_data = options->progress_data};
  return options->no_deltas || !delta_policy_has (policy, self->branch) ||
         delta_policy_make (policy, self->repo, self->branch, &result->commit, &deltas,
                            &result->deltas, error);
}

/* What the branch had before it is not always the parent. */
static gboolean
note_predecessor (Release *self, DeltaPolicy *policy, GError **error)
{
  g_auto (Commit) commit = {0};
  const TreeChecksum *target = &self->result.commit;
  if (!self->has_head || tree_checksum_equal (&self->head, target))
    return TRUE;
  if (!object_load_commit (self->repo, target, &commit, error))
    return FALSE;
  gboolean is_parent = commit.has_parent && tree_checksum_equal (&commit.parent, &self->head);
  return predecessors_set (&policy->predecessors, self->repo, self->branch, target,
                           is_parent ? NULL : &self->head, error);
}

static gboolean
move_ref (Release *self, GError **error)
{
  const TreeChecksum *target = &self->result.commit;
  if (self->has_head && tree_checksum_equal (&self->head, target))
    return TRUE;
  self->result.moved = TRUE;
  return refs_write (self->repo, self->branch, target, /* durable= */ TRUE, error);
}

static gboolean
delete_deltas (Release *self, const DeltaPolicy *policy, GError **error)
{
  const TreeDeltaPolicyOptions deltas = {.report = self->options->report,
                                         .user_data = self->options->user_data};
  return self->options->no_deltas || *policy->branches == NULL ||
         delta_policy_prune (policy, self->repo, &deltas, &self->result.deltas, error);
}

static gboolean
publish (Release *self, GError **error)
{
  const GPtrArray *signers = self->options->signers;
  gboolean current = FALSE;
  if (!tree_repo_reindex_deltas (self->repo, NULL, error) ||
      !publish_is_current (self->repo, signers->len > 0, &current, error))
    return FALSE;
  if (current)
    return TRUE;
  self->result.wrote_summary = TRUE;
  return tree_repo_update_summary (self->repo, NULL, signers, /* generations= */ TRUE, error);
}

/* A summary that was signed must not lose its signature to somebody's forgetfulness. */
static gboolean
check_keys (const Release *self, GError **error)
{
  struct stat st;
  return self->options->signers->len > 0 ||
         fstatat (self->repo->dfd, REPO_SUMMARY_SIG, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
         throw_error (error, TREE_ERROR_SIGNATURE,
                      "the repository's summary is signed, and would not be; give the keys");
}

static gboolean
run (Release *self, GError **error)
{
  g_auto (DeltaPolicy) policy = {0};
  if (!check_keys (self, error) || !delta_policy_load (self->repo, &policy, error) ||
      !load (self, error) || !choose_commit (self, error))
    return FALSE;
  if (self->options->signers->len > 0 &&
      !commit_sign_missing (self->repo, &self->result.commit, self->options->signers,
                            &self->result.added_signatures, error))
    return FALSE;
  if (!note_predecessor (self, &policy, error) || !make_deltas (self, &policy, error) ||
      !move_ref (self, error))
    return FALSE;
  return (delete_deltas (self, &policy, error) && publish (self, error)) ||
         prefix_error (error, "'%s' has the commit, but not all is done (release it once more)",
                       self->branch);
}

gboolean
tree_repo_release (TreeRepo *self, const char *branch, const TreeChecksum *commit,
                   const TreeReleaseOptions *options, TreeReleaseResult *out, GError **error)
{
  g_autoptr (GPtrArray) nobody = g_ptr_array_new ();
  TreeReleaseOptions own = *options;
  g_auto (Release) state = {.repo = self, .options = &own, .branch = branch, .asked = *commit};
  autofd int release_lock = repo_lock_file (self, REPO_RELEASE_LOCK, error);
  /* From the first look on nothing that it finds may be pruned. Signing takes its lock below this
   * one, though it comes first in the order: all who take both share this one, and never wait. */
  autofd int lock = release_lock >= 0 ? repo_lock (self, REPO_LOCK_SHARED, error) : -1;
  if (own.signers == NULL)
    own.signers = nobody;
  if (lock < 0 || !run (&state, error))
    return prefix_error (error, "release to '%s'", branch);
  *out = state.result;
  return TRUE;
}
