/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "src/show/json.h"

#include <stdio.h>

void
show_json_init (ShowJson *self)
{
  *self = (ShowJson){.text = g_string_new (NULL)};
}

void
show_json_clear (ShowJson *self)
{
  g_string_free (self->text, TRUE);
}

static void
append_quoted (GString *text, const char *value)
{
  g_autofree char *valid = g_utf8_make_valid (value, -1);
  g_string_append_c (text, '"');
  for (const char *c = valid; *c != '\0'; c++) {
    if (*c == '"' || *c == '\\')
      g_string_append_printf (text, "\\%c", *c);
    else if ((guchar)*c < ' ')
      g_string_append_printf (text, "\\u%04x", (guint)(guchar)*c);
    else
      g_string_append_c (text, *c);
  }
  g_string_append_c (text, '"');
}

static void
break_line (ShowJson *self)
{
  g_string_append_c (self->text, '\n');
  for (guint i = 0; i < self->depth; i++)
    g_string_append (self->text, "  ");
}

/* Before each value. */
static void
begin_value (ShowJson *self, const char *name)
{
  if (self->need_comma)
    g_string_append_c (self->text, ',');
  if (self->depth > 0)
    break_line (self);
  self->need_comma = TRUE;
  if (name == NULL)
    return;
  append_quoted (self->text, name);
  g_string_append (self->text, " : ");
}

static void
begin_container (ShowJson *self, const char *name, char bracket)
{
  begin_value (self, name);
  g_string_append_c (self->text, bracket);
  self->depth++;
  self->need_comma = FALSE;
}

static void
end_container (ShowJson *self, char bracket)
{
  gboolean was_empty = !self->need_comma;
  self->depth--;
  if (!was_empty)
    break_line (self);
  g_string_append_c (self->text, bracket);
  self->need_comma = TRUE;
}

void
show_json_begin_object (ShowJson *self, const char *name)
{
  begin_container (self, name, '{');
}

void
show_json_end_object (ShowJson *self)
{
  end_container (self, '}');
}

void
show_json_begin_array (ShowJson *self, const char *name)
{
  begin_container (self, name, '[');
}

void
show_json_end_array (ShowJson *self)
{
  end_container (self, ']');
}

void
show_json_string (ShowJson *self, const char *name, const char *value)
{
  begin_value (self, name);
  if (value != NULL)
    append_quoted (self->text, value);
  else
    g_string_append (self->text, "null");
}

void
show_json_int (ShowJson *self, const char *name, gint64 value)
{
  begin_value (self, name);
  g_string_append_printf (self->text, "%" G_GINT64_FORMAT, value);
}

void
show_json_boolean (ShowJson *self, const char *name, gboolean value)
{
  begin_value (self, name);
  g_string_append (self->text, value ? "true" : "false");
}

void
show_json_uint (ShowJson *self, const char *name, guint64 value)
{
  begin_value (self, name);
  g_string_append_printf (self->text, "%" G_GUINT64_FORMAT, value);
}

static void
append_dictionary (ShowJson *self, const char *name, GVariant *value)
{
  show_json_begin_object (self, name);
  GVariantIter iter;
  g_variant_iter_init (&iter, value);
  const char *key;
  GVariant *member;
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &member))
    show_json_variant (self, key, member);
  show_json_end_object (self);
}

void
show_json_variant (ShowJson *self, const char *name, GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)) {
    show_json_string (self, name, g_variant_get_string (value, NULL));
  } else if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN)) {
    show_json_boolean (self, name, g_variant_get_boolean (value));
  } else if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT)) {
    append_dictionary (self, name, value);
  } else if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY)) {
    show_json_begin_array (self, name);
    for (gsize i = 0; i < g_variant_n_children (value); i++) {
      g_autoptr (GVariant) item = g_variant_get_child_value (value, i);
      show_json_string (self, NULL, g_variant_get_string (item, NULL));
    }
    show_json_end_array (self);
  } else {
    g_autofree char *text = g_variant_print (value, FALSE);
    show_json_string (self, name, text);
  }
}

void
show_json_flush (ShowJson *self)
{
  if (self->depth == 0)
    g_string_append_c (self->text, '\n');
  fwrite (self->text->str, 1, self->text->len, stdout); /* a failure shows at the end */
  g_string_truncate (self->text, 0);
}
