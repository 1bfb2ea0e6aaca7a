/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/checksum.h"

#include <string.h>

#include "base/error.h"

static const char hex_digits[] = "0123456789abcdef";

void
tree_checksum_to_hex (const TreeChecksum *checksum, char out[TREE_CHECKSUM_HEX_LEN + 1])
{
  for (gsize i = 0; i < sizeof checksum->bytes; i++) {
    out[2 * i] = hex_digits[checksum->bytes[i] >> 4];
    out[2 * i + 1] = hex_digits[checksum->bytes[i] & 15];
  }
  out[TREE_CHECKSUM_HEX_LEN] = '\0';
}

/* A table: whether a digit is a letter is what no branch predictor knows, and whole repositories of
 * names are parsed. */
static const guint8 digit_plus_1[256] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

static gboolean
parse_hex (const char *hex, TreeChecksum *out)
{
  for (gsize i = 0; i < sizeof out->bytes; i++) {
    guint high = digit_plus_1[(guint8)hex[2 * i]];
    guint low = high == 0 ? 0 : digit_plus_1[(guint8)hex[2 * i + 1]];
    if (low == 0)
      return FALSE;
    out->bytes[i] = (guint8)((high - 1) << 4 | (low - 1));
  }
  return hex[TREE_CHECKSUM_HEX_LEN] == '\0';
}

gboolean
tree_checksum_from_hex (const char *hex, TreeChecksum *out, GError **error)
{
  TreeChecksum parsed;
  if (!parse_hex (hex, &parsed))
    return throw_error (error, TREE_ERROR_INVALID, "'%s' is not a checksum (64 digits of 0-9a-f)",
                        hex);
  *out = parsed;
  return TRUE;
}

gboolean
checksum_is_hex (const char *text)
{
  TreeChecksum parsed;
  return parse_hex (text, &parsed);
}

gboolean
tree_checksum_equal (const TreeChecksum *a, const TreeChecksum *b)
{
  return memcmp (a->bytes, b->bytes, sizeof a->bytes) == 0;
}

gboolean
checksum_equal (gconstpointer a, gconstpointer b)
{
  return tree_checksum_equal (a, b);
}

guint
checksum_hash (gconstpointer checksum)
{
  guint hash;
  memcpy (&hash, ((const TreeChecksum *)checksum)->bytes, sizeof hash);
  return hash;
}

void
checksum_to_b64 (const TreeChecksum *checksum, char out[CHECKSUM_B64_LEN + 1])
{
  g_autofree char *text = g_base64_encode (checksum->bytes, sizeof checksum->bytes);
  g_strdelimit (text, "/", '_');
  memcpy (out, text, CHECKSUM_B64_LEN); /* without the '=' at the end */
  out[CHECKSUM_B64_LEN] = '\0';
}

gboolean
checksum_from_b64 (const char *text, TreeChecksum *out)
{
  if (strlen (text) != CHECKSUM_B64_LEN || strchr (text, '/') != NULL)
    return FALSE;
  g_autofree char *padded = g_strconcat (text, "=", NULL);
  g_strdelimit (padded, "_", '/');
  gsize len = 0;
  g_autofree guchar *bytes = g_base64_decode (padded, &len);
  if (len != sizeof out->bytes)
    return FALSE;
  TreeChecksum parsed;
  memcpy (parsed.bytes, bytes, len);
  /* The decoder passes over what is no base64; only one text stands for each checksum. */
  char again[CHECKSUM_B64_LEN + 1];
  checksum_to_b64 (&parsed, again);
  if (strcmp (again, text) != 0)
    return FALSE;
  *out = parsed;
  return TRUE;
}

gboolean
checksum_from_variant (GVariant *bytes, TreeChecksum *out)
{
  gsize len = 0;
  const void *data = g_variant_get_fixed_array (bytes, &len, 1);
  if (len != sizeof out->bytes)
    return FALSE;
  memcpy (out->bytes, data, len);
  return TRUE;
}

GVariant *
checksum_to_variant (const TreeChecksum *checksum)
{
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, checksum->bytes, sizeof checksum->bytes,
                                    1);
}
