/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An image of a file system, through libext2fs and commit-ext4.c into a repository of its own. */
#include "config.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/remove.h"
#include "fuzz.h"
#include "tree/commit-ext4.h"

static char *folder;

static void
remove_folder (void)
{
  (void)dir_remove_all_at (AT_FDCWD, folder, NULL);
}

static TreeRepo *
make_repo (void)
{
  g_autoptr (GError) error = NULL;
  folder = g_dir_make_tmp ("fuzz-ext4-XXXXXX", &error);
  g_assert_no_error (error);
  (void)atexit (remove_folder);
  g_assert_true (tree_repo_create (AT_FDCWD, folder, TREE_MODE_ARCHIVE, NULL, &error));
  TreeRepo *repo = tree_repo_open (AT_FDCWD, folder, &error);
  g_assert_no_error (error);
  return repo;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  static TreeRepo *repo;
  if (repo == NULL)
    repo = make_repo ();
  autofd int fd = memfd_create ("image", MFD_CLOEXEC);
  g_assert_true (fd_write_all (fd, data, len, NULL));
  const TreeCommitOptions options = TREE_COMMIT_OPTIONS_INIT;
  g_auto (Filter) filter = {0};
  g_autoptr (GError) error = NULL;
  g_autoptr (Txn) txn = txn_begin (repo, /* fsync= */ FALSE, &error);
  g_assert_no_error (error);
  g_assert_true (filter_init (&filter, repo, &options, NULL, &error));
  CommitExt4Options how = {.filter = &filter};
  TreeRoot root;
  if (!commit_ext4_write (txn, fd, &how, NULL, &root, &error)) {
    g_assert_nonnull (error);
    return 0;
  }
  /* What it says it wrote is there. */
  g_auto (DirTree) tree = {0};
  g_assert_true (txn_load_dirtree (txn, &root.tree, &tree, NULL));
  return 0;
}
