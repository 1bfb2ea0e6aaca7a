/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What differs between two trees (tree_repo_diff): both are walked side by side, one directory at a
 * time. Equal subtrees of two commits have the same names, and are not entered. */
#include "config.h"

#include "tree-diff.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/checksum.h"
#include "store/object-read.h"
#include "store/traverse.h"
#include "tree/checksum-path.h"

enum {
  MAX_DEPTH = 500, /* a directory takes a descriptor at each level */
};

typedef struct {
  gboolean is_dir;
  char *name;
  TreeChecksum content; /* of a commit's file: the object; of its directory: the dirtree */
  TreeChecksum meta;    /* of a commit's directory: the dirmeta */
} Node;

/* One directory of one side. */
typedef struct {
  int dfd;          /* -1 in a commit */
  GPtrArray *nodes; /* Node: files, then directories, each sorted */
  GHashTable *by_name;
} Level;

/* Paths in the order of a walk: of each, how much of the one before it begins with (guint32), and
 * the rest with a NUL. A million of them take some 20 MB. */
typedef struct {
  GByteArray *bytes;
  GString *last;
} Paths;

typedef struct {
  const TreeRepo *repo;
  ChecksumAs as;
  Paths changes[TREE_CHANGE_ADDED + 1];
  GString *path; /* "" or "a/b/" */
  int depth;
} Differ;

static void
node_free (gpointer data)
{
  Node *node = data;
  g_free (node->name);
  g_free (node);
}

static void
level_clear (Level *self)
{
  fd_cleanup (&self->dfd);
  g_clear_pointer (&self->by_name, g_hash_table_unref);
  g_clear_pointer (&self->nodes, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Level, level_clear)
#define LEVEL_INIT                                                                                 \
  {                                                                                                \
    .dfd = -1                                                                                      \
  }

/* ---- What is found ---- */

static void
paths_add (Paths *self, const char *path)
{
  guint32 shared = 0;
  while (path[shared] != '\0' && path[shared] == self->last->str[shared])
    shared++;
  g_byte_array_append (self->bytes, (const guint8 *)&shared, sizeof shared);
  g_byte_array_append (self->bytes, (const guint8 *)path + shared,
                       (guint)strlen (path + shared) + 1);
  g_string_assign (self->last, path);
}

static gboolean
paths_report (const Paths *self, TreeChangeKind kind, TreeChangeFunc func, gpointer user_data,
              GError **error)
{
  g_autoptr (GString) path = g_string_new (NULL);
  for (gsize at = 0; at < self->bytes->len;) {
    guint32 shared;
    memcpy (&shared, self->bytes->data + at, sizeof shared);
    const char *rest = (const char *)self->bytes->data + at + sizeof shared;
    g_string_truncate (path, shared);
    g_string_append (path, rest);
    if (!func (&(TreeChange){kind, path->str}, user_data, error))
      return FALSE;
    at += sizeof shared + strlen (rest) + 1;
  }
  return TRUE;
}

static void
note (Differ *self, TreeChangeKind kind, const char *name)
{
  gsize len = self->path->len;
  g_string_append (self->path, name);
  paths_add (&self->changes[kind], self->path->str);
  g_string_truncate (self->path, len);
}

/* ---- Reading one directory ---- */

static void
add_node (Level *self, gboolean is_dir, const char *name, const TreeChecksum *content,
          const TreeChecksum *meta)
{
  Node *node = g_new0 (Node, 1);
  node->is_dir = is_dir;
  node->name = g_strdup (name);
  if (content != NULL)
    node->content = *content;
  if (meta != NULL)
    node->meta = *meta;
  g_ptr_array_add (self->nodes, node);
  (void)g_hash_table_insert (self->by_name, node->name, node);
}

static gboolean
read_dirtree (const Differ *self, const TreeChecksum *checksum, Level *out, GError **error)
{
  g_auto (DirTree) tree = {0};
  DirTreeEntry entry;
  if (!object_load_dirtree (self->repo, checksum, &tree, error))
    return FALSE;
  for (guint i = 0; i < tree.files.n; i++) {
    dirtree_file (&tree, i, &entry);
    add_node (out, FALSE, entry.name, &entry.content, NULL);
  }
  for (guint i = 0; i < tree.dirs.n; i++) {
    dirtree_dir (&tree, i, &entry);
    add_node (out, TRUE, entry.name, &entry.content, &entry.meta);
  }
  return TRUE;
}

static gboolean
read_directory (int dfd, Level *out, GError **error)
{
  g_autoptr (GPtrArray) entries = NULL;
  if (!dir_list (dfd, &entries, error))
    return FALSE;
  for (int dirs = 0; dirs <= 1; dirs++)
    for (guint i = 0; i < entries->len; i++) {
      const DirEntry *entry = entries->pdata[i];
      if ((entry->type == DT_DIR) == (dirs == 1))
        add_node (out, dirs == 1, entry->name, NULL, NULL);
    }
  return TRUE;
}

/* Takes @dfd, unless it is -1: then the directory is that of @dirtree. */
static gboolean
level_open (const Differ *self, int dfd, const TreeChecksum *dirtree, Level *out, GError **error)
{
  out->dfd = dfd;
  out->nodes = g_ptr_array_new_with_free_func (node_free);
  out->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  return dfd < 0 ? read_dirtree (self, dirtree, out, error) : read_directory (dfd, out, error);
}

static gboolean
level_open_child (const Differ *self, const Level *parent, const Node *node, Level *out,
                  GError **error)
{
  int dfd = -1;
  if (parent->dfd >= 0 && (dfd = dir_open_at (parent->dfd, node->name, error)) < 0)
    return FALSE;
  return level_open (self, dfd, &node->content, out, error);
}

static gboolean
open_side (const Differ *self, const TreeDiffSide *side, Level *out, GError **error)
{
  if (side->is_directory) {
    int dfd = openat (side->dfd, side->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dfd < 0)
      return throw_errno (error, "open directory '%s'", side->path);
    return level_open (self, dfd, NULL, out, error);
  }
  g_auto (Commit) commit = {0};
  return object_load_commit (self->repo, &side->commit, &commit, error) &&
         level_open (self, -1, &commit.root, out, error);
}

/* ---- Comparing ---- */

/* Of a file its object, of a directory its dirmeta. */
static gboolean
node_checksum (const Differ *self, const Level *level, const Node *node, TreeChecksum *out,
               GError **error)
{
  if (level->dfd >= 0)
    return checksum_path (level->dfd, node->name, &self->as, out, error);
  *out = node->is_dir ? node->meta : node->content;
  return TRUE;
}

static gboolean
is_modified (const Differ *self, const Level *a, const Node *in_a, const Level *b, const Node *in_b,
             gboolean *out, GError **error)
{
  TreeChecksum checksum_a;
  TreeChecksum checksum_b;
  *out = TRUE;
  if (in_a->is_dir != in_b->is_dir)
    return TRUE;
  if (!node_checksum (self, a, in_a, &checksum_a, error) ||
      !node_checksum (self, b, in_b, &checksum_b, error))
    return FALSE;
  *out = !tree_checksum_equal (&checksum_a, &checksum_b);
  return TRUE;
}

static gboolean
enter (Differ *self, const char *name, GError **error)
{
  if (++self->depth > MAX_DEPTH)
    return throw_error (error, TREE_ERROR_UNSUPPORTED, "'%s' is nested too deeply",
                        self->path->str);
  g_string_append_printf (self->path, "%s/", name);
  return TRUE;
}

static void
leave (Differ *self, gsize len)
{
  self->depth--;
  g_string_truncate (self->path, len);
}

static gboolean
add_all (Differ *self, const Level *parent, const Node *node, GError **error)
{
  note (self, TREE_CHANGE_ADDED, node->name);
  if (!node->is_dir)
    return TRUE;
  gsize len = self->path->len;
  g_auto (Level) level = LEVEL_INIT;
  if (!enter (self, node->name, error) || !level_open_child (self, parent, node, &level, error))
    return FALSE;
  for (guint i = 0; i < level.nodes->len; i++)
    if (!add_all (self, &level, level.nodes->pdata[i], error))
      return FALSE;
  leave (self, len);
  return TRUE;
}

static gboolean compare_levels (Differ *self, const Level *a, const Level *b, GError **error);

static gboolean
compare_nodes (Differ *self, const Level *a, const Node *in_a, const Level *b, const Node *in_b,
               GError **error)
{
  gboolean modified = FALSE;
  if (!is_modified (self, a, in_a, b, in_b, &modified, error))
    return FALSE;
  if (modified)
    note (self, TREE_CHANGE_MODIFIED, in_a->name);
  gboolean is_same_tree = a->dfd < 0 && b->dfd < 0 &&
                          tree_checksum_equal (&in_a->content, &in_b->content);
  if (!in_a->is_dir || !in_b->is_dir || is_same_tree)
    return TRUE;
  gsize len = self->path->len;
  g_auto (Level) below_a = LEVEL_INIT;
  g_auto (Level) below_b = LEVEL_INIT;
  if (!enter (self, in_a->name, error) || !level_open_child (self, a, in_a, &below_a, error) ||
      !level_open_child (self, b, in_b, &below_b, error) ||
      !compare_levels (self, &below_a, &below_b, error))
    return FALSE;
  leave (self, len);
  return TRUE;
}

static gboolean
compare_levels (Differ *self, const Level *a, const Level *b, GError **error)
{
  for (guint i = 0; i < a->nodes->len; i++) {
    const Node *in_a = a->nodes->pdata[i];
    const Node *in_b = g_hash_table_lookup (b->by_name, in_a->name);
    if (in_b == NULL)
      note (self, TREE_CHANGE_DELETED, in_a->name);
    else if (!compare_nodes (self, a, in_a, b, in_b, error))
      return FALSE;
  }
  for (guint i = 0; i < b->nodes->len; i++) {
    const Node *in_b = b->nodes->pdata[i];
    if (!g_hash_table_contains (a->by_name, in_b->name) && !add_all (self, b, in_b, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
compare (Differ *self, const TreeDiffSide *a, const TreeDiffSide *b, GError **error)
{
  g_auto (Level) level_a = LEVEL_INIT;
  g_auto (Level) level_b = LEVEL_INIT;
  return open_side (self, a, &level_a, error) && open_side (self, b, &level_b, error) &&
         (compare_levels (self, &level_a, &level_b, error) ||
          prefix_error (error, "compare '/%s'", self->path->str));
}

gboolean
tree_repo_diff (const TreeRepo *self, const TreeDiffSide *a, const TreeDiffSide *b,
                const TreeDiffOptions *options, TreeChangeFunc func, gpointer user_data,
                GError **error)
{
  static const TreeDiffOptions as_found = TREE_DIFF_OPTIONS_INIT;
  if (options == NULL)
    options = &as_found;
  Differ differ = {
      .repo = self,
      .as = {options->no_xattrs || self->disable_xattrs, options->owner_uid, options->owner_gid},
      .path = g_string_new (NULL),
  };
  for (gsize i = 0; i < G_N_ELEMENTS (differ.changes); i++)
    differ.changes[i] = (Paths){g_byte_array_new (), g_string_new (NULL)};
  gboolean ok = compare (&differ, a, b, error);
  for (gsize i = 0; i < G_N_ELEMENTS (differ.changes); i++) {
    ok = ok && paths_report (&differ.changes[i], (TreeChangeKind)i, func, user_data, error);
    g_byte_array_unref (differ.changes[i].bytes);
    g_string_free (differ.changes[i].last, TRUE);
  }
  g_string_free (differ.path, TRUE);
  return ok;
}

/* ---- What two commits share ---- */

/* 0 for what is not there, as below a partial commit. */
static guint64
stored_size (const TreeRepo *repo, const ObjectName *name)
{
  for (; repo != NULL; repo = repo->parent) {
    char path[OBJECT_PATH_MAX];
    struct stat st;
    object_path (name, repo->mode->archive, path);
    if (fstatat (repo->objects_dfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
      return (guint64)st.st_size;
  }
  return 0;
}

/* A walk over the second commit, with the objects of the first at hand: one set of all objects is
 * enough, whatever the size of the trees. */
typedef struct {
  const TreeRepo *repo;
  ObjectSet *in_a;    /* marked: met in the other, too */
  ObjectSet *apart;   /* dirtrees that only the other has */
  GArray *pending;    /* TreeChecksum of dirtrees to read */
  TreeDiffStats *out; /* what is common */
} Common;

/* TRUE the first time for what is common. */
static gboolean
meet (Common *self, TreeObjectType type, const TreeChecksum *checksum)
{
  if (!object_set_mark (self->in_a, type, checksum))
    return FALSE;
  self->out->n_common++;
  self->out->common_bytes += stored_size (self->repo, &(ObjectName){*checksum, type});
  return TRUE;
}

static void
meet_dir (Common *self, const TreeChecksum *tree, const TreeChecksum *meta)
{
  (void)meet (self, TREE_OBJECT_DIR_META, meta);
  gboolean shared = object_set_contains (self->in_a, TREE_OBJECT_DIR_TREE, tree);
  if (shared ? meet (self, TREE_OBJECT_DIR_TREE, tree)
             : object_set_add (self->apart, TREE_OBJECT_DIR_TREE, tree))
    g_array_append_val (self->pending, *tree);
}

static gboolean
meet_children (Common *self, GError **error)
{
  TreeChecksum checksum = g_array_index (self->pending, TreeChecksum, self->pending->len - 1);
  g_array_set_size (self->pending, self->pending->len - 1);
  g_auto (DirTree) tree = {0};
  g_autoptr (GError) local = NULL;
  DirTreeEntry entry;
  if (!object_load_dirtree (self->repo, &checksum, &tree, &local)) {
    /* Below a partial commit, or the walk before this one would have failed. */
    if (g_error_matches (local, TREE_ERROR, TREE_ERROR_NOT_FOUND))
      return TRUE;
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  for (guint i = 0; i < tree.files.n; i++) {
    dirtree_file (&tree, i, &entry);
    (void)meet (self, TREE_OBJECT_FILE, &entry.content);
  }
  for (guint i = 0; i < tree.dirs.n; i++) {
    dirtree_dir (&tree, i, &entry);
    meet_dir (self, &entry.content, &entry.meta);
  }
  return TRUE;
}

static gboolean
meet_commit (Common *self, const TreeChecksum *checksum, GError **error)
{
  g_auto (Commit) commit = {0};
  if (!object_load_commit (self->repo, checksum, &commit, error))
    return FALSE;
  (void)meet (self, TREE_OBJECT_COMMIT, checksum);
  meet_dir (self, &commit.root, &commit.root_meta);
  while (self->pending->len > 0)
    if (!meet_children (self, error))
      return FALSE;
  return TRUE;
}

/* All objects of a commit; NULL with an error. */
static ObjectSet *
objects_of (const TreeRepo *repo, const TreeChecksum *commit, GError **error)
{
  g_autoptr (Traversal) walk = traversal_new (repo, TRAVERSE_STRICT);
  return traversal_add_commit (walk, commit, /* depth= */ 0, error) ? traversal_steal_objects (walk)
                                                                    : NULL;
}

gboolean
tree_repo_diff_stats (const TreeRepo *self, const TreeChecksum *a, const TreeChecksum *b,
                      TreeDiffStats *out, GError **error)
{
  TreeDiffStats stats = {0};
  g_autoptr (ObjectSet) objects = objects_of (self, b, error);
  if (objects == NULL)
    return FALSE;
  stats.n_objects_b = object_set_size (objects);
  g_clear_pointer (&objects, object_set_free);
  if ((objects = objects_of (self, a, error)) == NULL)
    return FALSE;
  stats.n_objects_a = object_set_size (objects);
  g_autoptr (ObjectSet) apart = object_set_new ();
  g_autoptr (GArray) pending = g_array_new (FALSE, FALSE, sizeof (TreeChecksum));
  Common common = {self, objects, apart, pending, &stats};
  if (!meet_commit (&common, b, error))
    return FALSE;
  *out = stats;
  return TRUE;
}
