/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a commit says about the sizes of its objects (tree_repo_commit_sizes). */
#include "config.h"

#include "base/error.h"
#include "core/sizes.h"
#include "store/object-read.h"

static gboolean
is_here (const TreeRepo *repo, const ObjectName *name, gboolean *out, GError **error)
{
  static const TreeObjectType any[] = {TREE_OBJECT_FILE, TREE_OBJECT_DIR_TREE,
                                       TREE_OBJECT_DIR_META};
  if (name->type != 0)
    return object_exists (repo, name->type, &name->checksum, out, error);
  *out = FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (any) && !*out; i++)
    if (!object_exists (repo, any[i], &name->checksum, out, error))
      return FALSE;
  return TRUE;
}

/* Numbers that a hostile commit makes too large stop at the largest. */
static void
add (guint64 *sum, guint64 size)
{
  *sum = size > G_MAXUINT64 - *sum ? G_MAXUINT64 : *sum + size;
}

gboolean
tree_repo_commit_sizes (const TreeRepo *self, const TreeChecksum *commit, TreeCommitSizes *out,
                        GError **error)
{
  g_auto (Commit) parsed = {0};
  TreeCommitSizes sum = {0};
  if (!object_load_commit (self, commit, &parsed, error))
    return FALSE;
  g_autoptr (GVariant)
      sizes = g_variant_lookup_value (parsed.metadata, COMMIT_KEY_SIZES, G_VARIANT_TYPE ("aay"));
  if (sizes == NULL)
    return throw_error (error, TREE_ERROR_NOT_FOUND,
                        "No metadata key " COMMIT_KEY_SIZES " in commit; it was made without "
                        "--generate-sizes");
  sum.n_objects = g_variant_n_children (sizes);
  for (gsize i = 0; i < sum.n_objects; i++) {
    g_autoptr (GVariant) element = g_variant_get_child_value (sizes, i);
    ObjectSizes entry;
    gboolean here = FALSE;
    if (!sizes_parse (element, &entry, error) || !is_here (self, &entry.name, &here, error))
      return FALSE;
    add (&sum.archived, entry.archived);
    add (&sum.unpacked, entry.unpacked);
    if (here)
      continue;
    sum.n_needed++;
    add (&sum.archived_needed, entry.archived);
    add (&sum.unpacked_needed, entry.unpacked);
  }
  *out = sum;
  return TRUE;
}
