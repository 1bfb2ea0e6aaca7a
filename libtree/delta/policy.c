/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "delta/policy.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/refspec.h"
#include "delta/generate.h"
#include "plain/layout.h"
#include "store/delta-index.h"
#include "store/object-read.h"

#define GROUP "static-delta-policy"
#define DEFAULT_VERSIONS 3
/* More would be a mistake: each is made anew for each newest version. */
#define MAX_VERSIONS 50

/* ---- The configuration ---- */

void
delta_policy_clear (DeltaPolicy *self)
{
  g_clear_pointer (&self->branches, g_strfreev);
  predecessors_clear (&self->predecessors);
}

static gboolean
check_branches (char **branches, GError **error)
{
  for (char **branch = branches; *branch != NULL; branch++)
    if (!refspec_check_ref (*branch, error))
      return prefix_error (error, "config: " GROUP ".branches");
  return TRUE;
}

gboolean
delta_policy_load (const TreeRepo *repo, DeltaPolicy *out, GError **error)
{
  g_auto (DeltaPolicy) self = {0};
  gint64 n = 0;
  self.branches = g_key_file_get_string_list (repo->config, GROUP, "branches", NULL, NULL);
  if (self.branches == NULL)
    self.branches = g_new0 (char *, 1);
  if (!check_branches (self.branches, error) ||
      !repo_config_int (repo, GROUP, "versions", DEFAULT_VERSIONS, &n, error) ||
      !repo_config_boolean (repo, GROUP, "from-empty", TRUE, &self.from_empty, error))
    return FALSE;
  if (n < 0 || n > MAX_VERSIONS)
    return throw_error (error, TREE_ERROR_INVALID,
                        "config: " GROUP ".versions is %" G_GINT64_FORMAT
                        ", but must be between 0 and %d",
                        n, MAX_VERSIONS);
  self.n_versions = (guint)n;
  if (!predecessors_load (repo, &self.predecessors, error))
    return FALSE;
  *out = self;
  self = (DeltaPolicy){0};
  return TRUE;
}

gboolean
delta_policy_has (const DeltaPolicy *self, const char *branch)
{
  for (char **it = self->branches; *it != NULL; it++) {
    gsize len = strlen (*it);
    if (strncmp (branch, *it, len) == 0 && (branch[len] == '\0' || branch[len] == '/'))
      return TRUE;
  }
  return FALSE;
}

/* ---- Versions ---- */

static gboolean
find_before (const DeltaPolicy *self, const TreeRepo *repo, const char *branch,
             const TreeChecksum *commit, gboolean *out_found, TreeChecksum *out, GError **error)
{
  g_auto (Commit) parsed = {0};
  *out_found = predecessors_find (&self->predecessors, branch, commit, out);
  if (*out_found)
    return TRUE;
  if (!object_load_commit_optional (repo, commit, out_found, &parsed, error))
    return FALSE;
  *out_found = *out_found && parsed.has_parent;
  *out = parsed.parent;
  return TRUE;
}

static gboolean
holds (const GArray *commits, const TreeChecksum *commit)
{
  for (guint i = 0; i < commits->len; i++)
    if (tree_checksum_equal (&g_array_index (commits, TreeChecksum, i), commit))
      return TRUE;
  return FALSE;
}

/* TreeChecksum: @newest, and up to @n that the branch had before it, each once. They need not be
 * here any more. */
static GArray *
list_versions (const DeltaPolicy *self, const TreeRepo *repo, const char *branch,
               const TreeChecksum *newest, guint n, GError **error)
{
  g_autoptr (GArray) versions = g_array_new (FALSE, FALSE, sizeof (TreeChecksum));
  TreeChecksum at = *newest;
  gboolean found = TRUE;
  while (found && versions->len <= n && !holds (versions, &at)) {
    TreeChecksum before;
    g_array_append_val (versions, at);
    if (!find_before (self, repo, branch, &at, &found, &before, error))
      return NULL;
    at = before;
  }
  return g_steal_pointer (&versions);
}

/* The names of the deltas that there should be to the newest version, added to @wanted. */
static gboolean
add_wanted (const DeltaPolicy *self, const TreeRepo *repo, const GArray *versions, GArray *wanted,
            GError **error)
{
  DeltaName name = {.to = g_array_index (versions, TreeChecksum, 0)};
  if (self->from_empty)
    g_array_append_val (wanted, name);
  name.has_from = TRUE;
  for (guint i = 1; i < versions->len; i++) {
    gboolean complete = FALSE;
    name.from = g_array_index (versions, TreeChecksum, i);
    if (!commit_is_complete (repo, &name.from, &complete, error))
      return FALSE;
    if (complete)
      g_array_append_val (wanted, name);
  }
  return TRUE;
}

/* ---- Making ---- */

/* Is there this file in the delta's directory? */
static gboolean
has_file (const TreeRepo *repo, const DeltaName *name, const char *file, gboolean *out,
          GError **error)
{
  g_autofree char *dir = delta_name_to_path (name);
  g_autofree char *path = g_build_filename (dir, file, NULL);
  struct stat st;
  *out = fstatat (repo->dfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
  return *out || errno == ENOENT || throw_errno (error, "stat '%s'", path);
}

static void
report (const TreeDeltaPolicyOptions *options, const DeltaName *name, gboolean made)
{
  char text[DELTA_NAME_MAX];
  delta_name_to_text (name, text);
  if (options->report != NULL)
    options->report (text, made, options->user_data);
}

static gboolean
make_one (TreeRepo *repo, const DeltaName *name, const TreeDeltaPolicyOptions *options,
          TreeDeltaPolicyResult *result, GError **error)
{
  TreeGenerateDeltaOptions generate = TREE_GENERATE_DELTA_OPTIONS_INIT;
  TreeGenerateDeltaResult made = {0};
  gboolean found = FALSE;
  if (!has_file (repo, name, DELTA_SUPERBLOCK, &found, error))
    return FALSE;
  if (found) {
    result->n_kept++;
    return TRUE;
  }
  generate.signers = options->signers;
  generate.progress = options->progress;
  generate.user_data = options->progress_data;
  if (!options->dry_run &&
      !delta_generate (repo, name->has_from ? &name->from : NULL, &name->to, &generate,
                       /* by_policy= */ TRUE, &made, error))
    return FALSE;
  result->n_made++;
  result->made_bytes += made.size;
  report (options, name, TRUE);
  return TRUE;
}

gboolean
delta_policy_make (const DeltaPolicy *self, TreeRepo *repo, const char *branch,
                   const TreeChecksum *newest, const TreeDeltaPolicyOptions *options,
                   TreeDeltaPolicyResult *result, GError **error)
{
  gboolean complete = FALSE;
  g_autoptr (GArray) wanted = g_array_new (FALSE, FALSE, sizeof (DeltaName));
  g_autoptr (GArray) versions = list_versions (self, repo, branch, newest, self->n_versions, error);
  if (versions == NULL || !commit_is_complete (repo, newest, &complete, error))
    return FALSE;
  if (!complete)
    return throw_error (
        error, TREE_ERROR_NOT_FOUND,
        "static deltas to '%s': its commit was not pulled completely; pull it again", branch);
  if (!add_wanted (self, repo, versions, wanted, error))
    return FALSE;
  for (guint i = 0; i < wanted->len; i++)
    if (!make_one (repo, &g_array_index (wanted, DeltaName, i), options, result, error))
      return prefix_error (error, "branch '%s'", branch);
  return TRUE;
}

/* ---- Deleting ---- */

/* TreeRef of all the branches; one that is not there yet is passed over. */
static GPtrArray *
list_branches (const DeltaPolicy *self, const TreeRepo *repo, GError **error)
{
  g_autoptr (GPtrArray) heads = tree_repo_list_refs (repo, NULL, error);
  for (guint i = heads != NULL ? heads->len : 0; i-- > 0;)
    if (!delta_policy_has (self, ((const TreeRef *)heads->pdata[i])->name))
      g_ptr_array_remove_index (heads, i);
  return g_steal_pointer (&heads);
}

/* What stays. */
typedef struct {
  GArray *wanted; /* DeltaName */
  GArray *former; /* TreeChecksum: the versions before the newest ones */
} Keep;

static void
keep_clear (Keep *self)
{
  g_clear_pointer (&self->wanted, g_array_unref);
  g_clear_pointer (&self->former, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Keep, keep_clear)

static gboolean
find_kept (const DeltaPolicy *self, const TreeRepo *repo, Keep *keep, GError **error)
{
  g_autoptr (GPtrArray) branches = list_branches (self, repo, error);
  keep->wanted = g_array_new (FALSE, FALSE, sizeof (DeltaName));
  keep->former = g_array_new (FALSE, FALSE, sizeof (TreeChecksum));
  for (guint i = 0; branches != NULL && i < branches->len; i++) {
    const TreeRef *ref = branches->pdata[i];
    g_autoptr (GArray) versions = list_versions (self, repo, ref->name, &ref->checksum,
                                                 MAX (self->n_versions, 1), error);
    if (versions == NULL)
      return FALSE;
    if (versions->len > 1)
      g_array_append_val (keep->former, g_array_index (versions, TreeChecksum, 1));
    g_array_set_size (versions, MIN (versions->len, self->n_versions + 1));
    if (!add_wanted (self, repo, versions, keep->wanted, error))
      return FALSE;
  }
  return branches != NULL;
}

static gboolean
is_kept (const Keep *keep, const TreeRepo *repo, const DeltaName *name, gboolean all, gboolean *out,
         GError **error)
{
  gboolean ours = FALSE;
  *out = TRUE;
  for (guint i = 0; i < keep->wanted->len; i++)
    if (delta_name_compare (&g_array_index (keep->wanted, DeltaName, i), name) == 0)
      return TRUE;
  if (!has_file (repo, name, DELTA_POLICY_MARK, &ours, error))
    return FALSE;
  *out = ours ? holds (keep->former, &name->to) : !all;
  return TRUE;
}

gboolean
delta_policy_prune (const DeltaPolicy *self, TreeRepo *repo, const TreeDeltaPolicyOptions *options,
                    TreeDeltaPolicyResult *result, GError **error)
{
  g_auto (Keep) keep = {0};
  g_autoptr (GArray) names = delta_index_names (repo, error);
  if (names == NULL || !find_kept (self, repo, &keep, error))
    return FALSE;
  for (guint i = 0; i < names->len; i++) {
    const DeltaName *name = &g_array_index (names, DeltaName, i);
    gboolean stays = FALSE;
    if (!is_kept (&keep, repo, name, options->prune_all, &stays, error))
      return FALSE;
    if (stays)
      continue;
    if (!options->dry_run && !delta_remove (repo, name, error))
      return FALSE;
    result->n_deleted++;
    report (options, name, FALSE);
  }
  return TRUE;
}

/* ---- Both ---- */

static gboolean
check_all_match (const DeltaPolicy *self, const GPtrArray *branches, GError **error)
{
  if (*self->branches == NULL)
    return throw_error (error, TREE_ERROR_NOT_FOUND,
                        "the repository has no policy about static deltas; name the branches: "
                        "config set " GROUP ".branches 'REF;REF'");
  for (char **it = self->branches; *it != NULL; it++) {
    const DeltaPolicy one = {.branches = (char *[]){*it, NULL}};
    gboolean found = FALSE;
    for (guint i = 0; i < branches->len && !found; i++)
      found = delta_policy_has (&one, ((const TreeRef *)branches->pdata[i])->name);
    if (!found)
      return throw_error (error, TREE_ERROR_NOT_FOUND,
                          "config: " GROUP ".branches names '%s', and there is no such ref", *it);
  }
  return TRUE;
}

gboolean
tree_repo_apply_delta_policy (TreeRepo *self, const TreeDeltaPolicyOptions *options,
                              TreeDeltaPolicyResult *out, GError **error)
{
  g_auto (DeltaPolicy) policy = {0};
  TreeDeltaPolicyResult result = {0};
  autofd int release_lock = repo_lock_file (self, REPO_RELEASE_LOCK, error);
  autofd int lock = release_lock >= 0 ? repo_lock (self, REPO_LOCK_SHARED, error) : -1;
  if (lock < 0 || !delta_policy_load (self, &policy, error))
    return FALSE;
  g_autoptr (GPtrArray) branches = list_branches (&policy, self, error);
  if (branches == NULL || !check_all_match (&policy, branches, error))
    return FALSE;
  for (guint i = 0; i < branches->len; i++) {
    const TreeRef *ref = branches->pdata[i];
    if (!delta_policy_make (&policy, self, ref->name, &ref->checksum, options, &result, error))
      return FALSE;
  }
  if (!delta_policy_prune (&policy, self, options, &result, error) ||
      (!options->dry_run && !tree_repo_reindex_deltas (self, NULL, error)))
    return FALSE;
  *out = result;
  return TRUE;
}
