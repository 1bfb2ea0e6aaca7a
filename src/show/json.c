/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "src/show/json.h"

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
