/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/mtree.h"

#include <string.h>

#include "base/error.h"

typedef struct {
  TreeChecksum content;
  char name[];
} MtreeFile;

/* How many entries are kept before finished directories are written, at first. */
#define MAX_LOADED ((gsize)64 * 1024)

struct MtreeDir {
  MtreeDir *parent;  /* borrowed; NULL for the root */
  TreeChecksum base; /* the dirtree it stands on … */
  TreeChecksum meta;
  guint has_base : 1;
  guint loaded : 1; /* … and whose entries are in the tables */
  guint has_meta : 1;
  guint pinned : 1;   /* slots of its files are filled at the end */
  guint unloaded : 1; /* the base was written by mtree_unload() */
  guint is_open : 1;  /* while mtree_unload() runs: it is on the way to where the caller is */
  GHashTable *files; /* name -> owned MtreeFile, whose name is the key; NULL while there are none */
  GHashTable *dirs;  /* owned name -> owned MtreeDir; NULL while there are none */
};

struct Mtree {
  Txn *txn; /* borrowed */
  MtreeDir *root;
  GPtrArray *replaced; /* MtreeFile: somebody may still write a checksum there */
  gsize n_loaded;      /* entries in tables */
  gsize max_loaded;
  gsize n_reloaded; /* since mtree_unload() */
};

static void
dir_free (gpointer dir)
{
  MtreeDir *self = dir;
  g_clear_pointer (&self->files, g_hash_table_unref);
  g_clear_pointer (&self->dirs, g_hash_table_unref);
  g_free (self);
}

static MtreeDir *
dir_new (MtreeDir *parent, const TreeRoot *base)
{
  MtreeDir *self = g_new0 (MtreeDir, 1);
  self->parent = parent;
  if (base == NULL)
    return self;
  self->base = base->tree;
  self->meta = base->meta;
  self->has_base = self->has_meta = TRUE;
  return self;
}

Mtree *
mtree_new (Txn *txn, const TreeRoot *base)
{
  Mtree *self = g_new0 (Mtree, 1);
  self->txn = txn;
  self->max_loaded = MAX_LOADED;
  self->root = dir_new (NULL, base);
  self->replaced = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
mtree_free (Mtree *self)
{
  if (self == NULL)
    return;
  dir_free (self->root);
  g_ptr_array_unref (self->replaced);
  g_free (self);
}

MtreeDir *
mtree_root (Mtree *self)
{
  return self->root;
}

gboolean
mtree_dir_has_meta (const MtreeDir *dir)
{
  return dir->has_meta;
}

void
mtree_dir_set_meta (MtreeDir *dir, const TreeChecksum *meta)
{
  dir->meta = *meta;
  dir->has_meta = TRUE;
}

/* ---- Entries ---- */

static MtreeFile *
add_file (Mtree *self, MtreeDir *dir, const char *name)
{
  self->n_loaded++;
  if (dir->files == NULL)
    dir->files = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  gsize len = strlen (name) + 1;
  MtreeFile *file = g_malloc0 (sizeof *file + len);
  memcpy (file->name, name, len);
  g_hash_table_insert (dir->files, file->name, file);
  return file;
}

static void
add_dir (Mtree *self, MtreeDir *dir, const char *name, MtreeDir *child)
{
  self->n_loaded++;
  if (dir->dirs == NULL)
    dir->dirs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, dir_free);
  g_hash_table_insert (dir->dirs, g_strdup (name), child);
}

static gboolean
load (Mtree *self, MtreeDir *dir, GError **error)
{
  if (!dir->has_base || dir->loaded)
    return TRUE;
  g_auto (DirTree) tree = {0};
  if (!txn_load_dirtree (self->txn, &dir->base, &tree, error))
    return FALSE;
  DirTreeEntry entry;
  for (guint i = 0; i < tree.files.n; i++) {
    dirtree_file (&tree, i, &entry);
    add_file (self, dir, entry.name)->content = entry.content;
  }
  for (guint i = 0; i < tree.dirs.n; i++) {
    dirtree_dir (&tree, i, &entry);
    add_dir (self, dir, entry.name, dir_new (dir, &(TreeRoot){entry.content, entry.meta}));
  }
  dir->loaded = TRUE;
  self->n_reloaded += dir->unloaded ? tree.files.n + tree.dirs.n : 0;
  return TRUE;
}

static gpointer
look_up (GHashTable *table, const char *name)
{
  return table != NULL ? g_hash_table_lookup (table, name) : NULL;
}

gboolean
mtree_find_dir (Mtree *self, MtreeDir *parent, const char *name, MtreeDir **out, GError **error)
{
  if (!load (self, parent, error))
    return FALSE;
  if (look_up (parent->files, name) != NULL)
    return throw_error (error, TREE_ERROR_INVALID, "Can't replace file with directory: %s", name);
  *out = look_up (parent->dirs, name);
  return TRUE;
}

gboolean
mtree_ensure_dir (Mtree *self, MtreeDir *parent, const char *name, MtreeDir **out, GError **error)
{
  if (!mtree_find_dir (self, parent, name, out, error))
    return FALSE;
  if (*out == NULL) {
    *out = dir_new (parent, NULL);
    add_dir (self, parent, name, *out);
  }
  return TRUE;
}

gboolean
mtree_find_file (Mtree *self, MtreeDir *parent, const char *name, TreeChecksum **out,
                 GError **error)
{
  if (!load (self, parent, error))
    return FALSE;
  MtreeFile *file = look_up (parent->files, name);
  *out = file != NULL ? &file->content : NULL;
  return TRUE;
}

gboolean
mtree_put_file (Mtree *self, MtreeDir *parent, const char *name, TreeChecksum **out_slot,
                GError **error)
{
  if (!load (self, parent, error))
    return FALSE;
  if (look_up (parent->dirs, name) != NULL)
    return throw_error (error, TREE_ERROR_INVALID, "Can't replace directory with file: %s", name);
  MtreeFile *before = look_up (parent->files, name);
  if (before != NULL) {
    g_hash_table_steal (parent->files, name);
    g_ptr_array_add (self->replaced, before);
  }
  *out_slot = &add_file (self, parent, name)->content;
  return TRUE;
}

/* ---- Writing ---- */

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  return strcmp (((const DirTreeEntry *)a)->name, ((const DirTreeEntry *)b)->name);
}

static gboolean write_dir (Mtree *self, MtreeDir *dir, TreeRoot *out, GError **error);

static GArray *
list_files (MtreeDir *dir)
{
  GArray *files = g_array_new (FALSE, FALSE, sizeof (DirTreeEntry));
  GHashTableIter iter;
  gpointer value;
  if (dir->files == NULL)
    return files;
  g_hash_table_iter_init (&iter, dir->files);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    MtreeFile *file = value;
    DirTreeEntry entry = {.name = file->name, .content = file->content};
    g_array_append_val (files, entry);
  }
  g_array_sort (files, compare_entries);
  return files;
}

static GArray *
write_children (Mtree *self, MtreeDir *dir, GError **error)
{
  g_autoptr (GArray) dirs = g_array_new (FALSE, FALSE, sizeof (DirTreeEntry));
  GHashTableIter iter;
  gpointer name;
  gpointer child;
  if (dir->dirs == NULL)
    return g_steal_pointer (&dirs);
  g_hash_table_iter_init (&iter, dir->dirs);
  while (g_hash_table_iter_next (&iter, &name, &child)) {
    TreeRoot written;
    if (!write_dir (self, child, &written, error))
      return prefix_null (error, "'%s'", (const char *)name);
    DirTreeEntry entry = {name, written.tree, written.meta};
    g_array_append_val (dirs, entry);
  }
  g_array_sort (dirs, compare_entries);
  return g_steal_pointer (&dirs);
}

/* As deep as the paths that made the tree, which their reader bounds. */
static gboolean
write_dir (Mtree *self, MtreeDir *dir, TreeRoot *out, GError **error)
{
  if (!dir->has_meta)
    return throw_error (error, TREE_ERROR_INVALID, "the directory has no owner and mode");
  *out = (TreeRoot){dir->base, dir->meta};
  if (dir->has_base && !dir->loaded)
    return TRUE;
  g_autoptr (GArray) dirs = write_children (self, dir, error);
  if (dirs == NULL)
    return FALSE;
  g_autoptr (GArray) files = list_files (dir);
  g_autoptr (GBytes) bytes = dirtree_build ((const DirTreeEntry *)files->data, files->len,
                                            (const DirTreeEntry *)dirs->data, dirs->len);
  return txn_put_metadata (self->txn, TREE_OBJECT_DIR_TREE, bytes, NULL, &out->tree, error);
}

gboolean
mtree_write (Mtree *self, TreeRoot *out, GError **error)
{
  return write_dir (self, self->root, out, error);
}

/* ---- Memory ---- */

void
mtree_pin (MtreeDir *dir)
{
  dir->pinned = TRUE;
}

gboolean
mtree_is_large (const Mtree *self)
{
  return self->n_loaded > self->max_loaded;
}

/* Writes the directory if nothing can change it but another visit, and forgets what is in it. */
static gboolean
unload_dir (Mtree *self, MtreeDir *dir, gboolean *out_done, GError **error)
{
  GHashTableIter iter;
  gpointer name;
  gpointer child;
  gboolean done = dir->parent != NULL && dir->has_meta && !dir->pinned && !dir->is_open;
  if (dir->dirs != NULL)
    g_hash_table_iter_init (&iter, dir->dirs);
  while (dir->dirs != NULL && g_hash_table_iter_next (&iter, &name, &child)) {
    gboolean child_done = FALSE;
    if (!unload_dir (self, child, &child_done, error))
      return prefix_error (error, "'%s'", (const char *)name);
    done = done && child_done;
  }
  *out_done = done;
  if (!done || (dir->has_base && !dir->loaded))
    return TRUE;
  TreeRoot written;
  if (!write_dir (self, dir, &written, error))
    return FALSE;
  self->n_loaded -= dir->files != NULL ? g_hash_table_size (dir->files) : 0;
  self->n_loaded -= dir->dirs != NULL ? g_hash_table_size (dir->dirs) : 0;
  g_clear_pointer (&dir->files, g_hash_table_unref);
  g_clear_pointer (&dir->dirs, g_hash_table_unref);
  dir->base = written.tree;
  dir->has_base = dir->unloaded = TRUE;
  dir->loaded = FALSE;
  return TRUE;
}

gboolean
mtree_unload (Mtree *self, MtreeDir *current, GError **error)
{
  gboolean done = FALSE;
  for (MtreeDir *at = current; at != NULL; at = at->parent)
    at->is_open = TRUE;
  gboolean ok = unload_dir (self, self->root, &done, error);
  for (MtreeDir *at = current; at != NULL; at = at->parent)
    at->is_open = FALSE;
  /* In an order that comes back to what was written, or with much that cannot be, room for more
   * costs less than the work. */
  if (self->n_reloaded > self->max_loaded / 2 || self->n_loaded > self->max_loaded / 2)
    self->max_loaded *= 2;
  self->n_reloaded = 0;
  return ok;
}
