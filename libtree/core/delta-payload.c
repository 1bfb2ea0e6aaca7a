/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/delta-payload.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/xattr.h"

#define XATTRS_TYPE "a(ayay)"

enum {
  MODE_LEN = 12, /* of an entry: uid, gid, mode */
  N_OFFSETS = 3, /* the ends of all members but the last */
  XATTRS_MAX = 64 * 1024 * 1024,
};

/* The bytes of each framing offset in a tuple of so many bytes, themselves included. */
static gsize
offset_width (guint64 size)
{
  if (size <= G_MAXUINT8)
    return 1;
  if (size <= G_MAXUINT16)
    return 2;
  return size <= G_MAXUINT32 ? 4 : 8;
}

/* Of one whose members have so many bytes. */
static gsize
offset_width_for (guint64 body)
{
  gsize width = 1;
  while (offset_width (body + N_OFFSETS * width) > width)
    width *= 2;
  return width;
}

/* ---- Reading ---- */

static guint64
read_offset (const guint8 *at, gsize width)
{
  guint64 value = 0;
  for (gsize i = 0; i < width; i++)
    value |= (guint64)at[i] << (8 * i);
  return value;
}

static gboolean
parse_xattrs (const guint8 *bytes, gsize len, GVariant **out, GError **error)
{
  if (len > XATTRS_MAX)
    return throw_error (error, TREE_ERROR_CORRUPT, "%" G_GSIZE_FORMAT " bytes of xattrs", len);
  g_autoptr (GBytes) copy = g_bytes_new (bytes, len);
  g_autoptr (GVariant) xattrs = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE ("a" XATTRS_TYPE), copy, FALSE));
  if (!g_variant_is_normal_form (xattrs))
    return throw_error (error, TREE_ERROR_CORRUPT, "the table of xattrs is damaged");
  *out = g_steal_pointer (&xattrs);
  return TRUE;
}

gboolean
delta_payload_parse (const guint8 *bytes, gsize len, DeltaPayload *out, GError **error)
{
  DeltaPayload self = {0};
  gsize width = offset_width (len);
  if (len < N_OFFSETS * width)
    return throw_error (error, TREE_ERROR_CORRUPT, "a payload of %" G_GSIZE_FORMAT " bytes", len);
  const guint8 *frame = bytes + len - N_OFFSETS * width;
  guint64 end = len - N_OFFSETS * width;
  /* The last member's end is not in the frame; the others stand in it last first. */
  guint64 data_end = read_offset (frame, width);
  guint64 xattrs_end = read_offset (frame + width, width);
  guint64 modes_end = read_offset (frame + 2 * width, width);
  if (modes_end > xattrs_end || xattrs_end > data_end || data_end > end ||
      modes_end % MODE_LEN != 0 || modes_end / MODE_LEN > G_MAXUINT ||
      offset_width_for (end) != width)
    return throw_error (error, TREE_ERROR_CORRUPT, "the frame of the payload is damaged");
  self.modes = bytes;
  self.n_modes = (guint)(modes_end / MODE_LEN);
  self.data = bytes + xattrs_end;
  self.data_len = (gsize)(data_end - xattrs_end);
  self.ops = bytes + data_end;
  self.ops_len = (gsize)(end - data_end);
  if (!parse_xattrs (bytes + modes_end, (gsize)(xattrs_end - modes_end), &self.xattrs, error))
    return FALSE;
  *out = self;
  return TRUE;
}

void
delta_payload_clear (DeltaPayload *self)
{
  g_clear_pointer (&self->xattrs, g_variant_unref);
}

static guint32
read_be32 (const guint8 *at)
{
  guint32 value;
  memcpy (&value, at, sizeof value);
  return GUINT32_FROM_BE (value);
}

gboolean
delta_payload_meta (const DeltaPayload *self, guint64 mode, guint64 xattrs, FileMeta *out,
                    GError **error)
{
  if (mode >= self->n_modes || xattrs >= g_variant_n_children (self->xattrs))
    return throw_error (error, TREE_ERROR_CORRUPT,
                        "mode %" G_GUINT64_FORMAT " or xattrs %" G_GUINT64_FORMAT
                        " is not in the tables",
                        mode, xattrs);
  const guint8 *at = self->modes + mode * MODE_LEN;
  g_auto (FileMeta) meta = {read_be32 (at), read_be32 (at + 4), read_be32 (at + 8), NULL, NULL};
  if ((!S_ISREG (meta.mode) && !S_ISLNK (meta.mode)) ||
      (meta.mode & ~(guint32)(S_IFMT | 07777)) != 0)
    return throw_error (error, TREE_ERROR_CORRUPT, "mode %o is not that of a regular file or link",
                        meta.mode);
  g_autoptr (GVariant) set = g_variant_get_child_value (self->xattrs, xattrs);
  if (g_variant_n_children (set) > 0)
    meta.xattrs = g_steal_pointer (&set);
  if (!xattr_is_canonical (meta.xattrs))
    return throw_error (error, TREE_ERROR_CORRUPT,
                        "extended attributes are unsorted, repeated or unnamed");
  *out = meta;
  meta = (FileMeta){0};
  return TRUE;
}

/* ---- Writing ---- */

struct DeltaTables {
  GByteArray *modes;
  GHashTable *mode_places;  /* owned GBytes of an entry -> place */
  GPtrArray *xattrs;        /* owned GVariant, in order */
  GHashTable *xattr_places; /* owned GBytes of a set -> place */
};

static void
unref_variant (gpointer variant)
{
  g_variant_unref (variant);
}

static void
unref_bytes (gpointer bytes)
{
  g_bytes_unref (bytes);
}

DeltaTables *
delta_tables_new (void)
{
  DeltaTables *self = g_new0 (DeltaTables, 1);
  self->modes = g_byte_array_new ();
  self->mode_places = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, unref_bytes, NULL);
  self->xattrs = g_ptr_array_new_with_free_func (unref_variant);
  self->xattr_places = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, unref_bytes, NULL);
  return self;
}

void
delta_tables_free (DeltaTables *self)
{
  if (self == NULL)
    return;
  g_byte_array_unref (self->modes);
  g_hash_table_unref (self->mode_places);
  g_ptr_array_unref (self->xattrs);
  g_hash_table_unref (self->xattr_places);
  g_free (self);
}

/* The place of @key, which is @next when it is new. Takes @key. */
static guint
place_of (GHashTable *places, GBytes *key, guint next, gboolean *out_is_new)
{
  gpointer place = NULL;
  *out_is_new = !g_hash_table_lookup_extended (places, key, NULL, &place);
  if (!*out_is_new) {
    g_bytes_unref (key);
    return GPOINTER_TO_UINT (place);
  }
  (void)g_hash_table_insert (places, key, GUINT_TO_POINTER (next));
  return next;
}

void
delta_tables_add (DeltaTables *self, const FileMeta *meta, guint *out_mode, guint *out_xattrs)
{
  const guint32 entry[] = {GUINT32_TO_BE (meta->uid), GUINT32_TO_BE (meta->gid),
                           GUINT32_TO_BE (meta->mode)};
  gboolean is_new = FALSE;
  G_STATIC_ASSERT (sizeof entry == MODE_LEN);
  *out_mode = place_of (self->mode_places, g_bytes_new (entry, sizeof entry),
                        self->modes->len / MODE_LEN, &is_new);
  if (is_new)
    g_byte_array_append (self->modes, (const guint8 *)entry, sizeof entry);
  g_autoptr (GVariant)
      set = meta->xattrs != NULL
                ? g_variant_ref (meta->xattrs)
                : g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE ("(ayay)"), NULL, 0));
  *out_xattrs = place_of (self->xattr_places, g_variant_get_data_as_bytes (set), self->xattrs->len,
                          &is_new);
  if (is_new)
    g_ptr_array_add (self->xattrs, g_steal_pointer (&set));
}

static GVariant *
xattrs_variant (const DeltaTables *self)
{
  return g_variant_ref_sink (g_variant_new_array (
      G_VARIANT_TYPE (XATTRS_TYPE), (GVariant *const *)self->xattrs->pdata, self->xattrs->len));
}

void
delta_tables_head (const DeltaTables *self, GByteArray *out)
{
  g_autoptr (GVariant) xattrs = xattrs_variant (self);
  g_byte_array_append (out, self->modes->data, self->modes->len);
  if (g_variant_get_size (xattrs) > 0)
    g_byte_array_append (out, g_variant_get_data (xattrs), (guint)g_variant_get_size (xattrs));
}

void
delta_tables_tail (const DeltaTables *self, guint64 data_len, gsize ops_len, GByteArray *out)
{
  g_autoptr (GVariant) xattrs = xattrs_variant (self);
  guint64 modes_end = self->modes->len;
  guint64 xattrs_end = modes_end + g_variant_get_size (xattrs);
  guint64 data_end = xattrs_end + data_len;
  const guint64 offsets[N_OFFSETS] = {data_end, xattrs_end, modes_end};
  gsize width = offset_width_for (data_end + ops_len);
  for (gsize i = 0; i < N_OFFSETS; i++)
    for (gsize k = 0; k < width; k++) {
      guint8 byte = (guint8)(offsets[i] >> (8 * k)); /* little endian everywhere */
      g_byte_array_append (out, &byte, 1);
    }
}
