/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/delta-name.h"

#include <string.h>

#include "core/checksum.h"

enum {
  OUTER_LEN = 2, /* characters of a name that are the outer directory's */
};

void
delta_name_to_text (const DeltaName *self, char out[DELTA_NAME_MAX])
{
  char *to = out;
  if (self->has_from) {
    tree_checksum_to_hex (&self->from, out);
    out[TREE_CHECKSUM_HEX_LEN] = '-';
    to += TREE_CHECKSUM_HEX_LEN + 1;
  }
  tree_checksum_to_hex (&self->to, to);
}

gboolean
delta_name_from_text (const char *text, DeltaName *out)
{
  DeltaName self = {.has_from = strlen (text) > TREE_CHECKSUM_HEX_LEN};
  const char *to = text;
  if (self.has_from) {
    g_autofree char *from = g_strndup (text, TREE_CHECKSUM_HEX_LEN);
    if (text[TREE_CHECKSUM_HEX_LEN] != '-' || !tree_checksum_from_hex (from, &self.from, NULL))
      return FALSE;
    to += TREE_CHECKSUM_HEX_LEN + 1;
  }
  if (!checksum_is_hex (to) || !tree_checksum_from_hex (to, &self.to, NULL))
    return FALSE;
  *out = self;
  return TRUE;
}

char *
delta_name_to_path (const DeltaName *self)
{
  char from[CHECKSUM_B64_LEN + 1];
  char to[CHECKSUM_B64_LEN + 1];
  checksum_to_b64 (&self->to, to);
  if (!self->has_from)
    return g_strdup_printf (DELTAS_DIR "/%.*s/%s", OUTER_LEN, to, to + OUTER_LEN);
  checksum_to_b64 (&self->from, from);
  return g_strdup_printf (DELTAS_DIR "/%.*s/%s-%s", OUTER_LEN, from, from + OUTER_LEN, to);
}

gboolean
delta_name_from_dirs (const char *outer, const char *inner, DeltaName *out)
{
  if (strlen (outer) != OUTER_LEN)
    return FALSE;
  g_autofree char *whole = g_strconcat (outer, inner, NULL);
  DeltaName self = {.has_from = strlen (whole) == 2 * CHECKSUM_B64_LEN + 1};
  const char *to = whole;
  if (self.has_from) {
    if (whole[CHECKSUM_B64_LEN] != '-')
      return FALSE;
    whole[CHECKSUM_B64_LEN] = '\0';
    if (!checksum_from_b64 (whole, &self.from))
      return FALSE;
    to += CHECKSUM_B64_LEN + 1;
  }
  if (!checksum_from_b64 (to, &self.to))
    return FALSE;
  *out = self;
  return TRUE;
}

int
delta_name_compare (const DeltaName *a, const DeltaName *b)
{
  int order = memcmp (a->to.bytes, b->to.bytes, sizeof a->to.bytes);
  if (order == 0)
    order = a->has_from - b->has_from;
  return order != 0 || !a->has_from ? order
                                    : memcmp (a->from.bytes, b->from.bytes, sizeof a->from.bytes);
}

char *
delta_index_path (const TreeChecksum *to)
{
  char b64[CHECKSUM_B64_LEN + 1];
  checksum_to_b64 (to, b64);
  return g_strdup_printf (DELTA_INDEXES_DIR "/%.*s/%s" DELTA_INDEX_SUFFIX, OUTER_LEN, b64,
                          b64 + OUTER_LEN);
}

gboolean
delta_index_from_path (const char *dir, const char *file, TreeChecksum *out)
{
  if (strlen (dir) != OUTER_LEN || !g_str_has_suffix (file, DELTA_INDEX_SUFFIX))
    return FALSE;
  g_autofree char *b64 = g_strconcat (dir, file, NULL);
  b64[strlen (b64) - strlen (DELTA_INDEX_SUFFIX)] = '\0';
  return checksum_from_b64 (b64, out);
}
