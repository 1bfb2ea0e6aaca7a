/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/bspatch.h"

#include <string.h>

#include "base/error.h"

enum {
  NUMBER_LEN = 8,
  STEP_LEN = 3 * NUMBER_LEN,
  OLD_BUFFER = 16 * 1024,
};

#define SIGN (G_GUINT64_CONSTANT (1) << 63)

void
bspatch_init (Bspatch *self, const void *patch, gsize len, guint64 old_size, guint64 new_size,
              BspatchRead read, gpointer user_data)
{
  *self = (Bspatch){.at = patch,
                    .end = (const guint8 *)patch + len,
                    .left = new_size,
                    .old_size = old_size,
                    .read = read,
                    .user_data = user_data};
}

static gint64
read_number (const guint8 *at)
{
  guint64 value;
  memcpy (&value, at, sizeof value);
  value = GUINT64_FROM_LE (value);
  gint64 magnitude = (gint64)(value & ~SIGN);
  return (value & SIGN) != 0 ? -magnitude : magnitude;
}

static gboolean
begin_step (Bspatch *self, GError **error)
{
  if (self->end - self->at < STEP_LEN)
    return throw_error (error, TREE_ERROR_CORRUPT, "the patch ends too early");
  gint64 diff = read_number (self->at);
  gint64 extra = read_number (self->at + NUMBER_LEN);
  self->seek = read_number (self->at + 2 * NUMBER_LEN);
  self->at += STEP_LEN;
  guint64 available = (guint64)(self->end - self->at);
  if (diff < 0 || extra < 0 || (guint64)diff > self->left ||
      (guint64)extra > self->left - (guint64)diff || (guint64)diff > available ||
      (guint64)extra > available - (guint64)diff)
    return throw_error (error, TREE_ERROR_CORRUPT,
                        "a patch of %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT
                        " bytes goes beyond the new file or its own end",
                        diff, extra);
  self->diff = (guint64)diff;
  self->extra = (guint64)extra;
  self->in_step = TRUE;
  return TRUE;
}

static gboolean
end_step (Bspatch *self, GError **error)
{
  self->in_step = FALSE;
  return !__builtin_add_overflow (self->old_at, self->seek, &self->old_at) ||
         throw_error (error, TREE_ERROR_CORRUPT, "the patch seeks out of the world");
}

/* Adds the old file's bytes from old_at on to those at @out. */
static gboolean
add_old (Bspatch *self, guint8 *out, gsize len, GError **error)
{
  guint8 old[OLD_BUFFER];
  gint64 from = MAX (self->old_at, 0);
  gint64 end;
  if (__builtin_add_overflow (self->old_at, (gint64)len, &end))
    return throw_error (error, TREE_ERROR_CORRUPT, "the patch reads out of the world");
  gint64 to = MIN ((guint64)MAX (end, 0), self->old_size);
  while (from < to) {
    gsize n = (gsize)MIN (to - from, OLD_BUFFER);
    if (!self->read ((guint64)from, old, n, self->user_data, error))
      return FALSE;
    guint8 *at = out + (from - self->old_at);
    for (gsize i = 0; i < n; i++)
      at[i] = (guint8)(at[i] + old[i]);
    from += (gint64)n;
  }
  self->old_at = end;
  return TRUE;
}

gboolean
bspatch_read (Bspatch *self, void *buffer, gsize len, gsize *out_n, GError **error)
{
  gsize n = 0;
  while (n == 0 && self->left > 0 && len > 0) {
    if (!self->in_step && !begin_step (self, error))
      return FALSE;
    gboolean is_diff = self->diff > 0;
    guint64 *part = is_diff ? &self->diff : &self->extra;
    n = (gsize)MIN (*part, (guint64)len);
    if (n > 0)
      memcpy (buffer, self->at, n);
    if (is_diff && !add_old (self, buffer, n, error))
      return FALSE;
    self->at += n;
    *part -= n;
    self->left -= n;
    if (self->diff == 0 && self->extra == 0 && !end_step (self, error))
      return FALSE;
  }
  *out_n = n;
  return TRUE;
}

static void
append_number (GByteArray *out, gint64 value)
{
  guint64 stored = value < 0 ? SIGN | (guint64)-value : (guint64)value;
  stored = GUINT64_TO_LE (stored);
  g_byte_array_append (out, (const guint8 *)&stored, sizeof stored);
}

void
bspatch_append_step (GByteArray *out, guint64 diff, guint64 extra, gint64 seek)
{
  append_number (out, (gint64)diff);
  append_number (out, (gint64)extra);
  append_number (out, seek);
}
