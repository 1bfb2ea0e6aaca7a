/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/generation.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "core/summary.h"
#include "plain/layout.h"

/* A client that read summary.sig just before the next one was published still finds its summary. */
#define N_KEPT 3

void
generation_path (const TreeChecksum *digest, char out[GENERATION_PATH_MAX])
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (digest, hex);
  (void)snprintf (out, GENERATION_PATH_MAX, REPO_SUMMARIES "/%s", hex);
}

/* ---- For those who read ---- */

gboolean
generation_of (GBytes *signature, TreeChecksum *out)
{
  g_autoptr (GVariant) value = summary_sig_lookup (signature, GENERATION_KEY);
  gsize len = 0;
  gconstpointer bytes = value != NULL ? g_variant_get_fixed_array (value, &len, 1) : NULL;
  if (len != sizeof out->bytes)
    return FALSE;
  memcpy (out->bytes, bytes, len);
  return TRUE;
}

gboolean
generation_is (GBytes *summary, const TreeChecksum *digest)
{
  if (summary == NULL)
    return FALSE;
  gsize len;
  gconstpointer data = g_bytes_get_data (summary, &len);
  TreeChecksum found;
  hash_data (data, len, &found);
  return tree_checksum_equal (&found, digest);
}

/* ---- The oldest go ---- */

typedef struct {
  const char *name; /* borrowed */
  struct timespec mtime;
} Copy;

static int
newest_first (gconstpointer a, gconstpointer b)
{
  const struct timespec *left = &((const Copy *)a)->mtime;
  const struct timespec *right = &((const Copy *)b)->mtime;
  if (left->tv_sec != right->tv_sec)
    return left->tv_sec > right->tv_sec ? -1 : 1;
  return left->tv_nsec == right->tv_nsec ? 0 : left->tv_nsec > right->tv_nsec ? -1 : 1;
}

/* Best effort: what stays now goes the next time. */
static void
remove_old (const TreeRepo *repo)
{
  autofd int dfd = dir_open_at (repo->dfd, REPO_SUMMARIES, NULL);
  g_autoptr (GPtrArray) entries = NULL;
  if (dfd < 0 || !dir_list (dfd, &entries, NULL))
    return;
  g_autoptr (GArray) copies = g_array_new (FALSE, FALSE, sizeof (Copy));
  for (guint i = 0; i < entries->len; i++) {
    const char *name = ((const DirEntry *)entries->pdata[i])->name;
    struct stat st;
    if (!checksum_is_hex (name) || fstatat (dfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
      continue;
    Copy copy = {name, st.st_mtim};
    g_array_append_val (copies, copy);
  }
  g_array_sort (copies, newest_first);
  for (guint i = N_KEPT; i < copies->len; i++)
    (void)unlinkat (dfd, g_array_index (copies, Copy, i).name, 0);
}

static gboolean
write_copy (const TreeRepo *repo, GBytes *summary, const TreeChecksum *digest, GError **error)
{
  char path[GENERATION_PATH_MAX];
  generation_path (digest, path);
  if (!dir_ensure_at (repo->dfd, REPO_SUMMARIES, 0775, error) ||
      !repo_replace_file (repo, path, summary, error))
    return prefix_error (error, "'%s'", path);
  remove_old (repo);
  return TRUE;
}

gboolean
generation_write (const TreeRepo *repo, GBytes *summary, GVariant **signatures, GError **error)
{
  TreeChecksum digest;
  hash_data (g_bytes_get_data (summary, NULL), g_bytes_get_size (summary), &digest);
  if (!write_copy (repo, summary, &digest, error))
    return FALSE;
  summary_sig_insert (
      signatures, GENERATION_KEY,
      g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, digest.bytes, sizeof digest.bytes, 1));
  return TRUE;
}

gboolean
generation_mirror (const TreeRepo *repo, GBytes *summary, GBytes *signature, GError **error)
{
  TreeChecksum digest;
  return !generation_of (signature, &digest) || !generation_is (summary, &digest) ||
         write_copy (repo, summary, &digest, error);
}
