/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/dirtree.h"

#include <string.h>

#include "base/error.h"

enum {
  CSUM = sizeof (((TreeChecksum *)NULL)->bytes)
};

static gsize
width_for (gsize size)
{
  return size <= G_MAXUINT8 ? 1 : size <= G_MAXUINT16 ? 2 : size <= G_MAXUINT32 ? 4 : 8;
}

static gsize
read_offset (const guint8 *at, gsize width)
{
  guint64 value = 0;
  for (gsize i = 0; i < width; i++)
    value |= (guint64)at[i] << (8 * i);
  return (gsize)value;
}

static gboolean
corrupt (GError **error)
{
  return throw_error (error, TREE_ERROR_CORRUPT, "not a valid dirtree variant");
}

static void
element (const DirTreeArray *array, guint i, const guint8 **out_data, gsize *out_len)
{
  gsize start = i == 0 ? 0 : read_offset (array->offsets + (i - 1) * array->width, array->width);
  gsize end = read_offset (array->offsets + i * array->width, array->width);
  *out_data = array->data + start;
  *out_len = end - start;
}

/* One (say) or (sayay): name NUL, checksum, [checksum,] and the ends of all but the last member,
 * last first. */
static gboolean
check_element (const guint8 *data, gsize len, guint n_checksums, GError **error)
{
  gsize width = width_for (len);
  gsize trailer = width * n_checksums;
  if (len < n_checksums * CSUM + trailer + 2)
    return corrupt (error);
  gsize name_end = len - trailer - n_checksums * CSUM;
  if (memchr (data, '\0', name_end) != data + name_end - 1)
    return corrupt (error);
  const guint8 *offsets = data + len - trailer;
  for (guint i = 0; i < n_checksums; i++)
    if (read_offset (offsets + i * width, width) != name_end + (n_checksums - 1 - i) * CSUM)
      return corrupt (error);
  return TRUE;
}

gboolean
dirtree_check_name (const char *name, GError **error)
{
  if (strchr (name, '/') != NULL)
    return throw_error (error, TREE_ERROR_CORRUPT, "Invalid / in filename %s", name);
  if (*name == '\0' || strcmp (name, ".") == 0 || strcmp (name, "..") == 0)
    return throw_error (error, TREE_ERROR_CORRUPT, "Invalid filename '%s'", name);
  if (!g_utf8_validate (name, -1, NULL)) {
    g_autofree char *shown = g_strescape (name, NULL);
    return throw_error (error, TREE_ERROR_INVALID,
                        "Invalid UTF-8 in filename '%s'; rename the file", shown);
  }
  return TRUE;
}

static gboolean
parse_array (const guint8 *data, gsize len, guint n_checksums, DirTreeArray *out, GError **error)
{
  *out = (DirTreeArray){.data = data, .width = 1};
  if (len == 0)
    return TRUE;
  gsize width = width_for (len);
  if (len < width)
    return corrupt (error);
  gsize body = read_offset (data + len - width, width);
  if (body > len - width || (len - body) % width != 0)
    return corrupt (error);
  gsize n = (len - body) / width;
  if (n > G_MAXUINT)
    return corrupt (error);
  out->offsets = data + body;
  out->width = width;
  out->n = (guint)n;
  gsize start = 0;
  const char *previous = NULL;
  for (guint i = 0; i < out->n; i++) {
    gsize end = read_offset (out->offsets + i * width, width);
    if (end <= start || end > body)
      return corrupt (error);
    if (!check_element (data + start, end - start, n_checksums, error))
      return FALSE;
    const char *name = (const char *)data + start;
    if (!dirtree_check_name (name, error))
      return FALSE;
    if (previous != NULL && strcmp (previous, name) >= 0)
      return throw_error (error, TREE_ERROR_CORRUPT, "names '%s' and '%s' are out of order",
                          previous, name);
    previous = name;
    start = end;
  }
  return start == body || corrupt (error);
}

static const char *
name_at (const DirTreeArray *array, guint i)
{
  const guint8 *data;
  gsize len;
  element (array, i, &data, &len);
  return (const char *)data;
}

/* Both lists are sorted: one pass finds a name that is in both. */
static gboolean
check_disjoint (const DirTree *self, GError **error)
{
  guint f = 0;
  guint d = 0;
  while (f < self->files.n && d < self->dirs.n) {
    const char *name = name_at (&self->files, f);
    int order = strcmp (name, name_at (&self->dirs, d));
    if (order == 0)
      return throw_error (error, TREE_ERROR_CORRUPT, "'%s' is both a file and a directory", name);
    if (order < 0)
      f++;
    else
      d++;
  }
  return TRUE;
}

gboolean
dirtree_parse (GBytes *bytes, DirTree *out, GError **error)
{
  gsize len = 0;
  const guint8 *data = g_bytes_get_data (bytes, &len);
  gsize width = width_for (len);
  if (len < width)
    return corrupt (error);
  gsize files_end = read_offset (data + len - width, width);
  if (files_end > len - width)
    return corrupt (error);
  DirTree self = {0};
  if (!parse_array (data, files_end, 1, &self.files, error) ||
      !parse_array (data + files_end, len - width - files_end, 2, &self.dirs, error) ||
      !check_disjoint (&self, error))
    return FALSE;
  self.bytes = g_bytes_ref (bytes);
  *out = self;
  return TRUE;
}

void
dirtree_clear (DirTree *self)
{
  g_clear_pointer (&self->bytes, g_bytes_unref);
  *self = (DirTree){0};
}

void
dirtree_file (const DirTree *self, guint i, DirTreeEntry *out)
{
  const guint8 *data;
  gsize len;
  element (&self->files, i, &data, &len);
  out->name = (const char *)data;
  memcpy (out->content.bytes, data + len - width_for (len) - CSUM, CSUM);
}

void
dirtree_dir (const DirTree *self, guint i, DirTreeEntry *out)
{
  const guint8 *data;
  gsize len;
  element (&self->dirs, i, &data, &len);
  out->name = (const char *)data;
  const guint8 *checksums = data + len - 2 * width_for (len) - 2 * CSUM;
  memcpy (out->content.bytes, checksums, CSUM);
  memcpy (out->meta.bytes, checksums + CSUM, CSUM);
}

static gboolean
find (const DirTreeArray *array, const char *name, guint *out)
{
  guint low = 0;
  guint high = array->n;
  while (low < high) {
    guint middle = low + (high - low) / 2;
    int order = strcmp (name, name_at (array, middle));
    if (order == 0) {
      *out = middle;
      return TRUE;
    }
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return FALSE;
}

gboolean
dirtree_find_file (const DirTree *self, const char *name, DirTreeEntry *out)
{
  guint i;
  if (!find (&self->files, name, &i))
    return FALSE;
  dirtree_file (self, i, out);
  return TRUE;
}

gboolean
dirtree_find_dir (const DirTree *self, const char *name, DirTreeEntry *out)
{
  guint i;
  if (!find (&self->dirs, name, &i))
    return FALSE;
  dirtree_dir (self, i, out);
  return TRUE;
}

static void
append_offset (GByteArray *out, gsize value, gsize width)
{
  guint8 bytes[8];
  for (gsize i = 0; i < width; i++)
    bytes[i] = (guint8)((guint64)value >> (8 * i));
  g_byte_array_append (out, bytes, (guint)width);
}

/* The width of @n offsets behind @body bytes: as few bytes as can count the whole container. */
static gsize
width_behind (gsize body, gsize n)
{
  for (gsize width = 1; width < 8; width *= 2)
    if (width_for (body + n * width) <= width)
      return width;
  return 8;
}

static void
append_element (GByteArray *out, const DirTreeEntry *entry, guint n_checksums)
{
  gsize name_end = strlen (entry->name) + 1;
  g_byte_array_append (out, (const guint8 *)entry->name, (guint)name_end);
  g_byte_array_append (out, entry->content.bytes, CSUM);
  if (n_checksums > 1)
    g_byte_array_append (out, entry->meta.bytes, CSUM);
  gsize width = width_behind (name_end + n_checksums * CSUM, n_checksums);
  for (guint i = 0; i < n_checksums; i++)
    append_offset (out, name_end + (n_checksums - 1 - i) * CSUM, width);
}

static void
append_array (GByteArray *out, const DirTreeEntry *entries, guint n, guint n_checksums)
{
  if (n == 0)
    return;
  g_autofree gsize *ends = g_new (gsize, n);
  gsize start = out->len;
  for (guint i = 0; i < n; i++) {
    append_element (out, &entries[i], n_checksums);
    ends[i] = out->len - start;
  }
  gsize width = width_behind (ends[n - 1], n);
  for (guint i = 0; i < n; i++)
    append_offset (out, ends[i], width);
}

GBytes *
dirtree_build (const DirTreeEntry *files, guint n_files, const DirTreeEntry *dirs, guint n_dirs)
{
  GByteArray *out = g_byte_array_new ();
  append_array (out, files, n_files, 1);
  gsize files_end = out->len;
  append_array (out, dirs, n_dirs, 2);
  append_offset (out, files_end, width_behind (out->len, 1));
  return g_byte_array_free_to_bytes (out);
}
