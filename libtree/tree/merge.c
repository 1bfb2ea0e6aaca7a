/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/merge.h"

#include <string.h>

#include "base/error.h"

static int
order_of (gboolean has_a, const DirTreeEntry *a, gboolean has_b, const DirTreeEntry *b)
{
  if (!has_a)
    return 1;
  return has_b ? strcmp (a->name, b->name) : -1;
}

static gboolean
merge_same_name (Txn *txn, const DirTreeEntry *lower, const DirTreeEntry *upper, DirTreeEntry *out,
                 GError **error)
{
  TreeRoot a = {lower->content, lower->meta};
  TreeRoot b = {upper->content, upper->meta};
  TreeRoot merged;
  if (!merge_trees (txn, &a, &b, &merged, error))
    return prefix_error (error, "'%s'", upper->name);
  *out = (DirTreeEntry){upper->name, merged.tree, merged.meta};
  return TRUE;
}

typedef void (*ReadEntry) (const DirTree *tree, guint i, DirTreeEntry *out);
/* Makes one of two entries of the same name; NULL: the upper one it is. */
typedef gboolean (*MergeEntry) (Txn *txn, const DirTreeEntry *lower, const DirTreeEntry *upper,
                                DirTreeEntry *out, GError **error);

/* Both lists are sorted: the union, in one pass. */
static gboolean
merge_lists (Txn *txn, const DirTree *lower, guint n_lower, const DirTree *upper, guint n_upper,
             ReadEntry read, MergeEntry merge, GArray *out, GError **error)
{
  guint l = 0;
  guint u = 0;
  while (l < n_lower || u < n_upper) {
    DirTreeEntry a = {0};
    DirTreeEntry b = {0};
    if (l < n_lower)
      read (lower, l, &a);
    if (u < n_upper)
      read (upper, u, &b);
    int order = order_of (l < n_lower, &a, u < n_upper, &b);
    if (order == 0 && merge != NULL && !merge (txn, &a, &b, &b, error))
      return FALSE;
    if (order < 0)
      g_array_append_val (out, a);
    else
      g_array_append_val (out, b);
    l += order <= 0 ? 1 : 0;
    u += order >= 0 ? 1 : 0;
  }
  return TRUE;
}

static gboolean
check_kinds (const DirTree *lower, const DirTree *upper, GError **error)
{
  DirTreeEntry entry;
  DirTreeEntry other;
  for (guint i = 0; i < upper->files.n; i++) {
    dirtree_file (upper, i, &entry);
    if (dirtree_find_dir (lower, entry.name, &other))
      return throw_error (error, TREE_ERROR_INVALID, "Can't replace directory with file: %s",
                          entry.name);
  }
  for (guint i = 0; i < upper->dirs.n; i++) {
    dirtree_dir (upper, i, &entry);
    if (dirtree_find_file (lower, entry.name, &other))
      return throw_error (error, TREE_ERROR_INVALID, "Can't replace file with directory: %s",
                          entry.name);
  }
  return TRUE;
}

gboolean
merge_trees (Txn *txn, const TreeRoot *lower, const TreeRoot *upper, TreeRoot *out, GError **error)
{
  if (tree_checksum_equal (&lower->tree, &upper->tree)) {
    *out = *upper;
    return TRUE;
  }
  g_auto (DirTree) a = {0};
  g_auto (DirTree) b = {0};
  if (!txn_load_dirtree (txn, &lower->tree, &a, error) ||
      !txn_load_dirtree (txn, &upper->tree, &b, error) || !check_kinds (&a, &b, error))
    return FALSE;
  g_autoptr (GArray) files = g_array_new (FALSE, FALSE, sizeof (DirTreeEntry));
  g_autoptr (GArray) dirs = g_array_new (FALSE, FALSE, sizeof (DirTreeEntry));
  if (!merge_lists (txn, &a, a.files.n, &b, b.files.n, dirtree_file, NULL, files, error) ||
      !merge_lists (txn, &a, a.dirs.n, &b, b.dirs.n, dirtree_dir, merge_same_name, dirs, error))
    return FALSE;
  g_autoptr (GBytes) bytes = dirtree_build ((const DirTreeEntry *)files->data, files->len,
                                            (const DirTreeEntry *)dirs->data, dirs->len);
  TreeRoot merged = {.meta = upper->meta};
  if (!txn_put_metadata (txn, TREE_OBJECT_DIR_TREE, bytes, NULL, &merged.tree, error))
    return FALSE;
  *out = merged;
  return TRUE;
}
