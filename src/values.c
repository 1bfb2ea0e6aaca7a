/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See values.h. */
#include "config.h"

#include "src/values.h"

#include <string.h>
#include <time.h>

#include "tree-error.h"

typedef enum {
  ZONE_LOCAL,  /* the text does not say */
  ZONE_OFFSET, /* %z */
  ZONE_UTC,    /* its name is in the format */
} Zone;

/* White space in a format stands for any or none. */
static const struct {
  const char *format;
  Zone zone;
} time_formats[] = {
    {"%Y-%m-%d", ZONE_LOCAL},
    {"%Y-%m-%d %H:%M", ZONE_LOCAL},
    {"%Y-%m-%d %H:%M:%S", ZONE_LOCAL},
    {"%Y-%m-%d %H:%M:%S UTC", ZONE_UTC},
    {"%Y-%m-%d %H:%M:%S %z", ZONE_OFFSET},
    {"%Y-%m-%dT%H:%M:%S", ZONE_LOCAL},
    {"%Y-%m-%dT%H:%M:%S%z", ZONE_OFFSET},
    {"%a, %d %b %Y %H:%M:%S %z", ZONE_OFFSET},
    {"%a, %d %b %Y %H:%M:%S GMT", ZONE_UTC},
    {"%d %b %Y %H:%M:%S %z", ZONE_OFFSET},
    {"%a %b %d %H:%M:%S UTC %Y", ZONE_UTC},
    {"%a %b %d %H:%M:%S %Y", ZONE_LOCAL},
    {"%B %d %Y", ZONE_LOCAL},
    {"%d %B %Y", ZONE_LOCAL},
};

static gboolean
parse_date (const char *text, gint64 *out)
{
  for (gsize i = 0; i < G_N_ELEMENTS (time_formats); i++) {
    struct tm tm = {.tm_isdst = -1};
    const char *end = strptime (text, time_formats[i].format, &tm);
    if (end == NULL || *end != '\0')
      continue;
    gint64 offset = tm.tm_gmtoff; /* timegm() and mktime() overwrite it */
    if (time_formats[i].zone == ZONE_LOCAL)
      *out = mktime (&tm);
    else
      *out = timegm (&tm) - (time_formats[i].zone == ZONE_OFFSET ? offset : 0);
    return TRUE;
  }
  return FALSE;
}

/* "now", "yesterday", "3 weeks ago" */
static gboolean
parse_relative (const char *text, gint64 *out)
{
  static const struct {
    const char *unit;
    int days; /* 0: it is shorter, and so many seconds; -1: calendar months or years */
    int n;
  } units[] = {
      {"second", 0, 1}, {"minute", 0, 60}, {"hour", 0, 3600}, {"day", 1, 0},
      {"week", 7, 0},   {"month", -1, 1},  {"year", -1, 12},
  };
  enum {
    MAX_COUNT = 100000
  };
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autoptr (GDateTime) then = NULL;
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  guint64 count = 0;
  if (strcmp (text, "now") == 0)
    then = g_date_time_ref (now);
  else if (strcmp (text, "yesterday") == 0)
    then = g_date_time_add_days (now, -1);
  else if (g_strv_length (words) != 3 || strcmp (words[2], "ago") != 0 ||
           !g_ascii_string_to_unsigned (words[0], 10, 0, MAX_COUNT, &count, NULL))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (units) && then == NULL; i++) {
    gsize len = strlen (units[i].unit);
    if (strncmp (words[1], units[i].unit, len) != 0 ||
        (words[1][len] != '\0' && strcmp (words[1] + len, "s") != 0))
      continue;
    then = units[i].days > 0   ? g_date_time_add_days (now, -(int)count * units[i].days)
           : units[i].days < 0 ? g_date_time_add_months (now, -(int)count * units[i].n)
                               : g_date_time_add_seconds (now, -(double)count * units[i].n);
  }
  if (then == NULL)
    return FALSE;
  *out = g_date_time_to_unix (then);
  return TRUE;
}

gboolean
value_parse_time (const char *text, gint64 *out, GError **error)
{
  guint64 seconds;
  if (text[0] == '@' && g_ascii_string_to_unsigned (text + 1, 10, 0, G_MAXINT64, &seconds, NULL)) {
    *out = (gint64)seconds;
    return TRUE;
  }
  if (parse_date (text, out) || parse_relative (text, out))
    return TRUE;
  g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
               "Could not parse '%s': use @SECONDS, YYYY-MM-DD [HH:MM[:SS]], "
               "YYYY-MM-DDTHH:MM:SS[ZONE], 'Thu, 29 Feb 2024 12:00:00 +0100', "
               "'February 29 2024' or '2 weeks ago'",
               text);
  return FALSE;
}

gboolean
value_parse_boolean (const char *option, const char *text, gboolean *out, GError **error)
{
  static const char *const words[][2] = {{"no", "yes"}, {"false", "true"}, {"0", "1"}};
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    for (int value = 0; value < 2; value++)
      if (g_ascii_strcasecmp (text, words[i][value]) == 0) {
        *out = value == 1;
        return TRUE;
      }
  g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
               "Invalid boolean argument '%s' of %s: use yes or no", text, option);
  return FALSE;
}

gboolean
value_parse_size (const char *option, const char *text, guint64 *out, GError **error)
{
  static const char units[] = "KMGT";
  g_autofree char *number = g_strdup (text);
  gsize len = strlen (number);
  const char *unit = len > 0 ? strchr (units, number[len - 1]) : NULL;
  guint shift = unit != NULL ? 10 * (guint)(unit - units + 1) : 0;
  guint64 value;
  if (unit != NULL)
    number[len - 1] = '\0';
  if (!g_ascii_string_to_unsigned (number, 10, 1, G_MAXINT64 >> shift, &value, NULL)) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "Invalid size '%s' of %s: use bytes, or a number with K, M, G or T", text, option);
    return FALSE;
  }
  *out = value << shift;
  return TRUE;
}

/* ---- What is not there ---- */

gboolean
value_refuse_composefs (const char *option, GError **error)
{
  g_set_error (error, TREE_ERROR, TREE_ERROR_UNSUPPORTED, "%s: composefs is not built in", option);
  return FALSE;
}
