/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Summaries of repositories, indexes of static deltas, and what is known of a commit. */
#include "config.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/remove.h"
#include "core/checksum.h"
#include "core/filemeta.h"
#include "core/summary.h"
#include "plain/layout.h"
#include "store/delta-index.h"
#include "store/object-read.h"
#include "store/publish.h"
#include "store/refs-write.h"
#include "store/refs.h"
#include "store/txn.h"

typedef struct {
  char *path;
  TreeRepo *repo;
} Fixture;

static void
setup (Fixture *f, gconstpointer collection)
{
  g_autoptr (GError) error = NULL;
  f->path = g_dir_make_tmp ("test-publish-XXXXXX", &error);
  g_assert_no_error (error);
  g_assert_true (tree_repo_create (AT_FDCWD, f->path, TREE_MODE_ARCHIVE, collection, &error));
  f->repo = tree_repo_open (AT_FDCWD, f->path, &error);
  g_assert_no_error (error);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  tree_repo_unref (f->repo);
  g_assert_true (dir_remove_all_at (AT_FDCWD, f->path, NULL));
  g_free (f->path);
}

/* An empty tree with a subject of its own. */
static TreeChecksum
commit (Fixture *f, const char *subject, GVariant *metadata)
{
  g_autoptr (GError) error = NULL;
  TreeChecksum tree_name;
  TreeChecksum meta_name;
  TreeChecksum name;
  FileMeta root = {.mode = S_IFDIR | 0755};
  g_autoptr (Txn) txn = txn_begin (f->repo, FALSE, &error);
  g_assert_no_error (error);
  g_autoptr (GBytes) tree = dirtree_build (NULL, 0, NULL, 0);
  g_autoptr (GBytes) meta = filemeta_to_dirmeta (&root);
  g_assert_true (txn_put_metadata (txn, TREE_OBJECT_DIR_TREE, tree, NULL, &tree_name, &error));
  g_assert_true (txn_put_metadata (txn, TREE_OBJECT_DIR_META, meta, NULL, &meta_name, &error));
  g_autoptr (GBytes)
      bytes = commit_build (metadata, NULL, subject, "body", 1700000100, &tree_name, &meta_name);
  g_assert_true (txn_put_metadata (txn, TREE_OBJECT_COMMIT, bytes, NULL, &name, &error));
  (void)txn_commit (txn, NULL, &error);
  g_assert_no_error (error);
  return name;
}

static void
set (Fixture *f, const char *ref, const TreeChecksum *checksum)
{
  g_autoptr (GError) error = NULL;
  (void)tree_repo_set_ref (f->repo, ref, checksum, &error);
  g_assert_no_error (error);
}

static void
load (const TreeRepo *repo, Summary *out)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) variant = tree_repo_load_summary (repo, &error);
  g_assert_no_error (error);
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (variant);
  g_assert_true (summary_parse (bytes, out, &error));
}

static void
update (Fixture *f, const char *metadata, Summary *out)
{
  g_autoptr (GError) error = NULL;
  GVariant *extra = metadata != NULL ? g_variant_new_parsed (metadata) : NULL;
  (void)publish_all (f->repo, extra, FALSE, NULL, NULL, &error);
  g_assert_no_error (error);
  load (f->repo, out);
}

static gboolean
is_there (Fixture *f, const char *path)
{
  struct stat st;
  return fstatat (f->repo->dfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
test_summary (Fixture *f, gconstpointer data)
{
  TreeChecksum one = commit (f, "one", g_variant_new_parsed ("{'version': <'7'>}"));
  TreeChecksum two = commit (f, "two", NULL);
  set (f, "t/r", &one);
  set (f, "t-r", &two);
  set (f, "remote:hidden", &two);
  g_assert_true (tree_repo_set_alias (f->repo, "alias", "t/r", NULL));
  g_assert_true (tree_repo_set_collection_ref (f->repo, "org.b.C", "x/y", &two, NULL));
  g_assert_true (file_replace_at (f->repo->dfd, "summary.sig", "old", 3, 0644, NULL));
  g_auto (Summary) summary = {0};
  update (f, "{'user.key': <true>, 'ostree.summary.mode': <'lie'>}", &summary);
  g_assert_false (is_there (f, "summary.sig"));
  g_assert_cmpuint (summary_n_refs (summary.refs), ==, 3);
  SummaryRef ref;
  g_assert_true (summary_find (summary.refs, "alias", &ref));
  g_assert_true (tree_checksum_equal (&ref.checksum, &one));
  g_assert_cmpstr (ref.version, ==, "7");
  g_assert_cmpuint (ref.timestamp, ==, 1700000100);
  g_assert_true (summary_find (summary.refs, "t-r", &ref));
  g_assert_null (ref.version);
  g_autoptr (GBytes) bytes = NULL;
  g_assert_true (object_load (f->repo, TREE_OBJECT_COMMIT, &two, &bytes, NULL));
  g_assert_cmpuint (ref.commit_size, ==, g_bytes_get_size (bytes));
  g_autoptr (GVariant) other = summary_collection (&summary, "org.b.C");
  g_assert_cmpuint (summary_n_refs (other), ==, 1);
  const char *mode = NULL;
  gboolean flag = FALSE;
  g_assert_true (g_variant_lookup (summary.metadata, SUMMARY_KEY_MODE, "&s", &mode));
  g_assert_cmpstr (mode, ==, "archive-z2");
  g_assert_true (g_variant_lookup (summary.metadata, "user.key", "b", &flag));
  g_assert_true (flag);
  g_assert_null (g_variant_lookup_value (summary.metadata, SUMMARY_KEY_DELTAS, NULL));
  g_autofree char *indexed = tree_repo_config_get (f->repo, "core", "indexed-deltas", NULL);
  g_assert_cmpstr (indexed, ==, "true");
}

/* Keys in the order in which the peers write them. */
static void
test_key_order (Fixture *f, gconstpointer data)
{
  g_auto (Summary) summary = {0};
  update (f, NULL, &summary);
  static const char *const keys[] = {SUMMARY_KEY_MODE, SUMMARY_KEY_LAST_MODIFIED,
                                     SUMMARY_KEY_TOMBSTONES, SUMMARY_KEY_INDEXED_DELTAS};
  g_assert_cmpuint (g_variant_n_children (summary.metadata), ==, G_N_ELEMENTS (keys));
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++) {
    const char *key = NULL;
    g_variant_get_child (summary.metadata, i, "{&sv}", &key, NULL);
    g_assert_cmpstr (key, ==, keys[i]);
  }
}

static void
test_missing_commit (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  TreeChecksum none = {{1}};
  g_assert_null (tree_repo_load_summary (f->repo, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_true (refs_write (f->repo, "gone", &none, TRUE, NULL));
  g_assert_false (publish_all (f->repo, NULL, FALSE, NULL, NULL, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "ref 'gone'"));
  g_assert_false (is_there (f, "summary"));
}

static void
test_collection (Fixture *f, gconstpointer data)
{
  TreeChecksum one = commit (f, "one", NULL);
  set (f, "own", &one);
  g_auto (Summary) summary = {0};
  update (f, "{'k': <true>}", &summary);
  SummaryRef ref;
  g_assert_true (summary_find (summary.refs, "own", &ref));
  g_assert_true (summary_find (summary.refs, "ostree-metadata", &ref));
  g_autoptr (TreeCommitInfo) info = tree_repo_load_commit (f->repo, &ref.checksum, NULL);
  g_assert_nonnull (info);
  const char *binding = NULL;
  g_assert_true (g_variant_lookup (info->metadata, COMMIT_KEY_COLLECTION_BINDING, "&s", &binding));
  g_assert_cmpstr (binding, ==, "org.own.Id");
  gboolean flag = FALSE;
  g_assert_true (g_variant_lookup (info->metadata, "k", "b", &flag));
  g_autoptr (GVariant) own = summary_collection (&summary, "org.own.Id");
  g_assert_cmpuint (summary_n_refs (own), ==, 2);
  /* The next one has this one as its parent. */
  g_auto (Summary) again = {0};
  SummaryRef next;
  update (f, NULL, &again);
  g_assert_true (summary_find (again.refs, "ostree-metadata", &next));
  g_autoptr (TreeCommitInfo) next_info = tree_repo_load_commit (f->repo, &next.checksum, NULL);
  g_assert_true (next_info->has_parent);
  g_assert_true (tree_checksum_equal (&next_info->parent, &ref.checksum));
}

/* Whoever commits a transaction that sets refs, asks for the summary after it. */
static void
test_auto_update (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_assert_true (tree_repo_config_set (f->repo, "core", "auto-update-summary", "true", NULL));
  TreeChecksum one = commit (f, "one", NULL);
  g_autoptr (Txn) txn = txn_begin (f->repo, FALSE, &error);
  txn_set_ref (txn, "auto", &one);
  (void)txn_commit (txn, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (is_there (f, "summary"));
  g_assert_true (publish_automatically (f->repo, &error));
  g_assert_true (is_there (f, "summary"));
  /* So does a ref that is set without a transaction. */
  g_assert_cmpint (unlinkat (f->repo->dfd, "summary", 0), ==, 0);
  set (f, "auto", NULL);
  g_assert_true (is_there (f, "summary"));
  g_auto (Summary) summary = {0};
  update (f, NULL, &summary);
}

/* ---- Several writers ---- */

/* Moves the ref "moved" from @before to @to, and another one, in one transaction. */
static gboolean
move (Fixture *f, const TreeChecksum *before, const TreeChecksum *to, GError **error)
{
  g_autoptr (Txn) txn = txn_begin (f->repo, FALSE, error);
  txn_set_ref (txn, "beside", to);
  txn_move_ref (txn, "moved", before, to);
  return txn_commit (txn, NULL, error);
}

static void
assert_ref (Fixture *f, const char *ref, const TreeChecksum *expected)
{
  TreeChecksum found;
  g_assert_true (tree_repo_resolve_rev (f->repo, ref, &found, NULL));
  g_assert_true (tree_checksum_equal (&found, expected));
}

/* What was made on top of a ref that has changed since does not replace it. */
static void
test_moved_ref (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  TreeChecksum one = commit (f, "one", NULL);
  TreeChecksum two = commit (f, "two", NULL);
  TreeChecksum three = commit (f, "three", NULL);
  g_assert_true (move (f, NULL, &one, NULL));
  g_assert_true (move (f, &one, &two, NULL));
  assert_ref (f, "moved", &two);
  const TreeChecksum *wrong[] = {&one, NULL};
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_clear_error (&error);
    g_assert_false (move (f, wrong[i], &three, &error));
    g_assert_error (error, TREE_ERROR, TREE_ERROR_CHANGED);
    assert_ref (f, "moved", &two);
    assert_ref (f, "beside", &two);
  }
  set (f, "moved", NULL);
  g_clear_error (&error);
  g_assert_false (move (f, &two, &three, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CHANGED);
}

/* More than are synced one by one. */
static void
test_many_refs (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  TreeChecksum one = commit (f, "one", NULL);
  set (f, "many/3", &one);
  g_autoptr (Txn) txn = txn_begin (f->repo, TRUE, &error);
  for (guint i = 0; i < 12; i++) {
    g_autofree char *name = g_strdup_printf ("many/%u", i);
    txn_set_ref (txn, name, i == 3 ? NULL : &one);
  }
  (void)txn_commit (txn, NULL, &error);
  g_assert_no_error (error);
  assert_ref (f, "many/0", &one);
  assert_ref (f, "many/11", &one);
  g_assert_false (is_there (f, "refs/heads/many/3"));
}

enum {
  N_WRITERS = 4,
  N_REFS_EACH = 8
};

typedef struct {
  const char *path;
  TreeChecksum commit;
  gint n_started; /* atomic: the number of the next writer */
} Writers;

static gpointer
write_some_refs (gpointer data)
{
  Writers *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (TreeRepo) repo = tree_repo_open (AT_FDCWD, self->path, &error);
  g_assert_no_error (error);
  int writer = g_atomic_int_add (&self->n_started, 1);
  for (int i = 0; i < N_REFS_EACH; i++) {
    g_autofree char *ref = g_strdup_printf ("r/%d/%d", writer, i);
    (void)tree_repo_set_ref (repo, ref, &self->commit, &error);
    g_assert_no_error (error);
    g_auto (Summary) summary = {0};
    SummaryRef found;
    load (repo, &summary);
    g_assert_true (summary_find (summary.refs, ref, &found));
  }
  return NULL;
}

/* Once a writer is told that its ref is set, the summary has it: no other may put back an older. */
static void
test_writers (Fixture *f, gconstpointer data)
{
  g_assert_true (tree_repo_config_set (f->repo, "core", "auto-update-summary", "true", NULL));
  g_assert_true (tree_repo_config_set (f->repo, "core", "fsync", "false", NULL));
  Writers writers = {.path = f->path, .commit = commit (f, "one", NULL)};
  GThread *threads[N_WRITERS];
  for (int i = 0; i < N_WRITERS; i++)
    threads[i] = g_thread_new ("writer", write_some_refs, &writers);
  for (int i = 0; i < N_WRITERS; i++)
    (void)g_thread_join (threads[i]);
  g_auto (Summary) summary = {0};
  load (f->repo, &summary);
  g_assert_cmpuint (summary_n_refs (summary.refs), ==, N_WRITERS * N_REFS_EACH);
}

/* Another process writes the summary: nothing of it is touched until that one is done. */
static void
test_locked (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_assert_true (file_replace_at (f->repo->dfd, "summary.sig", "its", 3, 0644, NULL));
  f->repo->lock_timeout_secs = 0;
  autofd int lock = lock_open_at (f->repo->dfd, REPO_SUMMARY_LOCK, 0660, LOCK_EXCLUSIVE, 0, NULL,
                                  &error);
  g_assert_no_error (error);
  g_assert_false (publish_all (f->repo, NULL, FALSE, NULL, NULL, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_LOCKED);
  g_assert_true (is_there (f, "summary.sig"));
  fd_cleanup (&lock);
  g_auto (Summary) summary = {0};
  update (f, NULL, &summary);
  g_assert_false (is_there (f, "summary.sig"));
}

/* ---- Static deltas ---- */

static void
make_delta (Fixture *f, const TreeChecksum *from, const TreeChecksum *to, const char *superblock)
{
  char from_b64[CHECKSUM_B64_LEN + 1];
  char to_b64[CHECKSUM_B64_LEN + 1];
  checksum_to_b64 (to, to_b64);
  if (from != NULL)
    checksum_to_b64 (from, from_b64);
  g_autofree char *dir = from != NULL
                             ? g_strdup_printf ("deltas/%.2s/%s-%s", from_b64, from_b64 + 2, to_b64)
                             : g_strdup_printf ("deltas/%.2s/%s", to_b64, to_b64 + 2);
  g_autofree char *file = g_strconcat (dir, "/superblock", NULL);
  g_assert_true (dir_ensure_at (f->repo->dfd, dir, 0755, NULL));
  g_assert_true (file_replace_at (f->repo->dfd, file, superblock, strlen (superblock), 0644, NULL));
}

static char *
index_of (const TreeChecksum *to)
{
  char b64[CHECKSUM_B64_LEN + 1];
  checksum_to_b64 (to, b64);
  return g_strdup_printf ("delta-indexes/%.2s/%s.index", b64, b64 + 2);
}

static gboolean
leads_to (const TreeChecksum *to, gboolean *out, gpointer user_data, GError **error)
{
  *out = tree_checksum_equal (to, user_data);
  return TRUE;
}

static void
test_deltas (Fixture *f, gconstpointer data)
{
  TreeChecksum one = commit (f, "one", NULL);
  TreeChecksum two = commit (f, "two", NULL);
  TreeChecksum gone = {{9}};
  g_autofree char *two_index = index_of (&two);
  g_autofree char *gone_index = index_of (&gone);
  make_delta (f, NULL, &two, "from nothing");
  make_delta (f, &one, &two, "from one");
  make_delta (f, &one, &gone, "to nowhere");
  g_assert_true (dir_ensure_at (f->repo->dfd, "deltas/no/t-a-delta", 0755, NULL));
  g_auto (Summary) summary = {0};
  update (f, NULL, &summary);
  g_autoptr (GVariant)
      map = g_variant_lookup_value (summary.metadata, SUMMARY_KEY_DELTAS, G_VARIANT_TYPE_VARDICT);
  g_assert_cmpuint (g_variant_n_children (map), ==, 3);
  g_assert_true (is_there (f, gone_index));
  g_autoptr (GBytes) bytes = NULL;
  g_assert_true (file_read_at (f->repo->dfd, two_index, 10000, &bytes, NULL));
  g_autoptr (GVariant)
      index = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, FALSE));
  g_autoptr (GVariant)
      deltas = g_variant_lookup_value (index, SUMMARY_KEY_DELTAS, G_VARIANT_TYPE_VARDICT);
  g_assert_cmpuint (g_variant_n_children (deltas), ==, 2);
  char name[2 * TREE_CHECKSUM_HEX_LEN + 2];
  tree_checksum_to_hex (&one, name);
  name[TREE_CHECKSUM_HEX_LEN] = '-';
  tree_checksum_to_hex (&two, name + TREE_CHECKSUM_HEX_LEN + 1);
  g_autoptr (GVariant) digest = g_variant_lookup_value (deltas, name, G_VARIANT_TYPE_BYTESTRING);
  TreeChecksum found;
  TreeChecksum expected;
  hash_data ("from one", 8, &expected);
  g_assert_true (checksum_from_variant (digest, &found));
  g_assert_true (tree_checksum_equal (&found, &expected));
  /* A delta that is not wanted goes, and its index. */
  DeltaPruned pruned = {0};
  g_assert_true (delta_index_prune (f->repo, leads_to, &two, /* remove= */ FALSE, &pruned, NULL));
  g_assert_cmpuint (pruned.n_deltas, ==, 1);
  g_assert_cmpuint (pruned.bytes, ==, strlen ("to nowhere"));
  g_assert_true (is_there (f, gone_index));
  g_assert_true (delta_index_prune (f->repo, leads_to, &two, /* remove= */ TRUE, &pruned, NULL));
  g_assert_false (is_there (f, gone_index));
  g_autoptr (GArray) left = delta_index_list (f->repo, NULL);
  g_assert_cmpuint (left->len, ==, 2);
  g_assert_true (tree_repo_config_set (f->repo, "core", "no-deltas-in-summary", "true", NULL));
  g_auto (Summary) hidden = {0};
  update (f, NULL, &hidden);
  g_assert_null (g_variant_lookup_value (hidden.metadata, SUMMARY_KEY_DELTAS, NULL));
}

/* ---- Commits ---- */

static void
test_commit_info (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  TreeChecksum one = commit (f, "subject", g_variant_new_parsed ("{'version': <'7'>}"));
  g_autoptr (TreeCommitInfo) info = tree_repo_load_commit (f->repo, &one, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (info->subject, ==, "subject");
  g_assert_cmpstr (info->body, ==, "body");
  g_assert_cmpstr (info->version, ==, "7");
  g_assert_cmpuint (info->timestamp, ==, 1700000100);
  g_assert_false (info->has_parent);
  g_assert_false (info->is_partial);
  g_assert_null (info->detached);
  char path[OBJECT_PATH_MAX];
  object_path (&(ObjectName){one, TREE_OBJECT_COMMIT_META}, TRUE, path);
  g_autoptr (GVariant) detached = g_variant_ref_sink (g_variant_new_parsed ("{'k': <'v'>}"));
  g_assert_true (file_replace_at (f->repo->objects_dfd, path, g_variant_get_data (detached),
                                  g_variant_get_size (detached), 0644, NULL));
  g_assert_true (commit_set_partial (f->repo, &one, TRUE, NULL));
  g_autoptr (TreeCommitInfo) more = tree_repo_load_commit (f->repo, &one, &error);
  g_assert_true (g_variant_equal (more->detached, detached));
  g_assert_true (more->is_partial);
  g_assert_true (file_replace_at (f->repo->objects_dfd, path, "junk", 4, 0644, NULL));
  g_assert_null (tree_repo_load_commit (f->repo, &one, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
  (void)commit (f, "two", NULL);
  g_autoptr (GArray) all = tree_repo_list_commits (f->repo, NULL);
  g_assert_cmpuint (all->len, ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, collection, func)                                                                \
  g_test_add ("/store/publish/" name, Fixture, collection, setup, func, teardown)
  ADD ("summary", NULL, test_summary);
  ADD ("key-order", NULL, test_key_order);
  ADD ("missing-commit", NULL, test_missing_commit);
  ADD ("collection", "org.own.Id", test_collection);
  ADD ("moved-ref", NULL, test_moved_ref);
  ADD ("many-refs", NULL, test_many_refs);
  ADD ("auto-update", "org.own.Id", test_auto_update);
  ADD ("writers", NULL, test_writers);
  ADD ("locked", NULL, test_locked);
  ADD ("deltas", NULL, test_deltas);
  ADD ("commit-info", NULL, test_commit_info);
  return g_test_run ();
}
