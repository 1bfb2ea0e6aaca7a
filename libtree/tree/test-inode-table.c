/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "base/fd.h"
#include "base/remove.h"
#include "tree/inode-table.h"

static TreeChecksum
sum (guint64 n)
{
  TreeChecksum checksum = {{0}};
  memcpy (checksum.bytes, &n, sizeof n);
  return checksum;
}

/* @n records in an order that is none, each twice; of every inode that 7 divides. */
static void
check (guint64 n)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("test-inode-XXXXXX", &error);
  g_assert_no_error (error);
  autofd int dfd = dir_open_at (AT_FDCWD, folder, &error);
  g_autoptr (InodeWriter) writer = inode_writer_new (dfd);
  g_autoptr (Hasher) hasher = hasher_new ();
  for (guint64 i = 0; i < 2 * n; i++) {
    guint64 ino = 7 * (i * 48271 % n); /* 48271 is a prime that does not divide n */
    inode_writer_add (writer, &(InodeRecord){ino, ino + 1, sum (ino)});
  }
  guint64 n_written = 0;
  autofd int fd = file_open_unlinked (dfd, "table", &error);
  g_assert_true (fd_write_all (fd, "12345678", 8, &error));
  (void)inode_writer_finish (writer, fd, hasher, &n_written, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_written, ==, n);
  g_assert_cmpint (lseek (fd, 0, SEEK_END), ==, 8 + n * sizeof (InodeRecord));
  g_autoptr (InodeTable) table = inode_table_map (fd, 8, n_written, &error);
  g_assert_no_error (error);
  TreeChecksum found;
  TreeChecksum hash;
  TreeChecksum expected;
  for (guint64 ino = 0; ino < 7 * n + 3; ino++) {
    TreeChecksum wanted = sum (ino);
    g_assert_cmpint (inode_table_find (table, ino, ino + 1, &found), ==,
                     ino % 7 == 0 && ino < 7 * n);
    g_assert_true (ino % 7 != 0 || ino >= 7 * n || tree_checksum_equal (&found, &wanted));
    g_assert_false (inode_table_find (table, ino, ino, &found));
  }
  g_autoptr (GBytes) bytes = NULL;
  g_assert_true (lseek (fd, 8, SEEK_SET) == 8);
  g_assert_true (fd_read_all (fd, G_MAXUINT32, &bytes, &error));
  hasher_final (hasher, &hash);
  hash_data (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &expected);
  g_assert_true (tree_checksum_equal (&hash, &expected));
  (void)dir_remove_all_at (AT_FDCWD, folder, NULL);
}

static void
test_sizes (void)
{
  check (1);
  check (2);
  check (511);
  check (512);
  check (4097);
}

/* Several runs, the last of them not full, or empty. */
static void
test_runs (void)
{
  check (65536);
  check (100000);
}

static void
test_empty (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (InodeTable) table = inode_table_map (-1, 0, 0, &error);
  g_assert_no_error (error);
  TreeChecksum found;
  g_assert_false (inode_table_find (table, 1, 1, &found));
}

/* A folder where nothing can be written: what is more than memory takes fails, in the end. */
static void
test_failure (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (InodeWriter) writer = inode_writer_new (-1);
  for (guint64 i = 0; i < 70000; i++)
    inode_writer_add (writer, &(InodeRecord){i, i, sum (i)});
  guint64 n = 0;
  g_assert_false (inode_writer_finish (writer, -1, NULL, &n, &error));
  g_assert_nonnull (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tree/inode-table/sizes", test_sizes);
  g_test_add_func ("/tree/inode-table/runs", test_runs);
  g_test_add_func ("/tree/inode-table/empty", test_empty);
  g_test_add_func ("/tree/inode-table/failure", test_failure);
  return g_test_run ();
}
