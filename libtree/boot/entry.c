/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "boot/entry.h"

#include <string.h>

#include "base/error.h"

typedef struct {
  char *key;   /* owned; NULL for a comment or a blank line */
  char *value; /* owned; the whole line of a comment */
} Line;

struct BootEntry {
  GPtrArray *lines; /* owned Line */
};

static void
line_free (gpointer data)
{
  Line *line = data;
  g_free (line->key);
  g_free (line->value);
  g_free (line);
}

BootEntry *
bootentry_new (void)
{
  BootEntry *self = g_new0 (BootEntry, 1);
  self->lines = g_ptr_array_new_with_free_func (line_free);
  return self;
}

void
bootentry_free (BootEntry *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->lines);
  g_free (self);
}

static void
add_line (BootEntry *self, char *key, char *value)
{
  Line *line = g_new0 (Line, 1);
  line->key = key;
  line->value = value;
  g_ptr_array_add (self->lines, line);
}

BootEntry *
bootentry_copy (const BootEntry *self)
{
  BootEntry *copy = bootentry_new ();
  for (guint i = 0; i < self->lines->len; i++) {
    const Line *line = self->lines->pdata[i];
    add_line (copy, g_strdup (line->key), g_strdup (line->value));
  }
  return copy;
}

static gboolean
parse_line (BootEntry *self, const char *text, gsize len, GError **error)
{
  while (len > 0 && g_ascii_isspace (text[len - 1]))
    len--;
  gsize start = 0;
  while (start < len && g_ascii_isspace (text[start]))
    start++;
  if (start == len || text[start] == '#') {
    add_line (self, NULL, g_strndup (text, len));
    return TRUE;
  }
  gsize key_end = start;
  while (key_end < len && !g_ascii_isspace (text[key_end]))
    key_end++;
  gsize value = key_end;
  while (value < len && g_ascii_isspace (text[value]))
    value++;
  if (value == len)
    return throw_error (error, TREE_ERROR_CORRUPT, "boot entry: key '%.*s' has no value",
                        (int)MIN (key_end - start, 60), text + start);
  add_line (self, g_strndup (text + start, key_end - start), g_strndup (text + value, len - value));
  return TRUE;
}

gboolean
bootentry_parse (const char *data, gsize len, BootEntry **out, GError **error)
{
  if (len > BOOTENTRY_MAX_BYTES)
    return throw_error (error, TREE_ERROR_CORRUPT, "boot entry is larger than %d bytes",
                        BOOTENTRY_MAX_BYTES);
  if (memchr (data, '\0', len) != NULL)
    return throw_error (error, TREE_ERROR_CORRUPT, "boot entry contains a NUL byte");
  g_autoptr (BootEntry) self = bootentry_new ();
  for (gsize at = 0; at < len;) {
    const char *newline = memchr (data + at, '\n', len - at);
    gsize line_len = newline != NULL ? (gsize)(newline - (data + at)) : len - at;
    if (!parse_line (self, data + at, line_len, error))
      return FALSE;
    at += line_len + 1;
  }
  *out = g_steal_pointer (&self);
  return TRUE;
}

char *
bootentry_to_text (const BootEntry *self)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < self->lines->len; i++) {
    const Line *line = self->lines->pdata[i];
    if (line->key != NULL)
      g_string_append_printf (text, "%s ", line->key);
    g_string_append (text, line->value);
    g_string_append_c (text, '\n');
  }
  return g_string_free (text, FALSE);
}

const char *
bootentry_get (const BootEntry *self, const char *key)
{
  for (guint i = 0; i < self->lines->len; i++) {
    const Line *line = self->lines->pdata[i];
    if (g_strcmp0 (line->key, key) == 0)
      return line->value;
  }
  return NULL;
}

void
bootentry_set (BootEntry *self, const char *key, const char *value)
{
  gboolean done = value == NULL;
  for (guint i = 0; i < self->lines->len;) {
    Line *line = self->lines->pdata[i];
    if (g_strcmp0 (line->key, key) != 0)
      i++;
    else if (done)
      (void)g_ptr_array_remove_index (self->lines, i);
    else {
      g_free (line->value);
      line->value = g_strdup (value);
      done = TRUE;
      i++;
    }
  }
  if (!done)
    bootentry_add (self, key, value);
}

void
bootentry_add (BootEntry *self, const char *key, const char *value)
{
  add_line (self, g_strdup (key), g_strdup (value));
}

GPtrArray *
bootentry_list (const BootEntry *self, const char *key)
{
  GPtrArray *values = g_ptr_array_new ();
  for (guint i = 0; i < self->lines->len; i++) {
    const Line *line = self->lines->pdata[i];
    if (g_strcmp0 (line->key, key) == 0)
      g_ptr_array_add (values, line->value);
  }
  return values;
}

/* A decimal number of at most six digits that ends at @end. */
static gboolean
parse_number (const char *text, const char *end, int *out)
{
  if (text == end || end - text > 6)
    return FALSE;
  int number = 0;
  for (; text < end; text++) {
    if (!g_ascii_isdigit (*text))
      return FALSE;
    number = number * 10 + (*text - '0');
  }
  *out = number;
  return TRUE;
}

/* "+LEFT" or "+LEFT-DONE", from the last '+' on. Something else after a '+' is part of the name. */
static const char *
parse_counter (const char *start, const char *end, BootEntryName *name)
{
  const char *plus = NULL;
  for (const char *at = start; at < end; at++)
    if (*at == '+')
      plus = at;
  if (plus == NULL)
    return end;
  const char *dash = memchr (plus, '-', (gsize)(end - plus));
  int left, done = 0;
  if (!parse_number (plus + 1, dash != NULL ? dash : end, &left) ||
      (dash != NULL && !parse_number (dash + 1, end, &done)))
    return end;
  name->tries_left = left;
  name->tries_done = done;
  return plus;
}

gboolean
bootentry_name_parse (const char *name, BootEntryName *out)
{
  if (!g_str_has_prefix (name, "ostree-") || !g_str_has_suffix (name, ".conf"))
    return FALSE;
  const char *start = name + strlen ("ostree-");
  const char *end = name + strlen (name) - strlen (".conf");
  if (start > end)
    return FALSE;
  BootEntryName self = {.tries_left = -1};
  end = parse_counter (start, end, &self);
  const char *dash = memchr (start, '-', (gsize)(end - start));
  if (!parse_number (start, dash != NULL ? dash : end, &self.number))
    return FALSE;
  if (dash != NULL)
    self.stateroot = g_strndup (dash + 1, (gsize)(end - dash - 1));
  *out = self;
  return TRUE;
}

void
bootentry_name_clear (BootEntryName *self)
{
  g_clear_pointer (&self->stateroot, g_free);
}

char *
bootentry_name_format (int number, const char *stateroot)
{
  return g_strdup_printf ("ostree-%d-%s.conf", number, stateroot);
}
