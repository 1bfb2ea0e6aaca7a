/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Order of a publication: delta indexes, then the configuration that says that they are there,
 * then a copy of the signed summary under a name of its own (generation.h), then the new summary
 * takes the old one's place, and its signature that of the old one; a summary that is not signed
 * comes after the old signature went. Who goes by the name in the signature always sees one
 * generation; others, for a moment, a summary without its signature.
 *
 * All of it, from the listing of the refs on, is under a lock of its own: else a writer who listed
 * them early and wrote late would put back an older summary.
 */
#include "config.h"

#include "store/publish.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/checksum.h"
#include "core/filemeta.h"
#include "core/summary.h"
#include "plain/layout.h"
#include "store/delta-index.h"
#include "store/generation.h"
#include "store/object-read.h"
#include "store/refs-list.h"
#include "store/refs.h"
#include "store/revoked.h"
#include "store/txn.h"

#define METADATA_REF "ostree-metadata"

/* What the summary says of a commit. */
typedef struct {
  TreeChecksum checksum; /* the key of the table */
  guint64 size;
  guint64 timestamp;
  char *version;
} CommitFacts;

static void
facts_free (gpointer data)
{
  CommitFacts *facts = data;
  g_free (facts->version);
  g_free (facts);
}

/* A commit with a table of sizes is megabytes long; only its ends are needed, so it is mapped and
 * not read. */
static GBytes *
map_commit (const TreeRepo *repo, const TreeChecksum *checksum, GError **error)
{
  char path[OBJECT_PATH_MAX];
  object_path (&(ObjectName){*checksum, TREE_OBJECT_COMMIT}, repo->mode->archive, path);
  autofd int fd = openat (repo->objects_dfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd >= 0) {
    g_autoptr (GMappedFile) file = g_mapped_file_new_from_fd (fd, FALSE, NULL);
    if (file != NULL)
      return g_mapped_file_get_bytes (file);
  }
  GBytes *bytes = NULL;
  return object_load (repo, TREE_OBJECT_COMMIT, checksum, &bytes, error) ? bytes : NULL;
}

static CommitFacts *
load_facts (const TreeRepo *repo, const TreeChecksum *checksum, GError **error)
{
  g_autoptr (GBytes) bytes = map_commit (repo, checksum, error);
  if (bytes == NULL)
    return NULL;
  /* Not checked as a whole: what a damaged one says is wrong, but it cannot do harm. */
  g_autoptr (GVariant) commit = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE (COMMIT_TYPE), bytes, FALSE));
  CommitFacts *facts = g_new0 (CommitFacts, 1);
  facts->checksum = *checksum;
  facts->size = g_bytes_get_size (bytes);
  guint64 timestamp;
  g_autoptr (GVariant) metadata = NULL;
  g_variant_get_child (commit, 0, "@a{sv}", &metadata);
  g_variant_get_child (commit, 5, "t", &timestamp);
  facts->timestamp = GUINT64_FROM_BE (timestamp);
  (void)g_variant_lookup (metadata, COMMIT_KEY_VERSION, "s", &facts->version);
  return facts;
}

/* Refs often share a commit: each is looked at once. */
static gboolean
fill_ref (const TreeRepo *repo, GHashTable *known, const char *name, const TreeChecksum *checksum,
          SummaryRef *out, GError **error)
{
  CommitFacts *facts = g_hash_table_lookup (known, checksum);
  if (facts == NULL) {
    facts = load_facts (repo, checksum, error);
    if (facts == NULL)
      return prefix_error (error, "ref '%s'", name);
    (void)g_hash_table_insert (known, &facts->checksum, facts);
  }
  *out = (SummaryRef){name, facts->size, *checksum, facts->timestamp, facts->version};
  return TRUE;
}

static GVariant *
build_heads (const TreeRepo *repo, GHashTable *known, GError **error)
{
  g_autoptr (GPtrArray) heads = refs_list_heads (repo, error);
  if (heads == NULL)
    return NULL;
  g_autofree SummaryRef *refs = g_new (SummaryRef, heads->len);
  for (guint i = 0; i < heads->len; i++) {
    const TreeRef *ref = heads->pdata[i];
    if (!fill_ref (repo, known, ref->name, &ref->checksum, &refs[i], error))
      return NULL;
  }
  return g_variant_ref_sink (summary_build_refs (refs, heads->len));
}

/* `a{sa(s(taya{sv}))}` of what is known of collections but the repository's own. */
static gboolean
build_collection_map (const TreeRepo *repo, GHashTable *known, GVariant **out, GError **error)
{
  g_autoptr (GPtrArray) others = tree_repo_list_collection_refs (repo, error);
  if (others == NULL)
    return FALSE;
  g_autofree SummaryRef *refs = g_new (SummaryRef, others->len);
  g_auto (GVariantBuilder)
      map = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{s" SUMMARY_REFS_TYPE "}"));
  guint n_collections = 0;
  for (guint i = 0; i < others->len;) {
    const char *collection = ((const TreeCollectionRef *)others->pdata[i])->collection;
    guint n = 0;
    for (; i < others->len; i++, n++) {
      const TreeCollectionRef *ref = others->pdata[i];
      if (strcmp (ref->collection, collection) != 0)
        break;
      if (!fill_ref (repo, known, ref->name, &ref->checksum, &refs[n], error))
        return FALSE;
    }
    if (g_strcmp0 (collection, repo->collection_id) == 0)
      continue;
    g_variant_builder_add (&map, "{s@" SUMMARY_REFS_TYPE "}", collection,
                           summary_build_refs (refs, n));
    n_collections++;
  }
  *out = n_collections > 0 ? g_variant_ref_sink (g_variant_builder_end (&map)) : NULL;
  return TRUE;
}

static void
add (GVariantDict *seen, GVariantBuilder *builder, const char *key, GVariant *value)
{
  g_variant_builder_add (builder, "{sv}", key, value);
  g_variant_dict_insert (seen, key, "b", TRUE);
}

/* The order of keys is that of the peers' summaries where they have one. */
static gboolean
build_metadata (const TreeRepo *repo, GArray *deltas, GVariant *collection_map, GVariant *extra,
                GVariant **out, GError **error)
{
  gboolean tombstones = FALSE;
  gboolean hide_deltas = FALSE;
  if (!repo_config_boolean (repo, "core", "tombstone-commits", FALSE, &tombstones, error) ||
      !repo_config_boolean (repo, "core", "no-deltas-in-summary", FALSE, &hide_deltas, error))
    return FALSE;
  g_autofree char *mode = g_key_file_get_string (repo->config, "core", "mode", NULL);
  guint64 now = (guint64)(g_get_real_time () / G_USEC_PER_SEC);
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_auto (GVariantDict) seen = G_VARIANT_DICT_INIT (NULL);
  add (&seen, &builder, SUMMARY_KEY_MODE,
       g_variant_new_string (mode != NULL ? mode : repo->mode->name));
  add (&seen, &builder, SUMMARY_KEY_LAST_MODIFIED, g_variant_new_uint64 (GUINT64_TO_BE (now)));
  add (&seen, &builder, SUMMARY_KEY_TOMBSTONES, g_variant_new_boolean (tombstones));
  if (deltas->len > 0 && !hide_deltas)
    add (&seen, &builder, SUMMARY_KEY_DELTAS,
         delta_index_map ((const DeltaEntry *)deltas->data, deltas->len));
  if (repo->collection_id != NULL)
    add (&seen, &builder, SUMMARY_KEY_COLLECTION_ID, g_variant_new_string (repo->collection_id));
  if (collection_map != NULL)
    add (&seen, &builder, SUMMARY_KEY_COLLECTION_MAP, collection_map);
  add (&seen, &builder, SUMMARY_KEY_INDEXED_DELTAS, g_variant_new_boolean (TRUE));
  if (deltas->len > 0 && !hide_deltas)
    add (&seen, &builder, DELTA_SIZES_KEY,
         delta_index_sizes ((const DeltaEntry *)deltas->data, deltas->len));
  gsize n = extra != NULL ? g_variant_n_children (extra) : 0;
  for (gsize i = 0; i < n; i++) {
    const char *key;
    g_autoptr (GVariant) value = NULL;
    g_variant_get_child (extra, i, "{&sv}", &key, &value);
    if (!g_variant_dict_contains (&seen, key))
      add (&seen, &builder, key, value);
  }
  *out = g_variant_ref_sink (g_variant_builder_end (&builder));
  return TRUE;
}

/* Servers tell files apart by size and the second of their time: a summary that is published within
 * the second of the last one would not be asked for again. */
static gboolean
set_later_time (const TreeRepo *repo, const char *path, gint64 last_s, GError **error)
{
  struct stat st;
  if (fstatat (repo->dfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno (error, "stat '%s'", path);
  const struct timespec times[2] = {{0, UTIME_OMIT}, {(time_t)(last_s + 1), 0}};
  return st.st_mtim.tv_sec > last_s ||
         utimensat (repo->dfd, path, times, AT_SYMLINK_NOFOLLOW) == 0 ||
         throw_errno (error, "set the time of '%s'", path);
}

/* Of a file that will be replaced; 0: there is none. */
static gint64
time_of (const TreeRepo *repo, const char *path)
{
  struct stat st;
  return fstatat (repo->dfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_mtim.tv_sec : 0;
}

/* The two files have the same time, by which some mirrors know that they belong together. */
static gboolean
write_signature (const TreeRepo *repo, GVariant *signatures, GError **error)
{
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (signatures);
  struct stat st;
  if (!repo_replace_file (repo, REPO_SUMMARY_SIG, bytes, error))
    return FALSE;
  if (fstatat (repo->dfd, REPO_SUMMARY, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno (error, "stat '" REPO_SUMMARY "'");
  const struct timespec times[2] = {{0, UTIME_OMIT}, st.st_mtim};
  return utimensat (repo->dfd, REPO_SUMMARY_SIG, times, AT_SYMLINK_NOFOLLOW) == 0 ||
         throw_errno (error, "set the time of '" REPO_SUMMARY_SIG "'");
}

/* @signatures: (nullable) */
static gboolean
write_summary (TreeRepo *repo, GBytes *bytes, GVariant *signatures, GError **error)
{
  if (g_bytes_get_size (bytes) > SUMMARY_MAX_BYTES)
    return throw_error (error, TREE_ERROR_INVALID, "the summary would be larger than clients take");
  /* A new signature takes the old one's place: for those who go by it there always is one. */
  if (signatures == NULL && unlinkat (repo->dfd, REPO_SUMMARY_SIG, 0) < 0 && errno != ENOENT)
    return throw_errno (error, "remove '" REPO_SUMMARY_SIG "'");
  gint64 last_s = time_of (repo, REPO_SUMMARY);
  if (!repo_replace_file (repo, REPO_SUMMARY, bytes, error) ||
      !set_later_time (repo, REPO_SUMMARY, last_s, error) ||
      (signatures != NULL && !write_signature (repo, signatures, error)))
    return FALSE;
  repo_touch (repo);
  return TRUE;
}

/* Clients look into delta-indexes/ when this is set. */
static gboolean
set_indexed_deltas (TreeRepo *repo, GError **error)
{
  gboolean set = FALSE;
  return repo_config_boolean (repo, "core", "indexed-deltas", FALSE, &set, error) &&
         (set || tree_repo_config_set (repo, "core", "indexed-deltas", "true", error));
}

/* What only those clients see that are ours. */
static gboolean
add_own_keys (const TreeRepo *repo, GBytes *summary, GVariant **signatures, GError **error)
{
  g_autoptr (GBytes) list = NULL;
  g_autoptr (GBytes) list_signature = NULL;
  if (!revoked_read (repo, &list, &list_signature, error) ||
      !generation_write (repo, summary, signatures, error))
    return FALSE;
  revoked_announce (signatures, list);
  return TRUE;
}

static gboolean
build_and_write (TreeRepo *repo, GVariant *metadata, gboolean generations, PublishSign sign,
                 gconstpointer user_data, GError **error)
{
  autofd int lock = repo_lock_file (repo, REPO_SUMMARY_LOCK, error);
  if (lock < 0)
    return prefix_error (error, "summary");
  g_autoptr (GHashTable)
      known = g_hash_table_new_full (checksum_hash, checksum_equal, NULL, facts_free);
  g_autoptr (GVariant) refs = build_heads (repo, known, error);
  g_autoptr (GVariant) map = NULL;
  g_autoptr (GArray) deltas = refs != NULL ? delta_index_list (repo, error) : NULL;
  g_autoptr (GVariant) all = NULL;
  if (deltas == NULL || !build_collection_map (repo, known, &map, error) ||
      !delta_index_write (repo, deltas, error) || !set_indexed_deltas (repo, error) ||
      !build_metadata (repo, deltas, map, metadata, &all, error))
    return prefix_error (error, "summary");
  g_autoptr (GBytes) bytes = summary_build (refs, all);
  g_autoptr (GVariant) signatures = NULL;
  gboolean ok = (sign == NULL || sign (bytes, &signatures, user_data, error)) &&
                (signatures == NULL || !generations ||
                 add_own_keys (repo, bytes, &signatures, error)) &&
                write_summary (repo, bytes, signatures, error);
  return ok || prefix_error (error, "summary");
}

/* Is it there and of this summary? One without a generation does not tell. */
static gboolean
has_own_signature (const TreeRepo *repo, GBytes *summary, gboolean *out, GError **error)
{
  g_autoptr (GBytes) signature = NULL;
  TreeChecksum digest;
  if (!file_read_at (repo->dfd, REPO_SUMMARY_SIG, SUMMARY_MAX_BYTES, &signature, error))
    return FALSE;
  *out = generation_of (signature, &digest) && generation_is (summary, &digest);
  return TRUE;
}

/* @shown: NULL: it tells of no deltas */
static gboolean
tells_of_deltas (const TreeRepo *repo, GVariant *shown, gboolean *out, GError **error)
{
  gboolean hidden = FALSE;
  g_autoptr (GArray) deltas = delta_index_list (repo, error);
  if (deltas == NULL ||
      !repo_config_boolean (repo, "core", "no-deltas-in-summary", FALSE, &hidden, error))
    return FALSE;
  g_autoptr (GVariant) map = NULL;
  if (deltas->len > 0 && !hidden)
    map = g_variant_ref_sink (delta_index_map ((const DeltaEntry *)deltas->data, deltas->len));
  *out = map == NULL || shown == NULL ? map == shown : g_variant_equal (map, shown);
  return TRUE;
}

gboolean
publish_is_current (const TreeRepo *repo, gboolean is_signed, gboolean *out, GError **error)
{
  g_autoptr (GHashTable)
      known = g_hash_table_new_full (checksum_hash, checksum_equal, NULL, facts_free);
  g_autoptr (GBytes) bytes = NULL;
  g_auto (Summary) summary = {0};
  *out = FALSE;
  if (!file_read_at (repo->dfd, REPO_SUMMARY, SUMMARY_MAX_BYTES, &bytes, error))
    return FALSE;
  if (bytes == NULL || !summary_parse (bytes, &summary, NULL))
    return TRUE; /* a damaged one is written anew */
  g_autoptr (GVariant) refs = build_heads (repo, known, error);
  g_autoptr (GVariant)
      shown = g_variant_lookup_value (summary.metadata, SUMMARY_KEY_DELTAS, G_VARIANT_TYPE_VARDICT);
  gboolean tells = FALSE;
  gboolean named = TRUE;
  if (refs == NULL || !tells_of_deltas (repo, shown, &tells, error) ||
      (is_signed && !has_own_signature (repo, bytes, &named, error)))
    return FALSE;
  *out = tells && named && g_variant_equal (refs, summary.refs);
  return TRUE;
}

gboolean
publish_summary (TreeRepo *repo, GVariant *metadata, GError **error)
{
  return build_and_write (repo, metadata, FALSE, NULL, NULL, error);
}

gboolean
publish_automatically (TreeRepo *repo, GError **error)
{
  gboolean wanted = FALSE;
  gboolean wanted_formerly = FALSE; /* by the option's old name */
  if (!repo_config_boolean (repo, "core", "auto-update-summary", FALSE, &wanted, error) ||
      !repo_config_boolean (repo, "core", "commit-update-summary", FALSE, &wanted_formerly, error))
    return FALSE;
  return !(wanted || wanted_formerly) || publish_summary (repo, NULL, error) ||
         prefix_error (error, "the refs are written, but not the summary (`summary -u` makes it)");
}

/* ---- Revoked keys ---- */

/* The list as it is now, in a summary.sig that may have been written before. */
static gboolean
announce (TreeRepo *repo, GBytes *list, GError **error)
{
  g_autoptr (GBytes) old = NULL;
  gint64 last_s = time_of (repo, REPO_SUMMARY);
  if (!file_read_at (repo->dfd, REPO_SUMMARY_SIG, SUMMARY_MAX_BYTES, &old, error))
    return FALSE;
  if (old == NULL || last_s == 0)
    return TRUE;
  GVariant *signatures = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, old, FALSE));
  revoked_announce (&signatures, list);
  g_autoptr (GVariant) announced = signatures;
  return set_later_time (repo, REPO_SUMMARY, last_s, error) &&
         write_signature (repo, announced, error);
}

gboolean
publish_revoked (TreeRepo *repo, GBytes *list, GBytes *signature, GError **error)
{
  autofd int lock = repo_lock_file (repo, REPO_SUMMARY_LOCK, error);
  if (lock < 0)
    return FALSE;
  gint64 last_s = time_of (repo, REPO_REVOKED_SIG);
  if (!repo_replace_file (repo, REPO_REVOKED, list, error) ||
      !repo_replace_file (repo, REPO_REVOKED_SIG, signature, error) ||
      !set_later_time (repo, REPO_REVOKED_SIG, last_s, error) || !announce (repo, list, error))
    return prefix_error (error, "publish the list of revoked keys");
  repo_touch (repo);
  return TRUE;
}

/* ---- The commit that carries the metadata of a collection ---- */

static GVariant *
metadata_of_commit (const TreeRepo *repo, GVariant *extra)
{
  static const char *const binding[] = {METADATA_REF, NULL};
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", COMMIT_KEY_COLLECTION_BINDING,
                         g_variant_new_string (repo->collection_id));
  g_variant_builder_add (&builder, "{sv}", COMMIT_KEY_REF_BINDING,
                         g_variant_new_strv (binding, -1));
  gsize n = extra != NULL ? g_variant_n_children (extra) : 0;
  for (gsize i = 0; i < n; i++) {
    const char *key;
    g_autoptr (GVariant) value = NULL;
    g_variant_get_child (extra, i, "{&sv}", &key, &value);
    if (strcmp (key, COMMIT_KEY_COLLECTION_BINDING) != 0 &&
        strcmp (key, COMMIT_KEY_REF_BINDING) != 0)
      g_variant_builder_add (&builder, "{sv}", key, value);
  }
  return g_variant_builder_end (&builder);
}

static gboolean
put_signatures (Txn *txn, const TreeChecksum *commit, GBytes *bytes, PublishSign sign,
                gconstpointer user_data, GError **error)
{
  g_autoptr (GVariant) signatures = NULL;
  if (!sign (bytes, &signatures, user_data, error))
    return FALSE;
  g_autoptr (GBytes) detached = g_variant_get_data_as_bytes (signatures);
  return txn_put_metadata (txn, TREE_OBJECT_COMMIT_META, detached, commit, NULL, error);
}

static gboolean
commit_metadata (TreeRepo *repo, GVariant *extra, PublishSign sign, gconstpointer user_data,
                 GError **error)
{
  gboolean has_parent = FALSE;
  TreeChecksum parent;
  if (!refs_read_in (repo, REF_HEADS, NULL, METADATA_REF, &has_parent, &parent, NULL, error))
    return FALSE;
  FileMeta root = {.mode = S_IFDIR | 0755};
  g_autoptr (GBytes) tree = dirtree_build (NULL, 0, NULL, 0);
  g_autoptr (GBytes) meta = filemeta_to_dirmeta (&root);
  g_autoptr (Txn) txn = txn_begin (repo, repo->fsync, error);
  TreeChecksum tree_name;
  TreeChecksum meta_name;
  TreeChecksum commit_name;
  if (txn == NULL || !txn_put_metadata (txn, TREE_OBJECT_DIR_TREE, tree, NULL, &tree_name, error) ||
      !txn_put_metadata (txn, TREE_OBJECT_DIR_META, meta, NULL, &meta_name, error))
    return FALSE;
  g_autoptr (GBytes) commit = commit_build (
      metadata_of_commit (repo, extra), has_parent ? &parent : NULL, "", "",
      (guint64)(g_get_real_time () / G_USEC_PER_SEC), &tree_name, &meta_name);
  if (!txn_put_metadata (txn, TREE_OBJECT_COMMIT, commit, NULL, &commit_name, error) ||
      (sign != NULL && !put_signatures (txn, &commit_name, commit, sign, user_data, error)))
    return FALSE;
  txn_set_ref (txn, METADATA_REF, &commit_name);
  return txn_commit (txn, NULL, error);
}

gboolean
publish_all (TreeRepo *repo, GVariant *metadata, gboolean generations, PublishSign sign,
             gconstpointer user_data, GError **error)
{
  g_autoptr (GVariant) extra = metadata != NULL ? g_variant_ref_sink (metadata) : NULL;
  autofd int lock = repo_lock (repo, REPO_LOCK_SHARED, error);
  if (lock < 0)
    return FALSE;
  if (repo->collection_id != NULL && !commit_metadata (repo, extra, sign, user_data, error))
    return prefix_error (error, "commit to '" METADATA_REF "'");
  return build_and_write (repo, extra, generations, sign, user_data, error);
}

GVariant *
tree_repo_load_summary (const TreeRepo *self, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_auto (Summary) summary = {0};
  if (!file_read_at (self->dfd, REPO_SUMMARY, SUMMARY_MAX_BYTES, &bytes, error))
    return NULL;
  if (bytes == NULL)
    return throw_null (error, TREE_ERROR_NOT_FOUND,
                       "'%s' has no summary; write one by 'summary -u'", self->path);
  if (!summary_parse (bytes, &summary, error))
    return NULL;
  return g_variant_ref (summary.variant);
}
