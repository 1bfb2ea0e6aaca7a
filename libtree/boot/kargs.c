/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "boot/kargs.h"

#include <string.h>

#include "base/error.h"
#include "plain/layout.h"

struct Kargs {
  GPtrArray *list; /* owned strings */
};

Kargs *
kargs_new (void)
{
  Kargs *self = g_new0 (Kargs, 1);
  self->list = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
kargs_free (Kargs *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->list);
  g_free (self);
}

static gsize
argument_length (const char *text)
{
  gboolean in_quotes = FALSE;
  gsize len = 0;
  for (; text[len] != '\0' && (in_quotes || !g_ascii_isspace (text[len])); len++)
    if (text[len] == '"')
      in_quotes = !in_quotes;
  return len;
}

static void
append_text (Kargs *self, const char *text)
{
  while (*text != '\0') {
    gsize len = argument_length (text);
    if (len > 0)
      g_ptr_array_add (self->list, g_strndup (text, len));
    text += len;
    while (g_ascii_isspace (*text))
      text++;
  }
}

Kargs *
kargs_parse (const char *text)
{
  Kargs *self = kargs_new ();
  append_text (self, text);
  return self;
}

Kargs *
kargs_copy (const Kargs *self)
{
  Kargs *copy = kargs_new ();
  for (guint i = 0; i < self->list->len; i++)
    kargs_append (copy, self->list->pdata[i]);
  return copy;
}

char *
kargs_to_text (const Kargs *self)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < self->list->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "", (const char *)self->list->pdata[i]);
  return g_string_free (text, FALSE);
}

gsize
kargs_count (const Kargs *self)
{
  return self->list->len;
}

static gsize
key_length (const char *argument)
{
  return strcspn (argument, "=");
}

static gboolean
same_key (const char *a, const char *b)
{
  gsize len = key_length (a);
  return len == key_length (b) && strncmp (a, b, len) == 0;
}

gboolean
kargs_contains (const Kargs *self, const char *argument)
{
  for (guint i = 0; i < self->list->len; i++)
    if (strcmp (self->list->pdata[i], argument) == 0)
      return TRUE;
  return FALSE;
}

const char *
kargs_get (const Kargs *self, const char *key)
{
  for (guint i = self->list->len; i > 0; i--) {
    const char *argument = self->list->pdata[i - 1];
    if (same_key (argument, key)) {
      const char *value = argument + key_length (argument);
      return *value == '=' ? value + 1 : value;
    }
  }
  return NULL;
}

void
kargs_append (Kargs *self, const char *argument)
{
  g_ptr_array_add (self->list, g_strdup (argument));
}

void
kargs_replace (Kargs *self, const char *argument)
{
  gboolean done = FALSE;
  for (guint i = 0; i < self->list->len;) {
    if (!same_key (self->list->pdata[i], argument))
      i++;
    else if (done)
      (void)g_ptr_array_remove_index (self->list, i);
    else {
      g_free (self->list->pdata[i]);
      self->list->pdata[i++] = g_strdup (argument);
      done = TRUE;
    }
  }
  if (!done)
    kargs_append (self, argument);
}

gboolean
kargs_delete (Kargs *self, const char *argument, GError **error)
{
  gboolean has_value = strchr (argument, '=') != NULL;
  guint n_found = 0, found = 0;
  gboolean has_key = FALSE;
  for (guint i = 0; i < self->list->len; i++) {
    const char *have = self->list->pdata[i];
    has_key |= same_key (have, argument);
    if (has_value ? strcmp (have, argument) == 0 : same_key (have, argument))
      if (n_found++ == 0)
        found = i;
  }
  if (n_found == 0 && has_key)
    return throw_error (error, TREE_ERROR_NOT_FOUND,
                        "no kernel argument '%s', though its key is there", argument);
  if (n_found == 0)
    return throw_error (error, TREE_ERROR_NOT_FOUND, "no kernel argument '%s' to delete", argument);
  if (n_found > 1 && !has_value)
    return throw_error (error, TREE_ERROR_INVALID,
                        "%u kernel arguments have the key '%s': say which by '%s=VALUE'", n_found,
                        argument, argument);
  (void)g_ptr_array_remove_index (self->list, found);
  return TRUE;
}

void
kargs_remove_key (Kargs *self, const char *key)
{
  for (guint i = 0; i < self->list->len;) {
    if (same_key (self->list->pdata[i], key))
      (void)g_ptr_array_remove_index (self->list, i);
    else
      i++;
  }
}

void
kargs_append_cmdline (Kargs *self, const char *text)
{
  g_autoptr (Kargs) running = kargs_parse (text);
  kargs_remove_key (running, "BOOT_IMAGE");
  kargs_remove_key (running, "initrd");
  kargs_remove_key (running, KARG_OSTREE);
  for (guint i = 0; i < running->list->len; i++)
    kargs_append (self, running->list->pdata[i]);
}
