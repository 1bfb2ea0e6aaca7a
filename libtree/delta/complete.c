/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "delta/complete.h"

#include "base/error.h"
#include "core/object-set.h"

typedef struct {
  Txn *txn;
  ObjectSet *seen;
  GArray *pending; /* TreeChecksum of dirtrees to read */
} Walk;

static gboolean
require (Walk *self, TreeObjectType type, const TreeChecksum *checksum, GError **error)
{
  gboolean found = FALSE;
  if (!object_set_add (self->seen, type, checksum))
    return TRUE;
  if (type == TREE_OBJECT_DIR_TREE) { /* reading it will tell */
    g_array_append_val (self->pending, *checksum);
    return TRUE;
  }
  if (!txn_has_object (self->txn, type, checksum, &found, error))
    return FALSE;
  g_autofree char *name = object_to_string (&(ObjectName){*checksum, type});
  return found || throw_error (error, TREE_ERROR_CORRUPT,
                               "the delta does not bring %s, which is not here, either", name);
}

static gboolean
walk_directory (Walk *self, const TreeChecksum *checksum, GError **error)
{
  g_auto (DirTree) tree = {0};
  DirTreeEntry entry;
  if (!txn_load_dirtree (self->txn, checksum, &tree, error))
    return FALSE;
  for (guint i = 0; i < tree.files.n; i++) {
    dirtree_file (&tree, i, &entry);
    if (!require (self, TREE_OBJECT_FILE, &entry.content, error))
      return FALSE;
  }
  for (guint i = 0; i < tree.dirs.n; i++) {
    dirtree_dir (&tree, i, &entry);
    if (!require (self, TREE_OBJECT_DIR_TREE, &entry.content, error) ||
        !require (self, TREE_OBJECT_DIR_META, &entry.meta, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
delta_check_complete (Txn *txn, const TreeChecksum *root, const TreeChecksum *root_meta,
                      GError **error)
{
  g_autoptr (ObjectSet) seen = object_set_new ();
  g_autoptr (GArray) pending = g_array_new (FALSE, FALSE, sizeof (TreeChecksum));
  Walk self = {txn, seen, pending};
  gboolean ok = require (&self, TREE_OBJECT_DIR_META, root_meta, error) &&
                require (&self, TREE_OBJECT_DIR_TREE, root, error);
  while (ok && pending->len > 0) {
    TreeChecksum checksum = g_array_index (pending, TreeChecksum, pending->len - 1);
    g_array_set_size (pending, pending->len - 1);
    ok = walk_directory (&self, &checksum, error);
  }
  return ok;
}
