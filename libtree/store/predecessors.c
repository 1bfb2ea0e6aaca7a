/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/predecessors.h"

#include "base/error.h"
#include "base/fd.h"
#include "core/checksum.h"
#include "plain/layout.h"

#define FILE_MAX_BYTES ((gsize)16 * 1024 * 1024)
/* Nobody looks further back on a branch. */
#define MAX_NOTED 64

void
predecessors_clear (Predecessors *self)
{
  g_clear_pointer (&self->file, g_key_file_unref);
}

gboolean
predecessors_load (const TreeRepo *repo, Predecessors *out, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) local = NULL;
  g_autoptr (GKeyFile) file = g_key_file_new ();
  if (!file_read_at (repo->dfd, REPO_PREDECESSORS, FILE_MAX_BYTES, &bytes, error))
    return FALSE;
  if (bytes != NULL && g_bytes_get_size (bytes) > 0 &&
      !g_key_file_load_from_bytes (file, bytes, G_KEY_FILE_NONE, &local))
    return throw_error (error, TREE_ERROR_CORRUPT,
                        "'" REPO_PREDECESSORS "': %s; without the file, parents are what counts",
                        local->message);
  out->file = g_steal_pointer (&file);
  return TRUE;
}

gboolean
predecessors_find (const Predecessors *self, const char *branch, const TreeChecksum *commit,
                   TreeChecksum *out)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (commit, hex);
  g_autofree char *before = g_key_file_get_string (self->file, branch, hex, NULL);
  return before != NULL && checksum_is_hex (before) && tree_checksum_from_hex (before, out, NULL);
}

/* The first are the oldest. */
static void
forget_old (Predecessors *self, const char *branch)
{
  gsize n = 0;
  g_auto (GStrv) keys = g_key_file_get_keys (self->file, branch, &n, NULL);
  for (gsize i = 0; keys != NULL && i + MAX_NOTED < n; i++)
    (void)g_key_file_remove_key (self->file, branch, keys[i], NULL); /* it was listed */
}

gboolean
predecessors_set (Predecessors *self, const TreeRepo *repo, const char *branch,
                  const TreeChecksum *commit, const TreeChecksum *before, GError **error)
{
  TreeChecksum noted;
  gboolean found = predecessors_find (self, branch, commit, &noted);
  if (before == NULL ? !found : found && tree_checksum_equal (&noted, before))
    return TRUE;
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  char before_hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (commit, hex);
  (void)g_key_file_remove_key (self->file, branch, hex, NULL); /* the new one comes last */
  if (before != NULL) {
    tree_checksum_to_hex (before, before_hex);
    g_key_file_set_string (self->file, branch, hex, before_hex);
  }
  forget_old (self, branch);
  gsize len = 0;
  char *text = g_key_file_to_data (self->file, &len, NULL);
  g_autoptr (GBytes) bytes = g_bytes_new_take (text, len);
  return dir_ensure_at (repo->dfd, REPO_EXTENSIONS, 0775, error) &&
         repo_replace_file (repo, REPO_PREDECESSORS, bytes, error);
}
