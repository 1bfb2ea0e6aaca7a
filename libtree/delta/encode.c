/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "delta/encode.h"

#include <string.h>

#include "base/error.h"
#include "delta/bsdiff.h"
#include "delta/content.h"

enum {
  PATCH_IN_MEMORY = 1024 * 1024,
  WORTH_PIECES = 8,   /* pieces must be this part of the file … */
  WORTH_FALLBACK = 2, /* … and this one must be the same, for a file that could be a fallback */
};

void
encoded_clear (Encoded *self)
{
  g_clear_pointer (&self->patch, g_byte_array_unref);
  temp_file_clear (&self->temp);
  g_clear_pointer (&self->pieces, g_array_unref);
}

gboolean
encoded_patch (Encoded *self, const guint8 **out_data, gsize *out_len, GError **error)
{
  if (self->patch == NULL)
    return temp_file_map (&self->temp, out_data, out_len, error);
  *out_data = self->patch->data;
  *out_len = self->patch->len;
  return TRUE;
}

static gboolean
could_be_fallback (const EncodeConfig *config, const PlanFile *file)
{
  return config->min_fallback_bytes > 0 && file->size > config->min_fallback_bytes;
}

/* Compressed files have hardly a byte in common with their successors. */
static gboolean
is_packed (const char *path)
{
  static const char *const suffixes[] = {".gz",  ".xz",  ".bz2",  ".zst",  ".lz4",     ".zip",
                                         ".png", ".jpg", ".jpeg", ".webp", ".squashfs"};
  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++)
    if (g_str_has_suffix (path, suffixes[i]))
      return TRUE;
  return FALSE;
}

static gboolean
may_bsdiff (const EncodeConfig *config, const PlanFile *file)
{
  return config->has_bsdiff && file->old_size <= G_MAXINT32 - 1 &&
         file->old_size + file->size <= config->max_bsdiff_bytes && !is_packed (file->path) &&
         bsdiff_memory (file->old_size) <= config->budget->limit;
}

typedef struct {
  const EncodeConfig *config;
  Encoded *out;
} PatchSink;

static gboolean
append_patch (const void *data, gsize len, gpointer user_data, GError **error)
{
  PatchSink *self = user_data;
  Encoded *out = self->out;
  if (out->patch != NULL && out->patch->len + len <= PATCH_IN_MEMORY) {
    g_byte_array_append (out->patch, data, (guint)len);
    return TRUE;
  }
  if (out->patch != NULL) {
    if (!temp_file_open (&out->temp, self->config->tmp_dfd, error) ||
        !temp_file_append (&out->temp, out->patch->data, out->patch->len, error))
      return FALSE;
    g_clear_pointer (&out->patch, g_byte_array_unref);
  }
  return temp_file_append (&out->temp, data, len, error);
}

static gboolean
compare (const EncodeConfig *config, const PlanFile *file, const guint8 *old, const guint8 *new,
         Encoded *out, GError **error)
{
  gsize old_len = (gsize)file->old_size;
  gsize new_len = (gsize)file->size;
  if (may_bsdiff (config, file)) {
    PatchSink sink = {config, out};
    out->kind = ENCODED_PATCH;
    out->patch = g_byte_array_new ();
    return bsdiff_make (old, old_len, new, new_len, append_patch, &sink, &out->matched, error);
  }
  out->pieces = match_pieces (old, old_len, new, new_len, &out->matched);
  if (out->matched >= file->size / WORTH_PIECES && out->matched > 0)
    out->kind = ENCODED_PIECES;
  return TRUE;
}

static guint64
memory_of (const EncodeConfig *config, const PlanFile *file)
{
  return may_bsdiff (config, file) ? bsdiff_memory (file->old_size) : match_memory (file->old_size);
}

static gboolean
encode_pair (const EncodeConfig *config, const PlanFile *file, Encoded *out, GError **error)
{
  g_auto (Content) old = CONTENT_INIT;
  g_auto (Content) new = CONTENT_INIT;
  const guint8 *old_data;
  const guint8 *new_data;
  if (!content_open (&old, config->repo, &file->old, config->tmp_dfd, error) ||
      !content_open (&new, config->repo, &file->checksum, config->tmp_dfd, error) ||
      !content_map (&old, &old_data, error) || !content_map (&new, &new_data, error))
    return FALSE;
  if (old.size != file->old_size || new.size != file->size)
    return throw_error (error, TREE_ERROR_CORRUPT, "a file object changed");
  guint64 memory = memory_of (config, file);
  budget_take (config->budget, memory);
  gboolean ok = compare (config, file, old_data, new_data, out, error);
  budget_give_back (config->budget, memory);
  return ok;
}

gboolean
encode_file (const EncodeConfig *config, const PlanFile *file, Encoded *out, GError **error)
{
  g_auto (Encoded) encoded = {.temp = TEMP_FILE_INIT};
  if (file->has_old && !encode_pair (config, file, &encoded, error))
    return prefix_error (error, "'%s'", file->path);
  if (could_be_fallback (config, file) &&
      (encoded.kind == ENCODED_PLAIN || encoded.matched < file->size / WORTH_FALLBACK)) {
    encoded_clear (&encoded);
    encoded = (Encoded){.kind = ENCODED_FALLBACK, .temp = TEMP_FILE_INIT};
  }
  *out = encoded;
  encoded = (Encoded){.temp = TEMP_FILE_INIT};
  return TRUE;
}
