/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refs on disk: names, conflicts, aliases, collections, revisions. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/remove.h"
#include "core/commit.h"
#include "core/object.h"
#include "store/refs-list.h"
#include "store/refs.h"

#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX_B "abbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

typedef struct {
  char *path;
  TreeRepo *repo;
  TreeChecksum a;
  TreeChecksum b;
} Fixture;

/* A ref wants it to be there, and looks no closer. */
static void
make_commit (Fixture *f, const TreeChecksum *checksum)
{
  char path[OBJECT_PATH_MAX];
  object_path (&(ObjectName){*checksum, TREE_OBJECT_COMMIT}, /* archive= */ TRUE, path);
  g_autofree char *dir = g_path_get_dirname (path);
  g_assert_true (dir_ensure_at (f->repo->objects_dfd, dir, 0755, NULL));
  g_assert_true (file_replace_at (f->repo->objects_dfd, path, "", 0, 0644, NULL));
}

static void
setup (Fixture *f, gconstpointer collection)
{
  g_autoptr (GError) error = NULL;
  f->path = g_dir_make_tmp ("test-refs-XXXXXX", &error);
  g_assert_no_error (error);
  g_assert_true (tree_repo_create (AT_FDCWD, f->path, TREE_MODE_ARCHIVE, collection, &error));
  f->repo = tree_repo_open (AT_FDCWD, f->path, &error);
  g_assert_no_error (error);
  g_assert_true (tree_checksum_from_hex (HEX_A, &f->a, &error));
  g_assert_true (tree_checksum_from_hex (HEX_B, &f->b, &error));
  make_commit (f, &f->a);
  make_commit (f, &f->b);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  tree_repo_unref (f->repo);
  g_assert_true (dir_remove_all_at (AT_FDCWD, f->path, NULL));
  g_free (f->path);
}

static void
set (Fixture *f, const char *ref, const TreeChecksum *checksum)
{
  g_autoptr (GError) error = NULL;
  (void)tree_repo_set_ref (f->repo, ref, checksum, &error);
  g_assert_no_error (error);
}

static void
assert_set_fails (Fixture *f, const char *ref, const TreeChecksum *checksum, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_assert_false (tree_repo_set_ref (f->repo, ref, checksum, &error));
  g_assert_nonnull (error);
  if (strstr (error->message, message) == NULL)
    g_error ("'%s' does not contain '%s'", error->message, message);
}

static void
assert_rev (Fixture *f, const char *rev, const TreeChecksum *expected)
{
  g_autoptr (GError) error = NULL;
  TreeChecksum found;
  (void)tree_repo_resolve_rev (f->repo, rev, &found, &error);
  g_assert_no_error (error);
  g_assert_true (tree_checksum_equal (&found, expected));
}

static void
assert_no_rev (Fixture *f, const char *rev, int code)
{
  g_autoptr (GError) error = NULL;
  TreeChecksum found;
  g_assert_false (tree_repo_resolve_rev (f->repo, rev, &found, &error));
  g_assert_error (error, TREE_ERROR, code);
}

/* Names joined by spaces. */
static char *
names (Fixture *f, const char *prefix)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) refs = tree_repo_list_refs (f->repo, prefix, &error);
  g_assert_no_error (error);
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < refs->len; i++) {
    const TreeRef *ref = refs->pdata[i];
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "", ref->name);
    if (ref->alias_of != NULL)
      g_string_append_printf (text, "->%s", ref->alias_of);
  }
  return g_string_free (text, FALSE);
}

static void
assert_names (Fixture *f, const char *prefix, const char *expected)
{
  g_autofree char *found = names (f, prefix);
  g_assert_cmpstr (found, ==, expected);
}

static void
write_file (Fixture *f, const char *path, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *parent = g_path_get_dirname (path);
  g_assert_true (dir_ensure_at (f->repo->dfd, parent, 0755, &error));
  g_assert_true (file_replace_at (f->repo->dfd, path, text, strlen (text), 0644, &error));
}

static void
test_write (Fixture *f, gconstpointer data)
{
  set (f, "os/stable", &f->a);
  set (f, "os-x", &f->a);
  set (f, "origin:os/stable", &f->b);
  assert_names (f, NULL, "origin:os/stable os-x os/stable");
  assert_names (f, "os", "os/stable");
  assert_names (f, "os/stable", "os/stable");
  assert_names (f, "origin:", "origin:os/stable");
  assert_names (f, "origin:.", "origin:os/stable");
  assert_names (f, "origin:os", "origin:os/stable");
  assert_names (f, "nothing", "");
  assert_names (f, "none:", "");
  assert_names (f, "os/stable/below", "");
  g_autoptr (GBytes) bytes = NULL;
  g_assert_true (file_read_at (f->repo->dfd, "refs/heads/os/stable", 1000, &bytes, NULL));
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), HEX_A "\n", 65);
  set (f, "os/stable", &f->b);
  assert_rev (f, "os/stable", &f->b);
  set (f, "os/stable", NULL);
  set (f, "os/stable", NULL);
  set (f, "never/was", NULL);
  assert_no_rev (f, "os/never", TREE_ERROR_NOT_FOUND);
  assert_names (f, NULL, "origin:os/stable os-x");
  /* Nothing is left behind in tmp. */
  g_autoptr (GPtrArray) left = NULL;
  autofd int tmp = dir_open_at (f->repo->dfd, "tmp", NULL);
  g_assert_true (dir_list (tmp, &left, NULL));
  g_assert_cmpuint (left->len, ==, 0);
}

static void
test_conflicts (Fixture *f, gconstpointer data)
{
  set (f, "a/b", &f->a);
  assert_set_fails (f, "a", &f->a, "Conflict");
  assert_set_fails (f, "a/b/c", &f->a, "cannot have others below it");
  assert_rev (f, "a/b", &f->a);
  /* Directories without a ref give way. */
  set (f, "x/y/z", &f->a);
  set (f, "x/y/z", NULL);
  set (f, "x", &f->b);
  assert_rev (f, "x", &f->b);
}

static void
test_names (Fixture *f, gconstpointer data)
{
  static const char *const bad[] = {
      "",     ".",   "-",  ".foo", "-bar",  "!",    "a//b", "/a",   "a/",   "../x",
      "a/..", "a b", ":a", "r:",   "r/s:a", "..:a", "a\nb", "a/.b", "\xff", "a:b:c"};
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_set_fails (f, bad[i], &f->a, "Invalid re");
  set (f, "foo\303\251/x-1._", &f->a);
  assert_names (f, NULL, "foo\303\251/x-1._");
  /* Files of other software are passed over. */
  write_file (f, "refs/heads/.hidden", "x");
  write_file (f, "refs/heads/d/.hidden", "x");
  assert_names (f, NULL, "foo\303\251/x-1._");
}

static void
test_damaged (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  write_file (f, "refs/heads/bad", "junk\n");
  assert_no_rev (f, "bad", TREE_ERROR_CORRUPT);
  g_assert_null (tree_repo_list_refs (f->repo, NULL, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
  write_file (f, "refs/heads/bad", HEX_A HEX_A "\n");
  assert_no_rev (f, "bad", TREE_ERROR_CORRUPT);
  write_file (f, "refs/heads/bad", HEX_A " \t\r\n\n");
  assert_rev (f, "bad", &f->a);
  write_file (f, "refs/heads/bad", "");
  set (f, "bad", &f->b);
  assert_rev (f, "bad", &f->b);
  write_file (f, "refs/heads/bad", "");
  set (f, "bad", NULL);
  assert_names (f, NULL, "");
}

static void
test_aliases (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  set (f, "m/x", &f->a);
  g_assert_true (tree_repo_set_alias (f->repo, "m/alias", "m/x", &error));
  g_autofree char *text = NULL;
  g_assert_true (link_read_at (f->repo->dfd, "refs/heads/m/alias", &text, &error));
  g_assert_cmpstr (text, ==, "../m/x");
  g_assert_true (tree_repo_set_alias (f->repo, "top", "m/alias", &error));
  assert_rev (f, "top", &f->a);
  assert_names (f, NULL, "m/alias->m/x m/x top->m/alias");
  assert_set_fails (f, "m/x", NULL, "Ref 'm/x' has an active alias: 'm/alias'");
  assert_set_fails (f, "m/alias", NULL, "Ref 'm/alias' has an active alias: 'top'");
  g_assert_false (tree_repo_set_alias (f->repo, "m/x", "top", &error));
  g_assert_nonnull (strstr (error->message, "itself"));
  g_clear_error (&error);
  g_assert_false (tree_repo_set_alias (f->repo, "r:y", "m/x", &error));
  g_assert_nonnull (strstr (error->message, "Cannot create alias to remote ref"));
  g_clear_error (&error);
  g_assert_false (tree_repo_set_alias (f->repo, "y", "none", &error));
  g_assert_nonnull (strstr (error->message, "Cannot create alias to non-existent ref"));
  g_clear_error (&error);
  set (f, "m/y", &f->b);
  g_assert_true (tree_repo_set_alias (f->repo, "top", "m/y", &error));
  assert_rev (f, "top", &f->b);
  set (f, "top", NULL);
  set (f, "m/alias", NULL);
  set (f, "m/x", NULL);
  assert_names (f, NULL, "m/y");
}

/* Links that nobody but an attacker or an accident makes. */
static void
test_hostile_links (Fixture *f, gconstpointer data)
{
  write_file (f, "outside", HEX_A "\n");
  g_assert_cmpint (symlinkat ("../../outside", f->repo->dfd, "refs/heads/out"), ==, 0);
  assert_no_rev (f, "out", TREE_ERROR_CORRUPT);
  g_assert_cmpint (symlinkat ("/etc/hostname", f->repo->dfd, "refs/heads/abs"), ==, 0);
  assert_no_rev (f, "abs", TREE_ERROR_CORRUPT);
  g_assert_cmpint (symlinkat ("circle", f->repo->dfd, "refs/heads/circle"), ==, 0);
  assert_no_rev (f, "circle", TREE_ERROR_CORRUPT);
  /* A directory reached by a link is not entered, neither to read nor to write. */
  write_file (f, "elsewhere/x", HEX_A "\n");
  g_assert_cmpint (symlinkat ("../../elsewhere", f->repo->dfd, "refs/heads/dir"), ==, 0);
  assert_no_rev (f, "dir/x", TREE_ERROR_NOT_FOUND);
  assert_set_fails (f, "dir/y", &f->b, "cannot have others below it");
  set (f, "dir/x", NULL);
  struct stat st;
  g_assert_cmpint (fstatat (f->repo->dfd, "elsewhere/x", &st, 0), ==, 0);
  /* All of them can be deleted. */
  set (f, "out", NULL);
  set (f, "abs", NULL);
  set (f, "dir", NULL);
  set (f, "circle", NULL);
  assert_names (f, NULL, "");
}

static void
test_collections (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  set (f, "own", &f->a);
  set (f, "remote:ref", &f->a);
  g_assert_true (tree_repo_set_collection_ref (f->repo, "org.b.C", "os/x", &f->b, &error));
  g_assert_true (tree_repo_set_collection_ref (f->repo, "org.own.Id", "own2", &f->b, &error));
  g_assert_false (tree_repo_set_collection_ref (f->repo, "org/b", "os/x", &f->b, &error));
  g_clear_error (&error);
  g_assert_false (tree_repo_set_collection_ref (f->repo, "org.b.C", "../x", &f->b, &error));
  g_clear_error (&error);
  assert_names (f, NULL, "own own2 remote:ref");
  g_autoptr (GPtrArray) refs = tree_repo_list_collection_refs (f->repo, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (refs->len, ==, 3);
  const TreeCollectionRef *first = refs->pdata[0];
  g_assert_cmpstr (first->collection, ==, "org.b.C");
  g_assert_cmpstr (first->name, ==, "os/x");
  g_assert_true (tree_checksum_equal (&first->checksum, &f->b));
  const TreeCollectionRef *last = refs->pdata[2];
  g_assert_cmpstr (last->collection, ==, "org.own.Id");
  g_assert_cmpstr (last->name, ==, "own2");
  g_assert_true (tree_repo_set_collection_ref (f->repo, "org.b.C", "os/x", NULL, &error));
  g_autoptr (GPtrArray) left = tree_repo_list_collection_refs (f->repo, &error);
  g_assert_cmpuint (left->len, ==, 2);
  /* A remote's refs are in its collection, when that is known. */
  const char *options[] = {"collection-id=org.far.Away", NULL};
  g_assert_true (
      tree_repo_remote_add (f->repo, "remote", "http://x", options, TREE_REMOTE_ADD_NEW, &error));
  g_autoptr (GPtrArray) more = tree_repo_list_collection_refs (f->repo, &error);
  g_assert_cmpuint (more->len, ==, 3);
  g_assert_cmpstr (((const TreeCollectionRef *)more->pdata[0])->collection, ==, "org.far.Away");
  /* … but what is mirrored goes before it. */
  g_assert_true (tree_repo_set_collection_ref (f->repo, "org.far.Away", "ref", &f->b, &error));
  g_autoptr (GPtrArray) once = tree_repo_list_collection_refs (f->repo, &error);
  g_assert_cmpuint (once->len, ==, 3);
  const TreeCollectionRef *kept = once->pdata[0];
  g_assert_cmpstr (kept->name, ==, "ref");
  g_assert_true (tree_checksum_equal (&kept->checksum, &f->b));
}

/* Puts a commit object under a name of our choice: resolving looks at names alone. */
static void
put_commit (Fixture *f, const char *hex, const TreeChecksum *parent)
{
  g_autoptr (GBytes) bytes = commit_build (NULL, parent, "s", "", 0, &f->a, &f->b);
  ObjectName name = {.type = TREE_OBJECT_COMMIT};
  g_assert_true (tree_checksum_from_hex (hex, &name.checksum, NULL));
  char path[OBJECT_PATH_MAX];
  object_path (&name, TRUE, path);
  g_autofree char *full = g_strconcat ("objects/", path, NULL);
  g_autofree char *parent_dir = g_path_get_dirname (full);
  g_assert_true (dir_ensure_at (f->repo->dfd, parent_dir, 0755, NULL));
  g_assert_true (file_replace_at (f->repo->dfd, full, g_bytes_get_data (bytes, NULL),
                                  g_bytes_get_size (bytes), 0644, NULL));
}

static void
test_revisions (Fixture *f, gconstpointer data)
{
  put_commit (f, HEX_A, NULL);
  put_commit (f, HEX_B, &f->a);
  set (f, "origin:only/remote", &f->a);
  set (f, "v/1", &f->b);
  set (f, "abba", &f->a);
  assert_rev (f, HEX_B, &f->b);
  assert_rev (f, "aa", &f->a);
  assert_rev (f, "abb", &f->b);
  assert_rev (f, "abba", &f->a); /* no commit begins so: a ref */
  assert_no_rev (f, "a", TREE_ERROR_INVALID);
  assert_no_rev (f, "c0ffee", TREE_ERROR_NOT_FOUND);
  assert_rev (f, "v/1^", &f->a);
  assert_rev (f, "abb^", &f->a);
  assert_no_rev (f, "v/1^^", TREE_ERROR_NOT_FOUND);
  assert_no_rev (f, "^", TREE_ERROR_INVALID);
  assert_no_rev (f, "", TREE_ERROR_INVALID);
  assert_no_rev (f, "a b", TREE_ERROR_INVALID);
  assert_rev (f, "origin:only/remote", &f->a);
  assert_rev (f, "origin/only/remote", &f->a);
  assert_rev (f, "only/remote", &f->a);
  assert_no_rev (f, "origin:v/1", TREE_ERROR_NOT_FOUND);
}

static void
test_parent (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  put_commit (f, HEX_A, NULL);
  set (f, "in/parent", &f->a);
  set (f, "both", &f->a);
  Fixture child;
  setup (&child, NULL);
  g_assert_true (tree_repo_config_set (child.repo, "core", "parent", f->path, &error));
  tree_repo_unref (child.repo);
  child.repo = tree_repo_open (AT_FDCWD, child.path, &error);
  g_assert_no_error (error);
  set (&child, "both", &f->b);
  assert_rev (&child, "in/parent", &f->a);
  assert_rev (&child, "both", &f->b);
  assert_rev (&child, "aaa", &f->a);
  assert_names (&child, NULL, "both");
  teardown (&child, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, collection, func)                                                                \
  g_test_add ("/store/refs/" name, Fixture, collection, setup, func, teardown)
  ADD ("write", NULL, test_write);
  ADD ("conflicts", NULL, test_conflicts);
  ADD ("names", NULL, test_names);
  ADD ("damaged", NULL, test_damaged);
  ADD ("aliases", NULL, test_aliases);
  ADD ("hostile-links", NULL, test_hostile_links);
  ADD ("collections", "org.own.Id", test_collections);
  ADD ("revisions", NULL, test_revisions);
  ADD ("parent", NULL, test_parent);
  return g_test_run ();
}
