/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/delta-index.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/remove.h"
#include "base/source.h"
#include "core/checksum.h"
#include "core/summary.h"

#define DELTAS_DIR "deltas"
#define INDEXES_DIR "delta-indexes"
#define SUPERBLOCK "superblock"
#define INDEX_SUFFIX ".index"

enum {
  B64_SPLIT = 2, /* characters of a name that are the directory's */
  BUFFER = 64 * 1024,
};

static gboolean
hash_file (int dfd, const char *path, gboolean *out_found, TreeChecksum *out, GError **error)
{
  autofd int fd = openat (dfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  *out_found = fd >= 0;
  if (fd < 0)
    return errno == ENOENT || throw_errno (error, "open '%s'", path);
  g_autoptr (Hasher) hasher = hasher_new ();
  g_autofree guint8 *buffer = g_malloc (BUFFER);
  FdSource file;
  fd_source_init (&file, fd, G_MAXUINT64);
  for (;;) {
    gssize n = file.source.read (&file.source, buffer, BUFFER, error);
    if (n < 0)
      return prefix_error (error, "'%s'", path);
    if (n == 0)
      break;
    hasher_update (hasher, buffer, (gsize)n);
  }
  hasher_final (hasher, out);
  return TRUE;
}

/* "FROM-TO" or "TO", the first two characters being those of the directory above. */
static gboolean
parse_name (const char *dir, const char *name, DeltaName *out)
{
  if (strlen (dir) != B64_SPLIT)
    return FALSE;
  g_autofree char *whole = g_strconcat (dir, name, NULL);
  gsize len = strlen (whole);
  DeltaName self = {.has_from = len == 2 * CHECKSUM_B64_LEN + 1};
  if (self.has_from) {
    if (whole[CHECKSUM_B64_LEN] != '-')
      return FALSE;
    whole[CHECKSUM_B64_LEN] = '\0';
    if (!checksum_from_b64 (whole, &self.from) ||
        !checksum_from_b64 (whole + CHECKSUM_B64_LEN + 1, &self.to))
      return FALSE;
  } else if (!checksum_from_b64 (whole, &self.to))
    return FALSE;
  *out = self;
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
add_delta (int dfd, const char *dir, const DirEntry *entry, gpointer user_data, GError **error)
{
  DeltaName delta;
  gboolean found = FALSE;
  if (entry->type != DT_DIR || !parse_name (dir, entry->name, &delta))
    return TRUE;
  g_autofree char *path = g_build_filename (entry->name, SUPERBLOCK, NULL);
  if (!hash_file (dfd, path, &found, &delta.superblock, error))
    return FALSE;
  if (found)
    g_array_append_val ((GArray *)user_data, delta);
  return TRUE;
}

static int
compare_deltas (gconstpointer a, gconstpointer b)
{
  const DeltaName *left = a;
  const DeltaName *right = b;
  int order = memcmp (left->to.bytes, right->to.bytes, sizeof left->to.bytes);
  if (order == 0)
    order = left->has_from - right->has_from;
  return order != 0 ? order : memcmp (left->from.bytes, right->from.bytes, sizeof left->from.bytes);
}

GArray *
delta_index_list (const TreeRepo *repo, GError **error)
{
  g_autoptr (GArray) deltas = g_array_new (FALSE, FALSE, sizeof (DeltaName));
  if (!walk (repo, DELTAS_DIR, add_delta, deltas, error))
    return prefix_null (error, "list static deltas");
  g_array_sort (deltas, compare_deltas);
  return g_steal_pointer (&deltas);
}

GVariant *
delta_index_map (const DeltaName *deltas, guint n)
{
  GVariantBuilder map;
  g_variant_builder_init (&map, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < n; i++) {
    char name[2 * (TREE_CHECKSUM_HEX_LEN + 1)];
    char *to = name;
    if (deltas[i].has_from) {
      tree_checksum_to_hex (&deltas[i].from, name);
      name[TREE_CHECKSUM_HEX_LEN] = '-';
      to += TREE_CHECKSUM_HEX_LEN + 1;
    }
    tree_checksum_to_hex (&deltas[i].to, to);
    g_variant_builder_add (&map, "{sv}", name, checksum_to_variant (&deltas[i].superblock));
  }
  return g_variant_builder_end (&map);
}

static char *
index_path (const TreeChecksum *to)
{
  char b64[CHECKSUM_B64_LEN + 1];
  checksum_to_b64 (to, b64);
  return g_strdup_printf (INDEXES_DIR "/%.*s/%s" INDEX_SUFFIX, B64_SPLIT, b64, b64 + B64_SPLIT);
}

/* Writes the index of the @n deltas that lead to one commit. */
static gboolean
write_index (const TreeRepo *repo, const DeltaName *deltas, guint n, GError **error)
{
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", SUMMARY_KEY_DELTAS, delta_index_map (deltas, n));
  g_autoptr (GVariant) index = g_variant_ref_sink (g_variant_builder_end (&builder));
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (index);
  g_autofree char *path = index_path (&deltas[0].to);
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

static gboolean
leads_to (GArray *deltas, const TreeChecksum *to)
{
  for (guint i = 0; i < deltas->len; i++)
    if (tree_checksum_equal (&g_array_index (deltas, DeltaName, i).to, to))
      return TRUE;
  return FALSE;
}

static gboolean
remove_stale (int dfd, const char *dir, const DirEntry *entry, gpointer user_data, GError **error)
{
  if (!g_str_has_suffix (entry->name, INDEX_SUFFIX))
    return TRUE;
  g_autofree char *b64 = g_strconcat (dir, entry->name, NULL);
  b64[strlen (b64) - strlen (INDEX_SUFFIX)] = '\0';
  TreeChecksum to;
  return !checksum_from_b64 (b64, &to) || leads_to (user_data, &to) ||
         unlinkat (dfd, entry->name, 0) == 0 || errno == ENOENT ||
         throw_errno (error, "remove delta index '%s'", entry->name);
}

gboolean
delta_index_write (const TreeRepo *repo, GArray *deltas, GError **error)
{
  const DeltaName *all = (const DeltaName *)deltas->data;
  for (guint i = 0; i < deltas->len;) {
    guint n = 1;
    while (i + n < deltas->len && tree_checksum_equal (&all[i].to, &all[i + n].to))
      n++;
    if (!write_index (repo, all + i, n, error))
      return prefix_error (error, "index static deltas");
    i += n;
  }
  return walk (repo, INDEXES_DIR, remove_stale, deltas, error) ||
         prefix_error (error, "index static deltas");
}

/* ---- Removing ---- */

typedef struct {
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
  if (entry->type != DT_DIR || !parse_name (dir, entry->name, &delta))
    return TRUE;
  if (!self->wanted (&delta.to, &wanted, self->user_data, error))
    return FALSE;
  if (wanted)
    return TRUE;
  if (!measure_delta (dfd, entry->name, &bytes, error) ||
      (self->remove && !dir_remove_all_at (dfd, entry->name, error)))
    return prefix_error (error, "static delta '%s%s'", dir, entry->name);
  self->pruned.n_deltas++;
  self->pruned.bytes += bytes;
  return TRUE;
}

gboolean
delta_index_prune (const TreeRepo *repo, DeltaWanted wanted, gpointer user_data, gboolean remove,
                   DeltaPruned *out, GError **error)
{
  DeltaPrune self = {.wanted = wanted, .user_data = user_data, .remove = remove};
  if (!walk (repo, DELTAS_DIR, prune_delta, &self, error))
    return prefix_error (error, "prune static deltas");
  *out = self.pruned;
  if (!remove || self.pruned.n_deltas == 0)
    return TRUE;
  g_autoptr (GArray) left = delta_index_list (repo, error);
  return left != NULL && delta_index_write (repo, left, error);
}
