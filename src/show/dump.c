/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See dump.h. Scripts read this text; nothing in it depends on locale or time zone. */
#include "config.h"

#include "src/show/dump.h"

#include <stdio.h>

#include <string.h>
#include <time.h>

#include "tree-error.h"

char *
dump_format_time (guint64 timestamp)
{
  time_t seconds = (time_t)timestamp;
  struct tm tm;
  char text[64];
  if (timestamp > G_MAXINT64 || gmtime_r (&seconds, &tm) == NULL ||
      strftime (text, sizeof text, "%Y-%m-%d %H:%M:%S +0000", &tm) == 0)
    return NULL;
  return g_strdup (text);
}

GVariant *
dump_swapped (GVariant *variant)
{
  if (G_BYTE_ORDER == G_BIG_ENDIAN)
    return g_variant_ref (variant);
  return g_variant_byteswap (variant);
}

void
dump_variant (GVariant *variant, gboolean swap)
{
  g_autoptr (GVariant) shown = swap ? dump_swapped (variant) : g_variant_ref (variant);
  g_autofree char *text = g_variant_print (shown, TRUE);
  puts (text);
}

/* Text of a commit that anybody may have made: it shall not steer the terminal. */
static char *
without_controls (const char *text)
{
  GString *clean = g_string_new (NULL);
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at)) {
    gunichar c = g_utf8_get_char (at);
    g_string_append_unichar (clean, g_unichar_iscntrl (c) && c != '\n' && c != '\t' ? '?' : c);
  }
  return g_string_free (clean, FALSE);
}

static void
print_indented (const char *text)
{
  g_autofree char *clean = without_controls (text);
  for (const char *at = clean; *at != '\0';) {
    gsize len = strcspn (at, "\n");
    printf ("    %.*s\n", (int)len, at);
    at += len;
    if (*at == '\n')
      at++;
  }
}

gboolean
dump_commit (const TreeCommitInfo *commit, DumpStyle style, GError **error)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&commit->checksum, hex);
  if (style != DUMP_TEXT) {
    printf ("commit %s\n", hex);
    dump_variant (commit->variant, style == DUMP_RAW);
    return TRUE;
  }
  g_autofree char *date = dump_format_time (commit->timestamp);
  if (date == NULL) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_CORRUPT,
                 "commit %s: time %" G_GUINT64_FORMAT " is in no calendar", hex, commit->timestamp);
    return FALSE;
  }
  printf ("commit %s\n", hex);
  if (commit->has_parent) {
    tree_checksum_to_hex (&commit->parent, hex);
    printf ("Parent:  %s\n", hex);
  }
  tree_checksum_to_hex (&commit->content_checksum, hex);
  printf ("ContentChecksum:  %s\n", hex);
  printf ("Date:  %s\n", date);
  g_autofree char *version = commit->version != NULL ? without_controls (commit->version) : NULL;
  if (version != NULL)
    printf ("Version: %s\n", version);
  if (commit->subject[0] != '\0') {
    putchar ('\n');
    print_indented (commit->subject);
  } else {
    puts ("(no subject)");
  }
  if (commit->body[0] != '\0') {
    putchar ('\n');
    print_indented (commit->body);
  }
  putchar ('\n');
  return TRUE;
}

static void
json_checksum (ShowJson *json, const char *key, const TreeChecksum *checksum)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (checksum, hex);
  show_json_string (json, key, hex);
}

void
dump_commit_json (const TreeCommitInfo *commit, ShowJson *json)
{
  show_json_begin_object (json, NULL);
  json_checksum (json, "checksum", &commit->checksum);
  if (commit->has_parent)
    json_checksum (json, "parent", &commit->parent);
  else
    show_json_string (json, "parent", NULL);
  json_checksum (json, "content-checksum", &commit->content_checksum);
  json_checksum (json, "root", &commit->root);
  json_checksum (json, "root-meta", &commit->root_meta);
  show_json_uint (json, "timestamp", commit->timestamp);
  show_json_string (json, "version", commit->version);
  show_json_string (json, "subject", commit->subject);
  show_json_string (json, "body", commit->body);
  show_json_boolean (json, "partial", commit->is_partial);
  show_json_variant (json, "metadata", commit->metadata);
  if (commit->detached != NULL)
    show_json_variant (json, "detached-metadata", commit->detached);
  show_json_end_object (json);
}
