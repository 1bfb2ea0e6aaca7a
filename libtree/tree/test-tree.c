/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commits and checkouts, in a scratch directory. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <time.h>

#include "base/fd.h"
#include "base/remove.h"
#include "tree-checkout.h"
#include "tree-commit.h"
#include "tree-error.h"

/* The tree of the format's test vectors, as a repository without privileges makes it of anything:
 * owner 0:0, modes masked, no attributes. */
#define CANONICAL_CONTENT "474745794b5a8c6faa1bb23667e83e0917505a206933d3d67139e53c2a490bf4"
/* … and as root: owners, setuid, attributes. Commit with "A subject", "The body\nline two",
 * 1700000000. */
#define ROOT_COMMIT "ba739ab5439a2277bc542480b2a15ed7cb9b7ab23f735a06eb0fe8dca28b61ee"

typedef struct {
  char *path;
  int dfd;
} Scratch;

static void
scratch_begin (Scratch *self, gconstpointer data)
{
  const char *base = g_getenv ("TMPDIR");
  self->path = g_strdup_printf ("%s/test-tree.XXXXXX", base != NULL ? base : "/var/tmp");
  g_assert_nonnull (g_mkdtemp (self->path));
  self->dfd = open (self->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (self->dfd, >=, 0);
}

static void
scratch_end (Scratch *self, gconstpointer data)
{
  g_assert_true (dir_remove_all_at (AT_FDCWD, self->path, NULL));
  fd_cleanup (&self->dfd);
  g_free (self->path);
}

static void
write_file (int dfd, const char *path, const char *content, mode_t mode)
{
  autofd int fd = openat (dfd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  g_assert_cmpint (fd, >=, 0);
  g_assert_true (fd_write_all (fd, content, strlen (content), NULL));
  g_assert_cmpint (fchmod (fd, mode), ==, 0);
}

static void
make_dir (int dfd, const char *path, mode_t mode)
{
  g_assert_cmpint (mkdirat (dfd, path, mode), ==, 0);
  g_assert_cmpint (fchmodat (dfd, path, mode, 0), ==, 0);
}

/* The tree T1 of the vectors, at "tree". */
static void
make_tree (const Scratch *scratch)
{
  make_dir (scratch->dfd, "tree", 0755);
  autofd int tree = openat (scratch->dfd, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  write_file (tree, "hello", "hello world\n", 0644);
  write_file (tree, "zero", "", 0644);
  make_dir (tree, "bin", 0755);
  write_file (tree, "bin/prog", "#!/bin/sh\necho hi\n", 04755);
  g_assert_cmpint (symlinkat ("../hello", tree, "bin/link"), ==, 0);
  make_dir (tree, "etc", 0755);
  write_file (tree, "etc/conf", "a=1\n", 0640);
  make_dir (tree, "empty", 0700);
}

static TreeRepo *
make_repo (const Scratch *scratch, const char *name, TreeMode mode)
{
  g_autoptr (GError) error = NULL;
  g_assert_true (tree_repo_create (scratch->dfd, name, mode, NULL, &error));
  TreeRepo *repo = tree_repo_open (scratch->dfd, name, &error);
  g_assert_no_error (error);
  g_assert_true (tree_repo_config_set (repo, "core", "min-free-space-percent", "0", &error));
  return repo;
}

static const TreeCommitOptions canonical = {
    .owner_uid = -1,
    .owner_gid = -1,
    .branch = "t",
    .no_bindings = TRUE,
    .has_timestamp = TRUE,
    .timestamp = 1700000100,
    .no_xattrs = TRUE,
    .canonical_permissions = TRUE,
};

static TreeCommitResult
commit (const Scratch *scratch, TreeRepo *repo, const TreeCommitOptions *options)
{
  g_autoptr (GError) error = NULL;
  TreeCommitResult result;
  TreeSource source = {.kind = TREE_SOURCE_DIR, .dfd = scratch->dfd, .path = "tree"};
  gboolean ok = tree_repo_commit (repo, &source, 1, options, &result, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
  return result;
}

static void
assert_content (TreeRepo *repo, const TreeChecksum *checksum, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TreeCommitInfo) info = tree_repo_load_commit (repo, checksum, &error);
  g_assert_no_error (error);
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&info->content_checksum, hex);
  g_assert_cmpstr (hex, ==, expected);
}

static gboolean
checkout (TreeRepo *repo, const Scratch *scratch, const TreeChecksum *commit_checksum,
          const TreeCheckoutOptions *options, GError **error)
{
  return tree_repo_checkout (repo, commit_checksum, scratch->dfd, "out", options, error);
}

static void
assert_file (const Scratch *scratch, const char *path, const char *content)
{
  g_autofree char *full = g_build_filename (scratch->path, path, NULL);
  g_autofree char *found = NULL;
  g_assert_true (g_file_get_contents (full, &found, NULL, NULL));
  g_assert_cmpstr (found, ==, content);
}

static void
test_vector_canonical (Scratch *scratch, gconstpointer data)
{
  make_tree (scratch);
  TreeMode mode = (TreeMode)GPOINTER_TO_INT (data);
  /* A bare repository wants to give files to 0:0. */
  if (mode == TREE_MODE_BARE && geteuid () != 0) {
    g_test_skip ("a bare repository needs root");
    return;
  }
  g_autoptr (TreeRepo) repo = make_repo (scratch, "repo", mode);
  TreeCommitResult result = commit (scratch, repo, &canonical);
  assert_content (repo, &result.checksum, CANONICAL_CONTENT);
  g_assert_cmpuint (result.n_content, ==, 5);
  g_assert_cmpuint (result.n_content_written, ==, 5);
}

static void
test_vector_root (Scratch *scratch, gconstpointer data)
{
  if (geteuid () != 0) {
    g_test_skip ("files of other users need root");
    return;
  }
  make_tree (scratch);
  g_autofree char *conf = g_build_filename (scratch->path, "tree/etc/conf", NULL);
  g_assert_cmpint (chown (conf, 1000, 1001), ==, 0);
  g_assert_cmpint (lsetxattr (conf, "user.foo", "bar", 3, 0), ==, 0);
  g_assert_cmpint (lsetxattr (conf, "user.abc", "\0\1", 2, 0), ==, 0);
  g_autoptr (TreeRepo) repo = make_repo (scratch, "repo", (TreeMode)GPOINTER_TO_INT (data));
  TreeCommitOptions options = TREE_COMMIT_OPTIONS_INIT;
  options.no_bindings = TRUE;
  options.has_timestamp = TRUE;
  options.timestamp = 1700000000;
  options.subject = "A subject";
  options.body = "The body\nline two";
  TreeCommitResult result = commit (scratch, repo, &options);
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&result.checksum, hex);
  g_assert_cmpstr (hex, ==, ROOT_COMMIT);
}

/* Such a repository makes everything canonical by itself. */
static void
test_vector_user_only (Scratch *scratch, gconstpointer data)
{
  make_tree (scratch);
  g_autoptr (TreeRepo) repo = make_repo (scratch, "repo", TREE_MODE_BARE_USER_ONLY);
  TreeCommitOptions options = TREE_COMMIT_OPTIONS_INIT;
  options.no_bindings = TRUE;
  options.has_timestamp = TRUE;
  options.timestamp = 1700000000;
  options.subject = "A subject";
  options.body = "The body\nline two";
  TreeCommitResult result = commit (scratch, repo, &options);
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&result.checksum, hex);
  g_assert_cmpstr (hex, ==, "cad1fc538f56ec5334f904b06ae994a6f2228b89b59fc636eeecad5c3ff48e76");
}

static void
test_unchanged_writes_nothing (Scratch *scratch, gconstpointer data)
{
  make_tree (scratch);
  g_autoptr (TreeRepo) repo = make_repo (scratch, "repo", TREE_MODE_ARCHIVE);
  (void)commit (scratch, repo, &canonical);
  TreeCommitResult again = commit (scratch, repo, &canonical);
  g_assert_cmpuint (again.n_content, ==, 5);
  g_assert_cmpuint (again.n_content_written, ==, 0);
  g_assert_cmpuint (again.n_metadata_written, ==, 1); /* the commit, which has a parent now */
}

static void
test_skip_if_unchanged (Scratch *scratch, gconstpointer data)
{
  make_tree (scratch);
  g_autoptr (TreeRepo) repo = make_repo (scratch, "repo", TREE_MODE_ARCHIVE);
  TreeCommitOptions options = canonical;
  options.skip_if_unchanged = TRUE;
  TreeCommitResult first = commit (scratch, repo, &options);
  TreeCommitResult second = commit (scratch, repo, &options);
  g_assert_true (tree_checksum_equal (&first.checksum, &second.checksum));
}

/* Makes everything in the tree look as if it had been there for a while. */
static void
age_tree (const Scratch *scratch)
{
  /* ctime cannot be set: wait until it is older than the racy window. */
  struct timespec nap = {3, 200 * 1000 * 1000};
  (void)nanosleep (&nap, NULL);
}

static void
test_stat_cache (Scratch *scratch, gconstpointer data)
{
  make_tree (scratch);
  g_autoptr (TreeRepo) repo = make_repo (scratch, "repo", TREE_MODE_ARCHIVE);
  TreeCommitOptions options = canonical;
  options.use_stat_cache = TRUE;
  /* Files that are as young as this are not trusted. */
  (void)commit (scratch, repo, &options);
  g_assert_cmpuint (commit (scratch, repo, &options).n_cache_hits, ==, 0);
  age_tree (scratch);
  TreeCommitResult filled = commit (scratch, repo, &options);
  TreeCommitResult hit = commit (scratch, repo, &options);
  g_assert_cmpuint (hit.n_cache_hits, ==, 5);
  g_assert_cmpuint (hit.n_content, ==, filled.n_content);
  /* The same size and, by force, the same mtime: the ctime tells. */
  struct stat st;
  g_assert_cmpint (fstatat (scratch->dfd, "tree/hello", &st, 0), ==, 0);
  write_file (scratch->dfd, "tree/hello", "HELLO WORLD\n", 0644);
  const struct timespec times[2] = {st.st_atim, st.st_mtim};
  g_assert_cmpint (utimensat (scratch->dfd, "tree/hello", times, 0), ==, 0);
  TreeCommitResult changed = commit (scratch, repo, &options);
  g_assert_cmpuint (changed.n_cache_hits, ==, 4);
  g_assert_cmpuint (changed.n_content_written, ==, 1);
  /* Other options, other objects: nothing is taken from the cache. */
  options.owner_uid = 7;
  g_assert_cmpuint (commit (scratch, repo, &options).n_cache_hits, ==, 0);
}

static void
test_overlay (Scratch *scratch, gconstpointer data)
{
  make_tree (scratch);
  make_dir (scratch->dfd, "upper", 0755);
  make_dir (scratch->dfd, "upper/etc", 0755);
  write_file (scratch->dfd, "upper/hello", "goodbye\n", 0644);
  write_file (scratch->dfd, "upper/etc/new", "n=2\n", 0644);
  g_autoptr (TreeRepo) repo = make_repo (scratch, "repo", TREE_MODE_ARCHIVE);
  TreeCommitResult lower = commit (scratch, repo, &canonical);
  TreeSource sources[] = {
      {.kind = TREE_SOURCE_COMMIT, .commit = lower.checksum},
      {.kind = TREE_SOURCE_DIR, .dfd = scratch->dfd, .path = "upper"},
  };
  g_autoptr (GError) error = NULL;
  TreeCommitResult result;
  g_assert_true (tree_repo_commit (repo, sources, 2, &canonical, &result, &error));
  g_assert_no_error (error);
  TreeCheckoutOptions options = {.user_mode = TRUE};
  g_assert_true (
      tree_repo_checkout (repo, &result.checksum, scratch->dfd, "out", &options, &error));
  assert_file (scratch, "out/hello", "goodbye\n");
  assert_file (scratch, "out/etc/conf", "a=1\n");
  assert_file (scratch, "out/etc/new", "n=2\n");
  assert_file (scratch, "out/bin/link", "goodbye\n");
  /* A file cannot take the place of a directory. */
  g_assert_true (dir_remove_all_at (scratch->dfd, "upper/etc", NULL));
  write_file (scratch->dfd, "upper/etc", "x", 0644);
  g_assert_false (tree_repo_commit (repo, sources, 2, &canonical, &result, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_INVALID);
}

static void
test_rules (Scratch *scratch, gconstpointer data)
{
  make_tree (scratch);
  g_autoptr (TreeRepo) repo = make_repo (scratch, "repo", TREE_MODE_ARCHIVE);
  TreeModeRule rules[] = {{"/hello", 0111, FALSE}, {"/etc/conf", 0400, TRUE}};
  const char *const skips[] = {"/bin", NULL};
  TreeCommitOptions options = TREE_COMMIT_OPTIONS_INIT;
  options.mode_rules = rules;
  options.n_mode_rules = 2;
  options.skip_paths = skips;
  TreeCommitResult result = commit (scratch, repo, &options);
  TreeCheckoutOptions how = {.user_mode = TRUE};
  g_autoptr (GError) error = NULL;
  g_assert_true (checkout (repo, scratch, &result.checksum, &how, &error));
  struct stat st;
  g_assert_cmpint (fstatat (scratch->dfd, "out/hello", &st, 0), ==, 0);
  g_assert_cmpint (st.st_mode & 0777, ==, 0755);
  g_assert_cmpint (fstatat (scratch->dfd, "out/etc/conf", &st, 0), ==, 0);
  g_assert_cmpint (st.st_mode & 0777, ==, 0400);
  g_assert_cmpint (fstatat (scratch->dfd, "out/bin", &st, 0), <, 0);
  /* A rule that meets nothing is a mistake. */
  rules[0].path = "/helo";
  TreeSource source = {.kind = TREE_SOURCE_DIR, .dfd = scratch->dfd, .path = "tree"};
  g_assert_false (tree_repo_commit (repo, &source, 1, &options, &result, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
}

static void
test_trust_hardlinks (Scratch *scratch, gconstpointer data)
{
  make_tree (scratch);
  g_autoptr (TreeRepo) repo = make_repo (scratch, "repo", TREE_MODE_BARE_USER_ONLY);
  TreeCommitResult first = commit (scratch, repo, &canonical);
  TreeCheckoutOptions how = {.user_mode = TRUE};
  g_autoptr (GError) error = NULL;
  g_assert_true (tree_repo_checkout (repo, &first.checksum, scratch->dfd, "out", &how, &error));
  TreeSource source = {.kind = TREE_SOURCE_DIR, .dfd = scratch->dfd, .path = "out"};
  TreeCommitOptions options = canonical;
  options.trust_hardlinks = options.trust_canonical = TRUE;
  TreeCommitResult second;
  g_assert_true (tree_repo_commit (repo, &source, 1, &options, &second, &error));
  /* All but the empty file, which is never linked; a symbolic link is an inode, too. */
  g_assert_cmpuint (second.n_cache_hits, ==, 4);
  assert_content (repo, &second.checksum, CANONICAL_CONTENT);
}

static void
test_consume (Scratch *scratch, gconstpointer data)
{
  make_tree (scratch);
  autofd int fd = openat (scratch->dfd, "tree/hello", O_RDONLY | O_CLOEXEC);
  g_autoptr (TreeRepo) repo = make_repo (scratch, "repo", TREE_MODE_BARE_USER_ONLY);
  TreeCommitOptions options = canonical;
  options.consume = TRUE;
  TreeCommitResult result = commit (scratch, repo, &options);
  assert_content (repo, &result.checksum, CANONICAL_CONTENT);
  struct stat st;
  g_assert_cmpint (fstatat (scratch->dfd, "tree", &st, 0), <, 0);
  g_assert_cmpint (fstat (fd, &st), ==, 0);
  /* The file has a name still: that of the object. It must have been root's to be one. */
  g_assert_cmpuint (st.st_nlink, ==, geteuid () == 0 ? 1 : 0);
}

static void
expect_error (const Scratch *scratch, TreeErrorCode code, const char *part)
{
  g_autoptr (TreeRepo) repo = make_repo (scratch, "repo", TREE_MODE_ARCHIVE);
  g_autoptr (GError) error = NULL;
  TreeCommitResult result;
  TreeSource source = {.kind = TREE_SOURCE_DIR, .dfd = scratch->dfd, .path = "tree"};
  g_assert_false (tree_repo_commit (repo, &source, 1, &canonical, &result, &error));
  g_assert_error (error, TREE_ERROR, (gint)code);
  g_assert_nonnull (strstr (error->message, part));
  /* Nothing became visible. */
  g_autoptr (GArray) commits = tree_repo_list_commits (repo, NULL);
  g_assert_cmpuint (commits->len, ==, 0);
}

static void
test_socket_is_refused (Scratch *scratch, gconstpointer data)
{
  make_tree (scratch);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  g_snprintf (address.sun_path, sizeof address.sun_path, "%s/tree/bin/sock", scratch->path);
  autofd int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (bind (fd, (struct sockaddr *)&address, sizeof address), ==, 0);
  expect_error (scratch, TREE_ERROR_UNSUPPORTED, "/bin/sock");
}

static void
test_name_must_be_utf8 (Scratch *scratch, gconstpointer data)
{
  make_tree (scratch);
  write_file (scratch->dfd, "tree/etc/\xff\xfe", "x", 0644);
  expect_error (scratch, TREE_ERROR_INVALID, "UTF-8");
}

static void
test_missing_tree (Scratch *scratch, gconstpointer data)
{
  expect_error (scratch, TREE_ERROR_NOT_FOUND, "tree");
}

/* ---- Checkout ---- */

static void
test_checkout_by_copy (Scratch *scratch, gconstpointer data)
{
  make_tree (scratch);
  g_autoptr (TreeRepo) repo = make_repo (scratch, "repo", (TreeMode)GPOINTER_TO_INT (data));
  TreeCommitResult result = commit (scratch, repo, &canonical);
  TreeCheckoutOptions options = {.user_mode = TRUE, .force_copy = TRUE};
  g_autoptr (GError) error = NULL;
  g_assert_true (checkout (repo, scratch, &result.checksum, &options, &error));
  assert_file (scratch, "out/hello", "hello world\n");
  assert_file (scratch, "out/bin/link", "hello world\n");
  assert_file (scratch, "out/zero", "");
  struct stat st;
  g_assert_cmpint (fstatat (scratch->dfd, "out/bin/prog", &st, 0), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0755);
  /* Once more: the destination is there. */
  g_assert_false (checkout (repo, scratch, &result.checksum, &options, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_EXISTS);
}

static void
test_checkout_by_link (Scratch *scratch, gconstpointer data)
{
  make_tree (scratch);
  g_autoptr (TreeRepo) repo = make_repo (scratch, "repo", TREE_MODE_BARE_USER);
  TreeCommitResult result = commit (scratch, repo, &canonical);
  TreeCheckoutOptions options = {.user_mode = TRUE, .require_hardlinks = TRUE};
  g_autoptr (GError) error = NULL;
  g_assert_true (checkout (repo, scratch, &result.checksum, &options, &error));
  struct stat st;
  g_assert_cmpint (fstatat (scratch->dfd, "out/hello", &st, 0), ==, 0);
  g_assert_cmpuint (st.st_nlink, ==, 2);
  g_assert_cmpint (st.st_mtime, ==, 0);
  /* Empty files and links have nothing to share. */
  g_assert_cmpint (fstatat (scratch->dfd, "out/zero", &st, 0), ==, 0);
  g_assert_cmpuint (st.st_nlink, ==, 1);
  assert_file (scratch, "out/bin/link", "hello world\n");
  g_assert_cmpint (fstatat (scratch->dfd, "out/bin", &st, 0), ==, 0);
  g_assert_cmpint (st.st_mtime, ==, 0);
}

static void
test_checkout_links_impossible (Scratch *scratch, gconstpointer data)
{
  make_tree (scratch);
  g_autoptr (TreeRepo) repo = make_repo (scratch, "repo", TREE_MODE_ARCHIVE);
  TreeCommitResult result = commit (scratch, repo, &canonical);
  TreeCheckoutOptions options = {.require_hardlinks = TRUE};
  g_autoptr (GError) error = NULL;
  g_assert_false (checkout (repo, scratch, &result.checksum, &options, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_UNSUPPORTED);
}

static void
test_checkout_overwrite (Scratch *scratch, gconstpointer data)
{
  make_tree (scratch);
  g_autoptr (TreeRepo) repo = make_repo (scratch, "repo", TREE_MODE_BARE_USER);
  TreeCommitResult result = commit (scratch, repo, &canonical);
  make_dir (scratch->dfd, "out", 0755);
  write_file (scratch->dfd, "out/hello", "mine\n", 0644);
  write_file (scratch->dfd, "out/other", "kept\n", 0644);
  TreeCheckoutOptions options = {.user_mode = TRUE, .overwrite = TREE_OVERWRITE_IDENTICAL};
  g_autoptr (GError) error = NULL;
  g_assert_false (checkout (repo, scratch, &result.checksum, &options, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_EXISTS);
  g_clear_error (&error);
  options.overwrite = TREE_OVERWRITE_ADD;
  g_assert_true (checkout (repo, scratch, &result.checksum, &options, &error));
  assert_file (scratch, "out/hello", "mine\n");
  options.overwrite = TREE_OVERWRITE_UNION;
  g_assert_true (checkout (repo, scratch, &result.checksum, &options, &error));
  assert_file (scratch, "out/hello", "hello world\n");
  assert_file (scratch, "out/other", "kept\n");
  options.overwrite = TREE_OVERWRITE_IDENTICAL;
  g_assert_true (checkout (repo, scratch, &result.checksum, &options, &error));
}

static void
test_checkout_subpath (Scratch *scratch, gconstpointer data)
{
  make_tree (scratch);
  g_autoptr (TreeRepo) repo = make_repo (scratch, "repo", TREE_MODE_ARCHIVE);
  TreeCommitResult result = commit (scratch, repo, &canonical);
  TreeCheckoutOptions options = {.user_mode = TRUE, .subpath = "/etc"};
  g_autoptr (GError) error = NULL;
  g_assert_true (checkout (repo, scratch, &result.checksum, &options, &error));
  assert_file (scratch, "out/conf", "a=1\n");
  options.subpath = "/bin/prog";
  options.overwrite = TREE_OVERWRITE_UNION;
  g_assert_true (checkout (repo, scratch, &result.checksum, &options, &error));
  assert_file (scratch, "out/prog", "#!/bin/sh\necho hi\n");
  options.subpath = "/nowhere";
  g_assert_false (checkout (repo, scratch, &result.checksum, &options, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  options.allow_noent = TRUE;
  g_assert_true (checkout (repo, scratch, &result.checksum, &options, &error));
}

#define ADD(path, data, func) g_test_add (path, Scratch, data, scratch_begin, func, scratch_end)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/commit/vector/canonical/bare", GINT_TO_POINTER (TREE_MODE_BARE), test_vector_canonical);
  ADD ("/commit/vector/canonical/bare-user", GINT_TO_POINTER (TREE_MODE_BARE_USER),
       test_vector_canonical);
  ADD ("/commit/vector/canonical/archive", GINT_TO_POINTER (TREE_MODE_ARCHIVE),
       test_vector_canonical);
  ADD ("/commit/vector/canonical/bare-user-only", GINT_TO_POINTER (TREE_MODE_BARE_USER_ONLY),
       test_vector_canonical);
  ADD ("/commit/vector/user-only", NULL, test_vector_user_only);
  ADD ("/checkout/copy/bare-user-only", GINT_TO_POINTER (TREE_MODE_BARE_USER_ONLY),
       test_checkout_by_copy);
  ADD ("/commit/vector/root/bare", GINT_TO_POINTER (TREE_MODE_BARE), test_vector_root);
  ADD ("/commit/vector/root/bare-user", GINT_TO_POINTER (TREE_MODE_BARE_USER), test_vector_root);
  ADD ("/commit/vector/root/archive", GINT_TO_POINTER (TREE_MODE_ARCHIVE), test_vector_root);
  ADD ("/commit/unchanged", NULL, test_unchanged_writes_nothing);
  ADD ("/commit/skip-if-unchanged", NULL, test_skip_if_unchanged);
  ADD ("/commit/stat-cache", NULL, test_stat_cache);
  ADD ("/commit/overlay", NULL, test_overlay);
  ADD ("/commit/rules", NULL, test_rules);
  ADD ("/commit/trust-hardlinks", NULL, test_trust_hardlinks);
  ADD ("/commit/consume", NULL, test_consume);
  ADD ("/commit/socket", NULL, test_socket_is_refused);
  ADD ("/commit/not-utf8", NULL, test_name_must_be_utf8);
  ADD ("/commit/missing", NULL, test_missing_tree);
  ADD ("/checkout/copy/archive", GINT_TO_POINTER (TREE_MODE_ARCHIVE), test_checkout_by_copy);
  ADD ("/checkout/copy/bare-user", GINT_TO_POINTER (TREE_MODE_BARE_USER), test_checkout_by_copy);
  ADD ("/checkout/link", NULL, test_checkout_by_link);
  ADD ("/checkout/link-impossible", NULL, test_checkout_links_impossible);
  ADD ("/checkout/overwrite", NULL, test_checkout_overwrite);
  ADD ("/checkout/subpath", NULL, test_checkout_subpath);
  return g_test_run ();
}
