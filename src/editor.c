/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "src/editor.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tree-error.h"

static gboolean throw_text (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
throw_text (GError **error, const char *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (TREE_ERROR, TREE_ERROR_FAILED, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* A full-screen editor is nothing for a terminal that cannot move its cursor. */
static const char *
find_editor (GError **error)
{
  const char *term = g_getenv ("TERM");
  gboolean is_dumb = term == NULL || strcmp (term, "dumb") == 0;
  const char *editor = g_getenv ("OSTREE_EDITOR");
  if (editor == NULL && !is_dumb)
    editor = g_getenv ("VISUAL");
  if (editor == NULL)
    editor = g_getenv ("EDITOR");
  if (editor == NULL && !is_dumb)
    editor = "vi";
  if (editor == NULL)
    (void)throw_text (error, "Terminal is dumb, but EDITOR unset");
  return editor;
}

/* The variables hold a command of the shell, as git has it: "emacs -nw" is one. */
static gboolean
run_editor (const char *file, GError **error)
{
  const char *editor = find_editor (error);
  if (editor == NULL)
    return FALSE;
  g_autofree char *script = g_strconcat (editor, " \"$@\"", NULL);
  const char *argv[] = {"/bin/sh", "-c", script, editor, file, NULL};
  int status = 0;
  if (!g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL, NULL,
                     NULL, &status, error))
    return FALSE;
  return status == 0 || throw_text (error, "There was a problem with the editor '%s'", editor);
}

static gboolean
edit (const char *template, char **out, GError **error)
{
  g_autofree char *file = NULL;
  int fd = g_file_open_tmp ("pando-message-XXXXXX", &file, error);
  if (fd < 0)
    return FALSE;
  (void)close (fd);
  gboolean ok = g_file_set_contents (file, template, -1, error) && run_editor (file, error) &&
                g_file_get_contents (file, out, NULL, error);
  (void)unlink (file);
  return ok;
}

/* Without the lines that are for the user alone. */
static void
split_message (const char *text, char **subject, char **body)
{
  g_autoptr (GString) message = g_string_new (NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    if (**line != '#')
      g_string_append_printf (message, "%s\n", g_strchomp (*line));
  g_strstrip (message->str);
  char *end = strchr (message->str, '\n');
  g_free (*subject);
  g_free (*body);
  *subject = end != NULL ? g_strndup (message->str, (gsize)(end - message->str))
                         : g_strdup (message->str);
  *body = end != NULL ? g_strstrip (g_strdup (end)) : NULL;
}

gboolean
editor_ask_message (const char *branch, char **subject, char **body, GError **error)
{
  g_autofree char *template = g_strdup_printf (
      "%s\n%s%s\n"
      "# Please enter the commit message for your changes. The first line will\n"
      "# become the subject, and the remainder the body. Lines starting\n"
      "# with '#' will be ignored, and an empty message aborts the commit.\n"
      "%s%s%s",
      *subject != NULL ? *subject : "", *body != NULL ? "\n" : "", *body != NULL ? *body : "",
      branch != NULL ? "#\n# Branch: " : "", branch != NULL ? branch : "",
      branch != NULL ? "\n" : "");
  g_autofree char *text = NULL;
  if (!edit (template, &text, error))
    return FALSE;
  if (!g_utf8_validate (text, -1, NULL))
    return throw_text (error, "the commit message is not UTF-8 text");
  split_message (text, subject, body);
  return **subject != '\0' || throw_text (error, "Aborting commit due to empty commit subject.");
}
