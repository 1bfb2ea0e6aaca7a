/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The index says "there" only of what is there, and lists a directory only when it pays. */
#include "config.h"

#include "store/object-index.h"

#include <stdio.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/remove.h"

typedef struct {
  char *path;
  TreeRepo *repo;
  ObjectIndex *index;
} Fixture;

/* Objects of one directory, told apart by their last bytes. */
static TreeChecksum
nth (guint n)
{
  TreeChecksum checksum = {{0x5a}};
  checksum.bytes[22] = (guint8)(n >> 8);
  checksum.bytes[23] = (guint8)n;
  return checksum;
}

static void
make_objects (Fixture *f, guint n)
{
  g_autoptr (GError) error = NULL;
  g_assert_true (dir_ensure_at (f->repo->objects_dfd, "5a", 0755, &error));
  for (guint i = 0; i < n; i++) {
    char path[OBJECT_PATH_MAX];
    object_path (&(ObjectName){nth (i), TREE_OBJECT_FILE}, FALSE, path);
    (void)file_replace_at (f->repo->objects_dfd, path, "", 0, 0644, &error);
    g_assert_no_error (error);
  }
}

static gboolean
has (Fixture *f, guint n)
{
  TreeChecksum checksum = nth (n);
  return object_index_has (f->index, TREE_OBJECT_FILE, &checksum);
}

static void
setup (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  f->path = g_dir_make_tmp ("test-object-index-XXXXXX", &error);
  g_assert_no_error (error);
  g_assert_true (tree_repo_create (AT_FDCWD, f->path, TREE_MODE_BARE_USER, NULL, &error));
  f->repo = tree_repo_open (AT_FDCWD, f->path, &error);
  g_assert_no_error (error);
  f->index = object_index_new (f->repo);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  object_index_free (f->index);
  tree_repo_unref (f->repo);
  g_assert_true (dir_remove_all_at (AT_FDCWD, f->path, NULL));
  g_free (f->path);
}

/* How many questions it takes until it knows; 0: it does not get to know. */
static guint
questions (Fixture *f, guint limit)
{
  for (guint i = 1; i <= limit; i++)
    if (has (f, 0))
      return i;
  return 0;
}

static void
test_small (Fixture *f, gconstpointer data)
{
  make_objects (f, 20);
  g_assert_cmpuint (questions (f, 100), ==, 2);
  for (guint i = 0; i < 20; i++)
    g_assert_true (has (f, i));
  g_assert_false (has (f, 20));
  TreeChecksum checksum = nth (3);
  g_assert_false (object_index_has (f->index, TREE_OBJECT_DIR_META, &checksum));
  checksum.bytes[0] = 0x5b;
  g_assert_false (object_index_has (f->index, TREE_OBJECT_FILE, &checksum));
  /* What comes later it does not know. */
  make_objects (f, 21);
  g_assert_false (has (f, 20));
}

/* The more there is to list, the more questions it takes. */
static void
test_large (Fixture *f, gconstpointer data)
{
  make_objects (f, 300);
  g_assert_cmpuint (questions (f, 1000), ==, 16);
  for (guint i = 0; i < 300; i++)
    g_assert_true (has (f, i));
}

static void
test_empty (Fixture *f, gconstpointer data)
{
  g_assert_cmpuint (questions (f, 20), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/object-index/" name, Fixture, NULL, setup, func, teardown)
  ADD ("small", test_small);
  ADD ("large", test_large);
  ADD ("empty", test_empty);
  return g_test_run ();
}
