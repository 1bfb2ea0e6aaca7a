/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "serve/http.h"

#include <string.h>

static gboolean
parse_number (const char **at, guint64 *out)
{
  if (!g_ascii_isdigit (**at))
    return FALSE;
  guint64 value = 0;
  for (; g_ascii_isdigit (**at); ++*at) {
    if (!g_uint64_checked_mul (&value, value, 10) ||
        !g_uint64_checked_add (&value, value, (guint64)(**at - '0')))
      return FALSE;
  }
  *out = value;
  return TRUE;
}

HttpRange
http_range_parse (const char *text, guint64 size, guint64 *out_start, guint64 *out_len)
{
  if (text == NULL || !g_str_has_prefix (text, "bytes="))
    return HTTP_RANGE_NONE;
  const char *at = text + strlen ("bytes=");
  guint64 first = 0, last = 0;
  gboolean has_first = parse_number (&at, &first);
  if (*at++ != '-')
    return HTTP_RANGE_NONE;
  gboolean has_last = parse_number (&at, &last);
  if (*at != '\0' || (!has_first && !has_last) || (has_first && has_last && last < first))
    return HTTP_RANGE_NONE;
  if (!has_first) /* the last so many bytes */
  {
    if (last == 0 || size == 0)
      return HTTP_RANGE_BAD;
    *out_len = MIN (last, size);
    *out_start = size - *out_len;
    return HTTP_RANGE_PART;
  }
  if (first >= size)
    return HTTP_RANGE_BAD;
  *out_start = first;
  *out_len = (has_last ? MIN (last, size - 1) : size - 1) - first + 1;
  return HTTP_RANGE_PART;
}

gboolean
http_etag_in_list (const char *list, const char *etag)
{
  g_auto (GStrv) tags = g_strsplit (list, ",", -1);
  for (char **tag = tags; *tag != NULL; tag++) {
    const char *text = g_strstrip (*tag);
    if (g_str_has_prefix (text, "W/")) /* weak comparison is what a cache asks for */
      text += 2;
    if (strcmp (text, "*") == 0 || strcmp (text, etag) == 0)
      return TRUE;
  }
  return FALSE;
}
