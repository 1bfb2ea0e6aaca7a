/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Deleting what no root reaches (tree_repo_prune).
 *
 * All of it happens under the exclusive lock: nobody adds a root meanwhile. Only what is
 * unreachable is touched, commits before the rest, so that whenever this is cut short every commit
 * that is still there is as whole as before.
 */
#include "config.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "store/delta-index.h"
#include "store/object-list.h"
#include "store/object-read.h"
#include "store/refs-list.h"
#include "store/traverse.h"

typedef struct {
  TreeRepo *repo;
  const ObjectSet *reachable;
  GArray *commits; /* ObjectName of unreachable commits */
  GArray *others;  /* … and of other unreachable objects */
  TreePruneResult result;
} Prune;

static gboolean
add_ref_roots (TreeRepo *repo, Traversal *traversal, int depth, GError **error)
{
  g_autoptr (GPtrArray) refs = tree_repo_list_refs (repo, NULL, error);
  g_autoptr (GPtrArray) mirrors = refs != NULL ? refs_list_mirrors (repo, error) : NULL;
  if (mirrors == NULL)
    return FALSE;
  for (guint i = 0; i < refs->len; i++) {
    const TreeRef *ref = refs->pdata[i];
    if (!traversal_add_commit (traversal, &ref->checksum, depth, error))
      return prefix_error (error, "ref '%s'", ref->name);
  }
  for (guint i = 0; i < mirrors->len; i++) {
    const TreeCollectionRef *ref = mirrors->pdata[i];
    if (!traversal_add_commit (traversal, &ref->checksum, depth, error))
      return prefix_error (error, "ref '%s' of '%s'", ref->name, ref->collection);
  }
  return TRUE;
}

/* Every commit that is here is a root, and what refs point to must be here. */
static gboolean
add_roots (TreeRepo *repo, const TreePruneOptions *options, Traversal *traversal, GError **error)
{
  if (!add_ref_roots (repo, traversal, options->depth, error))
    return FALSE;
  if (options->refs_only)
    return TRUE;
  g_autoptr (GArray) commits = tree_repo_list_commits (repo, error);
  if (commits == NULL)
    return FALSE;
  for (guint i = 0; i < commits->len; i++)
    if (!traversal_add_commit (traversal, &g_array_index (commits, TreeChecksum, i), options->depth,
                               error))
      return FALSE;
  return TRUE;
}

static gboolean
is_reachable (const ObjectSet *set, const ObjectName *name)
{
  switch (name->type) {
  case TREE_OBJECT_TOMBSTONE: /* says on purpose that something is gone */
    return TRUE;
  case TREE_OBJECT_COMMIT_META:
    return object_set_contains (set, TREE_OBJECT_COMMIT, &name->checksum);
  default:
    return object_set_contains (set, name->type, &name->checksum);
  }
}

static gboolean
consider (const ObjectName *name, int dfd, const char *file_name, gpointer user_data,
          GError **error)
{
  Prune *self = user_data;
  self->result.n_objects++;
  if (is_reachable (self->reachable, name))
    return TRUE;
  struct stat st;
  if (fstatat (dfd, file_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno (error, "stat object '%s'", file_name);
  self->result.n_deleted++;
  self->result.freed_bytes += (guint64)st.st_size;
  g_array_append_val (name->type == TREE_OBJECT_COMMIT ? self->commits : self->others, *name);
  return TRUE;
}

static gboolean
delete_object (const TreeRepo *repo, const ObjectName *name, GError **error)
{
  char path[OBJECT_PATH_MAX];
  object_path (name, repo->mode->archive, path);
  return unlinkat (repo->objects_dfd, path, 0) == 0 || errno == ENOENT ||
         throw_errno (error, "delete object '%s'", path);
}

static gboolean
delete_commits (Prune *self, GError **error)
{
  gboolean tombstones = FALSE;
  if (!repo_config_boolean (self->repo, "core", "tombstone-commits", FALSE, &tombstones, error))
    return FALSE;
  for (guint i = 0; i < self->commits->len; i++) {
    const ObjectName *name = &g_array_index (self->commits, ObjectName, i);
    if ((tombstones && !commit_write_tombstone (self->repo, &name->checksum, error)) ||
        !delete_object (self->repo, name, error) ||
        !commit_set_partial (self->repo, &name->checksum, FALSE, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
delete_all (Prune *self, GError **error)
{
  if (!delete_commits (self, error))
    return FALSE;
  for (guint i = 0; i < self->others->len; i++)
    if (!delete_object (self->repo, &g_array_index (self->others, ObjectName, i), error))
      return FALSE;
  return delta_index_prune (self->repo, error);
}

gboolean
tree_repo_prune (TreeRepo *self, const TreePruneOptions *options, TreePruneResult *out,
                 GError **error)
{
  autofd int lock = repo_lock (self, REPO_LOCK_EXCLUSIVE, error);
  g_autoptr (Traversal) traversal = traversal_new (self, TRAVERSE_STRICT);
  if (lock < 0 || !add_roots (self, options, traversal, error))
    return prefix_error (error, "prune");
  g_autoptr (GArray) commits = g_array_new (FALSE, FALSE, sizeof (ObjectName));
  g_autoptr (GArray) others = g_array_new (FALSE, FALSE, sizeof (ObjectName));
  Prune prune = {
      .repo = self,
      .reachable = traversal_objects (traversal),
      .commits = commits,
      .others = others,
  };
  if (!object_list (self, NULL, consider, &prune, error) ||
      (!options->no_prune && !delete_all (&prune, error)))
    return prefix_error (error, "prune");
  *out = prune.result;
  return TRUE;
}
