/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/lookup.h"

#include "base/error.h"
#include "store/object-read.h"

/* One step from a directory. */
static gboolean
enter (const TreeRepo *repo, const char *path, const char *name, LookupResult *at, GError **error)
{
  g_auto (DirTree) tree = {0};
  DirTreeEntry entry;
  if (!at->is_dir)
    return throw_error (error, TREE_ERROR_NOT_FOUND, "Not a directory: %s", path);
  if (!object_load_dirtree (repo, &at->content, &tree, error))
    return FALSE;
  if (dirtree_find_dir (&tree, name, &entry))
    *at = (LookupResult){TRUE, entry.content, entry.meta};
  else if (dirtree_find_file (&tree, name, &entry))
    *at = (LookupResult){FALSE, entry.content, {{0}}};
  else
    return throw_error (error, TREE_ERROR_NOT_FOUND, "No such file or directory: %s", path);
  return TRUE;
}

gboolean
lookup_path (const TreeRepo *repo, const TreeChecksum *commit, const char *path, LookupResult *out,
             GString *out_path, GError **error)
{
  g_auto (Commit) parsed = {0};
  if (!object_load_commit (repo, commit, &parsed, error))
    return FALSE;
  LookupResult at = {TRUE, parsed.root, parsed.root_meta};
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  for (char **part = parts; *part != NULL; part++) {
    if (**part == '\0')
      continue;
    if (!enter (repo, path, *part, &at, error))
      return prefix_error (error, "Inspecting path '%s'", path);
    g_string_append_printf (out_path, "/%s", *part);
  }
  *out = at;
  return TRUE;
}
