/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files, directories, links, attributes and locks by descriptor. */
#include "config.h"

#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "base/error.h"
#include "base/lock.h"
#include "base/remove.h"
#include "base/xattr.h"

typedef struct {
  char *path;
  int dfd;
} Fixture;

static void
setup (Fixture *f, gconstpointer data)
{
  const char *base = g_getenv ("TMPDIR");
  f->path = g_strdup_printf ("%s/test-fd.XXXXXX", base != NULL ? base : "/var/tmp");
  g_assert_nonnull (g_mkdtemp (f->path));
  f->dfd = open (f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (f->dfd, >=, 0);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  fd_cleanup (&f->dfd);
  g_assert_true (dir_remove_all_at (AT_FDCWD, f->path, NULL));
  g_free (f->path);
}

static void
write_file (Fixture *f, const char *path, const char *content)
{
  g_autoptr (GError) error = NULL;
  (void)file_replace_at (f->dfd, path, content, strlen (content), 0640, &error);
  g_assert_no_error (error);
}

static void
assert_content (Fixture *f, const char *path, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  (void)file_read_at (f->dfd, path, 100000, &bytes, &error);
  g_assert_no_error (error);
  if (expected == NULL)
    g_assert_null (bytes);
  else
    g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected,
                     strlen (expected));
}

static guint
n_entries (Fixture *f)
{
  g_autoptr (GPtrArray) entries = NULL;
  g_assert_true (dir_list (f->dfd, &entries, NULL));
  return entries->len;
}

/* ---- Files ---- */

static void
test_read_limit (Fixture *f, gconstpointer data)
{
  for (gsize len = 0; len < 5; len++) {
    g_autofree char *content = g_strnfill (len, 'x');
    write_file (f, "file", content);
    for (gsize max = 0; max < 7; max++) {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = NULL;
      gboolean ok = file_read_at (f->dfd, "file", max, &bytes, &error);
      g_assert_cmpint (ok, ==, len <= max);
      if (ok)
        g_assert_cmpuint (g_bytes_get_size (bytes), ==, len);
      else
        g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
    }
  }
}

/* A file whose size says nothing: a pipe, written in pieces. */
static void
test_read_pipe (Fixture *f, gconstpointer data)
{
  int ends[2];
  g_assert_cmpint (pipe (ends), ==, 0);
  pid_t child = fork ();
  if (child == 0) {
    char piece[1000];
    memset (piece, 'p', sizeof piece);
    for (int i = 0; i < 50; i++)
      if (write (ends[1], piece, sizeof piece) != sizeof piece)
        _exit (1);
    _exit (0);
  }
  (void)close (ends[1]);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  (void)fd_read_all (ends[0], 50000, &bytes, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 50000);
  (void)close (ends[0]);
  int status;
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
}

static void
test_replace (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  assert_content (f, "file", NULL);
  write_file (f, "file", "one");
  g_assert_true (file_replace_durable_at (f->dfd, "file", "two", 3, 0600, &error));
  assert_content (f, "file", "two");
  struct stat st;
  g_assert_cmpint (fstatat (f->dfd, "file", &st, 0), ==, 0);
  g_assert_cmpuint (st.st_mode & 07777, ==, 0600);
  /* What cannot be replaced leaves nothing behind. */
  g_assert_true (dir_ensure_at (f->dfd, "dir", 0755, NULL));
  g_assert_false (file_replace_at (f->dfd, "dir", "x", 1, 0600, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_false (file_replace_at (f->dfd, "none/file", "x", 1, 0600, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
  g_assert_cmpuint (n_entries (f), ==, 2);
}

static void
test_no_follow (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  write_file (f, "target", "content");
  g_assert_true (dir_ensure_at (f->dfd, "dir", 0755, NULL));
  g_assert_true (link_replace_at (f->dfd, "link", "target", &error));
  g_assert_true (link_replace_at (f->dfd, "dirlink", "dir", &error));
  g_assert_false (file_read_at (f->dfd, "link", 100, &bytes, &error));
  g_clear_error (&error);
  g_assert_cmpint (dir_open_at (f->dfd, "dirlink", &error), <, 0);
  g_clear_error (&error);
  /* Replacing a link replaces it, and not what it points to. */
  write_file (f, "link", "new");
  assert_content (f, "target", "content");
  assert_content (f, "link", "new");
}

static void
test_copy (Fixture *f, gconstpointer data)
{
  for (gsize len = 0; len <= 600000; len = len * 7 + 1) {
    g_autoptr (GError) error = NULL;
    g_autofree char *content = g_strnfill (len, 'c');
    g_autoptr (GBytes) bytes = NULL;
    write_file (f, "from", content);
    autofd int in = openat (f->dfd, "from", O_RDONLY | O_CLOEXEC);
    autofd int out = openat (f->dfd, "to", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    (void)file_copy_content (in, out, &error);
    g_assert_no_error (error);
    g_assert_true (file_read_at (f->dfd, "to", 1000000, &bytes, NULL));
    g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), content, len);
  }
}

/* ---- Directories ---- */

static void
test_list (Fixture *f, gconstpointer data)
{
  static const char *const names[] = {".hidden", "A", "a", "a-", "a.b", "z", "\xc3\xa9", "\xff"};
  for (gsize i = G_N_ELEMENTS (names); i > 0; i--)
    write_file (f, names[i - 1], "");
  g_assert_true (dir_ensure_at (f->dfd, "dir", 0755, NULL));
  g_assert_true (link_replace_at (f->dfd, "link", "nowhere", NULL));
  for (int again = 0; again < 2; again++) {
    g_autoptr (GPtrArray) entries = NULL;
    g_assert_true (dir_list (f->dfd, &entries, NULL));
    g_assert_cmpuint (entries->len, ==, G_N_ELEMENTS (names) + 2);
    for (guint i = 0; i < entries->len; i++) {
      const DirEntry *entry = entries->pdata[i];
      unsigned char type = strcmp (entry->name, "dir") == 0    ? DT_DIR
                           : strcmp (entry->name, "link") == 0 ? DT_LNK
                                                               : DT_REG;
      g_assert_cmpuint (entry->type, ==, type);
      if (i > 0)
        g_assert_cmpint (strcmp (((const DirEntry *)entries->pdata[i - 1])->name, entry->name), <,
                         0);
    }
  }
}

static void
test_ensure (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_assert_true (dir_ensure_at (f->dfd, "a/b/c", 0755, &error));
  g_assert_true (dir_ensure_at (f->dfd, "a/b/c", 0755, &error));
  g_assert_true (dir_ensure_at (f->dfd, "a/b/c/d", 0755, &error));
  write_file (f, "a/file", "");
  g_assert_false (dir_ensure_at (f->dfd, "a/file", 0755, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_false (dir_ensure_at (f->dfd, "a/file/x", 0755, &error));
  g_assert_nonnull (error);
}

static void
test_remove (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_assert_true (dir_ensure_at (f->dfd, "a/b/c", 0755, NULL));
  g_assert_true (dir_ensure_at (f->dfd, "kept", 0755, NULL));
  write_file (f, "a/b/file", "x");
  write_file (f, "kept/file", "x");
  g_assert_true (link_replace_at (f->dfd, "a/b/link", "../../kept", NULL));
  g_assert_true (link_replace_at (f->dfd, "link", "kept", NULL));
  g_assert_true (dir_remove_all_at (f->dfd, "a", &error));
  g_assert_true (dir_remove_all_at (f->dfd, "a", &error));
  g_assert_true (dir_remove_all_at (f->dfd, "link", &error));
  assert_content (f, "kept/file", "x");
  g_assert_cmpuint (n_entries (f), ==, 1);
}

/* ---- Links ---- */

static void
test_links (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *target = NULL;
  g_assert_true (link_read_at (f->dfd, "link", &target, NULL));
  g_assert_null (target);
  g_assert_true (link_replace_at (f->dfd, "link", "one", NULL));
  g_assert_true (link_replace_at (f->dfd, "link", "two/\xc3\xa9", NULL));
  g_assert_true (link_read_at (f->dfd, "link", &target, NULL));
  g_assert_cmpstr (target, ==, "two/\xc3\xa9");
  write_file (f, "file", "");
  g_autofree char *none = NULL;
  g_assert_false (link_read_at (f->dfd, "file", &none, &error));
  g_assert_cmpuint (n_entries (f), ==, 2);
}

/* ---- Bulk data ---- */

/* Small and large, in two parts and in one, appended to what is there. */
static void
test_write_bulk (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) large = g_string_new (NULL);
  while (large->len < 80000)
    g_string_append_printf (large, "%u,", (guint)large->len);
  autofd int fd = openat (f->dfd, "bulk", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  g_assert_cmpint (fd, >=, 0);
  g_assert_true (fd_write_bulk (fd, "head ", 5, "tail ", 5, &error));
  g_assert_true (fd_write_bulk (fd, "more ", 5, large->str, large->len, &error));
  g_assert_true (fd_write_bulk (fd, NULL, 0, NULL, 0, &error));
  g_assert_no_error (error);
  g_string_prepend (large, "head tail more ");
  assert_content (f, "bulk", large->str);
  autofd int read_only = openat (f->dfd, "bulk", O_RDONLY | O_CLOEXEC);
  g_assert_false (fd_write_bulk (read_only, large->str, large->len, NULL, 0, &error));
  g_assert_nonnull (error);
}

/* ---- Attributes ---- */

static void
test_xattrs (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  write_file (f, "file", "");
  autofd int fd = openat (f->dfd, "file", O_RDWR | O_CLOEXEC);
  if (fsetxattr (fd, "user.probe", "1", 1, 0) < 0 && errno == ENOTSUP) {
    g_test_skip ("no user attributes on this file system");
    return;
  }
  g_assert_cmpint (fremovexattr (fd, "user.probe"), ==, 0);
  g_autoptr (GVariant) set = g_variant_ref_sink (
      g_variant_new_parsed ("[(b'user.a', [byte 0, 1]), (b'user.b', b'text')]"));
  g_assert_true (xattr_write_fd (fd, set, &error));
  g_assert_no_error (error);
  g_assert_cmpint (fsetxattr (fd, "user.empty", "", 0, 0), ==, 0);
  g_autoptr (GVariant) found = NULL;
  g_autoptr (GVariant) at = NULL;
  g_autoptr (GVariant) skipped = NULL;
  /* Others, such as a security label, may be there; empty ones are not told. */
  g_assert_true (xattr_read_fd (fd, NULL, &found, &error));
  g_assert_true (xattr_read_at (f->dfd, "file", &at, &error));
  g_assert_true (xattr_read_fd (fd, "user.a", &skipped, &error));
  g_assert_true (g_variant_equal (found, at));
  g_assert_true (xattr_is_canonical (found));
  g_assert_cmpuint (g_variant_n_children (skipped), ==, g_variant_n_children (found) - 1);
  g_autoptr (GBytes) value = NULL;
  g_autoptr (GBytes) absent = NULL;
  g_assert_true (xattr_get_fd (fd, "user.a", &value, &error));
  g_assert_cmpmem (g_bytes_get_data (value, NULL), g_bytes_get_size (value), "\0\1", 2);
  g_assert_true (xattr_get_fd (fd, "user.none", &absent, &error));
  g_assert_null (absent);
  /* One value beyond what is on the stack, and more names than there. */
  g_autofree char *large = g_strnfill (1500, 'v');
  g_assert_cmpint (fsetxattr (fd, "user.large", large, 1500, 0), ==, 0);
  g_autoptr (GBytes) read_large = NULL;
  g_assert_true (xattr_get_fd (fd, "user.large", &read_large, &error));
  g_assert_cmpuint (g_bytes_get_size (read_large), ==, 1500);
  for (int i = 0; i < 40; i++) {
    g_autofree char *name = g_strdup_printf ("user.name-that-is-long-%02d", i);
    g_assert_cmpint (fsetxattr (fd, name, "1", 1, 0), ==, 0);
  }
  g_autoptr (GVariant) many = NULL;
  g_assert_true (xattr_read_fd (fd, NULL, &many, &error));
  g_assert_cmpuint (g_variant_n_children (many), ==, g_variant_n_children (found) + 41);
  g_assert_true (xattr_is_canonical (many));
}

/* ---- Locks ---- */

static void
test_locks (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  autofd int shared = lock_open_at (f->dfd, "lock", 0600, LOCK_SHARED, 0, NULL, &error);
  autofd int second = lock_open_at (f->dfd, "lock", 0600, LOCK_SHARED, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (lock_open_at (f->dfd, "lock", 0600, LOCK_EXCLUSIVE, 0, NULL, &error), <, 0);
  g_assert_error (error, TREE_ERROR, TREE_ERROR_LOCKED);
  g_clear_error (&error);
  fd_cleanup (&shared);
  fd_cleanup (&second);
  autofd int exclusive = lock_open_at (f->dfd, "lock", 0600, LOCK_EXCLUSIVE, 0, NULL, &error);
  g_assert_no_error (error);
  autofd int other = openat (f->dfd, "lock", O_RDWR | O_CLOEXEC);
  g_assert_false (lock_try_fd (other, LOCK_SHARED));
  fd_cleanup (&exclusive);
  g_assert_true (lock_try_fd (other, LOCK_EXCLUSIVE));
}

static int n_waits;

static void
on_wait (void)
{
  n_waits++;
}

static gpointer
unlock_soon (gpointer fd)
{
  g_usleep (100 * 1000);
  (void)close (GPOINTER_TO_INT (fd));
  return NULL;
}

static void
test_lock_waits (Fixture *f, gconstpointer data)
{
  static const int timeouts[] = {30, -1};
  for (gsize i = 0; i < G_N_ELEMENTS (timeouts); i++) {
    g_autoptr (GError) error = NULL;
    n_waits = 0;
    int held = lock_open_at (f->dfd, "lock", 0600, LOCK_EXCLUSIVE, 0, on_wait, &error);
    g_assert_cmpint (n_waits, ==, 0);
    GThread *thread = g_thread_new ("unlock", unlock_soon, GINT_TO_POINTER (held));
    autofd int got = lock_open_at (f->dfd, "lock", 0600, LOCK_SHARED, timeouts[i], on_wait, &error);
    g_assert_no_error (error);
    g_assert_cmpint (got, >=, 0);
    g_assert_cmpint (n_waits, ==, 1);
    (void)g_thread_join (thread);
  }
}

static void
test_lock_not_through_link (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_assert_true (link_replace_at (f->dfd, "lock", "elsewhere", NULL));
  g_assert_cmpint (lock_open_at (f->dfd, "lock", 0600, LOCK_SHARED, 0, NULL, &error), <, 0);
  g_assert_nonnull (error);
  g_assert_cmpuint (n_entries (f), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/base/fd/" name, Fixture, NULL, setup, func, teardown)
  ADD ("read-limit", test_read_limit);
  ADD ("read-pipe", test_read_pipe);
  ADD ("replace", test_replace);
  ADD ("no-follow", test_no_follow);
  ADD ("copy", test_copy);
  ADD ("write-bulk", test_write_bulk);
  ADD ("list", test_list);
  ADD ("ensure", test_ensure);
  ADD ("remove", test_remove);
  ADD ("links", test_links);
  ADD ("xattrs", test_xattrs);
  ADD ("locks", test_locks);
  ADD ("lock-waits", test_lock_waits);
  ADD ("lock-not-through-link", test_lock_not_through_link);
  return g_test_run ();
}
