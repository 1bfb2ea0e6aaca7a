/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/http-date.h"

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
