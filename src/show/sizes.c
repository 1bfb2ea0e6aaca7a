/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "src/show/sizes.h"

#include <stdio.h>

static void
print_pair (const char *what, guint64 needed, guint64 total)
{
  g_autofree char *needed_text = g_format_size (needed);
  g_autofree char *total_text = g_format_size (total);
  printf ("%s size (needed/total): %s/%s\n", what, needed_text, total_text);
}

gboolean
show_sizes (const TreeRepo *repo, const TreeChecksum *commit, GError **error)
{
  TreeCommitSizes sizes;
  if (!tree_repo_commit_sizes (repo, commit, &sizes, error))
    return FALSE;
  print_pair ("Compressed", sizes.archived_needed, sizes.archived);
  print_pair ("Unpacked", sizes.unpacked_needed, sizes.unpacked);
  printf ("Number of objects (needed/total): %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT "\n",
          sizes.n_needed, sizes.n_objects);
  return TRUE;
}
