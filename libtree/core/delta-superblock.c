/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/delta-superblock.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "core/checksum.h"
#include "core/commit.h"

#define KEY_ENDIANNESS "ostree.endianness"
#define PART_TYPE "(uayttay)"
#define FALLBACK_TYPE "(yaytt)"
#define INLINE_PART_TYPE "(yay)"
#define SIGNED_TYPE "(taya{sv})"
/* "OSTSGNDT", big endian. */
#define SIGNED_MAGIC G_GUINT64_CONSTANT (0x4F535453474E4454)

void
delta_superblock_clear (DeltaSuperblock *self)
{
  g_clear_pointer (&self->commit, g_bytes_unref);
  g_clear_pointer (&self->metadata, g_variant_unref);
  g_clear_pointer (&self->parts, g_variant_unref);
  g_clear_pointer (&self->fallbacks, g_variant_unref);
}

/* ---- Byte order ---- */

static guint64
to_host (const DeltaSuperblock *self, guint64 value)
{
  return self->big_endian ? GUINT64_FROM_BE (value) : GUINT64_FROM_LE (value);
}

/* Read in the order of this machine, do the sizes make sense? Packing makes nothing larger by a
 * fifth, and an object is not larger than 4 GiB on average. */
static gboolean
sizes_make_sense (GVariant *parts)
{
  guint64 total = 0;
  guint64 n_objects = 0;
  gsize n = g_variant_n_children (parts);
  for (gsize i = 0; i < n; i++) {
    guint64 size, unpacked;
    g_autoptr (GVariant) objects = NULL;
    g_variant_get_child (parts, i, "(u@aytt@ay)", NULL, NULL, &size, &unpacked, &objects);
    if (unpacked > 0 && size > unpacked && size - unpacked > unpacked / 5)
      return FALSE;
    if (!g_uint64_checked_add (&total, total, unpacked))
      return FALSE;
    n_objects += g_variant_get_size (objects) / DELTA_OBJECT_LEN;
  }
  return n_objects == 0 || total / n_objects <= G_MAXUINT32;
}

static gboolean
find_endianness (DeltaSuperblock *self, GError **error)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (self->metadata, KEY_ENDIANNESS, NULL);
  gboolean host_is_big = G_BYTE_ORDER == G_BIG_ENDIAN;
  if (value == NULL) {
    self->guessed = TRUE;
    self->big_endian = sizes_make_sense (self->parts) ? host_is_big : !host_is_big;
    return TRUE;
  }
  guint8 letter = g_variant_is_of_type (value, G_VARIANT_TYPE_BYTE) ? g_variant_get_byte (value)
                                                                    : 0;
  self->big_endian = letter == 'B';
  return letter == 'B' || letter == 'l' ||
         throw_error (error, TREE_ERROR_CORRUPT, "byte order %02x is neither 'l' nor 'B'", letter);
}

/* ---- Parsing ---- */

static gboolean
is_object_type (guint8 type)
{
  return type == TREE_OBJECT_FILE || type == TREE_OBJECT_DIR_TREE || type == TREE_OBJECT_DIR_META;
}

static gboolean
check_part (DeltaSuperblock *self, guint i, GError **error)
{
  guint32 version;
  guint64 size, unpacked;
  g_autoptr (GVariant) checksum = NULL;
  g_autoptr (GVariant) objects = NULL;
  TreeChecksum parsed;
  g_variant_get_child (self->parts, i, "(u@aytt@ay)", &version, &checksum, &size, &unpacked,
                       &objects);
  if (version != 0)
    return throw_error (error, TREE_ERROR_UNSUPPORTED, "version %u is not known", version);
  gsize len = 0;
  const guint8 *list = g_variant_get_fixed_array (objects, &len, 1);
  if (!checksum_from_variant (checksum, &parsed) || len % DELTA_OBJECT_LEN != 0)
    return throw_error (error, TREE_ERROR_CORRUPT, "checksum or list of objects is damaged");
  for (gsize at = 0; at < len; at += DELTA_OBJECT_LEN)
    if (!is_object_type (list[at]))
      return throw_error (error, TREE_ERROR_CORRUPT, "an object of type %u", list[at]);
  size = to_host (self, size);
  unpacked = to_host (self, unpacked);
  if (size == 0 || size > G_MAXINT64 || unpacked > G_MAXINT64 ||
      !g_uint64_checked_add (&self->part_bytes, self->part_bytes, size) ||
      !g_uint64_checked_add (&self->unpacked_bytes, self->unpacked_bytes, unpacked))
    return throw_error (error, TREE_ERROR_CORRUPT, "sizes make no sense");
  return TRUE;
}

static gboolean
check_fallback (DeltaSuperblock *self, guint i, GError **error)
{
  guint8 type;
  guint64 stored, unpacked;
  g_autoptr (GVariant) checksum = NULL;
  TreeChecksum parsed;
  g_variant_get_child (self->fallbacks, i, "(y@aytt)", &type, &checksum, &stored, &unpacked);
  if (!is_object_type (type) || !checksum_from_variant (checksum, &parsed))
    return throw_error (error, TREE_ERROR_CORRUPT, "not the name of an object");
  if (!g_uint64_checked_add (&self->fallback_bytes, self->fallback_bytes, to_host (self, stored)) ||
      !g_uint64_checked_add (&self->fallback_unpacked_bytes, self->fallback_unpacked_bytes,
                             to_host (self, unpacked)))
    return throw_error (error, TREE_ERROR_CORRUPT, "sizes make no sense");
  return TRUE;
}

static gboolean
parse_names (DeltaSuperblock *self, GVariant *from, GVariant *to, GVariant *prerequisites,
             GError **error)
{
  TreeChecksum found;
  self->name.has_from = g_variant_get_size (from) > 0;
  if ((self->name.has_from && !checksum_from_variant (from, &self->name.from)) ||
      !checksum_from_variant (to, &self->name.to))
    return throw_error (error, TREE_ERROR_CORRUPT, "origin or target is not a checksum");
  if (g_variant_get_size (prerequisites) > 0)
    return throw_error (error, TREE_ERROR_UNSUPPORTED, "it needs other deltas to be applied first");
  hash_data (g_bytes_get_data (self->commit, NULL), g_bytes_get_size (self->commit), &found);
  return tree_checksum_equal (&found, &self->name.to) ||
         throw_error (error, TREE_ERROR_CORRUPT, "the commit in it is not its target");
}

/* All members but the metadata, whose inline parts may be large, are one valid piece. */
static gboolean
is_normal (GVariant *variant)
{
  gsize n = g_variant_n_children (variant);
  for (gsize i = 1; i < n; i++) {
    g_autoptr (GVariant) member = g_variant_get_child_value (variant, i);
    if (!g_variant_is_normal_form (member))
      return FALSE;
  }
  return TRUE;
}

static gboolean
parse (GVariant *variant, DeltaSuperblock *self, GError **error)
{
  g_autoptr (GVariant) from = NULL;
  g_autoptr (GVariant) to = NULL;
  g_autoptr (GVariant) commit = NULL;
  g_autoptr (GVariant) prerequisites = NULL;
  if (!is_normal (variant))
    return throw_error (error, TREE_ERROR_CORRUPT, "not a valid variant");
  g_variant_get (variant, "(@a{sv}t@ay@ay@" COMMIT_TYPE "@ay@a" PART_TYPE "@a" FALLBACK_TYPE ")",
                 &self->metadata, &self->timestamp, &from, &to, &commit, &prerequisites,
                 &self->parts, &self->fallbacks);
  self->timestamp = GUINT64_FROM_BE (self->timestamp);
  self->commit = g_variant_get_data_as_bytes (commit);
  self->n_parts = (guint)g_variant_n_children (self->parts);
  self->n_fallbacks = (guint)g_variant_n_children (self->fallbacks);
  if (!parse_names (self, from, to, prerequisites, error) || !find_endianness (self, error))
    return FALSE;
  for (guint i = 0; i < self->n_parts; i++)
    if (!check_part (self, i, error))
      return prefix_error (error, "part %u", i);
  for (guint i = 0; i < self->n_fallbacks; i++)
    if (!check_fallback (self, i, error))
      return prefix_error (error, "fallback %u", i);
  return TRUE;
}

gboolean
delta_superblock_parse (GBytes *bytes, DeltaSuperblock *out, GError **error)
{
  g_auto (DeltaSuperblock) self = {0};
  g_autoptr (GVariant) variant = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE (DELTA_SUPERBLOCK_TYPE), bytes, FALSE));
  if (!parse (variant, &self, error))
    return prefix_error (error, "superblock");
  *out = self;
  self = (DeltaSuperblock){0};
  return TRUE;
}

void
delta_superblock_part (const DeltaSuperblock *self, guint i, DeltaPartInfo *out)
{
  g_autoptr (GVariant) checksum = NULL;
  g_autoptr (GVariant) objects = NULL;
  gsize len = 0;
  g_variant_get_child (self->parts, i, "(u@aytt@ay)", NULL, &checksum, &out->size, &out->unpacked,
                       &objects);
  (void)checksum_from_variant (checksum, &out->checksum); /* delta_superblock_parse() looked */
  out->size = to_host (self, out->size);
  out->unpacked = to_host (self, out->unpacked);
  out->objects = g_variant_get_fixed_array (objects, &len, 1); /* in the bytes of the superblock */
  out->n_objects = (guint)(len / DELTA_OBJECT_LEN);
}

void
delta_superblock_fallback (const DeltaSuperblock *self, guint i, DeltaFallback *out)
{
  guint8 type;
  g_autoptr (GVariant) checksum = NULL;
  g_variant_get_child (self->fallbacks, i, "(y@aytt)", &type, &checksum, &out->stored,
                       &out->unpacked);
  out->name.type = type;
  (void)checksum_from_variant (checksum, &out->name.checksum);
  out->stored = to_host (self, out->stored);
  out->unpacked = to_host (self, out->unpacked);
}

void
delta_part_object (const DeltaPartInfo *part, guint i, ObjectName *out)
{
  const guint8 *at = part->objects + i * DELTA_OBJECT_LEN;
  out->type = *at;
  memcpy (out->checksum.bytes, at + 1, sizeof out->checksum.bytes);
}

static GBytes *
lookup (const DeltaSuperblock *self, const char *file, const char *type)
{
  g_autofree char *path = delta_name_to_path (&self->name);
  g_autofree char *key = g_strconcat (path, "/", file, NULL);
  g_autoptr (GVariant) value = g_variant_lookup_value (self->metadata, key, G_VARIANT_TYPE (type));
  return value != NULL ? g_variant_get_data_as_bytes (value) : NULL;
}

GBytes *
delta_superblock_inline_part (const DeltaSuperblock *self, guint i)
{
  char file[16];
  (void)g_snprintf (file, sizeof file, "%u", i);
  return lookup (self, file, INLINE_PART_TYPE);
}

GBytes *
delta_superblock_commitmeta (const DeltaSuperblock *self)
{
  g_autoptr (GBytes) bytes = lookup (self, "commitmeta", "a{sv}");
  if (bytes == NULL || g_bytes_get_size (bytes) > OBJECT_METADATA_MAX)
    return NULL;
  g_autoptr (GVariant)
      value = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, FALSE));
  return g_variant_is_normal_form (value) ? g_steal_pointer (&bytes) : NULL;
}

/* ---- Building ---- */

static guint64
from_host (const DeltaDraft *draft, guint64 value)
{
  return draft->big_endian ? GUINT64_TO_BE (value) : GUINT64_TO_LE (value);
}

static GVariant *
build_metadata (const DeltaDraft *draft)
{
  GVariantBuilder builder;
  g_autofree char *path = delta_name_to_path (&draft->name);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", KEY_ENDIANNESS,
                         g_variant_new_byte (draft->big_endian ? 'B' : 'l'));
  for (guint i = 0; draft->inline_parts != NULL && i < draft->n_parts; i++) {
    g_autofree char *key = g_strdup_printf ("%s/%u", path, i);
    g_variant_builder_add (
        &builder, "{sv}", key,
        g_variant_new_from_bytes (G_VARIANT_TYPE (INLINE_PART_TYPE), draft->inline_parts[i], TRUE));
  }
  g_autofree char *key = g_strconcat (path, "/commitmeta", NULL);
  if (draft->commitmeta != NULL)
    g_variant_builder_add (
        &builder, "{sv}", key,
        g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, draft->commitmeta, TRUE));
  return g_variant_builder_end (&builder);
}

static GVariant *
build_parts (const DeltaDraft *draft)
{
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a" PART_TYPE));
  for (guint i = 0; i < draft->n_parts; i++) {
    const DeltaPartInfo *part = &draft->parts[i];
    g_variant_builder_add (&builder, "(u@aytt@ay)", 0, checksum_to_variant (&part->checksum),
                           from_host (draft, part->size), from_host (draft, part->unpacked),
                           g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, part->objects,
                                                      part->n_objects * DELTA_OBJECT_LEN, 1));
  }
  return g_variant_builder_end (&builder);
}

static GVariant *
build_fallbacks (const DeltaDraft *draft)
{
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a" FALLBACK_TYPE));
  for (guint i = 0; i < draft->n_fallbacks; i++) {
    const DeltaFallback *fallback = &draft->fallbacks[i];
    g_variant_builder_add (&builder, "(y@aytt)", (guint8)fallback->name.type,
                           checksum_to_variant (&fallback->name.checksum),
                           from_host (draft, fallback->stored),
                           from_host (draft, fallback->unpacked));
  }
  return g_variant_builder_end (&builder);
}

GBytes *
delta_superblock_build (const DeltaDraft *draft)
{
  GVariant *none = g_variant_new_array (G_VARIANT_TYPE_BYTE, NULL, 0);
  GVariant *from = draft->name.has_from ? checksum_to_variant (&draft->name.from) : none;
  GVariant *prerequisites = draft->name.has_from
                                ? none
                                : g_variant_new_array (G_VARIANT_TYPE_BYTE, NULL, 0);
  g_autoptr (GVariant) variant = g_variant_ref_sink (
      g_variant_new ("(@a{sv}t@ay@ay@" COMMIT_TYPE "@ay@a" PART_TYPE "@a" FALLBACK_TYPE ")",
                     build_metadata (draft), GUINT64_TO_BE (draft->timestamp), from,
                     checksum_to_variant (&draft->name.to),
                     g_variant_new_from_bytes (G_VARIANT_TYPE (COMMIT_TYPE), draft->commit, TRUE),
                     prerequisites, build_parts (draft), build_fallbacks (draft)));
  return g_variant_get_data_as_bytes (variant);
}

/* ---- Signed ones ---- */

static gboolean
has_magic (GBytes *file)
{
  guint64 magic = 0;
  gsize len = 0;
  const void *data = g_bytes_get_data (file, &len);
  if (len < sizeof magic)
    return FALSE;
  memcpy (&magic, data, sizeof magic);
  return GUINT64_FROM_BE (magic) == SIGNED_MAGIC;
}

gboolean
delta_unwrap (GBytes *file, GBytes **out_superblock, GVariant **out_signatures, GError **error)
{
  if (!has_magic (file)) {
    *out_superblock = g_bytes_ref (file);
    *out_signatures = NULL;
    return TRUE;
  }
  g_autoptr (GVariant) container = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE (SIGNED_TYPE), file, FALSE));
  g_autoptr (GVariant) superblock = g_variant_get_child_value (container, 1);
  g_autoptr (GVariant) signatures = g_variant_get_child_value (container, 2);
  if (!g_variant_is_normal_form (signatures))
    return throw_error (error, TREE_ERROR_CORRUPT, "the signatures of the delta are damaged");
  *out_superblock = g_variant_get_data_as_bytes (superblock);
  *out_signatures = g_steal_pointer (&signatures);
  return TRUE;
}

GBytes *
delta_wrap (GBytes *superblock, GVariant *signatures)
{
  g_autoptr (GVariant) container = g_variant_ref_sink (g_variant_new (
      "(t@ay@a{sv})", GUINT64_TO_BE (SIGNED_MAGIC),
      g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, superblock, TRUE), signatures));
  return g_variant_get_data_as_bytes (container);
}
