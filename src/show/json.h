/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing JSON: values are appended one by one, and commas, indentation and escapes are seen to. */
#pragma once

#include <glib.h>

typedef struct {
  GString *text;
  guint depth;
  gboolean need_comma;
} ShowJson;

void show_json_init (ShowJson *self);
void show_json_clear (ShowJson *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ShowJson, show_json_clear)

/* @name: key of the value; NULL within an array and at the top. */
void show_json_begin_object (ShowJson *self, const char *name);
void show_json_end_object (ShowJson *self);
void show_json_begin_array (ShowJson *self, const char *name);
void show_json_end_array (ShowJson *self);
/* NULL is written as null; what is not UTF-8, as replacement characters. */
void show_json_string (ShowJson *self, const char *name, const char *value);
void show_json_int (ShowJson *self, const char *name, gint64 value);
void show_json_uint (ShowJson *self, const char *name, guint64 value);
void show_json_boolean (ShowJson *self, const char *name, gboolean value);
/* Texts, arrays of texts, booleans and dictionaries as themselves; what JSON has no form for, as
 * the text of a GVariant. */
void show_json_variant (ShowJson *self, const char *name, GVariant *value);
/* Prints what there is so far on standard output: long lists need not be kept in memory. At the top
 * it ends the line. */
void show_json_flush (ShowJson *self);
