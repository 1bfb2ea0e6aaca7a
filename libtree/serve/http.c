/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "serve/http.h"

#include <string.h>
#include <time.h>

/* Always English, whatever the locale. */
static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

void
http_date_format (gint64 time_s, char out[HTTP_DATE_LEN + 1])
{
  /* The grammar has four digits for the year. */
  time_t t = (time_t)CLAMP (time_s, 0, G_GINT64_CONSTANT (253402300799));
  struct tm tm;
  (void)gmtime_r (&t, &tm);
  (void)g_snprintf (out, HTTP_DATE_LEN + 1, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
                    days + tm.tm_wday * 3, tm.tm_mday, months + tm.tm_mon * 3, tm.tm_year + 1900,
                    tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* @n digits at @text, or -1. */
static int
digits (const char *text, int n)
{
  int value = 0;
  for (int i = 0; i < n; i++) {
    if (!g_ascii_isdigit (text[i]))
      return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

gboolean
http_date_parse (const char *text, gint64 *out_time_s)
{
  if (strlen (text) != HTTP_DATE_LEN || strcmp (text + 25, " GMT") != 0)
    return FALSE;
  int month = -1;
  for (int i = 0; i < 12; i++)
    if (memcmp (text + 8, months + i * 3, 3) == 0)
      month = i;
  struct tm tm = {.tm_mday = digits (text + 5, 2),
                  .tm_mon = month,
                  .tm_year = digits (text + 12, 4) - 1900,
                  .tm_hour = digits (text + 17, 2),
                  .tm_min = digits (text + 20, 2),
                  .tm_sec = digits (text + 23, 2)};
  if (tm.tm_mday < 1 || tm.tm_mon < 0 || tm.tm_year < 70 || tm.tm_hour < 0 || tm.tm_min < 0 ||
      tm.tm_sec < 0)
    return FALSE;
  *out_time_s = (gint64)timegm (&tm);
  return TRUE;
}

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
