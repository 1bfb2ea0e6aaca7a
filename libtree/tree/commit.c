/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A commit from its parts: tree, parent, metadata, ref. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/checksum.h"
#include "core/commit.h"
#include "core/refspec.h"
#include "store/object-read.h"
#include "store/refs.h"
#include "store/txn.h"
#include "tree-commit.h"
#include "tree/commit-dir.h"

/* ---- Metadata ---- */

/* "KEY=VALUE" into a dictionary of strings. */
static gboolean
add_strings (GVariantBuilder *builder, const char *const *pairs, GError **error)
{
  for (gsize i = 0; pairs != NULL && pairs[i] != NULL; i++) {
    const char *equals = strchr (pairs[i], '=');
    if (equals == NULL || equals == pairs[i])
      return throw_error (error, TREE_ERROR_INVALID, "Missing '=' in KEY=VALUE metadata '%s'",
                          pairs[i]);
    g_autofree char *key = g_strndup (pairs[i], (gsize)(equals - pairs[i]));
    g_variant_builder_add (builder, "{sv}", key, g_variant_new_string (equals + 1));
  }
  return TRUE;
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* Which refs, and whose, the commit is meant for: a server cannot pass it off as another. */
static void
add_bindings (GVariantBuilder *builder, const TreeRepo *repo, const TreeCommitOptions *options)
{
  g_autoptr (GPtrArray) refs = g_ptr_array_new ();
  if (options->branch != NULL)
    g_ptr_array_add (refs, (gpointer)options->branch);
  for (gsize i = 0; options->bind_refs != NULL && options->bind_refs[i] != NULL; i++)
    g_ptr_array_add (refs, (gpointer)options->bind_refs[i]);
  g_ptr_array_sort (refs, compare_strings);
  g_variant_builder_add (builder, "{sv}", COMMIT_KEY_REF_BINDING,
                         g_variant_new_strv ((const char *const *)refs->pdata, refs->len));
  if (repo->collection_id != NULL)
    g_variant_builder_add (builder, "{sv}", COMMIT_KEY_COLLECTION_BINDING,
                           g_variant_new_string (repo->collection_id));
}

static GVariant *
build_metadata (const TreeRepo *repo, const TreeCommitOptions *options, GError **error)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  if (!add_strings (&builder, options->metadata_strings, error))
    return NULL;
  if (!options->no_bindings)
    add_bindings (&builder, repo, options);
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static gboolean
commit_time (const TreeCommitOptions *options, guint64 *out, GError **error)
{
  const char *epoch = g_getenv ("SOURCE_DATE_EPOCH");
  if (options->has_timestamp)
    *out = options->timestamp;
  else if (epoch == NULL)
    *out = (guint64)time (NULL);
  else {
    char *end = NULL;
    errno = 0;
    *out = g_ascii_strtoull (epoch, &end, 10);
    if (errno != 0 || end == epoch || *end != '\0')
      return throw_error (error, TREE_ERROR_INVALID,
                          "SOURCE_DATE_EPOCH is '%s', but must be seconds since 1970", epoch);
  }
  return TRUE;
}

/* ---- The commit ---- */

static gboolean
find_parent (const TreeRepo *repo, const TreeCommitOptions *options, gboolean *out_found,
             TreeChecksum *out, GError **error)
{
  *out_found = FALSE;
  if (options->no_parent)
    return TRUE;
  if (options->parent != NULL) {
    *out_found = TRUE;
    *out = *options->parent;
    return TRUE;
  }
  return options->branch == NULL || refs_read (repo, options->branch, out_found, out, error);
}

static gboolean
is_unchanged (const TreeRepo *repo, const TreeChecksum *parent, const TreeChecksum *root,
              const TreeChecksum *root_meta, gboolean *out, GError **error)
{
  g_auto (Commit) commit = {0};
  if (!object_load_commit (repo, parent, &commit, error))
    return FALSE;
  *out = tree_checksum_equal (&commit.root, root) &&
         tree_checksum_equal (&commit.root_meta, root_meta);
  return TRUE;
}

static gboolean
put_detached (Txn *txn, const TreeCommitOptions *options, const TreeChecksum *commit,
              GError **error)
{
  if (options->detached_metadata_strings == NULL)
    return TRUE;
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  if (!add_strings (&builder, options->detached_metadata_strings, error))
    return FALSE;
  g_autoptr (GVariant) dictionary = g_variant_ref_sink (g_variant_builder_end (&builder));
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (dictionary);
  return txn_put_metadata (txn, TREE_OBJECT_COMMIT_META, bytes, commit, NULL, error);
}

static gboolean
put_commit (Txn *txn, const TreeChecksum *root, const TreeChecksum *root_meta,
            const TreeCommitOptions *options, TreeChecksum *out, GError **error)
{
  TreeRepo *repo = txn_get_repo (txn);
  gboolean has_parent = FALSE;
  TreeChecksum parent;
  guint64 timestamp = 0;
  if (!find_parent (repo, options, &has_parent, &parent, error) ||
      !commit_time (options, &timestamp, error))
    return FALSE;
  gboolean unchanged = FALSE;
  if (options->skip_if_unchanged && has_parent &&
      !is_unchanged (repo, &parent, root, root_meta, &unchanged, error))
    return FALSE;
  if (unchanged) {
    *out = parent;
    return TRUE;
  }
  g_autoptr (GVariant) metadata = build_metadata (repo, options, error);
  if (metadata == NULL)
    return FALSE;
  g_autoptr (GBytes) bytes = commit_build (
      metadata, has_parent ? &parent : NULL, options->subject != NULL ? options->subject : "",
      options->body != NULL ? options->body : "", timestamp, root, root_meta);
  if (!txn_put_metadata (txn, TREE_OBJECT_COMMIT, bytes, NULL, out, error) ||
      !put_detached (txn, options, out, error))
    return FALSE;
  if (options->branch != NULL)
    txn_set_ref (txn, options->branch, out);
  return TRUE;
}

static gboolean
finish (Txn *txn, const TreeChecksum *root, const TreeChecksum *root_meta,
        const TreeCommitOptions *options, TreeCommitResult *out, GError **error)
{
  TxnStats stats = {0};
  if (!put_commit (txn, root, root_meta, options, &out->checksum, error) ||
      !txn_commit (txn, &stats, error))
    return FALSE;
  out->n_metadata = stats.n_metadata;
  out->n_metadata_written = stats.n_metadata_written;
  out->n_content = stats.n_content + out->n_cache_hits;
  out->n_content_written = stats.n_content_written;
  out->content_bytes_written = stats.content_bytes_written;
  return TRUE;
}

/* Before anything is read: a bad name or a missing parent is no reason to hash a tree. */
static gboolean
check_options (const TreeRepo *repo, const TreeCommitOptions *options, GError **error)
{
  gboolean exists = TRUE;
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  if (options->branch != NULL && !refspec_check_ref (options->branch, error))
    return FALSE;
  for (gsize i = 0; options->bind_refs != NULL && options->bind_refs[i] != NULL; i++)
    if (!refspec_check_ref (options->bind_refs[i], error))
      return FALSE;
  g_autoptr (GVariant) metadata = build_metadata (repo, options, error);
  if (metadata == NULL)
    return FALSE;
  if (options->parent != NULL &&
      !object_exists (repo, TREE_OBJECT_COMMIT, options->parent, &exists, error))
    return FALSE;
  if (exists)
    return TRUE;
  tree_checksum_to_hex (options->parent, hex);
  return throw_error (error, TREE_ERROR_NOT_FOUND, "parent commit %s is not in the repository",
                      hex);
}

gboolean
tree_repo_commit_tree (TreeRepo *self, const TreeChecksum *root, const TreeChecksum *root_meta,
                       const TreeCommitOptions *options, TreeCommitResult *out, GError **error)
{
  TreeCommitResult result = {0};
  g_autoptr (Txn) txn = check_options (self, options, error)
                            ? txn_begin (self, !options->no_fsync, error)
                            : NULL;
  if (txn == NULL || !finish (txn, root, root_meta, options, &result, error))
    return FALSE;
  *out = result;
  return TRUE;
}

static StatCache *
open_stat_cache (const TreeRepo *repo, int dfd, const Filter *filter)
{
  struct stat st;
  if (fstat (dfd, &st) < 0)
    return NULL;
  guint64 words[] = {st.st_dev, st.st_ino};
  TreeChecksum key;
  g_autoptr (Hasher) hasher = hasher_new ();
  hasher_update (hasher, words, sizeof words);
  filter_hash (filter, hasher);
  hasher_final (hasher, &key);
  return stat_cache_open (repo, &key);
}

gboolean
tree_repo_commit_dir (TreeRepo *self, int dfd, const char *path, const TreeCommitOptions *options,
                      TreeCommitResult *out, GError **error)
{
  if (!check_options (self, options, error))
    return FALSE;
  autofd int source = openat (dfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (source < 0)
    return throw_errno (error, "open tree '%s'", path);
  Filter filter;
  filter_init (&filter, self, options);
  g_autoptr (StatCache) cache = options->use_stat_cache ? open_stat_cache (self, source, &filter)
                                                        : NULL;
  g_autoptr (Txn) txn = txn_begin (self, !options->no_fsync, error);
  CommitDirOptions how = {&filter, cache, options->progress, options->user_data};
  TreeCommitResult result = {0};
  TreeChecksum root;
  TreeChecksum root_meta;
  if (txn == NULL)
    return FALSE;
  if (!commit_dir_write (txn, source, &how, &root, &root_meta, &result.n_cache_hits, error))
    return prefix_error (error, "commit '%s'", path);
  if (!finish (txn, &root, &root_meta, options, &result, error))
    return FALSE;
  if (cache != NULL && !stat_cache_save (cache, error))
    return prefix_error (error, "the commit is written, but not the stat cache");
  *out = result;
  return TRUE;
}
