/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A commit from its parts: tree, parent, metadata, ref. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/remove.h"
#include "core/checksum.h"
#include "core/commit.h"
#include "core/dirtree.h"
#include "core/refspec.h"
#include "store/object-read.h"
#include "store/publish.h"
#include "store/refs.h"
#include "store/txn.h"
#include "tree-commit.h"
#include "tree/commit-dir.h"
#include "tree/commit-ext4.h"
#include "tree/commit-policy.h"
#include "tree/commit-sign.h"
#include "tree/commit-ref.h"
#include "tree/commit-sizes.h"
#include "tree/commit-tar.h"
#include "tree/kernel-find.h"

/* ---- Metadata ---- */

/* The text behind "KEY="; NULL with an error when there is no key. */
static const char *
split_pair (const char *pair, char **out_key, GError **error)
{
  const char *equals = strchr (pair, '=');
  if (equals == NULL)
    return throw_null (error, TREE_ERROR_INVALID, "Missing '=' in KEY=VALUE metadata '%s'", pair);
  if (equals == pair)
    return throw_null (error, TREE_ERROR_INVALID, "Empty metadata key in '%s'", pair);
  *out_key = g_strndup (pair, (gsize)(equals - pair));
  return equals + 1;
}

/* "KEY=VALUE" into a dictionary of strings. */
static gboolean
add_strings (GVariantBuilder *builder, const char *const *pairs, GError **error)
{
  for (gsize i = 0; pairs != NULL && pairs[i] != NULL; i++) {
    g_autofree char *key = NULL;
    const char *text = split_pair (pairs[i], &key, error);
    if (text == NULL)
      return FALSE;
    g_variant_builder_add (builder, "{sv}", key, g_variant_new_string (text));
  }
  return TRUE;
}

/* "KEY=" and the text of a GVariant. */
static gboolean
add_variants (GVariantBuilder *builder, const char *const *pairs, GError **error)
{
  for (gsize i = 0; pairs != NULL && pairs[i] != NULL; i++) {
    g_autofree char *key = NULL;
    const char *text = split_pair (pairs[i], &key, error);
    if (text == NULL)
      return FALSE;
    g_autoptr (GError) local = NULL;
    g_autoptr (GVariant) value = g_variant_parse (NULL, text, NULL, NULL, &local);
    if (value == NULL)
      return throw_error (error, TREE_ERROR_INVALID, "metadata '%s' is not a GVariant: %s",
                          pairs[i], local->message);
    g_variant_builder_add (builder, "{sv}", key, value);
  }
  return TRUE;
}

static gboolean
add_kept (GVariantBuilder *builder, const Commit *parent, const char *const *keys, GError **error)
{
  for (gsize i = 0; keys != NULL && keys[i] != NULL; i++) {
    g_autoptr (GVariant) value = parent->metadata != NULL
                                     ? g_variant_lookup_value (parent->metadata, keys[i], NULL)
                                     : NULL;
    if (value == NULL)
      return throw_error (error, TREE_ERROR_NOT_FOUND, "Missing metadata key '%s' from %s", keys[i],
                          parent->metadata != NULL ? "parent commit" : "a parent: there is none");
    g_variant_builder_add (builder, "{sv}", keys[i], value);
  }
  return TRUE;
}

/* All but the bindings, which are this commit's own. */
static void
add_alike (GVariantBuilder *builder, const Commit *like)
{
  gsize n = like->metadata != NULL ? g_variant_n_children (like->metadata) : 0;
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) entry = g_variant_get_child_value (like->metadata, i);
    const char *key;
    g_variant_get_child (entry, 0, "&s", &key);
    if (strcmp (key, COMMIT_KEY_REF_BINDING) != 0 &&
        strcmp (key, COMMIT_KEY_COLLECTION_BINDING) != 0)
      g_variant_builder_add_value (builder, entry);
  }
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

/* What there is before anything is read: the parent, what it is to be like, and the time. */
typedef struct {
  gboolean branch_is_there;
  TreeChecksum branch; /* the commit that it points to */
  gboolean has_parent;
  TreeChecksum parent_checksum;
  Commit parent; /* cleared without one */
  Commit like;   /* the same */
  guint64 timestamp;
} Plan;

static void
plan_clear (Plan *self)
{
  commit_clear (&self->parent);
  commit_clear (&self->like);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Plan, plan_clear)

/* @kernel: the release of the kernel in the tree, or NULL. @sizes: of the objects, or NULL. */
static GVariant *
build_metadata (const TreeRepo *repo, const TreeCommitOptions *options, const Plan *plan,
                const char *kernel, GVariant *sizes, GError **error)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  add_alike (&builder, &plan->like);
  if (!add_strings (&builder, options->metadata_strings, error) ||
      !add_variants (&builder, options->metadata_variants, error) ||
      !add_kept (&builder, &plan->parent, options->keep_metadata, error))
    return NULL;
  if (kernel != NULL) {
    g_variant_builder_add (&builder, "{sv}", COMMIT_KEY_BOOTABLE, g_variant_new_boolean (TRUE));
    g_variant_builder_add (&builder, "{sv}", COMMIT_KEY_LINUX, g_variant_new_string (kernel));
  }
  if (!options->no_bindings)
    add_bindings (&builder, repo, options);
  if (sizes != NULL)
    g_variant_builder_add (&builder, "{sv}", COMMIT_KEY_SIZES, sizes);
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
    if (end == epoch || *end != '\0')
      return throw_error (error, TREE_ERROR_INVALID,
                          "Failed to convert SOURCE_DATE_EPOCH: '%s' is not seconds since 1970",
                          epoch);
    if (errno == ERANGE || *out > G_MAXINT64)
      return throw_error (error, TREE_ERROR_INVALID,
                          "Parsing SOURCE_DATE_EPOCH: Numerical result out of range: '%s'", epoch);
  }
  return TRUE;
}

/* ---- The commit ---- */

static gboolean
put_detached (Txn *txn, const TreeCommitOptions *options, const TreeChecksum *commit, GBytes *bytes,
              GError **error)
{
  g_autoptr (GVariant) dictionary = NULL;
  if (options->detached_metadata_strings != NULL) {
    g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
    if (!add_strings (&builder, options->detached_metadata_strings, error))
      return FALSE;
    dictionary = g_variant_ref_sink (g_variant_builder_end (&builder));
  }
  return commit_put_detached (txn, commit, bytes, dictionary, options->signers, error);
}

/* The branch is read once: if it is no longer so at the end, the parent is not right, either. */
static gboolean
find_parent (const TreeRepo *repo, const TreeCommitOptions *options, Plan *out, GError **error)
{
  if (options->branch != NULL &&
      !refs_read (repo, options->branch, &out->branch_is_there, &out->branch, error))
    return FALSE;
  out->has_parent = !options->no_parent && (options->parent != NULL || out->branch_is_there);
  if (out->has_parent)
    out->parent_checksum = options->parent != NULL ? *options->parent : out->branch;
  return TRUE;
}

/* Before anything is read: a bad name or a missing parent is no reason to hash a tree. */
static gboolean
make_plan (const TreeRepo *repo, const TreeCommitOptions *options, Plan *out, GError **error)
{
  if (options->branch != NULL && !refspec_parse (options->branch, NULL, NULL, error))
    return FALSE;
  for (gsize i = 0; options->bind_refs != NULL && options->bind_refs[i] != NULL; i++)
    if (!refspec_check_ref (options->bind_refs[i], error))
      return FALSE;
  if (!find_parent (repo, options, out, error) || !commit_time (options, &out->timestamp, error))
    return FALSE;
  gboolean needs_parent = options->parent != NULL || options->skip_if_unchanged ||
                          options->keep_metadata != NULL;
  if (out->has_parent && needs_parent &&
      !object_load_commit (repo, &out->parent_checksum, &out->parent, error))
    return prefix_error (error, "parent commit");
  if (options->like != NULL && !object_load_commit (repo, options->like, &out->like, error))
    return FALSE;
  if (options->like != NULL)
    out->timestamp = out->like.timestamp;
  g_autoptr (GVariant) metadata = build_metadata (repo, options, out, NULL, NULL, error);
  return metadata != NULL;
}

static GBytes *
build (const TreeRoot *root, const TreeCommitOptions *options, const Plan *plan, GVariant *metadata)
{
  const char *subject = options->like != NULL ? plan->like.subject : options->subject;
  const char *body = options->like != NULL ? plan->like.body : options->body;
  return commit_build (metadata, plan->has_parent ? &plan->parent_checksum : NULL,
                       subject != NULL ? subject : "", body != NULL ? body : "", plan->timestamp,
                       &root->tree, &root->meta);
}

static gboolean
put_commit (Txn *txn, const TreeRoot *root, const TreeCommitOptions *options, const Plan *plan,
            TreeChecksum *out, GError **error)
{
  TreeRepo *repo = txn_get_repo (txn);
  if (options->skip_if_unchanged && plan->has_parent &&
      tree_checksum_equal (&plan->parent.root, &root->tree) &&
      tree_checksum_equal (&plan->parent.root_meta, &root->meta)) {
    *out = plan->parent_checksum;
    return TRUE;
  }
  g_autofree char *kernel = NULL;
  g_autoptr (GVariant) sizes = NULL;
  if (options->bootable && !kernel_find (txn, root, &kernel, error))
    return FALSE;
  if (options->generate_sizes && repo->mode->archive &&
      !commit_sizes_collect (txn, root, &sizes, error))
    return FALSE;
  g_autoptr (GVariant) metadata = build_metadata (repo, options, plan, kernel, sizes, error);
  if (metadata == NULL)
    return FALSE;
  g_autoptr (GBytes) bytes = build (root, options, plan, metadata);
  if (!txn_put_metadata (txn, TREE_OBJECT_COMMIT, bytes, NULL, out, error) ||
      !put_detached (txn, options, out, bytes, error))
    return FALSE;
  if (options->branch != NULL)
    txn_move_ref (txn, options->branch, plan->branch_is_there ? &plan->branch : NULL, out);
  return TRUE;
}

/* ---- The sources ---- */

typedef struct {
  Txn *txn;
  const TreeCommitOptions *options;
  Filter *filter;
  InodeTable *devino; /* or NULL */
  guint64 n_hits;
} Sources;

/* @base: NULL for none */
static gboolean
lay_over (Txn *txn, const TreeRoot *base, const TreeRoot *root, TreeRoot *out, GError **error)
{
  if (base != NULL)
    return merge_trees (txn, base, root, out, error) ||
           prefix_error (error, "lay one tree over another");
  *out = *root;
  return TRUE;
}

static StatCache *
open_stat_cache (const Sources *self, int dfd)
{
  struct stat st;
  if (fstat (dfd, &st) < 0)
    return NULL;
  const TreeCommitOptions *options = self->options;
  guint64 words[] = {st.st_dev, st.st_ino, (guint64)options->trust_hardlinks,
                     (guint64)options->trust_canonical};
  TreeChecksum key;
  g_autoptr (Hasher) hasher = hasher_new ();
  hasher_update (hasher, words, sizeof words);
  filter_hash (self->filter, hasher);
  hasher_final (hasher, &key);
  return stat_cache_open (txn_get_repo (self->txn), &key);
}

static gboolean
write_dir (Sources *self, const TreeSource *source, TreeRoot *out, GError **error)
{
  const TreeCommitOptions *options = self->options;
  autofd int dfd = openat (source->dfd, source->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dfd < 0)
    return throw_errno (error, "open tree '%s'", source->path);
  g_autoptr (StatCache) cache = options->use_stat_cache ? open_stat_cache (self, dfd) : NULL;
  CommitDirOptions how = {.filter = self->filter,
                          .stat_cache = cache,
                          .devino = self->devino,
                          .trust_canonical = options->trust_canonical,
                          .adopt = options->consume,
                          .progress = options->progress,
                          .user_data = options->user_data};
  guint64 n_hits = 0;
  if (!commit_dir_write (self->txn, dfd, &how, out, &n_hits, error))
    return prefix_error (error, "commit '%s'", source->path);
  self->n_hits += n_hits;
  /* Objects that are never published do no harm in the cache: a hit asks for the object. */
  g_autoptr (GError) local = NULL;
  if (cache != NULL && !stat_cache_save (cache, &local))
    g_debug ("stat cache not saved: %s", local->message);
  return TRUE;
}

/* Laid over @base, which may be NULL. */
static gboolean
write_tar (Sources *self, const TreeSource *source, const TreeRoot *base, TreeRoot *out,
           GError **error)
{
  const TreeCommitOptions *options = self->options;
  CommitTarOptions how = {.filter = self->filter,
                          .autocreate_parents = options->tar_autocreate_parents,
                          .path_regex = options->tar_path_regex,
                          .path_replacement = options->tar_path_replacement,
                          .progress = options->progress,
                          .user_data = options->user_data};
  autofd int own = -1;
  if (source->path != NULL) {
    own = openat (source->dfd, source->path, O_RDONLY | O_CLOEXEC);
    if (own < 0)
      return throw_errno (error, "open archive '%s'", source->path);
  }
  const char *name = source->path != NULL ? source->path : "standard input";
  return commit_tar_write (self->txn, own >= 0 ? own : source->dfd, &how, base, out, error) ||
         prefix_error (error, "commit '%s'", name);
}

/* Laid over @base, which may be NULL. */
static gboolean
write_ext4 (Sources *self, const TreeSource *source, const TreeRoot *base, TreeRoot *out,
            GError **error)
{
  CommitExt4Options how = {.filter = self->filter,
                           .progress = self->options->progress,
                           .user_data = self->options->user_data};
  autofd int fd = openat (source->dfd, source->path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return throw_errno (error, "open image '%s'", source->path);
  return commit_ext4_write (self->txn, fd, &how, base, out, error) ||
         prefix_error (error, "commit '%s'", source->path);
}

/* Laid over @base, which may be NULL. */
static gboolean
write_commit_tree (Sources *self, const TreeSource *source, const TreeRoot *base, TreeRoot *out,
                   GError **error)
{
  CommitRefOptions how = {.filter = self->filter,
                          .progress = self->options->progress,
                          .user_data = self->options->user_data};
  g_auto (Commit) commit = {0};
  gboolean partial = FALSE;
  const TreeRepo *repo = txn_get_repo (self->txn);
  if (!object_load_commit (repo, &source->commit, &commit, error) ||
      !commit_is_partial (repo, &source->commit, &partial, error))
    return FALSE;
  if (partial)
    return throw_error (
        error, TREE_ERROR_NOT_FOUND,
        "the commit that the tree is taken from was not pulled completely; pull it first");
  TreeRoot root = {commit.root, commit.root_meta};
  if (source->kind == TREE_SOURCE_COMMIT && self->filter->changes_stored)
    return commit_ref_write (self->txn, &root, &how, base, out, error);
  return lay_over (self->txn, base, &root, out, error);
}

static gboolean
write_empty (Txn *txn, TreeRoot *out, GError **error)
{
  const FileMeta meta = {.mode = S_IFDIR | 0755};
  g_autoptr (GBytes) tree = dirtree_build (NULL, 0, NULL, 0);
  g_autoptr (GBytes) dirmeta = filemeta_to_dirmeta (&meta);
  return txn_put_metadata (txn, TREE_OBJECT_DIR_TREE, tree, NULL, &out->tree, error) &&
         txn_put_metadata (txn, TREE_OBJECT_DIR_META, dirmeta, NULL, &out->meta, error);
}

/* Lays it over @base, which is NULL for the first. */
static gboolean
write_source (Sources *self, const TreeSource *source, const TreeRoot *base, TreeRoot *out,
              GError **error)
{
  TreeRoot root;
  switch (source->kind) {
  case TREE_SOURCE_DIR:
    break;
  case TREE_SOURCE_COMMIT:
  case TREE_SOURCE_BASE:
    return write_commit_tree (self, source, base, out, error);
  case TREE_SOURCE_TAR:
    return write_tar (self, source, base, out, error);
  case TREE_SOURCE_EXT4:
    return write_ext4 (self, source, base, out, error);
  }
  return write_dir (self, source, &root, error) && lay_over (self->txn, base, &root, out, error);
}

static gboolean
write_sources (Sources *self, const TreeSource *sources, guint n, TreeRoot *out, GError **error)
{
  if (n == 0)
    return write_empty (self->txn, out, error);
  for (guint i = 0; i < n; i++)
    if (!write_source (self, &sources[i], i > 0 ? out : NULL, out, error))
      return FALSE;
  return filter_check_all_used (self->filter, error);
}

/* Only after the commit is on disk: until then the directories are the only copy. */
static gboolean
remove_consumed (const TreeSource *sources, guint n, GError **error)
{
  for (guint i = 0; i < n; i++)
    if (sources[i].kind == TREE_SOURCE_DIR &&
        !dir_remove_all_at (sources[i].dfd, sources[i].path, error))
      return prefix_error (error, "the commit is written, but '%s' is not removed",
                           sources[i].path);
  return TRUE;
}

static gboolean
check_options (const TreeCommitOptions *options, GError **error)
{
  if (options->consume && options->skip_paths != NULL)
    return throw_error (
        error, TREE_ERROR_INVALID,
        "consuming a tree and skipping parts of it do not go together: they would be lost");
  return TRUE;
}

gboolean
tree_repo_commit (TreeRepo *self, const TreeSource *sources, guint n_sources,
                  const TreeCommitOptions *options, TreeCommitResult *out, GError **error)
{
  g_auto (Plan) plan = {0};
  g_auto (Filter) filter = {0};
  g_autoptr (SePolicy) policy = NULL;
  if (!check_options (options, error))
    return FALSE;
  /* From here on nothing that the plan names is pruned. */
  g_autoptr (Txn) txn = txn_begin (self, !options->no_fsync, error);
  if (txn == NULL || !make_plan (self, options, &plan, error) ||
      !commit_policy_open (self, sources, n_sources, options, &policy, error) ||
      !filter_init (&filter, self, options, policy, error))
    return FALSE;
  g_autoptr (InodeTable) devino = options->trust_hardlinks ? devino_scan (self, error) : NULL;
  if (options->trust_hardlinks && devino == NULL)
    return FALSE;
  Sources work = {.txn = txn, .options = options, .filter = &filter, .devino = devino};
  TreeCommitResult result = {0};
  TxnStats stats = {0};
  TreeRoot root;
  if (!write_sources (&work, sources, n_sources, &root, error) ||
      !put_commit (txn, &root, options, &plan, &result.checksum, error) ||
      !txn_commit (txn, &stats, error) ||
      (options->branch != NULL && !publish_automatically (self, error)))
    return FALSE;
  if (options->consume && !remove_consumed (sources, n_sources, error))
    return FALSE;
  result.n_metadata = stats.n_metadata;
  result.n_metadata_written = stats.n_metadata_written;
  result.n_content = stats.n_content + work.n_hits;
  result.n_content_written = stats.n_content_written;
  result.content_bytes_written = stats.content_bytes_written;
  result.n_cache_hits = work.n_hits;
  *out = result;
  return TRUE;
}
