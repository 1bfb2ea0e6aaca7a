/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/kernel-find.h"

#include "base/error.h"

/* The dirtree of usr/lib/modules; *@out_found is FALSE when there is none. */
static gboolean
find_modules (Txn *txn, const TreeRoot *root, TreeChecksum *out, gboolean *out_found,
              GError **error)
{
  static const char *const way[] = {"usr", "lib", "modules"};
  *out = root->tree;
  *out_found = TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (way) && *out_found; i++) {
    g_auto (DirTree) tree = {0};
    DirTreeEntry entry;
    if (!txn_load_dirtree (txn, out, &tree, error))
      return FALSE;
    *out_found = dirtree_find_dir (&tree, way[i], &entry);
    if (*out_found)
      *out = entry.content;
  }
  return TRUE;
}

gboolean
kernel_find (Txn *txn, const TreeRoot *root, char **out_release, GError **error)
{
  TreeChecksum checksum;
  gboolean has_modules = FALSE;
  g_auto (DirTree) modules = {0};
  g_autofree char *release = NULL;
  if (!find_modules (txn, root, &checksum, &has_modules, error) ||
      (has_modules && !txn_load_dirtree (txn, &checksum, &modules, error)))
    return FALSE;
  for (guint i = 0; i < modules.dirs.n; i++) {
    DirTreeEntry entry;
    DirTreeEntry kernel;
    g_auto (DirTree) tree = {0};
    dirtree_dir (&modules, i, &entry);
    if (!txn_load_dirtree (txn, &entry.content, &tree, error))
      return FALSE;
    if (!dirtree_find_file (&tree, "vmlinuz", &kernel))
      continue;
    if (release != NULL)
      return throw_error (
          error, TREE_ERROR_INVALID,
          "Multiple kernels in the tree: usr/lib/modules/%s and %s both have a vmlinuz", release,
          entry.name);
    release = g_strdup (entry.name);
  }
  if (release == NULL)
    return throw_error (
        error, TREE_ERROR_NOT_FOUND,
        "No kernel in the tree: a bootable one has usr/lib/modules/RELEASE/vmlinuz: "
        "No such file or directory");
  *out_release = g_steal_pointer (&release);
  return TRUE;
}
