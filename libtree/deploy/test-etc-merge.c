/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Three directories: "old", "local" and "new". A tree is written as words: "a=text", "d/",
 * "l->target", each with an optional "@mode" behind the name, "f|" for a fifo. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/remove.h"
#include "deploy/copy.h"
#include "deploy/etc-merge.h"

typedef struct {
  char *dir;
  int dfd;
} Fixture;

static void
setup (Fixture *f, gconstpointer data)
{
  f->dir = g_dir_make_tmp ("etc-merge-XXXXXX", NULL);
  f->dfd = open (f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  g_assert_true (dir_remove_all_at (AT_FDCWD, f->dir, NULL));
  (void)close (f->dfd);
  g_free (f->dir);
}

static void
make_entry (int dfd, const char *word)
{
  g_autofree char *name = g_strndup (word, strcspn (word, "=@|-") -
                                               (g_str_has_suffix (word, "/") ? 1 : 0));
  const char *at = strchr (word, '@');
  const char *value = strchr (word, '=');
  const char *arrow = strstr (word, "->");
  mode_t mode = at != NULL ? (mode_t)g_ascii_strtoull (at + 1, NULL, 8) : 0;
  g_autofree char *parent = g_path_get_dirname (name);
  if (strcmp (parent, ".") != 0)
    g_assert_true (dir_ensure_at (dfd, parent, 0755, NULL));
  if (arrow != NULL)
    g_assert_cmpint (symlinkat (arrow + 2, dfd, name), ==, 0);
  else if (value != NULL)
    g_assert_true (
        file_replace_at (dfd, name, value + 1, strlen (value + 1), mode ? mode : 0644, NULL));
  else if (strchr (word, '|') != NULL)
    g_assert_cmpint (mkfifoat (dfd, name, 0644), ==, 0);
  else {
    g_autofree char *directory = g_strndup (word, strcspn (word, "@"));
    g_strdelimit (directory + strlen (directory) - 1, "/", '\0');
    g_assert_true (dir_ensure_at (dfd, directory, 0755, NULL));
    g_assert_cmpint (fchmodat (dfd, directory, mode ? mode : 0755, 0), ==, 0);
  }
}

static int
make_tree (Fixture *f, const char *root, const char *text)
{
  g_assert_cmpint (mkdirat (f->dfd, root, 0755), ==, 0);
  int dfd = openat (f->dfd, root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  for (guint i = 0; words[i] != NULL && words[i][0] != '\0'; i++)
    make_entry (dfd, words[i]);
  return dfd;
}

static void
describe (GString *out, int dfd, const char *prefix)
{
  g_autoptr (GPtrArray) entries = NULL;
  g_assert_true (dir_list (dfd, &entries, NULL));
  for (guint i = 0; i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    struct stat st;
    g_assert_cmpint (fstatat (dfd, entry->name, &st, AT_SYMLINK_NOFOLLOW), ==, 0);
    g_string_append_printf (out, "%s%s%s", out->len > 0 ? " " : "", prefix, entry->name);
    if (!S_ISLNK (st.st_mode) && (st.st_mode & 0777) != (S_ISDIR (st.st_mode) ? 0755 : 0644))
      g_string_append_printf (out, "@%o", st.st_mode & 0777);
    if (S_ISDIR (st.st_mode)) {
      g_string_append_c (out, '/');
      g_autofree char *below = g_strconcat (prefix, entry->name, "/", NULL);
      autofd int child = openat (dfd, entry->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      describe (out, child, below);
    } else if (S_ISLNK (st.st_mode)) {
      g_autofree char *target = NULL;
      g_assert_true (link_read_at (dfd, entry->name, &target, NULL));
      g_string_append_printf (out, "->%s", target);
    } else if (S_ISREG (st.st_mode)) {
      g_autoptr (GBytes) bytes = NULL;
      g_assert_true (file_read_at (dfd, entry->name, 1024, &bytes, NULL));
      gsize len = 0;
      const char *text = g_bytes_get_data (bytes, &len);
      g_string_append_printf (out, "=%.*s", (int)len, text != NULL ? text : "");
    }
  }
}

static char *
join (const GPtrArray *paths)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < paths->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "", (const char *)paths->pdata[i]);
  return g_string_free (text, FALSE);
}

typedef struct {
  const char *name;
  const char *old, *local, *fresh;        /* trees */
  const char *modified, *removed, *added; /* expected */
  const char *merged;                     /* NULL: an error */
} Case;

static const Case cases[] = {
    {"unchanged", "a=1 d/x=1", "a=1 d/x=1", "a=2 d/y=2", "", "", "", "a=2 d/ d/y=2"},
    {"content", "a=1", "a=9", "a=2", "a", "", "", "a=9"},
    {"same-size-content", "a=12345", "a=12346", "a=2", "a", "", "", "a=12346"},
    {"mode", "a=1", "a@600=1", "a=2", "a", "", "", "a@600=1"},
    {"added", "a=1", "a=1 b=2 d@700/ d/x=1 d/e/y=2", "a=1", "", "", "b d d/e d/e/y d/x",
     "a=1 b=2 d@700/ d/e/ d/e/y=2 d/x=1"},
    {"removed", "a=1 d/x=1", "", "a=2 d/x=2 d/y=2", "", "a d", "", ""},
    {"removed-in-new-too", "a=1 d/x=1", "d/", "b=1", "", "a d/x", "", "b=1"},
    {"link", "l->a", "l->b", "l->c", "l", "", "", "l->b"},
    {"link-for-file", "a=1", "a->b", "a=2", "a", "", "", "a->b"},
    {"directory-for-file", "a=1", "a/x=1 a/y=2", "a/y=9", "a", "", "", "a/ a/x=1 a/y=2"},
    {"directory-mode", "d/x=1", "d@700/ d/x=1", "d/x=2 d/y=2", "d", "", "", "d@700/ d/x=2 d/y=2"},
    {"parent-gone-in-new", "d/e/x=1", "d@711/ d/e@700/ d/e/x=9", "", "d d/e d/e/x", "", "",
     "d@711/ d/e@700/ d/e/x=9"},
    {"parent-is-file-in-new", "d/x=1", "d/x=9", "d=f", "d/x", "", "", "d/ d/x=9"},
    {"parent-is-link-in-new", "d/x=1", "d/x=9", "d->../outside", "d/x", "", "", "d/ d/x=9"},
    {"removal-through-link", "d/x=1", "d/", "d->../outside", "", "d/x", "", "d->../outside"},
    {"fifo", "a=1", "a=1 f|", "a=1", "", "", "f", "a=1"},
    {"new-directory", "", "s=mine", "s/x=1", "", "", "s", NULL},
    {"file-for-directory", "s/x=1", "s=mine", "s/x=1", "s", "", "", NULL},
};

static void
test_merge (Fixture *f, gconstpointer data)
{
  const Case *c = data;
  g_autoptr (GError) error = NULL;
  autofd int old = make_tree (f, "old", c->old);
  autofd int local = make_tree (f, "local", c->local);
  autofd int fresh = make_tree (f, "new", c->fresh);
  autofd int outside = make_tree (f, "outside", "x=safe");
  g_autoptr (EtcDiff) diff = etc_diff (old, local, &error);
  g_assert_no_error (error);
  g_autofree char *modified = join (diff->modified);
  g_autofree char *removed = join (diff->removed);
  g_autofree char *added = join (diff->added);
  g_assert_cmpstr (modified, ==, c->modified);
  g_assert_cmpstr (removed, ==, c->removed);
  g_assert_cmpstr (added, ==, c->added);

  gboolean ok = etc_merge (diff, old, local, fresh, &error);
  if (c->merged == NULL) {
    g_assert_error (error, TREE_ERROR, TREE_ERROR_UNSUPPORTED);
    return;
  }
  g_assert_no_error (error);
  g_assert_true (ok);
  g_autoptr (GString) text = g_string_new (NULL);
  describe (text, fresh, "");
  g_assert_cmpstr (text->str, ==, c->merged);
  g_autoptr (GString) outside_text = g_string_new (NULL);
  describe (outside_text, outside, "");
  g_assert_cmpstr (outside_text->str, ==, "x=safe");
}

static void
test_copy (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  static const char tree[] = "a@600=1 d@700/ d/e/ d/e/x=2 l->nowhere";
  autofd int from = make_tree (f, "from", tree);
  g_assert_true (copy_directory_at (f->dfd, "from", f->dfd, "to", &error));
  g_assert_no_error (error);
  autofd int to = openat (f->dfd, "to", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_autoptr (GString) text = g_string_new (NULL);
  describe (text, to, "");
  g_assert_cmpstr (text->str, ==, tree);
  struct stat a, b;
  g_assert_cmpint (fstatat (from, "a", &a, 0), ==, 0);
  g_assert_cmpint (fstatat (to, "a", &b, 0), ==, 0);
  g_assert_cmpint (a.st_mtim.tv_nsec, ==, b.st_mtim.tv_nsec);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strconcat ("/deploy/etc-merge/", cases[i].name, NULL);
    g_test_add (path, Fixture, &cases[i], setup, test_merge, teardown);
  }
  g_test_add ("/deploy/copy", Fixture, NULL, setup, test_copy, teardown);
  return g_test_run ();
}
