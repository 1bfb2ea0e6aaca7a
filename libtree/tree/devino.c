/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/devino.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/pool.h"
#include "core/object.h"
#include "plain/layout.h"

typedef struct {
  const TreeRepo *repo;
  InodeWriter *writer;
} Scan;

static gboolean
scan_dir (gpointer job, gpointer worker, gpointer user_data, GError **error)
{
  const Scan *self = user_data;
  g_autofree char *digits = job;
  autofd int dfd = dir_open_at (self->repo->objects_dfd, digits, error);
  g_autoptr (GPtrArray) files = NULL;
  if (dfd < 0 || !dir_list (dfd, &files, error))
    return FALSE;
  for (guint i = 0; i < files->len; i++) {
    const DirEntry *file = files->pdata[i];
    ObjectName name;
    struct stat st;
    if (object_from_path (digits, file->name, self->repo->mode->archive, &name) &&
        name.type == TREE_OBJECT_FILE && fstatat (dfd, file->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        st.st_nlink > 1)
      inode_writer_add (self->writer, &(InodeRecord){st.st_ino, st.st_dev, name.checksum});
  }
  return TRUE;
}

static const PoolFuncs scan_funcs = {NULL, NULL, scan_dir, g_free};

static gboolean
scan_all (Scan *self, GError **error)
{
  g_autoptr (GPtrArray) dirs = NULL;
  if (!dir_list (self->repo->objects_dfd, &dirs, error))
    return FALSE;
  Pool *pool = pool_new (&scan_funcs, pool_default_workers (0), 64, self);
  for (guint i = 0; i < dirs->len; i++) {
    const DirEntry *dir = dirs->pdata[i];
    if (strlen (dir->name) == 2)
      (void)pool_push (pool, g_strdup (dir->name)); /* pool_finish() has the error */
  }
  return pool_finish (pool, error);
}

InodeTable *
devino_scan (const TreeRepo *repo, GError **error)
{
  autofd int tmp_dfd = dir_open_at (repo->dfd, REPO_TMP, error);
  if (tmp_dfd < 0)
    return NULL;
  g_autoptr (InodeWriter) writer = inode_writer_new (tmp_dfd);
  Scan scan = {repo, writer};
  guint64 n = 0;
  autofd int fd = scan_all (&scan, error) ? file_open_unlinked (tmp_dfd, "inodes", error) : -1;
  return fd >= 0 && inode_writer_finish (writer, fd, NULL, &n, error)
             ? inode_table_map (fd, 0, n, error)
             : NULL;
}

gboolean
devino_lookup (InodeTable *table, const struct stat *st, TreeChecksum *out)
{
  return st->st_nlink > 1 && inode_table_find (table, st->st_ino, st->st_dev, out);
}
