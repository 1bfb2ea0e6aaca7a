/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/devino.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/pool.h"
#include "core/object.h"

typedef struct {
  guint64 dev;
  guint64 ino;
  TreeChecksum checksum;
} Entry;

struct DevInoTable {
  const TreeRepo *repo; /* borrowed */
  GMutex mutex;         /* guards the table while it is made */
  GHashTable *entries;  /* set of owned Entry */
};

static guint
entry_hash (gconstpointer key)
{
  const Entry *entry = key;
  return (guint)(entry->ino ^ (entry->ino >> 32) ^ entry->dev);
}

static gboolean
entry_equal (gconstpointer a, gconstpointer b)
{
  const Entry *left = a;
  const Entry *right = b;
  return left->ino == right->ino && left->dev == right->dev;
}

static void
take (DevInoTable *self, GArray *found)
{
  g_mutex_lock (&self->mutex);
  for (guint i = 0; i < found->len; i++)
    g_hash_table_add (self->entries, g_memdup2 (&g_array_index (found, Entry, i), sizeof (Entry)));
  g_mutex_unlock (&self->mutex);
}

static gboolean
scan_dir (gpointer job, gpointer worker, gpointer user_data, GError **error)
{
  DevInoTable *self = user_data;
  g_autofree char *digits = job;
  autofd int dfd = dir_open_at (self->repo->objects_dfd, digits, error);
  g_autoptr (GPtrArray) files = NULL;
  if (dfd < 0 || !dir_list (dfd, &files, error))
    return FALSE;
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (Entry));
  for (guint i = 0; i < files->len; i++) {
    const DirEntry *file = files->pdata[i];
    ObjectName name;
    struct stat st;
    if (!object_from_path (digits, file->name, self->repo->mode->archive, &name) ||
        name.type != TREE_OBJECT_FILE || fstatat (dfd, file->name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        st.st_nlink < 2)
      continue;
    Entry entry = {st.st_dev, st.st_ino, name.checksum};
    g_array_append_val (found, entry);
  }
  take (self, found);
  return TRUE;
}

static const PoolFuncs scan_funcs = {NULL, NULL, scan_dir, g_free};

DevInoTable *
devino_scan (const TreeRepo *repo, GError **error)
{
  g_autoptr (DevInoTable) self = g_new0 (DevInoTable, 1);
  self->repo = repo;
  g_mutex_init (&self->mutex);
  self->entries = g_hash_table_new_full (entry_hash, entry_equal, g_free, NULL);
  g_autoptr (GPtrArray) dirs = NULL;
  if (!dir_list (repo->objects_dfd, &dirs, error))
    return NULL;
  Pool *pool = pool_new (&scan_funcs, pool_default_workers (0), 64, self);
  for (guint i = 0; i < dirs->len; i++) {
    const DirEntry *dir = dirs->pdata[i];
    if (strlen (dir->name) == 2)
      (void)pool_push (pool, g_strdup (dir->name)); /* pool_finish() has the error */
  }
  return pool_finish (pool, error) ? g_steal_pointer (&self) : NULL;
}

void
devino_free (DevInoTable *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->entries, g_hash_table_unref);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

gboolean
devino_lookup (const DevInoTable *self, const struct stat *st, TreeChecksum *out)
{
  Entry key = {.dev = st->st_dev, .ino = st->st_ino};
  const Entry *found = g_hash_table_lookup (self->entries, &key);
  if (found != NULL)
    *out = found->checksum;
  return found != NULL;
}
