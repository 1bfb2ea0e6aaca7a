/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Traversal, fsck and prune, on small repositories of every mode that needs no privileges. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/remove.h"
#include "store/object-read.h"
#include "store/object-write.h"
#include "store/refs.h"
#include "store/traverse.h"

typedef struct {
  char *path;
  TreeRepo *repo;
  GString *lines; /* what fsck reported, a line each; errors begin with '!' */
} Fixture;

static void
setup (Fixture *f, gconstpointer mode)
{
  g_autoptr (GError) error = NULL;
  const char *base = g_getenv ("TMPDIR");
  f->path = g_strdup_printf ("%s/test-upkeep.XXXXXX", base != NULL ? base : "/var/tmp");
  g_assert_nonnull (g_mkdtemp (f->path));
  g_assert_true (
      tree_repo_create (AT_FDCWD, f->path, (TreeMode)GPOINTER_TO_INT (mode), NULL, &error));
  f->repo = tree_repo_open (AT_FDCWD, f->path, &error);
  g_assert_no_error (error);
  f->lines = g_string_new (NULL);
}

static void
teardown (Fixture *f, gconstpointer mode)
{
  tree_repo_unref (f->repo);
  g_assert_true (dir_remove_all_at (AT_FDCWD, f->path, NULL));
  g_free (f->path);
  (void)g_string_free (f->lines, TRUE);
}

/* What one commit consists of. */
typedef struct {
  TreeChecksum commit;
  TreeChecksum root;
  TreeChecksum meta;
  TreeChecksum sub;    /* a directory that all commits share */
  TreeChecksum file;   /* in the root, its own */
  TreeChecksum shared; /* in sub */
} Made;

static void
put_file (ObjectWriter *writer, const char *content, TreeChecksum *out)
{
  g_autoptr (GError) error = NULL;
  FileMeta meta = {.mode = S_IFREG | 0644};
  (void)object_writer_put_data (writer, &meta, content, strlen (content), NULL, out, &error);
  g_assert_no_error (error);
}

static void
put (Txn *txn, TreeObjectType type, GBytes *bytes, TreeChecksum *out)
{
  g_autoptr (GError) error = NULL;
  (void)txn_put_metadata (txn, type, bytes, NULL, out, &error);
  g_assert_no_error (error);
  g_bytes_unref (bytes);
}

/* A commit of /own (with @content) and /sub/shared; @ref and @parent may be NULL. */
static Made
commit (Fixture *f, const char *content, const char *ref, const TreeChecksum *parent)
{
  g_autoptr (GError) error = NULL;
  Made made;
  g_autoptr (Txn) txn = txn_begin (f->repo, FALSE, &error);
  g_assert_no_error (error);
  g_autoptr (ObjectWriter) writer = object_writer_new (txn);
  put_file (writer, content, &made.file);
  put_file (writer, "shared", &made.shared);
  FileMeta dir = {.mode = S_IFDIR | 0755};
  put (txn, TREE_OBJECT_DIR_META, filemeta_to_dirmeta (&dir), &made.meta);
  DirTreeEntry shared = {.name = "shared", .content = made.shared};
  put (txn, TREE_OBJECT_DIR_TREE, dirtree_build (&shared, 1, NULL, 0), &made.sub);
  DirTreeEntry own = {.name = "own", .content = made.file};
  DirTreeEntry sub = {.name = "sub", .content = made.sub, .meta = made.meta};
  put (txn, TREE_OBJECT_DIR_TREE, dirtree_build (&own, 1, &sub, 1), &made.root);
  put (txn, TREE_OBJECT_COMMIT,
       commit_build (NULL, parent, content, "", 1700000000, &made.root, &made.meta), &made.commit);
  if (ref != NULL)
    txn_set_ref (txn, ref, &made.commit);
  g_clear_pointer (&writer, object_writer_free);
  (void)txn_commit (txn, NULL, &error);
  g_assert_no_error (error);
  return made;
}

static char *
path_of (Fixture *f, TreeObjectType type, const TreeChecksum *checksum)
{
  char path[OBJECT_PATH_MAX];
  object_path (&(ObjectName){*checksum, type}, f->repo->mode->archive, path);
  return g_build_filename (f->path, "objects", path, NULL);
}

static gboolean
exists (Fixture *f, TreeObjectType type, const TreeChecksum *checksum)
{
  gboolean found = FALSE;
  g_assert_true (object_exists (f->repo, type, checksum, &found, NULL));
  return found;
}

static void
remove_object (Fixture *f, TreeObjectType type, const TreeChecksum *checksum)
{
  g_autofree char *path = path_of (f, type, checksum);
  g_assert_cmpint (unlink (path), ==, 0);
}

/* Changes the last byte. */
static void
damage_object (Fixture *f, TreeObjectType type, const TreeChecksum *checksum)
{
  g_autofree char *path = path_of (f, type, checksum);
  autofd int fd = open (path, O_RDWR | O_CLOEXEC);
  struct stat st;
  guint8 byte;
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (fstat (fd, &st), ==, 0);
  g_assert_cmpint (pread (fd, &byte, 1, st.st_size - 1), ==, 1);
  byte ^= 1;
  g_assert_cmpint (pwrite (fd, &byte, 1, st.st_size - 1), ==, 1);
}

static gboolean
is_partial (Fixture *f, const TreeChecksum *checksum)
{
  gboolean partial = FALSE;
  g_assert_true (commit_is_partial (f->repo, checksum, &partial, NULL));
  return partial;
}

/* ---- Traversal ---- */

static gsize
reach (Fixture *f, const TreeChecksum *commit_name, int depth)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Traversal) traversal = traversal_new (f->repo, TRAVERSE_STRICT);
  (void)traversal_add_commit (traversal, commit_name, depth, &error);
  g_assert_no_error (error);
  return object_set_size (traversal_objects (traversal));
}

static void
test_traverse (Fixture *f, gconstpointer mode)
{
  Made one = commit (f, "one", NULL, NULL);
  Made two = commit (f, "two", NULL, &one.commit);
  Made three = commit (f, "three", "r", &two.commit);
  /* commit, two trees, one meta, two files; each further commit adds itself, a tree and a file */
  g_assert_cmpuint (reach (f, &three.commit, 0), ==, 6);
  g_assert_cmpuint (reach (f, &three.commit, 1), ==, 9);
  g_assert_cmpuint (reach (f, &three.commit, -1), ==, 12);
  g_assert_cmpuint (reach (f, &one.commit, -1), ==, 6);
  /* A commit that was reached with less depth is walked again with more. */
  g_autoptr (Traversal) both = traversal_new (f->repo, TRAVERSE_STRICT);
  g_assert_true (traversal_add_commit (both, &two.commit, 0, NULL));
  g_assert_true (traversal_add_commit (both, &three.commit, 2, NULL));
  g_assert_cmpuint (object_set_size (traversal_objects (both)), ==, 12);
  /* The way back ends at a parent that is not there; the start must be. */
  remove_object (f, TREE_OBJECT_COMMIT, &two.commit);
  g_assert_cmpuint (reach (f, &three.commit, -1), ==, 6);
  g_autoptr (GError) error = NULL;
  g_autoptr (Traversal) none = traversal_new (f->repo, TRAVERSE_STRICT);
  g_assert_false (traversal_add_commit (none, &two.commit, 0, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
}

static void
test_traverse_missing (Fixture *f, gconstpointer mode)
{
  g_autoptr (GError) error = NULL;
  Made made = commit (f, "one", "r", NULL);
  remove_object (f, TREE_OBJECT_DIR_TREE, &made.sub);
  g_autoptr (Traversal) strict = traversal_new (f->repo, TRAVERSE_STRICT);
  g_assert_false (traversal_add_commit (strict, &made.commit, 0, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
  g_autoptr (Traversal) tolerant = traversal_new (f->repo, TRAVERSE_TOLERANT);
  g_assert_true (traversal_add_commit (tolerant, &made.commit, 0, NULL));
  g_assert_cmpuint (object_set_size (traversal_objects (tolerant)), ==, 5);
  g_assert_true (commit_set_partial (f->repo, &made.commit, TRUE, NULL));
  g_assert_cmpuint (reach (f, &made.commit, 0), ==, 5);
}

/* ---- fsck ---- */

static void
take_line (const char *line, gboolean is_error, gpointer user_data)
{
  Fixture *f = user_data;
  g_string_append_printf (f->lines, "%s%s\n", is_error ? "!" : "", line);
}

static TreeFsckResult
fsck (Fixture *f, TreeFsckOptions options)
{
  g_autoptr (GError) error = NULL;
  TreeFsckResult result = {0};
  g_string_truncate (f->lines, 0);
  options.report = take_line;
  options.user_data = f;
  (void)tree_repo_fsck (f->repo, &options, &result, &error);
  g_assert_no_error (error);
  return result;
}

static void
assert_fsck_fails (Fixture *f, TreeFsckOptions options, const char *message)
{
  g_autoptr (GError) error = NULL;
  TreeFsckResult result;
  g_string_truncate (f->lines, 0);
  options.report = take_line;
  options.user_data = f;
  g_assert_false (tree_repo_fsck (f->repo, &options, &result, &error));
  g_assert_nonnull (error);
  if (strstr (error->message, message) == NULL)
    g_error ("'%s' does not contain '%s'", error->message, message);
}

static void
assert_line (Fixture *f, const char *text)
{
  if (strstr (f->lines->str, text) == NULL)
    g_error ("no '%s' in:\n%s", text, f->lines->str);
}

static void
test_fsck_clean (Fixture *f, gconstpointer mode)
{
  Made one = commit (f, "one", NULL, NULL);
  (void)commit (f, "two", "r", &one.commit);
  TreeFsckResult result = fsck (f, (TreeFsckOptions){0});
  g_assert_false (result.found_corruption);
  g_assert_cmpuint (result.n_commits, ==, 2);
  g_assert_cmpuint (result.n_objects, ==, 9);
  g_assert_null (strchr (f->lines->str, '!'));
  assert_line (f, "Validating refs...\nValidating refs in collections...\nEnumerating commits...\n"
                  "Verifying content integrity of 2 commit objects...\n");
}

/* Each object in turn is damaged, told, deleted, and its commit marked. */
static void
test_fsck_damage (Fixture *f, gconstpointer mode)
{
  for (int i = 0; i < 5; i++) {
    g_autofree char *content = g_strdup_printf ("content %d", i);
    Made made = commit (f, content, "r", NULL);
    Made other = commit (f, "other", "o", NULL);
    ObjectName victims[] = {{made.file, TREE_OBJECT_FILE},
                            {made.root, TREE_OBJECT_DIR_TREE},
                            {made.commit, TREE_OBJECT_COMMIT},
                            {made.shared, TREE_OBJECT_FILE},
                            {made.meta, TREE_OBJECT_DIR_META}};
    ObjectName *victim = &victims[i];
    gboolean shared = i >= 3;
    damage_object (f, victim->type, &victim->checksum);
    g_assert_cmpint (is_partial (f, &made.commit), ==, FALSE);
    assert_fsck_fails (f, (TreeFsckOptions){0}, "In commits ");
    g_assert_true (exists (f, victim->type, &victim->checksum));
    TreeFsckResult result = fsck (f, (TreeFsckOptions){.all = TRUE});
    g_assert_true (result.found_corruption);
    g_assert_true (exists (f, victim->type, &victim->checksum));
    g_assert_false (is_partial (f, &made.commit));
    result = fsck (f, (TreeFsckOptions){.delete_bad = TRUE});
    g_assert_true (result.found_corruption);
    assert_line (f, "!Marking commit as partial: ");
    g_assert_false (exists (f, victim->type, &victim->checksum));
    g_assert_true (is_partial (f, &made.commit));
    g_assert_cmpint (is_partial (f, &other.commit), ==, shared);
    /* The next run knows that it was this. */
    if (victim->type != TREE_OBJECT_COMMIT) {
      result = fsck (f, (TreeFsckOptions){0});
      g_assert_false (result.found_corruption);
      g_assert_cmpuint (result.n_fsck_partial, ==, shared ? 2 : 1);
    }
    g_assert_true (tree_repo_set_ref (f->repo, "r", NULL, NULL));
    g_assert_true (commit_set_partial (f->repo, &made.commit, FALSE, NULL));
    g_assert_true (commit_set_partial (f->repo, &other.commit, FALSE, NULL));
    if (victim->type != TREE_OBJECT_COMMIT)
      remove_object (f, TREE_OBJECT_COMMIT, &made.commit);
  }
}

static void
test_fsck_message (Fixture *f, gconstpointer mode)
{
  Made made = commit (f, "one", "r", NULL);
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  char commit_hex[TREE_CHECKSUM_HEX_LEN + 1];
  damage_object (f, TREE_OBJECT_DIR_TREE, &made.sub);
  tree_checksum_to_hex (&made.sub, hex);
  tree_checksum_to_hex (&made.commit, commit_hex);
  g_autofree char *expected = g_strdup_printf (
      "In commits %s: fsck %s.dirtree: Corrupted dirtree object; checksum expected='%s' actual='",
      commit_hex, hex, hex);
  assert_fsck_fails (f, (TreeFsckOptions){0}, expected);
}

static void
test_fsck_missing (Fixture *f, gconstpointer mode)
{
  Made one = commit (f, "one", "a", NULL);
  Made two = commit (f, "two", "b", NULL);
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  char one_hex[TREE_CHECKSUM_HEX_LEN + 1];
  remove_object (f, TREE_OBJECT_FILE, &one.file);
  TreeFsckResult result = fsck (f, (TreeFsckOptions){0});
  g_assert_true (result.found_corruption);
  tree_checksum_to_hex (&one.file, hex);
  tree_checksum_to_hex (&one.commit, one_hex);
  g_autofree char *expected = g_strdup_printf ("!Object missing in commits %s: %s.file\n"
                                               "!Marking commit as partial: %s\n",
                                               one_hex, hex, one_hex);
  assert_line (f, expected);
  g_assert_true (is_partial (f, &one.commit));
  g_assert_false (is_partial (f, &two.commit));
  remove_object (f, TREE_OBJECT_DIR_TREE, &two.root);
  result = fsck (f, (TreeFsckOptions){0});
  assert_line (f, ".dirtree\n");
  g_assert_true (is_partial (f, &two.commit));
}

static void
test_fsck_refs (Fixture *f, gconstpointer mode)
{
  Made one = commit (f, "one", NULL, NULL);
  Made two = commit (f, "two", "r", &one.commit);
  remove_object (f, TREE_OBJECT_COMMIT, &one.commit);
  TreeFsckResult result = fsck (f, (TreeFsckOptions){0});
  g_assert_false (result.found_corruption);
  (void)fsck (f, (TreeFsckOptions){.add_tombstones = TRUE});
  assert_line (f, "Adding tombstone for commit ");
  g_assert_true (exists (f, TREE_OBJECT_TOMBSTONE, &one.commit));
  remove_object (f, TREE_OBJECT_COMMIT, &two.commit);
  assert_fsck_fails (f, (TreeFsckOptions){0}, "Loading commit for ref r: No such metadata object");
}

/* ---- prune ---- */

static TreePruneResult
prune (Fixture *f, TreePruneOptions options)
{
  g_autoptr (GError) error = NULL;
  TreePruneResult result = {0};
  (void)tree_repo_prune (f->repo, &options, &result, &error);
  g_assert_no_error (error);
  return result;
}

static void
test_prune (Fixture *f, gconstpointer mode)
{
  Made one = commit (f, "one", NULL, NULL);
  Made two = commit (f, "two", NULL, &one.commit);
  Made three = commit (f, "three", "r", &two.commit);
  Made loose = commit (f, "loose", NULL, NULL);
  TreePruneResult result = prune (f, (TreePruneOptions){.depth = -1});
  g_assert_cmpuint (result.n_objects, ==, 15);
  g_assert_cmpuint (result.n_deleted, ==, 0);
  result = prune (f, (TreePruneOptions){.refs_only = TRUE, .depth = 1, .no_prune = TRUE});
  g_assert_cmpuint (result.n_deleted, ==, 6);
  g_assert_cmpuint (result.freed_bytes, >, 100);
  g_assert_true (exists (f, TREE_OBJECT_COMMIT, &one.commit));
  result = prune (f, (TreePruneOptions){.refs_only = TRUE, .depth = 1});
  g_assert_cmpuint (result.n_deleted, ==, 6);
  g_assert_false (exists (f, TREE_OBJECT_COMMIT, &one.commit));
  g_assert_false (exists (f, TREE_OBJECT_FILE, &loose.file));
  g_assert_true (exists (f, TREE_OBJECT_FILE, &two.file));
  g_assert_true (exists (f, TREE_OBJECT_FILE, &three.shared));
  g_assert_false (fsck (f, (TreeFsckOptions){0}).found_corruption);
  result = prune (f, (TreePruneOptions){.refs_only = TRUE, .depth = -1});
  g_assert_cmpuint (result.n_objects, ==, 9);
  g_assert_cmpuint (result.n_deleted, ==, 0);
  /* Refs of remotes and collections keep what they point to. */
  g_assert_true (tree_repo_set_ref (f->repo, "origin:x", &three.commit, NULL));
  g_assert_true (tree_repo_set_collection_ref (f->repo, "org.a.B", "y", &two.commit, NULL));
  g_assert_true (tree_repo_set_ref (f->repo, "r", NULL, NULL));
  result = prune (f, (TreePruneOptions){.refs_only = TRUE});
  g_assert_cmpuint (result.n_deleted, ==, 0);
}

static void
test_prune_leavings (Fixture *f, gconstpointer mode)
{
  Made one = commit (f, "one", NULL, NULL);
  Made two = commit (f, "two", "r", &one.commit);
  g_assert_true (tree_repo_config_set (f->repo, "core", "tombstone-commits", "true", NULL));
  g_assert_true (commit_set_partial (f->repo, &one.commit, TRUE, NULL));
  g_autofree char *meta = path_of (f, TREE_OBJECT_COMMIT_META, &one.commit);
  g_autofree char *kept = path_of (f, TREE_OBJECT_COMMIT_META, &two.commit);
  g_assert_true (g_file_set_contents (meta, "", 0, NULL));
  g_assert_true (g_file_set_contents (kept, "", 0, NULL));
  (void)prune (f, (TreePruneOptions){.refs_only = TRUE});
  g_assert_false (is_partial (f, &one.commit));
  g_assert_false (exists (f, TREE_OBJECT_COMMIT_META, &one.commit));
  g_assert_true (exists (f, TREE_OBJECT_COMMIT_META, &two.commit));
  g_assert_true (exists (f, TREE_OBJECT_TOMBSTONE, &one.commit));
  /* … and a later prune leaves the tombstone. */
  (void)prune (f, (TreePruneOptions){.refs_only = TRUE});
  g_assert_true (exists (f, TREE_OBJECT_TOMBSTONE, &one.commit));
}

/* Nothing is deleted while it is unclear what is needed. */
static void
test_prune_refuses (Fixture *f, gconstpointer mode)
{
  TreePruneOptions options = {.refs_only = TRUE};
  TreePruneResult result;
  Made one = commit (f, "one", "r", NULL);
  Made loose = commit (f, "loose", NULL, NULL);
  g_autofree char *path = path_of (f, TREE_OBJECT_COMMIT, &one.commit);
  g_autofree char *away = g_strconcat (path, ".away", NULL);
  g_assert_cmpint (rename (path, away), ==, 0);
  g_autoptr (GError) error = NULL;
  g_assert_false (tree_repo_prune (f->repo, &options, &result, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_cmpint (rename (away, path), ==, 0);
  g_autofree char *root = path_of (f, TREE_OBJECT_DIR_TREE, &one.root);
  g_assert_true (g_file_set_contents (root, "junk", 4, NULL));
  g_assert_false (tree_repo_prune (f->repo, &options, &result, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
  g_assert_true (exists (f, TREE_OBJECT_COMMIT, &loose.commit));
  g_assert_true (exists (f, TREE_OBJECT_FILE, &loose.file));
}

/* Deletions wait for a transaction that is under way; looking does not. */
static void
test_prune_lock (Fixture *f, gconstpointer mode)
{
  TreePruneOptions options = {.refs_only = TRUE};
  TreePruneResult result;
  g_autoptr (GError) error = NULL;
  Made loose = commit (f, "loose", NULL, NULL);
  f->repo->lock_timeout_secs = 0;
  g_autoptr (Txn) txn = txn_begin (f->repo, FALSE, &error);
  g_assert_no_error (error);
  g_assert_nonnull (txn);
  g_assert_cmpuint (prune (f, (TreePruneOptions){.refs_only = TRUE, .no_prune = TRUE}).n_deleted,
                    ==, 6);
  g_assert_false (tree_repo_prune (f->repo, &options, &result, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_LOCKED);
  g_assert_true (exists (f, TREE_OBJECT_FILE, &loose.file));
}

static gboolean
has_commit (Fixture *f, const Made *made)
{
  return exists (f, TREE_OBJECT_COMMIT, &made->commit);
}

static void
test_prune_branches (Fixture *f, gconstpointer mode)
{
  static const char *const only_b[] = {"b", NULL};
  static const char *const only_unknown[] = {"nope", NULL};
  const TreeBranchDepth retain = {"a", 1};
  TreePruneResult result;
  g_autoptr (GError) error = NULL;
  Made a1 = commit (f, "a1", NULL, NULL);
  Made a2 = commit (f, "a2", NULL, &a1.commit);
  Made a3 = commit (f, "a3", "a", &a2.commit);
  Made b1 = commit (f, "b1", NULL, NULL);
  Made b2 = commit (f, "b2", "b", &b1.commit);
  (void)prune (f, (TreePruneOptions){.has_since = TRUE, .since = 1700000000});
  g_assert_true (has_commit (f, &a1) && has_commit (f, &b1));
  (void)prune (f, (TreePruneOptions){.only_branches = only_b});
  g_assert_true (has_commit (f, &a1) && has_commit (f, &b2) && !has_commit (f, &b1));
  (void)prune (f, (TreePruneOptions){.retain = &retain, .n_retain = 1});
  g_assert_true (!has_commit (f, &a1) && has_commit (f, &a2) && has_commit (f, &b2));
  (void)prune (f, (TreePruneOptions){.has_since = TRUE, .since = 1700000001});
  g_assert_true (!has_commit (f, &a2) && has_commit (f, &a3) && has_commit (f, &b2));
  TreePruneOptions unknown = {.only_branches = only_unknown};
  g_assert_false (tree_repo_prune (f->repo, &unknown, &result, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
}

static void
test_prune_commits (Fixture *f, gconstpointer mode)
{
  TreePruneResult result;
  g_autoptr (GError) error = NULL;
  Made one = commit (f, "one", NULL, NULL);
  Made two = commit (f, "two", NULL, &one.commit);
  Made three = commit (f, "three", "r", &two.commit);
  TreePruneOptions tip = {.depth = -1, .delete_commits = &three.commit, .n_delete_commits = 1};
  g_assert_false (tree_repo_prune (f->repo, &tip, &result, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_INVALID);
  g_clear_error (&error);
  /* Out of the middle: what is before it stays, unless only refs count. */
  result = prune (
      f, (TreePruneOptions){.depth = -1, .delete_commits = &two.commit, .n_delete_commits = 1});
  g_assert_cmpuint (result.n_deleted, ==, 3);
  g_assert_true (has_commit (f, &one) && has_commit (f, &three) && !has_commit (f, &two));
  g_assert_true (exists (f, TREE_OBJECT_TOMBSTONE, &two.commit));
  TreePruneOptions again = {.depth = -1, .delete_commits = &two.commit, .n_delete_commits = 1};
  g_assert_false (tree_repo_prune (f->repo, &again, &result, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
  result = prune (f, (TreePruneOptions){.refs_only = TRUE, .depth = -1, .commit_only = TRUE});
  g_assert_cmpuint (result.n_objects, ==, 2);
  g_assert_cmpuint (result.n_deleted, ==, 1);
  g_assert_true (!has_commit (f, &one) && exists (f, TREE_OBJECT_FILE, &one.file));
}

/* Writers that come between the scan and the deletion. */
typedef struct {
  Fixture *f;
  Made wanted; /* unreachable at the scan */
  Made reused;
  Made orphan;
} Beside;

static void
write_meanwhile (const TreePruneResult *found, gpointer user_data)
{
  Beside *self = user_data;
  g_assert_cmpuint (found->n_deleted, ==, 9);
  g_assert_true (tree_repo_set_ref (self->f->repo, "late", &self->wanted.commit, NULL));
  self->orphan = commit (self->f, "reused", NULL, &self->wanted.commit);
}

static void
test_prune_beside_writers (Fixture *f, gconstpointer mode)
{
  (void)commit (f, "kept", "r", NULL);
  Made gone = commit (f, "gone", NULL, NULL);
  Beside beside = {.f = f};
  beside.wanted = commit (f, "wanted", NULL, NULL);
  beside.reused = commit (f, "reused", NULL, NULL);
  TreePruneResult result = prune (
      f, (TreePruneOptions){.refs_only = TRUE, .found = write_meanwhile, .user_data = &beside});
  /* What was reachable again, or needed by a commit that the scan had not seen, is there. */
  g_assert_cmpuint (result.n_deleted, ==, 4);
  g_assert_true (has_commit (f, &beside.wanted) && has_commit (f, &beside.orphan));
  g_assert_true (!has_commit (f, &gone) && !has_commit (f, &beside.reused));
  g_assert_false (fsck (f, (TreeFsckOptions){0}).found_corruption);
}

/* Prunes while objects are verified. */
static void
prune_meanwhile (guint64 done, guint64 total, guint64 bytes, const char *what, gpointer user_data)
{
  Fixture *f = user_data;
  g_assert_true (tree_repo_set_ref (f->repo, "r", NULL, NULL));
  (void)prune (f, (TreePruneOptions){.refs_only = TRUE});
}

static void
test_fsck_beside_prune (Fixture *f, gconstpointer mode)
{
  g_autoptr (GError) error = NULL;
  TreeFsckResult result = {0};
  TreeFsckOptions options = {.all = TRUE, .progress = prune_meanwhile, .user_data = f};
  Made one = commit (f, "one", "r", NULL);
  (void)commit (f, "two", "s", NULL);
  remove_object (f, TREE_OBJECT_FILE, &one.file);
  /* What is missing belonged to a commit that is gone by the end. */
  g_assert_true (tree_repo_fsck (f->repo, &options, &result, &error));
  g_assert_no_error (error);
  g_assert_false (has_commit (f, &one));
  g_assert_false (result.found_corruption);
  g_assert_false (is_partial (f, &one.commit));
}

/* Files that go by the name of a commit. */
static void
test_fsck_named_by_commit (Fixture *f, gconstpointer mode)
{
  Made one = commit (f, "one", "r", NULL);
  g_autofree char *meta = path_of (f, TREE_OBJECT_COMMIT_META, &one.commit);
  g_autofree char *tombstone = path_of (f, TREE_OBJECT_TOMBSTONE, &one.commit);
  g_assert_true (g_file_set_contents (meta, "", 0, NULL));
  g_assert_true (commit_write_tombstone (f->repo, &one.commit, NULL));
  g_assert_false (fsck (f, (TreeFsckOptions){.all = TRUE}).found_corruption);
  g_assert_true (g_file_set_contents (meta, "junk", 4, NULL));
  g_assert_true (fsck (f, (TreeFsckOptions){.all = TRUE}).found_corruption);
  g_assert_nonnull (strstr (f->lines->str, ".commitmeta: "));
  g_assert_true (g_file_set_contents (tombstone, "junk", 4, NULL));
  g_assert_true (fsck (f, (TreeFsckOptions){.delete_bad = TRUE}).found_corruption);
  g_assert_nonnull (strstr (f->lines->str, ".tombstone-commit: "));
  g_assert_false (exists (f, TREE_OBJECT_COMMIT_META, &one.commit));
  g_assert_false (exists (f, TREE_OBJECT_TOMBSTONE, &one.commit));
  g_assert_true (is_partial (f, &one.commit));
}

static void
add (const char *name, TreeMode mode, void (*func) (Fixture *, gconstpointer))
{
  g_autofree char *path = g_strdup_printf ("/store/upkeep/%s/%s", tree_mode_to_string (mode), name);
  g_test_add (path, Fixture, GINT_TO_POINTER (mode), setup, func, teardown);
}

int
main (int argc, char **argv)
{
  static const TreeMode modes[] = {TREE_MODE_ARCHIVE, TREE_MODE_BARE_USER};
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++) {
    add ("traverse", modes[i], test_traverse);
    add ("traverse-missing", modes[i], test_traverse_missing);
    add ("fsck-clean", modes[i], test_fsck_clean);
    add ("fsck-damage", modes[i], test_fsck_damage);
    add ("fsck-message", modes[i], test_fsck_message);
    add ("fsck-missing", modes[i], test_fsck_missing);
    add ("fsck-refs", modes[i], test_fsck_refs);
    add ("fsck-beside-prune", modes[i], test_fsck_beside_prune);
    add ("fsck-named-by-commit", modes[i], test_fsck_named_by_commit);
    add ("prune", modes[i], test_prune);
    add ("prune-leavings", modes[i], test_prune_leavings);
    add ("prune-refuses", modes[i], test_prune_refuses);
    add ("prune-lock", modes[i], test_prune_lock);
    add ("prune-branches", modes[i], test_prune_branches);
    add ("prune-commits", modes[i], test_prune_commits);
    add ("prune-beside-writers", modes[i], test_prune_beside_writers);
  }
  return g_test_run ();
}
