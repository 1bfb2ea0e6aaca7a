/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/delta-index.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/remove.h"
#include "core/checksum.h"
#include "core/summary.h"
#include "plain/layout.h"

/* It is mapped, since one that carries its parts may be large. */
static gboolean
read_superblock (int dfd, const char *path, gboolean *out_found, DeltaEntry *out, GError **error)
{
  autofd int fd = openat (dfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  *out_found = fd >= 0;
  if (fd < 0)
    return errno == ENOENT || throw_errno (error, "open '%s'", path);
  g_autoptr (GError) local = NULL;
  g_autoptr (GMappedFile) file = g_mapped_file_new_from_fd (fd, FALSE, &local);
  if (file == NULL)
    return throw_error (error, TREE_ERROR_FAILED, "map '%s': %s", path, local->message);
  g_autoptr (GBytes) bytes = g_mapped_file_get_bytes (file);
  g_autoptr (GBytes) plain = NULL;
  g_autoptr (GVariant) signatures = NULL;
  g_auto (DeltaSuperblock) superblock = {0};
  gsize len = 0;
  const void *data = g_bytes_get_data (bytes, &len);
  hash_data (data, len, &out->superblock);
  out->has_sizes = delta_unwrap (bytes, &plain, &signatures, NULL) &&
                   delta_superblock_parse (plain, &superblock, NULL) &&
                   delta_sizes_of (&superblock, len, &out->sizes);
  return TRUE;
}

/* What is done with one entry of a directory deltas/XX or delta-indexes/XX. */
typedef gboolean (*EntryFunc) (int dfd, const char *dir, const DirEntry *entry, gpointer user_data,
                               GError **error);

/* *@out_fd is -1 when the directory is not there. */
static gboolean
list_optional (int dfd, const char *path, int *out_fd, GPtrArray **out, GError **error)
{
  *out_fd = openat (dfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (*out_fd < 0)
    return errno == ENOENT || throw_errno (error, "open '%s'", path);
  return dir_list (*out_fd, out, error);
}

static gboolean
walk_below (int dfd, const char *dir, EntryFunc func, gpointer user_data, GError **error)
{
  autofd int fd = -1;
  g_autoptr (GPtrArray) entries = NULL;
  if (!list_optional (dfd, dir, &fd, &entries, error))
    return FALSE;
  for (guint i = 0; entries != NULL && i < entries->len; i++)
    if (!func (fd, dir, entries->pdata[i], user_data, error))
      return FALSE;
  return TRUE;
}

/* Calls @func for all that lies two levels below @top. */
static gboolean
walk (const TreeRepo *repo, const char *top, EntryFunc func, gpointer user_data, GError **error)
{
  autofd int dfd = -1;
  g_autoptr (GPtrArray) dirs = NULL;
  if (!list_optional (repo->dfd, top, &dfd, &dirs, error))
    return FALSE;
  for (guint i = 0; dirs != NULL && i < dirs->len; i++) {
    const DirEntry *dir = dirs->pdata[i];
    if (dir->type == DT_DIR && !walk_below (dfd, dir->name, func, user_data, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
add_name (int dfd, const char *dir, const DirEntry *entry, gpointer user_data, GError **error)
{
  DeltaName name;
  struct stat st;
  if (entry->type != DT_DIR || !delta_name_from_dirs (dir, entry->name, &name))
    return TRUE;
  g_autofree char *path = g_build_filename (entry->name, DELTA_SUPERBLOCK, NULL);
  if (fstatat (dfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
    g_array_append_val ((GArray *)user_data, name);
  else if (errno != ENOENT)
    return throw_errno (error, "stat '%s'", path);
  return TRUE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return delta_name_compare (a, b);
}

GArray *
delta_index_names (const TreeRepo *repo, GError **error)
{
  g_autoptr (GArray) names = g_array_new (FALSE, FALSE, sizeof (DeltaName));
  if (!walk (repo, DELTAS_DIR, add_name, names, error))
    return prefix_null (error, "list static deltas");
  g_array_sort (names, compare_names);
  return g_steal_pointer (&names);
}

GArray *
delta_index_list (const TreeRepo *repo, GError **error)
{
  g_autoptr (GArray) names = delta_index_names (repo, error);
  g_autoptr (GArray) deltas = g_array_new (FALSE, FALSE, sizeof (DeltaEntry));
  for (guint i = 0; names != NULL && i < names->len; i++) {
    DeltaEntry delta = {.name = g_array_index (names, DeltaName, i)};
    g_autofree char *dir = delta_name_to_path (&delta.name);
    g_autofree char *path = g_build_filename (dir, DELTA_SUPERBLOCK, NULL);
    gboolean found = FALSE; /* it may go meanwhile */
    if (!read_superblock (repo->dfd, path, &found, &delta, error))
      return prefix_null (error, "list static deltas");
    if (found)
      g_array_append_val (deltas, delta);
  }
  return names != NULL ? g_steal_pointer (&deltas) : NULL;
}

GVariant *
delta_index_map (const DeltaEntry *deltas, guint n)
{
  GVariantBuilder map;
  g_variant_builder_init (&map, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < n; i++) {
    char name[DELTA_NAME_MAX];
    delta_name_to_text (&deltas[i].name, name);
    g_variant_builder_add (&map, "{sv}", name, checksum_to_variant (&deltas[i].superblock));
  }
  return g_variant_builder_end (&map);
}

GVariant *
delta_index_sizes (const DeltaEntry *deltas, guint n)
{
  GVariantBuilder map;
  g_variant_builder_init (&map, G_VARIANT_TYPE (DELTA_SIZES_TYPE));
  for (guint i = 0; i < n; i++)
    if (deltas[i].has_sizes)
      g_variant_builder_add_value (&map, delta_sizes_entry (&deltas[i].name, &deltas[i].sizes));
  return g_variant_builder_end (&map);
}

/* Writes the index of the @n deltas that lead to one commit. */
static gboolean
write_index (const TreeRepo *repo, const DeltaEntry *deltas, guint n, GError **error)
{
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", SUMMARY_KEY_DELTAS, delta_index_map (deltas, n));
  g_variant_builder_add (&builder, "{sv}", DELTA_SIZES_KEY, delta_index_sizes (deltas, n));
  g_autoptr (GVariant) index = g_variant_ref_sink (g_variant_builder_end (&builder));
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (index);
  g_autofree char *path = delta_index_path (&deltas[0].name.to);
  g_autofree char *parent = g_path_get_dirname (path);
  g_autoptr (GBytes) old = NULL;
  if (!dir_ensure_at (repo->dfd, parent, 0775, error) ||
      !file_read_at (repo->dfd, path, SUMMARY_MAX_BYTES, &old, error))
    return FALSE;
  if (old != NULL && g_bytes_equal (old, bytes))
    return TRUE;
  return file_replace_at (repo->dfd, path, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                          0644, error);
}

/* The place of the first delta to a commit, and how many there are. */
static guint
find_target (GArray *deltas, const TreeChecksum *to, guint *out_n)
{
  guint first = 0;
  *out_n = 0;
  for (guint i = 0; i < deltas->len; i++)
    if (tree_checksum_equal (&g_array_index (deltas, DeltaEntry, i).name.to, to) && (*out_n)++ == 0)
      first = i;
  return first;
}

static gboolean
remove_index (int dfd, const char *path, GError **error)
{
  return unlinkat (dfd, path, 0) == 0 || errno == ENOENT ||
         throw_errno (error, "remove delta index '%s'", path);
}

static gboolean
remove_stale (int dfd, const char *dir, const DirEntry *entry, gpointer user_data, GError **error)
{
  TreeChecksum to;
  guint n = 0;
  if (!delta_index_from_path (dir, entry->name, &to))
    return TRUE;
  (void)find_target (user_data, &to, &n);
  return n > 0 || remove_index (dfd, entry->name, error);
}

gboolean
delta_index_write (const TreeRepo *repo, GArray *deltas, GError **error)
{
  const DeltaEntry *all = (const DeltaEntry *)deltas->data;
  for (guint i = 0; i < deltas->len;) {
    guint n = 1;
    while (i + n < deltas->len && tree_checksum_equal (&all[i].name.to, &all[i + n].name.to))
      n++;
    if (!write_index (repo, all + i, n, error))
      return prefix_error (error, "index static deltas");
    i += n;
  }
  return walk (repo, DELTA_INDEXES_DIR, remove_stale, deltas, error) ||
         prefix_error (error, "index static deltas");
}

gboolean
delta_index_write_one (const TreeRepo *repo, GArray *deltas, const TreeChecksum *to, GError **error)
{
  guint n = 0;
  guint first = find_target (deltas, to, &n);
  g_autofree char *path = delta_index_path (to);
  return (n > 0 ? write_index (repo, (const DeltaEntry *)deltas->data + first, n, error)
                : remove_index (repo->dfd, path, error)) ||
         prefix_error (error, "index static deltas");
}

static gboolean
add_target (int dfd, const char *dir, const DirEntry *entry, gpointer user_data, GError **error)
{
  TreeChecksum to;
  if (delta_index_from_path (dir, entry->name, &to))
    g_array_append_val ((GArray *)user_data, to);
  return TRUE;
}

static int
compare_targets (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (TreeChecksum));
}

GArray *
delta_index_targets (const TreeRepo *repo, GError **error)
{
  g_autoptr (GArray) targets = g_array_new (FALSE, FALSE, sizeof (TreeChecksum));
  if (!walk (repo, DELTA_INDEXES_DIR, add_target, targets, error))
    return prefix_null (error, "list indexes of static deltas");
  g_array_sort (targets, compare_targets);
  return g_steal_pointer (&targets);
}

/* ---- Removing ---- */

gboolean
delta_remove (const TreeRepo *repo, const DeltaName *name, GError **error)
{
  g_autofree char *path = delta_name_to_path (name);
  g_autofree char *away = g_strdup_printf (REPO_TMP "/" DELTA_WORK_PREFIX "%08x", g_random_int ());
  if (renameat (repo->dfd, path, repo->dfd, away) < 0)
    return throw_errno (error, "move '%s' away", path);
  return dir_remove_all_at (repo->dfd, away, error);
}

typedef struct {
  const TreeRepo *repo;
  DeltaWanted wanted;
  gpointer user_data;
  gboolean remove;
  DeltaPruned pruned;
} DeltaPrune;

/* The files of a delta: its directory has no others below. */
static gboolean
measure_delta (int dfd, const char *name, guint64 *bytes, GError **error)
{
  autofd int fd = dir_open_at (dfd, name, error);
  g_autoptr (GPtrArray) files = NULL;
  if (fd < 0 || !dir_list (fd, &files, error))
    return FALSE;
  for (guint i = 0; i < files->len; i++) {
    const DirEntry *file = files->pdata[i];
    struct stat st;
    if (fstatat (fd, file->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
      return throw_errno (error, "stat '%s'", file->name);
    *bytes += (guint64)st.st_size;
  }
  return TRUE;
}

static gboolean
prune_delta (int dfd, const char *dir, const DirEntry *entry, gpointer user_data, GError **error)
{
  DeltaPrune *self = user_data;
  DeltaName delta;
  gboolean wanted = FALSE;
  guint64 bytes = 0;
  if (entry->type != DT_DIR || !delta_name_from_dirs (dir, entry->name, &delta))
    return TRUE;
  if (!self->wanted (&delta.to, &wanted, self->user_data, error))
    return FALSE;
  if (wanted)
    return TRUE;
  if (!measure_delta (dfd, entry->name, &bytes, error) ||
      (self->remove && !delta_remove (self->repo, &delta, error)))
    return prefix_error (error, "static delta '%s%s'", dir, entry->name);
  self->pruned.n_deltas++;
  self->pruned.bytes += bytes;
  return TRUE;
}

gboolean
delta_index_prune (const TreeRepo *repo, DeltaWanted wanted, gpointer user_data, gboolean remove,
                   DeltaPruned *out, GError **error)
{
  DeltaPrune self = {.repo = repo, .wanted = wanted, .user_data = user_data, .remove = remove};
  if (!walk (repo, DELTAS_DIR, prune_delta, &self, error))
    return prefix_error (error, "prune static deltas");
  *out = self.pruned;
  if (!remove || self.pruned.n_deltas == 0)
    return TRUE;
  g_autoptr (GArray) left = delta_index_list (repo, error);
  return left != NULL && delta_index_write (repo, left, error);
}
