/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/ext4-dir.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

enum {
  BLOCK = 4096,
  TAIL = sizeof (struct ext2_dir_entry_tail),
  ROOM = BLOCK - TAIL, /* for names in a block */
  DOT_BYTES = 12,      /* of "." and ".." each */
  NAME_MAX_BYTES = 264,
  /* In block 0: behind "." and the head of "..", and behind the description of the index. */
  INFO_AT = 24,
  ROOT_ENTRIES_AT = INFO_AT + (int)sizeof (struct ext2_dx_root_info),
  NODE_ENTRIES_AT = 8,
  ROOT_LIMIT = (BLOCK - ROOT_ENTRIES_AT - (int)sizeof (struct ext2_dx_tail)) /
               (int)sizeof (struct ext2_dx_entry),
  NODE_LIMIT = (BLOCK - NODE_ENTRIES_AT - (int)sizeof (struct ext2_dx_tail)) /
               (int)sizeof (struct ext2_dx_entry),
};

/* A name and where it stands in the order of hashes. */
typedef struct {
  ext2_dirhash_t hash;
  ext2_dirhash_t minor;
  const Ext4Name *name;
} Hashed;

/* A block of names, in the index. */
typedef struct {
  ext2_dirhash_t hash; /* the lowest in it; odd: the block before has names of this hash, too */
  guint first;         /* of the names */
  guint n;
} Leaf;

/* ---- Sizes ---- */

static guint
entry_bytes (gsize name_len)
{
  return (guint)((name_len + 8 + 3) & ~(gsize)3);
}

guint
ext4_dir_name_bytes (const char *name)
{
  return entry_bytes (strlen (name));
}

guint64
ext4_dir_max_blocks (guint64 n_bytes)
{
  if (n_bytes + 2 * DOT_BYTES <= ROOM)
    return 1;
  /* Each block but the last is filled up to less than one name. */
  guint64 n_leaves = n_bytes / (ROOM - NAME_MAX_BYTES) + 1;
  return n_leaves + 1 + (n_leaves > ROOT_LIMIT ? n_leaves / NODE_LIMIT + 1 : 0);
}

/* ---- Blocks ---- */

static int
type_of_mode (guint32 mode)
{
  return S_ISDIR (mode) ? EXT2_FT_DIR : S_ISLNK (mode) ? EXT2_FT_SYMLINK : EXT2_FT_REG_FILE;
}

/* At @at; the next one comes @rec_len bytes behind. */
static void
put_entry (guint8 *block, guint at, guint rec_len, guint32 ino, int type, const char *name)
{
  struct ext2_dir_entry *entry = (struct ext2_dir_entry *)(block + at);
  gsize len = strlen (name);
  entry->inode = ino;
  entry->rec_len = (guint16)rec_len;
  entry->name_len = (guint16)(len | ((gsize)type << 8));
  memcpy (entry->name, name, len);
}

/* Entries one behind the other; the last has what is left. */
typedef struct {
  guint8 *block;
  guint at;
  guint last;
} Filler;

static void
fill (Filler *self, guint32 ino, int type, const char *name)
{
  guint len = ext4_dir_name_bytes (name);
  put_entry (self->block, self->at, len, ino, type, name);
  self->last = self->at;
  self->at += len;
}

static void
fill_up (const Filler *self, const Ext4DirWriter *writer)
{
  struct ext2_dir_entry *last = (struct ext2_dir_entry *)(self->block + self->last);
  last->rec_len = (guint16)(ROOM - self->last);
  writer->api->initialize_dirent_tail (writer->fs,
                                       (struct ext2_dir_entry_tail *)(self->block + ROOM));
}

static gboolean
write_plain (const Ext4DirWriter *self, const Ext4Name *names, guint n_names, guint8 *block,
             GError **error)
{
  Filler filler = {.block = block};
  memset (block, 0, BLOCK);
  fill (&filler, self->ino, EXT2_FT_DIR, ".");
  fill (&filler, self->parent, EXT2_FT_DIR, "..");
  for (guint i = 0; i < n_names; i++)
    fill (&filler, names[i].ino, type_of_mode (names[i].mode), names[i].name);
  fill_up (&filler, self);
  return self->put (self->user_data, block, error);
}

/* ---- Hashes ---- */

static int
compare_hashed (gconstpointer a, gconstpointer b)
{
  const Hashed *one = a;
  const Hashed *two = b;
  if (one->hash != two->hash)
    return one->hash < two->hash ? -1 : 1;
  if (one->minor != two->minor)
    return one->minor < two->minor ? -1 : 1;
  return strcmp (one->name->name, two->name->name);
}

static Hashed *
hash_names (const Ext4DirWriter *self, const Ext4Name *names, guint n_names, GError **error)
{
  g_autofree Hashed *hashed = g_new (Hashed, n_names);
  for (guint i = 0; i < n_names; i++) {
    hashed[i].name = &names[i];
    errcode_t code = self->api->dirhash (EXT2_HASH_HALF_MD4_UNSIGNED, names[i].name,
                                         (int)strlen (names[i].name), self->fs->super->s_hash_seed,
                                         &hashed[i].hash, &hashed[i].minor);
    if (code != 0) {
      (void)ext2_throw (self->api, code, TREE_ERROR_FAILED, "hash a name", error);
      return NULL;
    }
  }
  qsort (hashed, n_names, sizeof *hashed, compare_hashed);
  return g_steal_pointer (&hashed);
}

static GArray *
plan_leaves (const Hashed *hashed, guint n)
{
  GArray *leaves = g_array_new (FALSE, FALSE, sizeof (Leaf));
  guint used = ROOM;
  for (guint i = 0; i < n; i++) {
    guint len = ext4_dir_name_bytes (hashed[i].name->name);
    if (used + len > ROOM) {
      gboolean goes_on = i > 0 && hashed[i - 1].hash == hashed[i].hash;
      Leaf leaf = {hashed[i].hash | (goes_on ? 1 : 0), i, 0};
      g_array_append_val (leaves, leaf);
      used = 0;
    }
    g_array_index (leaves, Leaf, leaves->len - 1).n++;
    used += len;
  }
  return leaves;
}

/* ---- The index ---- */

/* The first entry needs no hash, and has the counts in its place. */
static void
begin_entries (guint8 *block, guint at, guint limit, guint count)
{
  struct ext2_dx_countlimit *counts = (struct ext2_dx_countlimit *)(block + at);
  counts->limit = GUINT16_TO_LE ((guint16)limit);
  counts->count = GUINT16_TO_LE ((guint16)count);
}

static void
put_index (guint8 *block, guint at, guint i, ext2_dirhash_t hash, guint to)
{
  struct ext2_dx_entry *entry = (struct ext2_dx_entry *)(block + at) + i;
  if (i > 0)
    entry->hash = GUINT32_TO_LE (hash);
  entry->block = GUINT32_TO_LE (to);
}

static gboolean
write_root (const Ext4DirWriter *self, const GArray *leaves, guint n_nodes, guint8 *block,
            GError **error)
{
  memset (block, 0, BLOCK);
  put_entry (block, 0, DOT_BYTES, self->ino, EXT2_FT_DIR, ".");
  put_entry (block, DOT_BYTES, BLOCK - DOT_BYTES, self->parent, EXT2_FT_DIR, "..");
  struct ext2_dx_root_info *info = (struct ext2_dx_root_info *)(block + INFO_AT);
  info->hash_version = EXT2_HASH_HALF_MD4;
  info->info_length = sizeof *info;
  info->indirect_levels = n_nodes > 0 ? 1 : 0;
  guint count = n_nodes > 0 ? n_nodes : leaves->len;
  begin_entries (block, ROOT_ENTRIES_AT, ROOT_LIMIT, count);
  for (guint i = 0; i < count; i++) {
    guint first = n_nodes > 0 ? i * NODE_LIMIT : i;
    put_index (block, ROOT_ENTRIES_AT, i, g_array_index (leaves, Leaf, first).hash, 1 + i);
  }
  return self->put (self->user_data, block, error);
}

static gboolean
write_node (const Ext4DirWriter *self, const GArray *leaves, guint node, guint n_nodes,
            guint8 *block, GError **error)
{
  guint first = node * NODE_LIMIT;
  guint count = MIN (NODE_LIMIT, leaves->len - first);
  memset (block, 0, BLOCK);
  ((struct ext2_dir_entry *)block)->rec_len = BLOCK;
  begin_entries (block, NODE_ENTRIES_AT, NODE_LIMIT, count);
  for (guint i = 0; i < count; i++)
    put_index (block, NODE_ENTRIES_AT, i, g_array_index (leaves, Leaf, first + i).hash,
               1 + n_nodes + first + i);
  return self->put (self->user_data, block, error);
}

static gboolean
write_leaf (const Ext4DirWriter *self, const Hashed *hashed, const Leaf *leaf, guint8 *block,
            GError **error)
{
  Filler filler = {.block = block};
  memset (block, 0, BLOCK);
  for (guint i = leaf->first; i < leaf->first + leaf->n; i++)
    fill (&filler, hashed[i].name->ino, type_of_mode (hashed[i].name->mode), hashed[i].name->name);
  fill_up (&filler, self);
  return self->put (self->user_data, block, error);
}

static gboolean
write_indexed (const Ext4DirWriter *self, const Ext4Name *names, guint n_names, guint8 *block,
               GError **error)
{
  g_autofree Hashed *hashed = hash_names (self, names, n_names, error);
  if (hashed == NULL)
    return FALSE;
  g_autoptr (GArray) leaves = plan_leaves (hashed, n_names);
  guint n_nodes = leaves->len > ROOT_LIMIT ? (leaves->len + NODE_LIMIT - 1) / NODE_LIMIT : 0;
  if (n_nodes > ROOT_LIMIT)
    return throw_error (error, TREE_ERROR_UNSUPPORTED,
                        "the directory has more names than an index of two levels can hold");
  if (!write_root (self, leaves, n_nodes, block, error))
    return FALSE;
  for (guint i = 0; i < n_nodes; i++)
    if (!write_node (self, leaves, i, n_nodes, block, error))
      return FALSE;
  for (guint i = 0; i < leaves->len; i++)
    if (!write_leaf (self, hashed, &g_array_index (leaves, Leaf, i), block, error))
      return FALSE;
  return TRUE;
}

gboolean
ext4_dir_write (const Ext4DirWriter *self, const Ext4Name *names, guint n_names,
                gboolean *out_indexed, GError **error)
{
  guint64 bytes = 2 * DOT_BYTES;
  for (guint i = 0; i < n_names; i++)
    bytes += ext4_dir_name_bytes (names[i].name);
  g_autofree guint8 *block = g_malloc (BLOCK);
  *out_indexed = bytes > ROOM;
  return *out_indexed ? write_indexed (self, names, n_names, block, error)
                      : write_plain (self, names, n_names, block, error);
}
