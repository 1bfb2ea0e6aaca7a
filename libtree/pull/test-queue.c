/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "pull/queue.h"
#include "pull/route.h"
#include "tree-error.h"

static TreeChecksum
sum (guint n)
{
  TreeChecksum checksum = {{1}};
  memcpy (checksum.bytes + 4, &n, sizeof n);
  return checksum;
}

static void
add (PullQueue *queue, TreeObjectType type, PullWhere where, guint n, const char *route)
{
  PullItem item = {.type = type, .where = where, .checksum = sum (n), .route = g_strdup (route)};
  pull_queue_add (queue, &item);
}

static void
expect_next (PullQueue *queue, PullAction action, TreeObjectType type, guint n)
{
  PullItem item;
  g_assert_true (pull_queue_next (queue, action, &item));
  TreeChecksum wanted = sum (n);
  g_assert_true (tree_checksum_equal (&item.checksum, &wanted));
  g_assert_cmpint (item.type, ==, type);
  pull_item_clear (&item);
}

static void
expect_none (PullQueue *queue, PullAction action)
{
  PullItem item;
  g_assert_false (pull_queue_next (queue, action, &item));
}

/* The table of queue.h. */
static void
test_actions (void)
{
  g_autoptr (PullQueue) queue = pull_queue_new ();
  g_assert_true (pull_queue_is_done (queue));
  add (queue, TREE_OBJECT_FILE, PULL_MISSING, 1, NULL);
  add (queue, TREE_OBJECT_DIR_META, PULL_MISSING, 2, NULL);
  add (queue, TREE_OBJECT_DIR_TREE, PULL_MISSING, 3, NULL);
  add (queue, TREE_OBJECT_FILE, PULL_CACHED, 4, NULL);
  add (queue, TREE_OBJECT_DIR_TREE, PULL_CACHED, 5, NULL);
  add (queue, TREE_OBJECT_FILE, PULL_HERE, 6, NULL);
  add (queue, TREE_OBJECT_DIR_META, PULL_HERE, 7, NULL);
  add (queue, TREE_OBJECT_DIR_TREE, PULL_HERE, 8, NULL);
  g_assert_false (pull_queue_is_done (queue));
  g_assert_cmpuint (pull_queue_counts (queue)->n_known, ==, 5);

  expect_next (queue, PULL_FETCH, TREE_OBJECT_DIR_META, 2);
  expect_next (queue, PULL_FETCH, TREE_OBJECT_DIR_TREE, 3);
  expect_next (queue, PULL_FETCH, TREE_OBJECT_FILE, 1);
  expect_none (queue, PULL_FETCH);
  expect_next (queue, PULL_IMPORT, TREE_OBJECT_DIR_TREE, 5);
  expect_next (queue, PULL_IMPORT, TREE_OBJECT_FILE, 4);
  expect_none (queue, PULL_IMPORT);
  expect_next (queue, PULL_READ, TREE_OBJECT_DIR_TREE, 8);
  expect_none (queue, PULL_READ);
}

static void
test_done (void)
{
  g_autoptr (PullQueue) queue = pull_queue_new ();
  add (queue, TREE_OBJECT_DIR_TREE, PULL_MISSING, 1, NULL);
  expect_next (queue, PULL_FETCH, TREE_OBJECT_DIR_TREE, 1);
  g_assert_false (pull_queue_is_done (queue));
  /* What a dirtree names is added before it is finished: no gap in which all seems to be done. */
  add (queue, TREE_OBJECT_FILE, PULL_MISSING, 2, NULL);
  pull_queue_finish (queue, PULL_FETCH, TREE_OBJECT_DIR_TREE);
  g_assert_false (pull_queue_is_done (queue));
  expect_next (queue, PULL_FETCH, TREE_OBJECT_FILE, 2);
  pull_queue_finish (queue, PULL_FETCH, TREE_OBJECT_FILE);
  g_assert_true (pull_queue_is_done (queue));
  g_assert_cmpuint (pull_queue_counts (queue)->n_metadata[PULL_FETCH], ==, 1);
  g_assert_cmpuint (pull_queue_counts (queue)->n_content[PULL_FETCH], ==, 1);
  g_assert_cmpuint (pull_queue_counts (queue)->n_done, ==, 2);
}

static void
test_once (void)
{
  g_autoptr (PullQueue) queue = pull_queue_new ();
  for (guint round = 0; round < 3; round++) {
    for (guint i = 1; i <= 5000; i++)
      add (queue, TREE_OBJECT_FILE, PULL_MISSING, i, NULL);
    add (queue, TREE_OBJECT_DIR_TREE, PULL_HERE, 1, NULL);
    add (queue, TREE_OBJECT_DIR_META, PULL_MISSING, 1, NULL);
  }
  expect_next (queue, PULL_FETCH, TREE_OBJECT_DIR_META, 1);
  for (guint i = 1; i <= 5000; i++)
    expect_next (queue, PULL_FETCH, TREE_OBJECT_FILE, i);
  expect_none (queue, PULL_FETCH);
  expect_next (queue, PULL_READ, TREE_OBJECT_DIR_TREE, 1);
  expect_none (queue, PULL_READ);
}

/* The same dirtree at two places, of which only parts are wanted, is walked for each of them, and
 * once more where all of it is. */
static void
test_route_twice (void)
{
  g_autoptr (PullQueue) queue = pull_queue_new ();
  add (queue, TREE_OBJECT_DIR_TREE, PULL_HERE, 1, "/a");
  add (queue, TREE_OBJECT_DIR_TREE, PULL_HERE, 1, "/b");
  add (queue, TREE_OBJECT_DIR_TREE, PULL_HERE, 1, NULL);
  add (queue, TREE_OBJECT_DIR_TREE, PULL_HERE, 1, NULL);
  for (guint i = 0; i < 3; i++)
    expect_next (queue, PULL_READ, TREE_OBJECT_DIR_TREE, 1);
  expect_none (queue, PULL_READ);
}

static void
test_route_classify (void)
{
  const char *const subpaths[] = {"/usr/lib", "/etc/passwd", NULL};
  static const struct {
    const char *path;
    RouteKind kind;
  } cases[] = {
      {"/usr", ROUTE_ON_WAY},      {"/usr/lib", ROUTE_IN},   {"/usr/lib/a/b", ROUTE_IN},
      {"/usr/lib64", ROUTE_OUT},   {"/usr/li", ROUTE_OUT},   {"/etc", ROUTE_ON_WAY},
      {"/etc/passwd", ROUTE_IN},   {"/etc/pass", ROUTE_OUT}, {"/var", ROUTE_OUT},
      {"/etc/passwd-", ROUTE_OUT}, {"/us", ROUTE_OUT},
  };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (route_classify (subpaths, cases[i].path), ==, cases[i].kind);
  const char *const all[] = {"/", NULL};
  g_assert_cmpint (route_classify (all, "/usr"), ==, ROUTE_IN);
}

static void
test_route_parse (void)
{
  g_autoptr (GError) error = NULL;
  const char *const good[] = {"//usr///lib/", "/", NULL};
  g_auto (GStrv) clean = route_parse (good, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (clean[0], ==, "/usr/lib");
  g_assert_cmpstr (clean[1], ==, "/");
  static const char *const bad[] = {"usr", "/usr/../etc", "/./usr", ""};
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    const char *const one[] = {bad[i], NULL};
    g_assert_null (route_parse (one, &error));
    g_assert_error (error, TREE_ERROR, TREE_ERROR_INVALID);
    g_clear_error (&error);
  }
}

/* Files of one dirtree after the other: they are taken before all trees have been read. */
static void
test_many_files (void)
{
  g_autoptr (PullQueue) queue = pull_queue_new ();
  guint n_waiting = 0;
  guint most = 0;
  guint n_trees = 0;
  for (guint i = 0; i < 300; i++)
    add (queue, TREE_OBJECT_DIR_TREE, PULL_MISSING, i, NULL);
  PullItem item;
  while (pull_queue_next (queue, PULL_FETCH, &item)) {
    if (item.type == TREE_OBJECT_FILE)
      n_waiting--;
    else
      for (guint i = 0; i < 1000; i++, n_waiting++)
        add (queue, TREE_OBJECT_FILE, PULL_MISSING, 1000 * (1 + n_trees) + i, NULL);
    n_trees += item.type == TREE_OBJECT_FILE ? 0 : 1;
    most = MAX (most, n_waiting);
    pull_queue_finish (queue, PULL_FETCH, item.type);
  }
  g_assert_cmpuint (n_trees, ==, 300);
  g_assert_cmpuint (n_waiting, ==, 0);
  g_assert_cmpuint (most, <, 70000);
  g_assert_true (pull_queue_is_done (queue));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pull/queue/actions", test_actions);
  g_test_add_func ("/pull/queue/done", test_done);
  g_test_add_func ("/pull/queue/many-files", test_many_files);
  g_test_add_func ("/pull/queue/once", test_once);
  g_test_add_func ("/pull/queue/route-twice", test_route_twice);
  g_test_add_func ("/pull/route/classify", test_route_classify);
  g_test_add_func ("/pull/route/parse", test_route_parse);
  return g_test_run ();
}
