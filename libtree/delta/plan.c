/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "delta/plan.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "core/checksum.h"
#include "core/object-set.h"
#include "delta/similar.h"

enum {
  PAIR_MIN = 256,     /* smaller files are not worth a patch */
  SIMILAR_MIN = 2048, /* nor, below this, a look at their content */
  SIMILAR_RATIO = 16, /* of the sizes of two files that are alike in name or content */
};
#define SIMILAR_MAX ((guint64)64 * 1024 * 1024)
/* An index over more old files than this would be large itself. */
#define SIMILAR_FILES 20000

typedef struct {
  TreeChecksum checksum;
  const char *path;
} OldFile;

typedef struct {
  const TreeRepo *repo;
  DeltaPlan *plan;
  ObjectSet *old_objects;
  ObjectSet *seen;     /* of the new tree */
  GArray *old;         /* OldFile */
  GHashTable *by_path; /* path -> place in old, +1 */
  GHashTable *by_name; /* owned name -> GArray of places */
  GHashTable *by_stem;
  GArray *stack; /* Directory */
} Planner;

typedef struct {
  TreeChecksum tree;
  const char *path; /* with a slash at its end */
} Directory;

void
delta_plan_clear (DeltaPlan *self)
{
  for (guint i = 0; self->files != NULL && i < self->files->len; i++)
    filemeta_clear (&g_array_index (self->files, PlanFile, i).meta);
  g_clear_pointer (&self->files, g_array_unref);
  g_clear_pointer (&self->metadata, g_array_unref);
  g_clear_pointer (&self->paths, g_string_chunk_free);
}

/* ---- Walking the trees ---- */

typedef gboolean (*FileFunc) (Planner *self, const TreeChecksum *file, const char *path,
                              GError **error);

static void
add_metadata (Planner *self, gboolean is_new, TreeObjectType type, const TreeChecksum *checksum)
{
  if (!is_new)
    (void)object_set_add (self->old_objects, type, checksum);
  else if (!object_set_contains (self->old_objects, type, checksum) &&
           object_set_add (self->seen, type, checksum)) {
    ObjectName name = {*checksum, type};
    g_array_append_val (self->plan->metadata, name);
  }
}

static const char *
path_in (Planner *self, const char *dir, const char *name, const char *end)
{
  g_autofree char *path = g_strconcat (dir, name, end, NULL);
  return g_string_chunk_insert (self->plan->paths, path);
}

/* Files of a directory come before those of the directories in it, which are pushed so that they
 * come out in their order. */
static gboolean
walk_directory (Planner *self, gboolean is_new, const Directory *dir, FileFunc func, GError **error)
{
  g_auto (DirTree) tree = {0};
  DirTreeEntry entry;
  if (!object_load_dirtree (self->repo, &dir->tree, &tree, error))
    return FALSE;
  for (guint i = 0; i < tree.files.n; i++) {
    dirtree_file (&tree, i, &entry);
    if (!func (self, &entry.content, path_in (self, dir->path, entry.name, ""), error))
      return FALSE;
  }
  for (guint i = tree.dirs.n; i-- > 0;) {
    dirtree_dir (&tree, i, &entry);
    add_metadata (self, is_new, TREE_OBJECT_DIR_META, &entry.meta);
    add_metadata (self, is_new, TREE_OBJECT_DIR_TREE, &entry.content);
    Directory below = {entry.content, path_in (self, dir->path, entry.name, "/")};
    g_array_append_val (self->stack, below);
  }
  return TRUE;
}

static gboolean
walk_tree (Planner *self, gboolean is_new, const Commit *commit, FileFunc func, GError **error)
{
  Directory root = {commit->root, "/"};
  add_metadata (self, is_new, TREE_OBJECT_DIR_META, &commit->root_meta);
  add_metadata (self, is_new, TREE_OBJECT_DIR_TREE, &commit->root);
  g_array_append_val (self->stack, root);
  while (self->stack->len > 0) {
    Directory dir = g_array_index (self->stack, Directory, self->stack->len - 1);
    g_array_set_size (self->stack, self->stack->len - 1);
    if (!walk_directory (self, is_new, &dir, func, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- Names ---- */

static const char *
name_of (const char *path)
{
  return strrchr (path, '/') + 1;
}

/* The name without its digits: "libc.so.6.1" is "libc.so..". */
static char *
stem_of (const char *path)
{
  GString *stem = g_string_new (NULL);
  for (const char *at = name_of (path); *at != '\0'; at++)
    if (!g_ascii_isdigit (*at))
      g_string_append_c (stem, *at);
  return g_string_free (stem, FALSE);
}

static void
index_name (GHashTable *table, char *name, guint place)
{
  GArray *places = g_hash_table_lookup (table, name);
  if (places == NULL) {
    places = g_array_new (FALSE, FALSE, sizeof (guint));
    (void)g_hash_table_insert (table, name, places);
  } else
    g_free (name);
  g_array_append_val (places, place);
}

static gboolean
add_old_file (Planner *self, const TreeChecksum *file, const char *path, GError **error)
{
  OldFile old = {*file, path};
  guint place = self->old->len;
  (void)object_set_add (self->old_objects, TREE_OBJECT_FILE, file);
  g_array_append_val (self->old, old);
  (void)g_hash_table_insert (self->by_path, (gpointer)path, GUINT_TO_POINTER (place + 1));
  index_name (self->by_name, g_strdup (name_of (path)), place);
  index_name (self->by_stem, stem_of (path), place);
  return TRUE;
}

static gboolean
add_new_file (Planner *self, const TreeChecksum *file, const char *path, GError **error)
{
  if (!object_set_add (self->seen, TREE_OBJECT_FILE, file) ||
      object_set_contains (self->old_objects, TREE_OBJECT_FILE, file))
    return TRUE;
  g_auto (StoreFile) store = {.fd = -1};
  if (!object_open_file (self->repo, NULL, file, &store, error))
    return FALSE;
  PlanFile plan = {.checksum = *file, .path = path, .meta = store.meta, .size = store.size};
  store.meta = (FileMeta){0};
  g_array_append_val (self->plan->files, plan);
  return TRUE;
}

/* ---- Pairing ---- */

/* A regular file with content; *@out_size is 0 for others. */
static gboolean
old_size (Planner *self, const TreeChecksum *file, guint64 *out_size, GError **error)
{
  g_auto (StoreFile) store = {.fd = -1};
  if (!object_stat_file (self->repo, file, &store, error))
    return FALSE;
  *out_size = S_ISREG (store.meta.mode) ? store.size : 0;
  return TRUE;
}

static void
pair (PlanFile *file, const OldFile *old, guint64 size)
{
  file->has_old = TRUE;
  file->old = old->checksum;
  file->old_size = size;
}

static gboolean
sizes_are_alike (guint64 a, guint64 b)
{
  return a > 0 && b > 0 && a / SIMILAR_RATIO <= b && b / SIMILAR_RATIO <= a;
}

static gboolean
pair_by_path (Planner *self, PlanFile *file, GError **error)
{
  gpointer place = g_hash_table_lookup (self->by_path, file->path);
  guint64 size = 0;
  if (place == NULL)
    return TRUE;
  const OldFile *old = &g_array_index (self->old, OldFile, GPOINTER_TO_UINT (place) - 1);
  if (!old_size (self, &old->checksum, &size, error))
    return FALSE;
  if (sizes_are_alike (size, file->size))
    pair (file, old, size);
  return TRUE;
}

/* Of those with the same name, the one of the nearest size. */
static gboolean
pair_by_name (Planner *self, const GArray *places, PlanFile *file, GError **error)
{
  enum {
    LOOK_AT = 64
  };
  guint64 best = G_MAXUINT64;
  for (guint i = 0; places != NULL && i < MIN (places->len, LOOK_AT); i++) {
    const OldFile *old = &g_array_index (self->old, OldFile, g_array_index (places, guint, i));
    guint64 size = 0;
    if (!old_size (self, &old->checksum, &size, error))
      return FALSE;
    guint64 distance = MAX (size, file->size) - MIN (size, file->size);
    if (!sizes_are_alike (size, file->size) || distance >= best)
      continue;
    best = distance;
    pair (file, old, size);
  }
  return TRUE;
}

static gboolean
is_pairable (const PlanFile *file)
{
  return S_ISREG (file->meta.mode) && file->size >= PAIR_MIN;
}

static gboolean
pair_by_names (Planner *self, PlanFile *file, GError **error)
{
  if (!is_pairable (file))
    return TRUE;
  if (!pair_by_path (self, file, error))
    return FALSE;
  if (!file->has_old &&
      !pair_by_name (self, g_hash_table_lookup (self->by_name, name_of (file->path)), file, error))
    return FALSE;
  g_autofree char *stem = stem_of (file->path);
  return file->has_old || strlen (stem) == 0 ||
         pair_by_name (self, g_hash_table_lookup (self->by_stem, stem), file, error);
}

/* ---- By content ---- */

static gboolean
wants_content (const PlanFile *file)
{
  return is_pairable (file) && !file->has_old && file->size >= SIMILAR_MIN &&
         file->size <= SIMILAR_MAX;
}

/* Files that the new tree has no more: it is they that may have been moved and changed. */
static gboolean
index_content (Planner *self, int tmp_dfd, SimilarIndex *index, GError **error)
{
  g_autoptr (ObjectSet) added = object_set_new ();
  for (guint i = 0; i < self->old->len && object_set_size (added) < SIMILAR_FILES; i++) {
    const OldFile *old = &g_array_index (self->old, OldFile, i);
    g_auto (Content) content = CONTENT_INIT;
    const guint8 *data;
    guint64 size = 0;
    if (object_set_contains (self->seen, TREE_OBJECT_FILE, &old->checksum) ||
        !object_set_add (added, TREE_OBJECT_FILE, &old->checksum))
      continue;
    if (!old_size (self, &old->checksum, &size, error))
      return FALSE;
    if (size < SIMILAR_MIN || size > SIMILAR_MAX)
      continue;
    if (!content_open (&content, self->repo, &old->checksum, tmp_dfd, error) ||
        !content_map (&content, &data, error))
      return FALSE;
    similar_index_add (index, data, (gsize)size, i);
  }
  return TRUE;
}

static gboolean
pair_by_content (Planner *self, int tmp_dfd, const SimilarIndex *index, PlanFile *file,
                 GError **error)
{
  g_auto (Content) content = CONTENT_INIT;
  const guint8 *data;
  guint place = 0;
  guint64 size = 0;
  if (!content_open (&content, self->repo, &file->checksum, tmp_dfd, error) ||
      !content_map (&content, &data, error))
    return FALSE;
  if (!similar_index_find (index, data, (gsize)content.size, &place))
    return TRUE;
  const OldFile *old = &g_array_index (self->old, OldFile, place);
  if (!old_size (self, &old->checksum, &size, error))
    return FALSE;
  pair (file, old, size);
  return TRUE;
}

static gboolean
pair_the_rest (Planner *self, int tmp_dfd, GError **error)
{
  g_autoptr (SimilarIndex) index = NULL;
  for (guint i = 0; i < self->plan->files->len; i++) {
    PlanFile *file = &g_array_index (self->plan->files, PlanFile, i);
    if (!wants_content (file))
      continue;
    if (index == NULL) {
      index = similar_index_new ();
      if (!index_content (self, tmp_dfd, index, error))
        return FALSE;
    }
    if (!pair_by_content (self, tmp_dfd, index, file, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
make (Planner *self, int tmp_dfd, const Commit *from, const Commit *to, GError **error)
{
  GArray *files = self->plan->files;
  if ((from != NULL && !walk_tree (self, /* is_new= */ FALSE, from, add_old_file, error)) ||
      !walk_tree (self, /* is_new= */ TRUE, to, add_new_file, error))
    return FALSE;
  for (guint i = 0; from != NULL && i < files->len; i++)
    if (!pair_by_names (self, &g_array_index (files, PlanFile, i), error))
      return FALSE;
  return from == NULL || pair_the_rest (self, tmp_dfd, error);
}

gboolean
delta_plan_make (DeltaPlan *self, const TreeRepo *repo, int tmp_dfd, const Commit *from,
                 const Commit *to, GError **error)
{
  g_autoptr (ObjectSet) old_objects = object_set_new ();
  g_autoptr (ObjectSet) seen = object_set_new ();
  g_autoptr (GArray) old = g_array_new (FALSE, FALSE, sizeof (OldFile));
  g_autoptr (GArray) stack = g_array_new (FALSE, FALSE, sizeof (Directory));
  g_autoptr (GHashTable) by_path = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) by_name = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                                          (GDestroyNotify)g_array_unref);
  g_autoptr (GHashTable) by_stem = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                                          (GDestroyNotify)g_array_unref);
  g_auto (DeltaPlan)
      plan = {g_array_new (FALSE, FALSE, sizeof (ObjectName)),
              g_array_new (FALSE, FALSE, sizeof (PlanFile)), g_string_chunk_new (64 * 1024)};
  Planner planner = {repo, &plan, old_objects, seen, old, by_path, by_name, by_stem, stack};
  if (!make (&planner, tmp_dfd, from, to, error))
    return FALSE;
  *self = plan;
  plan = (DeltaPlan){0};
  return TRUE;
}
