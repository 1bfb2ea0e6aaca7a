/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "net/metalink.h"

#include <string.h>

#include "base/error.h"
#include "net/url.h"

enum {
  MAX_URLS = 256,
  MAX_TEXT = 4096, /* of one element */
};

/* An element whose text is wanted. */
typedef enum {
  ELEMENT_OTHER,
  ELEMENT_SIZE,
  ELEMENT_HASH,
  ELEMENT_URL,
} Element;

typedef struct {
  char *url;
  gint64 rank; /* higher is better */
  guint place; /* in the file: the earlier of equals comes first */
} RankedUrl;

typedef struct {
  const char *name;
  Metalink *out;
  guint depth;
  guint file_depth; /* of the element that is the file; 0: outside */
  gboolean done;    /* there may be only one */
  Element element;
  guint element_depth;
  GChecksumType hash_type;
  gint64 rank;
  GString *text;
  GArray *urls; /* RankedUrl */
} Parser;

/* ---- Elements ---- */

static const char *
attribute (const char **names, const char **values, const char *name)
{
  for (; *names != NULL; names++, values++)
    if (strcmp (*names, name) == 0)
      return *values;
  return NULL;
}

static gboolean
hash_type_from_text (const char *text, GChecksumType *out)
{
  gboolean is_512 = text != NULL && (strcmp (text, "sha512") == 0 || strcmp (text, "sha-512") == 0);
  gboolean is_256 = text != NULL && (strcmp (text, "sha256") == 0 || strcmp (text, "sha-256") == 0);
  *out = is_512 ? G_CHECKSUM_SHA512 : G_CHECKSUM_SHA256;
  return is_512 || is_256;
}

/* Version 3: 100 is best; RFC 5854: 1 is. */
static gint64
rank_of (const char **names, const char **values)
{
  const char *preference = attribute (names, values, "preference");
  const char *priority = attribute (names, values, "priority");
  gint64 number = 0;
  if (preference != NULL)
    (void)g_ascii_string_to_signed (preference, 10, 0, 100, &number, NULL);
  else if (priority != NULL && g_ascii_string_to_signed (priority, 10, 1, 999999, &number, NULL))
    number = -number;
  return number;
}

/* Is the element that begins directly in the file, or in its child @container? */
static gboolean
is_placed (const Parser *self, GMarkupParseContext *context, const char *container)
{
  guint below = self->depth - self->file_depth;
  const GSList *stack = g_markup_parse_context_get_element_stack (context);
  return below == 1 ||
         (below == 2 && stack->next != NULL && strcmp (stack->next->data, container) == 0);
}

static void
begin_text (Parser *self, Element element)
{
  self->element = element;
  self->element_depth = self->depth;
  g_string_truncate (self->text, 0);
}

static void
on_start (GMarkupParseContext *context, const char *name, const char **names, const char **values,
          gpointer user_data, GError **error)
{
  Parser *self = user_data;
  self->depth++;
  if (self->file_depth == 0) {
    const char *file = strcmp (name, "file") == 0 ? attribute (names, values, "name") : NULL;
    if (!self->done && file != NULL && strcmp (file, self->name) == 0)
      self->file_depth = self->depth;
    return;
  }
  if (self->element != ELEMENT_OTHER)
    return;
  if (strcmp (name, "size") == 0 && self->depth == self->file_depth + 1)
    begin_text (self, ELEMENT_SIZE);
  else if (strcmp (name, "hash") == 0 && is_placed (self, context, "verification") &&
           hash_type_from_text (attribute (names, values, "type"), &self->hash_type))
    begin_text (self, ELEMENT_HASH);
  else if (strcmp (name, "url") == 0 && is_placed (self, context, "resources")) {
    self->rank = rank_of (names, values);
    begin_text (self, ELEMENT_URL);
  }
}

static void
on_text (GMarkupParseContext *context, const char *text, gsize len, gpointer user_data,
         GError **error)
{
  Parser *self = user_data;
  if (self->element == ELEMENT_OTHER || self->depth != self->element_depth)
    return;
  if (len > MAX_TEXT - self->text->len)
    (void)throw_error (error, TREE_ERROR_CORRUPT, "an element with more than %d bytes of text",
                       MAX_TEXT);
  else
    g_string_append_len (self->text, text, (gssize)len);
}

static gboolean
take_size (Parser *self, const char *text, GError **error)
{
  self->out->has_size = TRUE;
  return g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, &self->out->size, NULL) ||
         throw_error (error, TREE_ERROR_CORRUPT, "Invalid size '%s'", text);
}

static gboolean
take_hash (Parser *self, const char *text, GError **error)
{
  Metalink *out = self->out;
  gboolean is_512 = self->hash_type == G_CHECKSUM_SHA512;
  gsize len = (gsize)g_checksum_type_get_length (self->hash_type) * 2;
  if (strlen (text) != len || strspn (text, "0123456789abcdefABCDEF") != len)
    return throw_error (error, TREE_ERROR_CORRUPT, "Invalid hash digest for %s",
                        is_512 ? "sha512" : "sha256");
  if (out->hash != NULL && !is_512)
    return TRUE;
  g_free (out->hash);
  out->hash = g_ascii_strdown (text, -1);
  out->hash_type = self->hash_type;
  return TRUE;
}

static void
take_url (Parser *self, const char *text)
{
  gboolean printable = TRUE;
  for (const char *at = text; *at != '\0'; at++)
    printable = printable && g_ascii_isgraph (*at);
  if (!printable || !url_is_http (text) || self->urls->len >= MAX_URLS)
    return;
  const RankedUrl url = {g_strdup (text), self->rank, self->urls->len};
  g_array_append_val (self->urls, url);
}

static void
on_end (GMarkupParseContext *context, const char *name, gpointer user_data, GError **error)
{
  Parser *self = user_data;
  if (self->element != ELEMENT_OTHER && self->depth == self->element_depth) {
    const char *text = g_strstrip (self->text->str);
    if (self->element == ELEMENT_SIZE)
      (void)take_size (self, text, error);
    else if (self->element == ELEMENT_HASH)
      (void)take_hash (self, text, error);
    else
      take_url (self, text);
    self->element = ELEMENT_OTHER;
  }
  if (self->depth == self->file_depth) {
    self->file_depth = 0;
    self->done = TRUE;
  }
  self->depth--;
}

/* ---- The whole ---- */

static int
compare_urls (gconstpointer a, gconstpointer b)
{
  const RankedUrl *left = a;
  const RankedUrl *right = b;
  if (left->rank != right->rank)
    return left->rank > right->rank ? -1 : 1;
  return left->place < right->place ? -1 : 1;
}

static gboolean
finish (Parser *self, GError **error)
{
  if (!self->done)
    return throw_error (error, TREE_ERROR_CORRUPT, "No <file name=\"%s\"> element found",
                        self->name);
  if (self->out->hash == NULL)
    return throw_error (error, TREE_ERROR_CORRUPT,
                        "No <verification> element with known <hash type=> found: sha512 or sha256 "
                        "is needed");
  if (self->urls->len == 0)
    return throw_error (error, TREE_ERROR_CORRUPT,
                        "No <url method='http'> elements found: http or https is needed");
  g_array_sort (self->urls, compare_urls);
  self->out->urls = g_new0 (char *, self->urls->len + 1);
  for (guint i = 0; i < self->urls->len; i++)
    self->out->urls[i] = g_steal_pointer (&g_array_index (self->urls, RankedUrl, i).url);
  return TRUE;
}

static void
clear_url (gpointer data)
{
  g_free (((RankedUrl *)data)->url);
}

static gboolean
parse (Parser *self, GBytes *text, GError **error)
{
  static const GMarkupParser callbacks = {
      .start_element = on_start, .end_element = on_end, .text = on_text};
  gsize len;
  const char *data = g_bytes_get_data (text, &len);
  if (len == 0)
    return throw_error (error, TREE_ERROR_CORRUPT, "it is empty");
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&callbacks, 0, self, NULL);
  g_autoptr (GError) local = NULL;
  if (g_markup_parse_context_parse (context, data, (gssize)len, &local) &&
      g_markup_parse_context_end_parse (context, &local))
    return finish (self, error);
  return throw_error (error, TREE_ERROR_CORRUPT, "%s", local->message);
}

gboolean
metalink_parse (GBytes *text, const char *name, Metalink *out, GError **error)
{
  g_auto (Metalink) found = {0};
  Parser parser = {.name = name,
                   .out = &found,
                   .text = g_string_new (NULL),
                   .urls = g_array_new (FALSE, FALSE, sizeof (RankedUrl))};
  g_array_set_clear_func (parser.urls, clear_url);
  gboolean ok = parse (&parser, text, error);
  g_string_free (parser.text, TRUE);
  g_array_unref (parser.urls);
  if (!ok)
    return FALSE;
  *out = found;
  found = (Metalink){0};
  return TRUE;
}

void
metalink_clear (Metalink *self)
{
  g_clear_pointer (&self->hash, g_free);
  g_clear_pointer (&self->urls, g_strfreev);
}

gboolean
metalink_check (const Metalink *self, GBytes *file, GError **error)
{
  gsize len = g_bytes_get_size (file);
  if (self->has_size && len != self->size)
    return throw_error (error, TREE_ERROR_CORRUPT,
                        "Expected size is %" G_GUINT64_FORMAT
                        " bytes but content is %" G_GSIZE_FORMAT " bytes",
                        self->size, len);
  g_autofree char *actual = g_compute_checksum_for_bytes (self->hash_type, file);
  return strcmp (actual, self->hash) == 0 ||
         throw_error (error, TREE_ERROR_CORRUPT, "Expected checksum is %s but actual is %s",
                      self->hash, actual);
}
