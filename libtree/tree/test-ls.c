/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listing committed trees, and reading files out of them. */
#include "config.h"

#include <string.h>
#include <sys/xattr.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/remove.h"
#include "tree-commit.h"
#include "tree-repo.h"

typedef struct {
  char *path;
  int dfd;
  TreeRepo *repo;
  TreeChecksum commit;
  GString *seen;
} Fixture;

static void
write_file (int dfd, const char *path, const char *content, mode_t mode)
{
  g_autoptr (GError) error = NULL;
  (void)file_replace_at (dfd, path, content, strlen (content), mode, &error);
  g_assert_no_error (error);
}

static void
setup (Fixture *f, gconstpointer mode)
{
  g_autoptr (GError) error = NULL;
  const char *base = g_getenv ("TMPDIR");
  f->path = g_strdup_printf ("%s/test-ls.XXXXXX", base != NULL ? base : "/var/tmp");
  g_assert_nonnull (g_mkdtemp (f->path));
  f->dfd = open (f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  f->seen = g_string_new (NULL);
  g_assert_true (dir_ensure_at (f->dfd, "t/b/deep", 0755, NULL));
  g_assert_true (dir_ensure_at (f->dfd, "t/a", 0755, NULL));
  write_file (f->dfd, "t/z", "content of z", 0640);
  write_file (f->dfd, "t/empty", "", 0600);
  write_file (f->dfd, "t/b/file", "abc", 0755);
  write_file (f->dfd, "t/b/deep/er", "x", 0644);
  g_assert_cmpint (symlinkat ("b/file", f->dfd, "t/link"), ==, 0);
  g_assert_true (tree_repo_create (f->dfd, "repo", (TreeMode)GPOINTER_TO_INT (mode), NULL, NULL));
  f->repo = tree_repo_open (f->dfd, "repo", &error);
  g_assert_no_error (error);
  TreeCommitOptions options = TREE_COMMIT_OPTIONS_INIT;
  TreeCommitResult result;
  options.owner_uid = 12;
  options.owner_gid = 34;
  options.no_xattrs = TRUE;
  TreeSource source = {.kind = TREE_SOURCE_DIR, .dfd = f->dfd, .path = "t"};
  (void)tree_repo_commit (f->repo, &source, 1, &options, &result, &error);
  g_assert_no_error (error);
  f->commit = result.checksum;
}

static void
teardown (Fixture *f, gconstpointer mode)
{
  tree_repo_unref (f->repo);
  (void)g_string_free (f->seen, TRUE);
  fd_cleanup (&f->dfd);
  g_assert_true (dir_remove_all_at (AT_FDCWD, f->path, NULL));
  g_free (f->path);
}

static gboolean
see (const TreeEntry *entry, gpointer user_data, GError **error)
{
  Fixture *f = user_data;
  g_string_append_printf (f->seen, "%o %u:%u %" G_GUINT64_FORMAT " %s%s%s\n", entry->mode,
                          entry->uid, entry->gid, entry->size, entry->path,
                          entry->target != NULL ? "->" : "",
                          entry->target != NULL ? entry->target : "");
  return TRUE;
}

static void
assert_ls (Fixture *f, const char *path, TreeLsFlags flags, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_string_truncate (f->seen, 0);
  (void)tree_repo_ls (f->repo, &f->commit, path, flags, see, f, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (f->seen->str, ==, expected);
}

#define ROOT_FILES                                                                                 \
  "100600 12:34 0 /empty\n"                                                                        \
  "120777 12:34 0 /link->b/file\n"                                                                 \
  "100640 12:34 12 /z\n"

static void
test_ls (Fixture *f, gconstpointer mode)
{
  assert_ls (f, "/", TREE_LS_DEFAULT,
             "40755 12:34 0 /\n" ROOT_FILES "40755 12:34 0 /a\n40755 12:34 0 /b\n");
  assert_ls (f, "/", TREE_LS_RECURSIVE,
             "40755 12:34 0 /\n" ROOT_FILES "40755 12:34 0 /a\n40755 12:34 0 /b\n"
             "100755 12:34 3 /b/file\n40755 12:34 0 /b/deep\n100644 12:34 1 /b/deep/er\n");
  assert_ls (f, "/b", TREE_LS_DIR_ONLY, "40755 12:34 0 /b\n");
  assert_ls (f, "b//deep/", TREE_LS_DEFAULT, "40755 12:34 0 /b/deep\n100644 12:34 1 /b/deep/er\n");
  assert_ls (f, "/z", TREE_LS_RECURSIVE, "100640 12:34 12 /z\n");
  assert_ls (f, "/b", TREE_LS_NAMES_ONLY,
             "40000 0:0 0 /b\n100000 0:0 0 /b/file\n40000 0:0 0 /b/deep\n");
}

static gboolean
count_xattrs (const TreeEntry *entry, gpointer user_data, GError **error)
{
  if (entry->xattrs != NULL)
    *(guint *)user_data += (guint)g_variant_n_children (entry->xattrs);
  return TRUE;
}

static void
test_xattrs (Fixture *f, gconstpointer mode)
{
  g_autoptr (GError) error = NULL;
  autofd int fd = openat (f->dfd, "t/z", O_RDONLY | O_CLOEXEC);
  if (fsetxattr (fd, "user.one", "1", 1, 0) < 0) {
    g_test_skip ("no user attributes on this file system");
    return;
  }
  TreeCommitOptions options = TREE_COMMIT_OPTIONS_INIT;
  TreeCommitResult result;
  TreeSource source = {.kind = TREE_SOURCE_DIR, .dfd = f->dfd, .path = "t"};
  (void)tree_repo_commit (f->repo, &source, 1, &options, &result, &error);
  g_assert_no_error (error);
  guint n = 0;
  g_assert_true (
      tree_repo_ls (f->repo, &result.checksum, "/z", TREE_LS_XATTRS, count_xattrs, &n, &error));
  g_assert_cmpuint (n, >=, 1);
}

static void
test_missing (Fixture *f, gconstpointer mode)
{
  static const char *const paths[] = {"/none", "/z/below", "/b/none", "/link/x", "/b/..", "/."};
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autoptr (GError) error = NULL;
    g_assert_false (tree_repo_ls (f->repo, &f->commit, paths[i], TREE_LS_DEFAULT, see, f, &error));
    g_assert_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
    g_clear_error (&error);
    g_assert_false (tree_repo_cat (f->repo, &f->commit, paths[i], -1, &error));
    g_assert_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
  }
}

static gboolean
stop (const TreeEntry *entry, gpointer user_data, GError **error)
{
  return throw_error (error, TREE_ERROR_CHANGED, "enough");
}

static void
test_stop (Fixture *f, gconstpointer mode)
{
  g_autoptr (GError) error = NULL;
  g_assert_false (tree_repo_ls (f->repo, &f->commit, "/", TREE_LS_RECURSIVE, stop, NULL, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CHANGED);
}

static void
test_cat (Fixture *f, gconstpointer mode)
{
  g_autoptr (GError) error = NULL;
  autofd int fd = openat (f->dfd, "out", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  /* One after the other into the same file: the second must not replace the first. */
  g_assert_true (tree_repo_cat (f->repo, &f->commit, "/z", fd, &error));
  g_assert_true (tree_repo_cat (f->repo, &f->commit, "b/file", fd, &error));
  g_assert_true (tree_repo_cat (f->repo, &f->commit, "/empty", fd, &error));
  g_assert_false (tree_repo_cat (f->repo, &f->commit, "/b", fd, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_INVALID);
  g_autoptr (GBytes) bytes = NULL;
  g_assert_true (file_read_at (f->dfd, "out", 1000, &bytes, NULL));
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "content of zabc", 15);
}

static void
add (const char *name, TreeMode mode, void (*func) (Fixture *, gconstpointer))
{
  g_autofree char *path = g_strdup_printf ("/tree/ls/%s/%s", tree_mode_to_string (mode), name);
  g_test_add (path, Fixture, GINT_TO_POINTER (mode), setup, func, teardown);
}

int
main (int argc, char **argv)
{
  static const TreeMode modes[] = {TREE_MODE_ARCHIVE, TREE_MODE_BARE_USER};
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++) {
    add ("ls", modes[i], test_ls);
    add ("xattrs", modes[i], test_xattrs);
    add ("missing", modes[i], test_missing);
    add ("stop", modes[i], test_stop);
    add ("cat", modes[i], test_cat);
  }
  return g_test_run ();
}
