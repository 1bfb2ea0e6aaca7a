/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See summary.h. `summary --view` and `remote summary` print the same, as ostree does. Times are
 * those of the local zone here, unlike in a log. */
#include "config.h"

#include "src/show/summary.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "src/show/dump.h"
#include "tree-error.h"

/* "2023-11-14T22:15:00+00" */
static char *
format_time (guint64 timestamp)
{
  time_t seconds = (time_t)timestamp;
  struct tm tm;
  char text[64];
  if (timestamp > G_MAXINT64 || localtime_r (&seconds, &tm) == NULL ||
      strftime (text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
    return g_strdup_printf ("%" G_GUINT64_FORMAT, timestamp);
  long minutes = tm.tm_gmtoff / 60;
  long distance = ABS (minutes);
  g_autoptr (GString) out = g_string_new (text);
  g_string_append_printf (out, "%c%02ld", minutes < 0 ? '-' : '+', distance / 60);
  if (distance % 60 != 0)
    g_string_append_printf (out, ":%02ld", distance % 60);
  return g_strdup (out->str);
}

typedef enum {
  AS_TEXT, /* as GVariant text */
  AS_STRING,
  AS_TIME, /* uint64, big-endian */
  AS_YES_NO,
  AS_PRINTED, /* what is in it was printed among the refs */
} Form;

/* What is known of a key; others are printed as they are. */
static const struct {
  const char *key;
  const char *title;
  const char *type;
  Form form;
} known_keys[] = {
    {"ostree.summary.mode", "Repository Mode", "s", AS_STRING},
    {"ostree.summary.last-modified", "Last-Modified", "t", AS_TIME},
    {"ostree.summary.expires", "Expires", "t", AS_TIME},
    {"ostree.summary.tombstone-commits", "Has Tombstone Commits", "b", AS_YES_NO},
    {"ostree.static-deltas", "Static Deltas", "a{sv}", AS_TEXT},
    {"ostree.summary.collection-id", "Collection ID", "s", AS_STRING},
    {"ostree.summary.collection-map", "Collection Map", "a{sa(s(taya{sv}))}", AS_PRINTED},
    {"ostree.commit.timestamp", "Timestamp", "t", AS_TIME},
    {"ostree.commit.version", "Version", "s", AS_STRING},
};

static char *
format_value (GVariant *value, Form form)
{
  switch (form) {
  case AS_STRING:
    return g_variant_dup_string (value, NULL);
  case AS_TIME:
    return format_time (GUINT64_FROM_BE (g_variant_get_uint64 (value)));
  case AS_YES_NO:
    return g_strdup (g_variant_get_boolean (value) ? "Yes" : "No");
  case AS_PRINTED:
    return g_strdup ("(printed above)");
  case AS_TEXT:
    return g_variant_print (value, FALSE);
  }
  g_assert_not_reached ();
}

static void
print_key_value (const char *indent, const char *key, GVariant *value)
{
  for (gsize i = 0; i < G_N_ELEMENTS (known_keys); i++) {
    if (strcmp (key, known_keys[i].key) != 0 ||
        !g_variant_is_of_type (value, G_VARIANT_TYPE (known_keys[i].type)))
      continue;
    g_autofree char *text = format_value (value, known_keys[i].form);
    printf ("%s%s (%s): %s\n", indent, known_keys[i].title, key, text);
    return;
  }
  g_autofree char *text = g_variant_print (value, FALSE);
  printf ("%s%s: %s\n", indent, key, text);
}

static void
print_metadata (const char *indent, GVariant *metadata)
{
  GVariantIter iter;
  g_variant_iter_init (&iter, metadata);
  const char *key;
  GVariant *value;
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    print_key_value (indent, key, value);
}

static void
print_refs (GVariant *refs, const char *collection)
{
  for (gsize i = 0; i < g_variant_n_children (refs); i++) {
    const char *name;
    guint64 size;
    g_autoptr (GVariant) checksum = NULL;
    g_autoptr (GVariant) metadata = NULL;
    g_variant_get_child (refs, i, "(&s(t@ay@a{sv}))", &name, &size, &checksum, &metadata);
    if (collection != NULL)
      printf ("* (%s, %s)\n", collection, name);
    else
      printf ("* %s\n", name);
    printf ("    Latest Commit (%" G_GUINT64_FORMAT " bytes):\n      ", size);
    gsize len;
    const guint8 *bytes = g_variant_get_fixed_array (checksum, &len, 1);
    for (gsize j = 0; j < len; j++)
      printf ("%02x", bytes[j]);
    puts (len > 0 ? "" : "(none)");
    print_metadata ("    ", metadata);
    putchar ('\n');
  }
}

void
summary_print (GVariant *summary)
{
  g_autoptr (GVariant) refs = g_variant_get_child_value (summary, 0);
  g_autoptr (GVariant) metadata = g_variant_get_child_value (summary, 1);
  const char *collection = NULL;
  (void)g_variant_lookup (metadata, "ostree.summary.collection-id", "&s", &collection);
  print_refs (refs, collection);
  g_autoptr (GVariant) map = g_variant_lookup_value (metadata, "ostree.summary.collection-map",
                                                     G_VARIANT_TYPE ("a{sa(s(taya{sv}))}"));
  for (gsize i = 0; map != NULL && i < g_variant_n_children (map); i++) {
    const char *other;
    g_autoptr (GVariant) other_refs = NULL;
    g_variant_get_child (map, i, "{&s@a(s(taya{sv}))}", &other, &other_refs);
    print_refs (other_refs, other);
  }
  print_metadata ("", metadata);
}

void
summary_print_raw (GVariant *summary)
{
  dump_variant (summary, TRUE);
}

void
summary_list_keys (GVariant *summary)
{
  g_autoptr (GVariant) metadata = g_variant_get_child_value (summary, 1);
  GVariantIter iter;
  g_variant_iter_init (&iter, metadata);
  const char *key;
  while (g_variant_iter_next (&iter, "{&sv}", &key, NULL))
    puts (key);
}

gboolean
summary_print_key (GVariant *summary, const char *key, GError **error)
{
  g_autoptr (GVariant) metadata = g_variant_get_child_value (summary, 1);
  g_autoptr (GVariant) value = g_variant_lookup_value (metadata, key, NULL);
  if (value == NULL) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND, "No such metadata key '%s'", key);
    return FALSE;
  }
  dump_variant (value, TRUE);
  return TRUE;
}
