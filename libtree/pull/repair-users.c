/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who needs an object that cannot be repaired: a walk of the tree of every ref. Directories that
 * are missing are passed over; what is below them nobody knows. Of a directory that is at several
 * paths, what is in it is named at the first. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "pull/repair.h"
#include "store/object-read.h"
#include "store/refs-list.h"

enum {
  MAX_PATHS = 10, /* told of each object and ref */
};

typedef struct {
  TreeRepo *repo;
  GPtrArray *findings; /* VerifyFinding */
  const TreeFsckOptions *options;
  const char *ref;
  guint *n_paths;     /* found so far in this ref, for each finding */
  GPtrArray *pending; /* Directory: to read */
  ObjectSet *seen;    /* in this ref: each is read once, at the first path that leads to it */
} Users;

typedef struct {
  TreeChecksum tree;
  char *path; /* "" for the root */
} Directory;

static void
directory_free (gpointer data)
{
  Directory *self = data;
  g_free (self->path);
  g_free (self);
}

static void
tell (const Users *self, const ObjectName *name, const char *what)
{
  g_autofree char *object = object_to_string (name);
  fsck_report (self->options, /* is_error= */ TRUE, "  %s is needed by %s: %s", object, self->ref,
               what);
}

/* @path: with its leading slash; "/" for the root */
static void
note_use (Users *self, TreeObjectType type, const TreeChecksum *checksum, const char *path)
{
  for (guint i = 0; i < self->findings->len; i++) {
    const ObjectName *name = &((const VerifyFinding *)self->findings->pdata[i])->name;
    if (name->type == type && tree_checksum_equal (&name->checksum, checksum) &&
        self->n_paths[i]++ < MAX_PATHS)
      tell (self, name, path);
  }
}

static void
push (Users *self, const TreeChecksum *tree, char *path)
{
  if (!object_set_add (self->seen, TREE_OBJECT_DIR_TREE, tree)) {
    g_free (path);
    return;
  }
  Directory *directory = g_new0 (Directory, 1);
  directory->tree = *tree;
  directory->path = path;
  g_ptr_array_add (self->pending, directory);
}

static void
read_directory (Users *self, const Directory *directory)
{
  g_auto (DirTree) tree = {0};
  DirTreeEntry entry;
  if (!object_load_dirtree (self->repo, &directory->tree, &tree, NULL))
    return;
  for (guint i = 0; i < tree.files.n; i++) {
    dirtree_file (&tree, i, &entry);
    g_autofree char *path = g_strconcat (directory->path, "/", entry.name, NULL);
    note_use (self, TREE_OBJECT_FILE, &entry.content, path);
  }
  for (guint i = 0; i < tree.dirs.n; i++) {
    dirtree_dir (&tree, i, &entry);
    g_autofree char *path = g_strconcat (directory->path, "/", entry.name, NULL);
    note_use (self, TREE_OBJECT_DIR_TREE, &entry.content, path);
    note_use (self, TREE_OBJECT_DIR_META, &entry.meta, path);
    push (self, &entry.content, g_steal_pointer (&path));
  }
}

static void
walk_ref (Users *self, const char *ref, const TreeChecksum *checksum)
{
  g_auto (Commit) commit = {0};
  g_autoptr (ObjectSet) seen = object_set_new ();
  self->ref = ref;
  self->seen = seen;
  memset (self->n_paths, 0, sizeof *self->n_paths * self->findings->len);
  note_use (self, TREE_OBJECT_COMMIT, checksum, "its commit");
  note_use (self, TREE_OBJECT_COMMIT_META, checksum, "its commit");
  if (!object_load_commit (self->repo, checksum, &commit, NULL))
    return;
  note_use (self, TREE_OBJECT_DIR_TREE, &commit.root, "/");
  note_use (self, TREE_OBJECT_DIR_META, &commit.root_meta, "/");
  push (self, &commit.root, g_strdup (""));
  while (self->pending->len > 0) {
    Directory *directory = g_ptr_array_steal_index (self->pending, self->pending->len - 1);
    read_directory (self, directory);
    directory_free (directory);
  }
  for (guint i = 0; i < self->findings->len; i++) {
    const ObjectName *name = &((const VerifyFinding *)self->findings->pdata[i])->name;
    g_autofree char *more = g_strdup_printf ("%u more", self->n_paths[i] - MAX_PATHS);
    if (self->n_paths[i] > MAX_PATHS)
      tell (self, name, more);
  }
}

gboolean
repair_name_users (TreeRepo *repo, GPtrArray *findings, const TreeFsckOptions *options,
                   GError **error)
{
  g_autoptr (GPtrArray) pending = g_ptr_array_new_with_free_func (directory_free);
  g_autofree guint *n_paths = g_new0 (guint, findings->len);
  Users self = {
      .repo = repo,
      .findings = findings,
      .options = options,
      .n_paths = n_paths,
      .pending = pending,
  };
  g_autoptr (GPtrArray) refs = tree_repo_list_refs (repo, NULL, error);
  g_autoptr (GPtrArray) mirrors = refs != NULL ? refs_list_mirrors (repo, error) : NULL;
  if (mirrors == NULL)
    return FALSE;
  for (guint i = 0; i < refs->len; i++) {
    const TreeRef *ref = refs->pdata[i];
    walk_ref (&self, ref->name, &ref->checksum);
  }
  for (guint i = 0; i < mirrors->len; i++) {
    const TreeCollectionRef *ref = mirrors->pdata[i];
    g_autofree char *name = g_strdup_printf ("(%s, %s)", ref->collection, ref->name);
    walk_ref (&self, name, &ref->checksum);
  }
  return TRUE;
}
