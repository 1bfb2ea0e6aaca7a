/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remotes in a repository's configuration, in remotes.d, and in a parent repository. */
#include "config.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/remove.h"
#include "plain/layout.h"
#include "store/remote.h"

/* A sysroot, whose ostree/repo is the repository. */
typedef struct {
  char *path;
  int dfd;
  TreeRepo *repo;
} Fixture;

static void
setup (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  f->path = g_dir_make_tmp ("test-remote-XXXXXX", &error);
  g_assert_no_error (error);
  f->dfd = open (f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_true (dir_ensure_at (f->dfd, "ostree/deploy", 0755, &error));
  g_assert_true (tree_repo_create (f->dfd, "ostree/repo", TREE_MODE_BARE_USER, NULL, &error));
  f->repo = tree_repo_open (f->dfd, "ostree/repo", &error);
  g_assert_no_error (error);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  tree_repo_unref (f->repo);
  g_assert_true (dir_remove_all_at (AT_FDCWD, f->path, NULL));
  fd_cleanup (&f->dfd);
  g_free (f->path);
}

static void
assert_option (TreeRepo *repo, const char *name, const char *key, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *value = NULL;
  (void)tree_repo_remote_option (repo, name, key, &value, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (value, ==, expected);
}

static void
assert_names (TreeRepo *repo, const char *expected)
{
  g_auto (GStrv) names = tree_repo_remote_list (repo);
  g_autofree char *text = g_strjoinv (" ", names);
  g_assert_cmpstr (text, ==, expected);
}

static void
add (Fixture *f, const char *name, const char *url, const char *option, TreeRemoteAdd how)
{
  g_autoptr (GError) error = NULL;
  const char *options[] = {option, NULL};
  (void)tree_repo_remote_add (f->repo, name, url, options, how, &error);
  g_assert_no_error (error);
}

static void
test_add (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  add (f, "a", "http://x/y", "gpg-verify=false", TREE_REMOTE_ADD_NEW);
  add (f, "m", "metalink=http://z/m", NULL, TREE_REMOTE_ADD_NEW);
  add (f, "l", "mirrorlist=http://z/m", "branches=b1;b2;", TREE_REMOTE_ADD_NEW);
  assert_names (f->repo, "a l m");
  assert_option (f->repo, "a", "url", "http://x/y");
  assert_option (f->repo, "a", "gpg-verify", "false");
  assert_option (f->repo, "a", "nothing", NULL);
  assert_option (f->repo, "m", "metalink", "http://z/m");
  assert_option (f->repo, "m", "url", NULL);
  assert_option (f->repo, "l", "url", "mirrorlist=http://z/m");
  g_assert_false (
      tree_repo_remote_add (f->repo, "a", "http://z", NULL, TREE_REMOTE_ADD_NEW, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_EXISTS);
  add (f, "a", "http://z", NULL, TREE_REMOTE_ADD_IF_NOT_EXISTS);
  assert_option (f->repo, "a", "url", "http://x/y");
  add (f, "a", "http://z", NULL, TREE_REMOTE_ADD_FORCE);
  assert_option (f->repo, "a", "url", "http://z");
  assert_option (f->repo, "a", "gpg-verify", NULL);
  /* It is all on disk. */
  g_autoptr (TreeRepo) again = tree_repo_open (f->dfd, "ostree/repo", NULL);
  assert_names (again, "a l m");
  g_autofree char *unknown = NULL;
  g_clear_error (&error);
  g_assert_false (tree_repo_remote_option (f->repo, "q", "url", &unknown, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, "Remote \"q\" not found");
}

static void
test_bad (Fixture *f, gconstpointer data)
{
  static const char *const names[] = {"", "a b", "a/b", "..", "-x", "a\"]\n[core", "a:b"};
  static const char *const options[] = {"novalue", "=x", "a\nb=c", "[x]=y", "#x=y", "k=\xff"};
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GError) error = NULL;
    g_assert_false (
        tree_repo_remote_add (f->repo, names[i], "http://x", NULL, TREE_REMOTE_ADD_NEW, &error));
    g_assert_error (error, TREE_ERROR, TREE_ERROR_INVALID);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (options); i++) {
    g_autoptr (GError) error = NULL;
    const char *list[] = {options[i], NULL};
    g_assert_false (
        tree_repo_remote_add (f->repo, "a", "http://x", list, TREE_REMOTE_ADD_NEW, &error));
    g_assert_error (error, TREE_ERROR, TREE_ERROR_INVALID);
  }
  g_autoptr (GError) error = NULL;
  g_assert_false (tree_repo_remote_add (f->repo, "a", NULL, NULL, TREE_REMOTE_ADD_NEW, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_INVALID);
  assert_names (f->repo, "");
  /* A value cannot break out of its line. */
  add (f, "a", "http://x", "k= v\n[core]\nmode=bare", TREE_REMOTE_ADD_NEW);
  g_autoptr (TreeRepo) again = tree_repo_open (f->dfd, "ostree/repo", NULL);
  assert_option (again, "a", "k", " v\n[core]\nmode=bare");
  g_assert_cmpint (tree_repo_get_mode (again), ==, TREE_MODE_BARE_USER);
}

static void
test_delete (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  add (f, "a", "http://x", NULL, TREE_REMOTE_ADD_NEW);
  g_assert_true (file_replace_at (f->repo->dfd, "a.trustedkeys.gpg", "k", 1, 0644, NULL));
  g_assert_true (tree_repo_remote_delete (f->repo, "a", FALSE, &error));
  struct stat st;
  g_assert_cmpint (fstatat (f->repo->dfd, "a.trustedkeys.gpg", &st, 0), <, 0);
  assert_names (f->repo, "");
  g_assert_true (tree_repo_remote_delete (f->repo, "a", TRUE, &error));
  g_assert_false (tree_repo_remote_delete (f->repo, "a", FALSE, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
}

static void
test_types (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  gboolean value = FALSE;
  add (f, "a", "http://x", "gpg-verify=maybe", TREE_REMOTE_ADD_NEW);
  add (f, "b", "http://x", "branches=x; y,,z;", TREE_REMOTE_ADD_NEW);
  g_assert_false (remote_option_boolean (f->repo, "a", REMOTE_GPG_VERIFY, &value, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_INVALID);
  g_assert_true (remote_option_boolean (f->repo, "b", REMOTE_GPG_VERIFY, &value, NULL));
  g_assert_true (value);
  g_assert_true (remote_option_boolean (f->repo, "b", REMOTE_HTTP2, &value, NULL));
  g_assert_true (value);
  g_assert_true (remote_option_boolean (f->repo, "b", REMOTE_TLS_PERMISSIVE, &value, NULL));
  g_assert_false (value);
  g_auto (GStrv) list = NULL;
  g_assert_true (remote_option_list (f->repo, "b", REMOTE_BRANCHES, &list, NULL));
  g_autofree char *text = g_strjoinv ("|", list);
  g_assert_cmpstr (text, ==, "x|y|z");
  g_auto (GStrv) none = NULL;
  g_assert_true (remote_option_list (f->repo, "a", REMOTE_BRANCHES, &none, NULL));
  g_assert_null (none[0]);
}

#define ON_DISK "[remote \"disk\"]\nurl=http://disk\n\n[remote \"second\"]\nurl=http://second\n"

static void
test_remotes_dir (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_assert_true (dir_ensure_at (f->dfd, "etc/ostree/remotes.d", 0755, NULL));
  g_assert_true (file_replace_at (f->dfd, "etc/ostree/remotes.d/x.conf", ON_DISK, strlen (ON_DISK),
                                  0644, NULL));
  g_assert_true (file_replace_at (f->dfd, "etc/ostree/remotes.d/ignored", "junk", 4, 0644, NULL));
  add (f, "own", "http://own", NULL, TREE_REMOTE_ADD_NEW);
  assert_names (f->repo, "disk own second");
  assert_option (f->repo, "disk", "url", "http://disk");
  g_assert_false (
      tree_repo_remote_add (f->repo, "disk", "http://z", NULL, TREE_REMOTE_ADD_NEW, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_true (tree_repo_remote_delete (f->repo, "disk", FALSE, NULL));
  assert_names (f->repo, "own second");
  g_assert_true (tree_repo_remote_delete (f->repo, "second", FALSE, NULL));
  struct stat st;
  g_assert_cmpint (fstatat (f->dfd, "etc/ostree/remotes.d/x.conf", &st, 0), <, 0);
  /* New ones go there when the configuration says so. */
  g_assert_true (tree_repo_config_set (f->repo, "core", "add-remotes-config-dir", "true", NULL));
  add (f, "new", "http://new", NULL, TREE_REMOTE_ADD_NEW);
  g_assert_cmpint (fstatat (f->dfd, "etc/ostree/remotes.d/new.conf", &st, 0), ==, 0);
  assert_option (f->repo, "new", "url", "http://new");
  /* What is replaced is so where it is. */
  add (f, "own", "http://own2", NULL, TREE_REMOTE_ADD_FORCE);
  assert_option (f->repo, "own", "url", "http://own2");
  add (f, "new", "http://new2", NULL, TREE_REMOTE_ADD_FORCE);
  assert_option (f->repo, "new", "url", "http://new2");
  /* Two definitions: nobody can know which one is meant. */
  g_assert_true (file_replace_at (f->dfd, "etc/ostree/remotes.d/y.conf",
                                  "[remote \"own\"]\nurl=http://evil\n", 31, 0644, NULL));
  g_autofree char *url = NULL;
  g_assert_false (tree_repo_remote_option (f->repo, "own", "url", &url, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_INVALID);
  /* … and both can be removed. */
  g_assert_true (tree_repo_remote_delete (f->repo, "own", FALSE, NULL));
  assert_names (f->repo, "new");
}

static void
test_parent (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  add (f, "up", "http://up", NULL, TREE_REMOTE_ADD_NEW);
  add (f, "both", "http://up", NULL, TREE_REMOTE_ADD_NEW);
  g_assert_true (tree_repo_create (f->dfd, "child", TREE_MODE_BARE_USER, NULL, &error));
  g_autoptr (TreeRepo) plain = tree_repo_open (f->dfd, "child", &error);
  g_autofree char *parent = g_build_filename (f->path, "ostree/repo", NULL);
  g_assert_true (tree_repo_config_set (plain, "core", "parent", parent, NULL));
  g_autoptr (TreeRepo) child = tree_repo_open (f->dfd, "child", &error);
  g_assert_no_error (error);
  g_assert_true (
      tree_repo_remote_add (child, "both", "http://child", NULL, TREE_REMOTE_ADD_NEW, &error));
  assert_names (child, "both up");
  assert_option (child, "up", "url", "http://up");
  assert_option (child, "both", "url", "http://child");
  g_assert_false (tree_repo_remote_delete (child, "up", FALSE, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
}

/* ---- The configuration as a file ---- */

/* Others change the file while this handle is open. */
static void
test_other_writers (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TreeRepo) other = tree_repo_open (f->dfd, "ostree/repo", &error);
  g_assert_no_error (error);
  g_assert_true (
      tree_repo_remote_add (other, "theirs", "http://t", NULL, TREE_REMOTE_ADD_NEW, NULL));
  g_assert_true (tree_repo_config_set (f->repo, "core", "ours", "1", NULL));
  assert_option (f->repo, "theirs", "url", "http://t");
  g_assert_true (tree_repo_config_set (other, "core", "theirs", "2", NULL));
  g_assert_true (tree_repo_remote_delete (f->repo, "theirs", FALSE, NULL));
  /* What is there is known only from the file. */
  add (f, "again", "http://a", NULL, TREE_REMOTE_ADD_NEW);
  g_assert_false (
      tree_repo_remote_add (other, "again", "http://b", NULL, TREE_REMOTE_ADD_NEW, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_EXISTS);
  g_assert_false (tree_repo_remote_delete (other, "theirs", FALSE, NULL));
  g_autoptr (TreeRepo) reader = tree_repo_open (f->dfd, "ostree/repo", NULL);
  assert_names (reader, "again");
  g_autofree char *ours = tree_repo_config_get (reader, "core", "ours", NULL);
  g_autofree char *theirs = tree_repo_config_get (reader, "core", "theirs", NULL);
  g_assert_cmpstr (ours, ==, "1");
  g_assert_cmpstr (theirs, ==, "2");
}

static void
test_locked (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  f->repo->lock_timeout_secs = 0;
  autofd G_GNUC_UNUSED int lock = lock_open_at (f->repo->dfd, REPO_CONFIG_LOCK, 0660,
                                                LOCK_EXCLUSIVE, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (tree_repo_config_set (f->repo, "core", "x", "1", &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_LOCKED);
  g_clear_error (&error);
  g_assert_false (
      tree_repo_remote_add (f->repo, "r", "http://r", NULL, TREE_REMOTE_ADD_NEW, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_LOCKED);
  assert_names (f->repo, "");
  g_autofree char *value = tree_repo_config_get (f->repo, "core", "x", NULL);
  g_assert_null (value);
}

/* A file that cannot be read is not replaced. */
static void
test_broken_file (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_assert_true (file_replace_at (f->repo->dfd, REPO_CONFIG, "junk", 4, 0644, NULL));
  g_assert_false (tree_repo_config_set (f->repo, "core", "x", "1", &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
  g_autofree char *value = tree_repo_config_get (f->repo, "core", "x", NULL);
  g_assert_null (value);
}

static mode_t
mode_of (int dfd, const char *path)
{
  struct stat st;
  g_assert_cmpint (fstatat (dfd, path, &st, AT_SYMLINK_NOFOLLOW), ==, 0);
  return st.st_mode & 07777;
}

/* A URL may have a password in it: who hid the file wants it hidden. */
static void
test_file_mode (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (fchmodat (f->repo->dfd, REPO_CONFIG, 0600, 0), ==, 0);
  add (f, "secret", "http://me:word@x", NULL, TREE_REMOTE_ADD_NEW);
  g_assert_cmpint (mode_of (f->repo->dfd, REPO_CONFIG), ==, 0600);
  g_assert_true (dir_ensure_at (f->dfd, "etc/ostree/remotes.d", 0755, NULL));
  static const char two[] = "[remote \"a\"]\nurl=x\n[remote \"b\"]\nurl=y\n";
  g_assert_true (
      file_replace_at (f->dfd, "etc/ostree/remotes.d/x.conf", two, strlen (two), 0640, NULL));
  g_assert_true (tree_repo_remote_delete (f->repo, "a", FALSE, NULL));
  g_assert_cmpint (mode_of (f->dfd, "etc/ostree/remotes.d/x.conf"), ==, 0640);
  /* The file of a new remote of that name has others in it. */
  g_assert_true (tree_repo_config_set (f->repo, "core", "add-remotes-config-dir", "true", NULL));
  add (f, "x", "http://x", NULL, TREE_REMOTE_ADD_NEW);
  assert_names (f->repo, "b secret x");
  g_assert_cmpint (mode_of (f->dfd, "etc/ostree/remotes.d/x.conf"), ==, 0640);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/store/remote/" name, Fixture, NULL, setup, func, teardown)
  ADD ("add", test_add);
  ADD ("bad", test_bad);
  ADD ("delete", test_delete);
  ADD ("types", test_types);
  ADD ("remotes-dir", test_remotes_dir);
  ADD ("parent", test_parent);
  ADD ("other-writers", test_other_writers);
  ADD ("locked", test_locked);
  ADD ("broken-file", test_broken_file);
  ADD ("file-mode", test_file_mode);
  return g_test_run ();
}
