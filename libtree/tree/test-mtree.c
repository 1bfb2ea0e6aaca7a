/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tree in memory whose finished directories are written and forgotten is the same tree, in
 * whatever order it is filled. */
#include "config.h"

#include <string.h>

#include "base/fd.h"
#include "base/hash.h"
#include "base/remove.h"
#include "tree/mtree.h"

typedef struct {
  char *path;
  TreeRepo *repo;
  Txn *txn;
  TreeChecksum meta;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  const guint8 dirmeta[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x41, 0xed};
  self->path = g_dir_make_tmp ("test-mtree-XXXXXX", &error);
  g_assert_no_error (error);
  g_assert_true (tree_repo_create (AT_FDCWD, self->path, TREE_MODE_ARCHIVE, NULL, &error));
  self->repo = tree_repo_open (AT_FDCWD, self->path, &error);
  g_assert_no_error (error);
  self->txn = txn_begin (self->repo, FALSE, &error);
  g_assert_no_error (error);
  g_autoptr (GBytes) bytes = g_bytes_new (dirmeta, sizeof dirmeta);
  g_assert_true (
      txn_put_metadata (self->txn, TREE_OBJECT_DIR_META, bytes, NULL, &self->meta, &error));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  txn_free (self->txn);
  tree_repo_unref (self->repo);
  g_assert_true (dir_remove_all_at (AT_FDCWD, self->path, NULL));
  g_free (self->path);
}

static MtreeDir *
enter (const Fixture *fixture, Mtree *tree, MtreeDir *parent, guint number)
{
  MtreeDir *dir = NULL;
  g_autofree char *name = g_strdup_printf ("dir-%u", number);
  g_assert_true (mtree_ensure_dir (tree, parent, name, &dir, NULL));
  mtree_dir_set_meta (dir, &fixture->meta);
  return dir;
}

/* The file number @i: its place and content follow from that. */
static MtreeDir *
put (const Fixture *fixture, Mtree *tree, guint i)
{
  TreeChecksum *slot = NULL;
  g_autofree char *name = g_strdup_printf ("file-%u", i);
  MtreeDir *outer = enter (fixture, tree, mtree_root (tree), i % 5);
  MtreeDir *inner = i % 3 > 0 ? enter (fixture, tree, outer, i % 7) : outer;
  g_assert_true (mtree_put_file (tree, inner, name, &slot, NULL));
  hash_data (&i, sizeof i, slot);
  return inner;
}

enum {
  N_FILES = 400,
  STEP = 77 /* prime to it: an order that comes back to every directory again and again */
};

static void
build (const Fixture *fixture, guint step, guint unload_every, const TreeRoot *base, TreeRoot *out)
{
  g_autoptr (Mtree) tree = mtree_new (fixture->txn, base);
  mtree_dir_set_meta (mtree_root (tree), &fixture->meta);
  for (guint i = 0; i < N_FILES; i++) {
    MtreeDir *at = put (fixture, tree, i * step % N_FILES);
    g_assert_false (mtree_is_large (tree));
    if (unload_every > 0 && i % unload_every == 0)
      g_assert_true (mtree_unload (tree, at, NULL));
  }
  g_assert_true (mtree_write (tree, out, NULL));
}

static void
assert_same (const TreeRoot *a, const TreeRoot *b)
{
  g_assert_true (tree_checksum_equal (&a->tree, &b->tree));
  g_assert_true (tree_checksum_equal (&a->meta, &b->meta));
}

static void
test_unload (Fixture *fixture, gconstpointer data)
{
  TreeRoot expected;
  build (fixture, 1, 0, NULL, &expected);
  const guint every[] = {1, 2, 10, 399};
  for (gsize i = 0; i < G_N_ELEMENTS (every); i++) {
    TreeRoot root;
    build (fixture, 1, every[i], NULL, &root);
    assert_same (&root, &expected);
    build (fixture, STEP, every[i], NULL, &root);
    assert_same (&root, &expected);
    build (fixture, STEP, every[i], &expected, &root);
    assert_same (&root, &expected);
  }
}

static void
test_pinned (Fixture *fixture, gconstpointer data)
{
  TreeRoot expected;
  TreeRoot root;
  TreeChecksum *late = NULL;
  build (fixture, 1, 0, NULL, &expected);
  g_autoptr (Mtree) tree = mtree_new (fixture->txn, &expected);
  MtreeDir *outer = enter (fixture, tree, mtree_root (tree), 0);
  MtreeDir *inner = enter (fixture, tree, outer, 1);
  guint number = 190; /* which is there */
  g_assert_true (number % 5 == 0 && number % 3 == 1 && number % 7 == 1);
  g_autofree char *name = g_strdup_printf ("file-%u", number);
  g_assert_true (mtree_put_file (tree, inner, name, &late, NULL));
  mtree_pin (inner);
  g_assert_true (mtree_unload (tree, put (fixture, tree, 4), NULL));
  hash_data (&number, sizeof number, late);
  g_assert_true (mtree_write (tree, &root, NULL));
  assert_same (&root, &expected);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/mtree/unload", Fixture, NULL, set_up, test_unload, tear_down);
  g_test_add ("/mtree/pinned", Fixture, NULL, set_up, test_pinned, tear_down);
  return g_test_run ();
}
