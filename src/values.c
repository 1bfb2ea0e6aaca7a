/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See values.h. */
#include "config.h"

#include "src/values.h"

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

gboolean
value_parse_time (const char *text, guint64 *out, GError **error)
{
  if (text[0] == '@' && g_ascii_string_to_unsigned (text + 1, 10, 0, G_MAXINT64, out, NULL))
    return TRUE;
  gint64 seconds;
  if (!parse_date (text, &seconds)) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "Could not parse '%s': use @SECONDS, YYYY-MM-DD [HH:MM[:SS]], "
                 "YYYY-MM-DDTHH:MM:SS[ZONE] or 'Thu, 29 Feb 2024 12:00:00 +0100'",
                 text);
    return FALSE;
  }
  if (seconds < 0) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID, "time '%s' is before 1970", text);
    return FALSE;
  }
  *out = (guint64)seconds;
  return TRUE;
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
