/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/filemeta.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/xattr.h"

void
filemeta_clear (FileMeta *self)
{
  g_clear_pointer (&self->target, g_free);
  g_clear_pointer (&self->xattrs, g_variant_unref);
}

gboolean
filemeta_equal (const FileMeta *a, const FileMeta *b)
{
  return a->uid == b->uid && a->gid == b->gid && a->mode == b->mode &&
         g_strcmp0 (a->target, b->target) == 0 &&
         (a->xattrs == b->xattrs ||
          (a->xattrs != NULL && b->xattrs != NULL && g_variant_equal (a->xattrs, b->xattrs)));
}

static void
append_u32 (GByteArray *out, guint32 value)
{
  guint32 be = GUINT32_TO_BE (value);
  g_byte_array_append (out, (const guint8 *)&be, sizeof be);
}

static void
append_xattrs (GByteArray *out, const FileMeta *self)
{
  if (self->xattrs != NULL)
    g_byte_array_append (out, g_variant_get_data (self->xattrs),
                         (guint)g_variant_get_size (self->xattrs));
}

/* The bytes that a framing offset takes in a container whose other bytes are @body: as few as can
 * count its whole size, themselves included (GVariant specification, "framing offsets"). */
static gsize
offset_width (gsize body)
{
  if (body + 1 <= G_MAXUINT8)
    return 1;
  if (body + 2 <= G_MAXUINT16)
    return 2;
  return 4;
}

/* uid, gid, mode, rdev, target, xattrs, and the one framing offset: the end of the target. @fixed
 * is what the variant has before the uid. */
static void
append_header (GByteArray *out, const FileMeta *self, const guint8 *fixed, gsize fixed_len)
{
  const char *target = self->target != NULL ? self->target : "";
  gsize target_end = fixed_len + 4 * sizeof (guint32) + strlen (target) + 1;
  gsize body = target_end + (self->xattrs != NULL ? g_variant_get_size (self->xattrs) : 0);
  gsize width = offset_width (body);
  append_u32 (out, (guint32)(body + width));
  append_u32 (out, 0);
  if (fixed_len > 0)
    g_byte_array_append (out, fixed, (guint)fixed_len);
  append_u32 (out, self->uid);
  append_u32 (out, self->gid);
  append_u32 (out, self->mode);
  append_u32 (out, 0);
  g_byte_array_append (out, (const guint8 *)target, (guint)strlen (target) + 1);
  append_xattrs (out, self);
  for (gsize i = 0; i < width; i++) {
    guint8 byte = (guint8)(target_end >>
                           (8 * i)); /* framing offsets are little endian everywhere */
    g_byte_array_append (out, &byte, 1);
  }
}

void
filemeta_content_header (const FileMeta *self, GByteArray *out)
{
  append_header (out, self, NULL, 0);
}

void
filemeta_archive_header (const FileMeta *self, guint64 size, GByteArray *out)
{
  guint64 be = GUINT64_TO_BE (size);
  append_header (out, self, (const guint8 *)&be, sizeof be);
}

GBytes *
filemeta_to_dirmeta (const FileMeta *self)
{
  GByteArray *out = g_byte_array_sized_new (64);
  append_u32 (out, self->uid);
  append_u32 (out, self->gid);
  append_u32 (out, self->mode);
  append_xattrs (out, self);
  return g_byte_array_free_to_bytes (out);
}

/* What holds for every file and directory of a tree. Takes @xattrs. */
static gboolean
fill (FileMeta *out, guint32 uid, guint32 gid, guint32 mode, const char *target, GVariant *xattrs,
      GError **error)
{
  g_auto (FileMeta)
      meta = {GUINT32_FROM_BE (uid), GUINT32_FROM_BE (gid), GUINT32_FROM_BE (mode), NULL, NULL};
  if (g_variant_n_children (xattrs) > 0)
    meta.xattrs = xattrs;
  else
    g_variant_unref (xattrs);
  if ((meta.mode & ~(guint32)(S_IFMT | 07777)) != 0)
    return throw_error (error, TREE_ERROR_CORRUPT, "mode %o has bits that no file has", meta.mode);
  if (S_ISLNK (meta.mode))
    meta.target = g_strdup (target);
  if (!xattr_is_canonical (meta.xattrs))
    return throw_error (error, TREE_ERROR_CORRUPT,
                        "extended attributes are unsorted, repeated or unnamed");
  *out = meta;
  meta = (FileMeta){0};
  return TRUE;
}

gboolean
filemeta_parse_archive_header (const void *data, gsize len, FileMeta *out, guint64 *out_size,
                               GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, len);
  g_autoptr (GVariant) variant = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE ("(tuuuusa(ayay))"), bytes, FALSE));
  if (!g_variant_is_normal_form (variant))
    return throw_error (error, TREE_ERROR_CORRUPT, "file header is not a valid variant");
  guint64 size;
  guint32 uid, gid, mode, rdev;
  const char *target;
  GVariant *xattrs;
  g_variant_get (variant, "(tuuuu&s@a(ayay))", &size, &uid, &gid, &mode, &rdev, &target, &xattrs);
  g_auto (FileMeta) meta = {0};
  if (!fill (&meta, uid, gid, mode, target, xattrs, error))
    return FALSE;
  if (rdev != 0 || !(S_ISREG (meta.mode) || S_ISLNK (meta.mode)))
    return throw_error (error, TREE_ERROR_CORRUPT, "mode %o is not that of a regular file or link",
                        meta.mode);
  if (S_ISLNK (meta.mode) ? size != 0 || *target == '\0' : *target != '\0')
    return throw_error (error, TREE_ERROR_CORRUPT, "size, target and mode do not go together");
  *out_size = GUINT64_FROM_BE (size);
  *out = meta;
  meta = (FileMeta){0};
  return TRUE;
}

gboolean
filemeta_parse_xattrs (GBytes *bytes, GVariant **out, GError **error)
{
  g_autoptr (GVariant) variant = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE ("a(ayay)"), bytes, FALSE));
  if (!g_variant_is_normal_form (variant) || !xattr_is_canonical (variant))
    return throw_error (error, TREE_ERROR_CORRUPT,
                        "extended attributes are damaged, unsorted, repeated or unnamed");
  *out = g_variant_n_children (variant) > 0 ? g_steal_pointer (&variant) : NULL;
  return TRUE;
}

gboolean
filemeta_parse_dirmeta (GBytes *bytes, guint32 type, FileMeta *out, GError **error)
{
  g_autoptr (GVariant) variant = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE ("(uuua(ayay))"), bytes, FALSE));
  if (!g_variant_is_normal_form (variant))
    return throw_error (error, TREE_ERROR_CORRUPT, "not a valid variant");
  guint32 uid, gid, mode;
  GVariant *xattrs;
  g_variant_get (variant, "(uuu@a(ayay))", &uid, &gid, &mode, &xattrs);
  g_auto (FileMeta) meta = {0};
  if (!fill (&meta, uid, gid, mode, NULL, xattrs, error))
    return FALSE;
  guint32 found = meta.mode & S_IFMT;
  if (type != 0 ? found != type : found != S_IFREG && found != S_IFLNK)
    return throw_error (error, TREE_ERROR_CORRUPT, "mode %o is of another kind of file", meta.mode);
  *out = meta;
  meta = (FileMeta){0};
  return TRUE;
}
