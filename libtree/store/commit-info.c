/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a repository knows about its commits (tree_repo_load_commit, tree_repo_list_commits). */
#include "config.h"

#include "base/error.h"
#include "core/checksum.h"
#include "store/object-list.h"
#include "store/object-read.h"

void
tree_commit_info_free (TreeCommitInfo *info)
{
  if (info == NULL)
    return;
  g_free (info->version);
  g_clear_pointer (&info->variant, g_variant_unref);
  g_clear_pointer (&info->metadata, g_variant_unref);
  g_clear_pointer (&info->detached, g_variant_unref);
  g_free (info);
}

/* Absent and empty both mean that there is none. */
static gboolean
load_detached (const TreeRepo *self, const TreeChecksum *checksum, GVariant **out, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  if (!object_load_optional (self, TREE_OBJECT_COMMIT_META, checksum, &bytes, error))
    return FALSE;
  *out = NULL;
  if (bytes == NULL || g_bytes_get_size (bytes) == 0)
    return TRUE;
  g_autoptr (GVariant) variant = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, FALSE));
  if (!g_variant_is_normal_form (variant)) {
    char hex[TREE_CHECKSUM_HEX_LEN + 1];
    tree_checksum_to_hex (checksum, hex);
    return throw_error (error, TREE_ERROR_CORRUPT, "detached metadata '%s.commitmeta' is damaged",
                        hex);
  }
  *out = g_steal_pointer (&variant);
  return TRUE;
}

TreeCommitInfo *
tree_repo_load_commit (const TreeRepo *self, const TreeChecksum *checksum, GError **error)
{
  g_auto (Commit) commit = {0};
  g_autoptr (TreeCommitInfo) info = g_new0 (TreeCommitInfo, 1);
  if (!object_load_commit (self, checksum, &commit, error) ||
      !load_detached (self, checksum, &info->detached, error) ||
      !commit_is_partial (self, checksum, &info->is_partial, error))
    return NULL;
  info->checksum = *checksum;
  commit_content_checksum (&commit, &info->content_checksum);
  info->has_parent = commit.has_parent;
  info->parent = commit.parent;
  info->root = commit.root;
  info->root_meta = commit.root_meta;
  info->timestamp = commit.timestamp;
  info->subject = commit.subject;
  info->body = commit.body;
  (void)g_variant_lookup (commit.metadata, COMMIT_KEY_VERSION, "s", &info->version);
  info->variant = g_variant_ref (commit.variant);
  info->metadata = g_variant_ref (commit.metadata);
  return g_steal_pointer (&info);
}

static gboolean
add_commit (const ObjectName *name, int dfd, const char *file_name, gpointer user_data,
            GError **error)
{
  if (name->type == TREE_OBJECT_COMMIT)
    g_array_append_val ((GArray *)user_data, name->checksum);
  return TRUE;
}

GArray *
tree_repo_list_commits (const TreeRepo *self, GError **error)
{
  g_autoptr (GArray) commits = g_array_new (FALSE, FALSE, sizeof (TreeChecksum));
  if (!object_list (self, NULL, add_commit, commits, error))
    return NULL;
  return g_steal_pointer (&commits);
}
