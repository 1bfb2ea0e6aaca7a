/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/dirtree.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, len);
  g_auto (DirTree) tree = {0};
  g_autoptr (GError) error = NULL;
  if (!dirtree_parse (bytes, &tree, &error)) {
    g_assert_nonnull (error);
    return 0;
  }
  /* What was accepted is sorted, holds names that can be used as such, and is the one way to write
   * what it says. */
  g_autofree DirTreeEntry *files = g_new0 (DirTreeEntry, tree.files.n + 1);
  g_autofree DirTreeEntry *dirs = g_new0 (DirTreeEntry, tree.dirs.n + 1);
  for (guint i = 0; i < tree.files.n; i++) {
    DirTreeEntry found;
    dirtree_file (&tree, i, &files[i]);
    g_assert_true (dirtree_check_name (files[i].name, NULL));
    g_assert_true (dirtree_find_file (&tree, files[i].name, &found));
    g_assert_true (found.name == files[i].name);
  }
  for (guint i = 0; i < tree.dirs.n; i++) {
    DirTreeEntry found;
    dirtree_dir (&tree, i, &dirs[i]);
    g_assert_true (dirtree_check_name (dirs[i].name, NULL));
    g_assert_true (dirtree_find_dir (&tree, dirs[i].name, &found));
  }
  g_autoptr (GBytes) again = dirtree_build (files, tree.files.n, dirs, tree.dirs.n);
  g_assert_true (g_bytes_equal (bytes, again));
  return 0;
}
