/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/commit-sizes.h"

#include "base/error.h"
#include "core/dirtree.h"
#include "core/object-set.h"
#include "core/sizes.h"

typedef struct {
  Txn *txn;
  ObjectSet *seen;
  GArray *entries; /* ObjectSizes */
} Collector;

/* *@out_new: it was not there before. */
static gboolean
add (Collector *self, TreeObjectType type, const TreeChecksum *checksum, gboolean *out_new,
     GError **error)
{
  ObjectSizes entry = {.name = {*checksum, type}};
  *out_new = object_set_add (self->seen, type, checksum);
  if (!*out_new)
    return TRUE;
  if (!txn_object_size (self->txn, type, checksum, &entry.archived, &entry.unpacked, error))
    return FALSE;
  g_array_append_val (self->entries, entry);
  return TRUE;
}

static gboolean
add_tree (Collector *self, const TreeChecksum *checksum, int depth, GError **error)
{
  g_auto (DirTree) tree = {0};
  DirTreeEntry child;
  gboolean is_new = FALSE;
  if (depth > DIRTREE_MAX_DEPTH)
    return throw_error (error, TREE_ERROR_CORRUPT, "directories are nested too deeply");
  if (!add (self, TREE_OBJECT_DIR_TREE, checksum, &is_new, error))
    return FALSE;
  if (!is_new)
    return TRUE;
  if (!txn_load_dirtree (self->txn, checksum, &tree, error))
    return FALSE;
  for (guint i = 0; i < tree.files.n; i++) {
    dirtree_file (&tree, i, &child);
    if (!add (self, TREE_OBJECT_FILE, &child.content, &is_new, error))
      return FALSE;
  }
  for (guint i = 0; i < tree.dirs.n; i++) {
    dirtree_dir (&tree, i, &child);
    if (!add (self, TREE_OBJECT_DIR_META, &child.meta, &is_new, error) ||
        !add_tree (self, &child.content, depth + 1, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
commit_sizes_collect (Txn *txn, const TreeRoot *root, GVariant **out, GError **error)
{
  g_autoptr (ObjectSet) seen = object_set_new ();
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (ObjectSizes));
  Collector self = {txn, seen, entries};
  gboolean is_new;
  if (!add (&self, TREE_OBJECT_DIR_META, &root->meta, &is_new, error) ||
      !add_tree (&self, &root->tree, 0, error))
    return prefix_error (error, "sizes of the objects");
  *out = g_variant_ref_sink (sizes_build (entries));
  return TRUE;
}
