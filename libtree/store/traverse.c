/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/traverse.h"

#include "base/error.h"
#include "core/checksum.h"
#include "store/object-read.h"

struct Traversal {
  const TreeRepo *repo;
  TraverseFlags flags;
  ObjectSet *objects;
  ObjectSet *blocked;
  GHashTable *depths; /* owned TreeChecksum of a commit -> parents that were followed behind it */
  GArray *pending; /* TreeChecksum of dirtrees to read: a stack, so that nesting costs no frames */
};

Traversal *
traversal_new (const TreeRepo *repo, TraverseFlags flags)
{
  Traversal *self = g_new0 (Traversal, 1);
  self->repo = repo;
  self->flags = flags;
  self->objects = object_set_new ();
  self->blocked = object_set_new ();
  self->depths = g_hash_table_new_full (checksum_hash, checksum_equal, g_free, NULL);
  self->pending = g_array_new (FALSE, FALSE, sizeof (TreeChecksum));
  return self;
}

void
traversal_free (Traversal *self)
{
  if (self == NULL)
    return;
  object_set_free (self->objects);
  object_set_free (self->blocked);
  g_hash_table_unref (self->depths);
  g_array_unref (self->pending);
  g_free (self);
}

const ObjectSet *
traversal_objects (const Traversal *self)
{
  return self->objects;
}

ObjectSet *
traversal_steal_objects (Traversal *self)
{
  return g_steal_pointer (&self->objects);
}

static void
add_directory (Traversal *self, const TreeChecksum *tree, const TreeChecksum *meta)
{
  (void)object_set_add (self->objects, TREE_OBJECT_DIR_META, meta);
  if (object_set_add (self->objects, TREE_OBJECT_DIR_TREE, tree))
    g_array_append_val (self->pending, *tree);
}

static void
add_entries (Traversal *self, const DirTree *tree)
{
  DirTreeEntry entry;
  for (guint i = 0; i < tree->files.n; i++) {
    dirtree_file (tree, i, &entry);
    (void)object_set_add (self->objects, TREE_OBJECT_FILE, &entry.content);
  }
  for (guint i = 0; i < tree->dirs.n; i++) {
    dirtree_dir (tree, i, &entry);
    add_directory (self, &entry.content, &entry.meta);
  }
}

/* Reads what is pending and all below it. */
static gboolean
walk_tree (Traversal *self, gboolean partial, GError **error)
{
  while (self->pending->len > 0) {
    TreeChecksum checksum = g_array_index (self->pending, TreeChecksum, self->pending->len - 1);
    g_array_set_size (self->pending, self->pending->len - 1);
    g_autoptr (GError) local = NULL;
    g_auto (DirTree) tree = {0};
    if (object_load_dirtree (self->repo, &checksum, &tree, &local))
      add_entries (self, &tree);
    else if ((self->flags & TRAVERSE_TOLERANT) == 0 &&
             !(partial && g_error_matches (local, TREE_ERROR, TREE_ERROR_NOT_FOUND))) {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  }
  return TRUE;
}

/* Has at least as much been followed behind this commit already? If not, remembers @depth. */
static gboolean
is_done (Traversal *self, const TreeChecksum *commit, int depth)
{
  guint parents = depth < 0 ? G_MAXUINT : (guint)depth;
  gpointer before;
  if (g_hash_table_lookup_extended (self->depths, commit, NULL, &before) &&
      GPOINTER_TO_UINT (before) >= parents)
    return TRUE;
  (void)g_hash_table_replace (self->depths, g_memdup2 (commit, sizeof *commit),
                              GUINT_TO_POINTER (parents));
  return FALSE;
}

static gboolean
add_one (Traversal *self, const TreeChecksum *checksum, const Commit *commit, GError **error)
{
  gboolean partial = FALSE;
  if (!object_set_add (self->objects, TREE_OBJECT_COMMIT, checksum) ||
      (self->flags & TRAVERSE_COMMITS) != 0)
    return TRUE;
  if (!commit_is_partial (self->repo, checksum, &partial, error))
    return FALSE;
  add_directory (self, &commit->root, &commit->root_meta);
  return walk_tree (self, partial, error);
}

/* *@out_found is FALSE when it is not there or blocked. */
static gboolean
load_commit (Traversal *self, const TreeChecksum *checksum, gboolean *out_found, Commit *out,
             GError **error)
{
  *out_found = FALSE;
  return object_set_contains (self->blocked, TREE_OBJECT_COMMIT, checksum) ||
         object_load_commit_optional (self->repo, checksum, out_found, out, error);
}

static gboolean
throw_missing (const TreeChecksum *checksum, GError **error)
{
  g_autofree char *name = object_to_string (&(ObjectName){*checksum, TREE_OBJECT_COMMIT});
  return throw_error (error, TREE_ERROR_NOT_FOUND, "No such metadata object %s", name);
}

gboolean
traversal_add_commit (Traversal *self, const TreeChecksum *commit, int depth, GError **error)
{
  TreeChecksum at = *commit;
  for (gboolean first = TRUE; !is_done (self, &at, depth); first = FALSE) {
    gboolean found = FALSE;
    g_auto (Commit) parsed = {0};
    if (!load_commit (self, &at, &found, &parsed, error))
      return FALSE;
    if (!found)
      return !first || throw_missing (&at, error);
    if (!add_one (self, &at, &parsed, error))
      return FALSE;
    if (!parsed.has_parent || depth == 0)
      return TRUE;
    at = parsed.parent;
    if (depth > 0)
      depth--;
  }
  return TRUE;
}

gboolean
traversal_add_since (Traversal *self, const TreeChecksum *commit, gint64 since, GError **error)
{
  g_autoptr (ObjectSet) seen = object_set_new (); /* damaged commits may lead in a circle */
  TreeChecksum at = *commit;
  for (gboolean first = TRUE; object_set_add (seen, TREE_OBJECT_COMMIT, &at); first = FALSE) {
    gboolean found = FALSE;
    g_auto (Commit) parsed = {0};
    if (!load_commit (self, &at, &found, &parsed, error))
      return FALSE;
    if (!found)
      return !first || throw_missing (&at, error);
    if (!first && (gint64)parsed.timestamp < since)
      return TRUE;
    if (!add_one (self, &at, &parsed, error))
      return FALSE;
    if (!parsed.has_parent || (gint64)parsed.timestamp < since)
      return TRUE;
    at = parsed.parent;
  }
  return TRUE;
}

void
traversal_block (Traversal *self, const TreeChecksum *commit)
{
  (void)object_set_add (self->blocked, TREE_OBJECT_COMMIT, commit);
}
