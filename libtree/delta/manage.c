/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listing, showing, deleting and indexing the deltas of a repository. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/delta-ops.h"
#include "delta/apply-part.h"
#include "delta/load.h"
#include "delta/verify.h"
#include "plain/layout.h"
#include "store/delta-index.h"
#include "tree-delta.h"

static gboolean
parse_name (const char *text, DeltaName *out, GError **error)
{
  return delta_name_from_text (text, out) ||
         throw_error (error, TREE_ERROR_INVALID,
                      "Invalid rev %s: the name of a delta is FROM-TO or TO, of full checksums",
                      text);
}

char **
tree_repo_list_deltas (const TreeRepo *self, GError **error)
{
  g_autoptr (GArray) names = delta_index_names (self, error);
  if (names == NULL)
    return NULL;
  char **list = g_new0 (char *, names->len + 1);
  for (guint i = 0; i < names->len; i++) {
    char text[DELTA_NAME_MAX];
    delta_name_to_text (&g_array_index (names, DeltaName, i), text);
    list[i] = g_strdup (text);
  }
  return list;
}

char **
tree_repo_list_delta_indexes (const TreeRepo *self, GError **error)
{
  g_autoptr (GArray) targets = delta_index_targets (self, error);
  if (targets == NULL)
    return NULL;
  char **list = g_new0 (char *, targets->len + 1);
  for (guint i = 0; i < targets->len; i++) {
    char hex[TREE_CHECKSUM_HEX_LEN + 1];
    tree_checksum_to_hex (&g_array_index (targets, TreeChecksum, i), hex);
    list[i] = g_strdup (hex);
  }
  return list;
}

gboolean
tree_repo_delete_delta (TreeRepo *self, const char *name, GError **error)
{
  DeltaName parsed;
  struct stat st;
  if (!parse_name (name, &parsed, error))
    return FALSE;
  autofd int lock = repo_lock (self, REPO_LOCK_SHARED, error);
  if (lock < 0)
    return FALSE;
  g_autofree char *path = delta_name_to_path (&parsed);
  if (fstatat (self->dfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_error (error, TREE_ERROR_NOT_FOUND, "Can't find delta %s", name);
  return delta_remove (self, &parsed, error);
}

gboolean
tree_repo_reindex_deltas (TreeRepo *self, const TreeChecksum *to, GError **error)
{
  gboolean set = FALSE;
  autofd int lock = repo_lock (self, REPO_LOCK_SHARED, error);
  autofd int file_lock = lock >= 0 ? repo_lock_file (self, REPO_SUMMARY_LOCK, error) : -1;
  g_autoptr (GArray) deltas = file_lock >= 0 ? delta_index_list (self, error) : NULL;
  if (deltas == NULL || !(to != NULL ? delta_index_write_one (self, deltas, to, error)
                                     : delta_index_write (self, deltas, error)))
    return FALSE;
  return repo_config_boolean (self, "core", "indexed-deltas", FALSE, &set, error) &&
         (set || tree_repo_config_set (self, "core", "indexed-deltas", "true", error));
}

/* ---- Showing one ---- */

void
tree_delta_info_free (TreeDeltaInfo *info)
{
  if (info == NULL)
    return;
  g_free (info->name);
  g_free (info->fallbacks);
  g_free (info->parts);
  g_free (info);
}

/* The counter of an operation; NULL: it is none. */
static guint64 *
counter (TreeDeltaPart *part, DeltaOpCode code)
{
  switch (code) {
  case DELTA_OP_SPLICE:
    return &part->n_splice;
  case DELTA_OP_OPEN:
    return &part->n_open;
  case DELTA_OP_WRITE:
    return &part->n_write;
  case DELTA_OP_SOURCE:
    return &part->n_set_source;
  case DELTA_OP_NO_SOURCE:
    return &part->n_unset_source;
  case DELTA_OP_CLOSE:
    return &part->n_close;
  default:
    return &part->n_patch;
  }
}

static gboolean
count_ops (const DeltaPartInfo *info, const DeltaPayload *payload, TreeDeltaPart *out,
           GError **error)
{
  const guint8 *at = payload->ops;
  const guint8 *end = payload->ops + payload->ops_len;
  guint n_objects = 0;
  while (at < end) {
    ObjectName name = {.type = TREE_OBJECT_FILE};
    DeltaOp op;
    if (n_objects < info->n_objects)
      delta_part_object (info, n_objects, &name);
    if (!delta_op_read (&at, end, object_type_is_metadata (name.type), &op, error))
      return FALSE;
    (*counter (out, op.code))++;
    if (op.code == DELTA_OP_SPLICE || op.code == DELTA_OP_CLOSE)
      n_objects++;
  }
  return TRUE;
}

static gboolean
load_part (const TreeRepo *repo, const Delta *delta, guint i, TreeDeltaPart *out, GError **error)
{
  g_auto (DeltaPartFile) file = DELTA_PART_FILE_INIT;
  g_auto (TempFile) temp = TEMP_FILE_INIT;
  g_auto (DeltaPayload) payload = {0};
  DeltaPartInfo info;
  delta_superblock_part (&delta->superblock, i, &info);
  if (!delta_open_part (delta, i, &file, error) ||
      !delta_unpack_part (repo, &info, file.source, &temp, &payload, error))
    return FALSE;
  out->size = info.size;
  out->unpacked_size = info.unpacked;
  out->n_objects = info.n_objects;
  out->n_modes = payload.n_modes;
  out->n_xattrs = (guint)g_variant_n_children (payload.xattrs);
  out->data_size = payload.data_len;
  out->ops_size = payload.ops_len;
  return count_ops (&info, &payload, out, error);
}

static void
fill_fallbacks (const DeltaSuperblock *superblock, TreeDeltaInfo *info)
{
  info->n_fallbacks = superblock->n_fallbacks;
  info->fallbacks = g_new (TreeChecksum, info->n_fallbacks);
  info->fallback_size = superblock->fallback_bytes;
  info->fallback_unpacked_size = superblock->fallback_unpacked_bytes;
  for (guint i = 0; i < info->n_fallbacks; i++) {
    DeltaFallback fallback;
    delta_superblock_fallback (superblock, i, &fallback);
    info->fallbacks[i] = fallback.name.checksum;
  }
}

/* One of the repository's by its name, or any by its path. */
static gboolean
open_any (Delta *self, const TreeRepo *repo, const char *name, GError **error)
{
  DeltaName parsed;
  *self = (Delta)DELTA_INIT;
  if (strchr (name, '/') != NULL)
    return delta_open_path (self, repo, name, error);
  return parse_name (name, &parsed, error) && delta_open_name (self, repo, repo, &parsed, error);
}

gboolean
tree_repo_verify_delta (const TreeRepo *self, const char *name, const TreeVerifyKeys *keys,
                        char **out_text, GError **error)
{
  g_auto (Delta) delta = DELTA_INIT;
  return open_any (&delta, self, name, error) && delta_verify (self, &delta, keys, out_text, error);
}

TreeDeltaInfo *
tree_repo_load_delta (const TreeRepo *self, const char *name, GError **error)
{
  g_auto (Delta) delta = DELTA_INIT;
  if (!open_any (&delta, self, name, error))
    return NULL;
  const DeltaSuperblock *superblock = &delta.superblock;
  g_autoptr (TreeDeltaInfo) info = g_new0 (TreeDeltaInfo, 1);
  info->name = g_malloc (DELTA_NAME_MAX);
  delta_name_to_text (&superblock->name, info->name);
  info->has_from = superblock->name.has_from;
  info->from = superblock->name.from;
  info->to = superblock->name.to;
  info->is_signed = delta.signatures != NULL;
  info->big_endian = superblock->big_endian;
  info->guessed = superblock->guessed;
  info->timestamp = superblock->timestamp;
  fill_fallbacks (superblock, info);
  info->n_parts = superblock->n_parts;
  info->parts = g_new0 (TreeDeltaPart, info->n_parts);
  for (guint i = 0; i < info->n_parts; i++)
    if (!load_part (self, &delta, i, &info->parts[i], error))
      return prefix_null (error, "static delta %s: part %u", info->name, i);
  return g_steal_pointer (&info);
}
