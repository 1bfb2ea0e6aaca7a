/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "src/commit-rules.h"

#include <errno.h>
#include <string.h>

#include "tree-error.h"

static char **
read_lines (const char *file, GError **error)
{
  g_autofree char *text = NULL;
  if (!g_file_get_contents (file, &text, NULL, error))
    return NULL;
  return g_strsplit (text, "\n", -1);
}

static void
clear_rule (gpointer rule)
{
  g_free ((char *)((TreeModeRule *)rule)->path);
}

static gboolean
parse_mode (const char *line, TreeModeRule *out)
{
  out->replace = *line == '=';
  const char *number = *line == '=' || *line == '+' ? line + 1 : line;
  char *end = NULL;
  errno = 0;
  guint64 mode = g_ascii_strtoull (number, &end, 10);
  if (errno != 0 || end == number || *end != ' ' || mode > 07777)
    return FALSE;
  out->mode = (guint32)mode;
  out->path = g_strdup (g_strstrip (end + 1));
  return TRUE;
}

GArray *
commit_rules_read_modes (const char *file, GError **error)
{
  g_auto (GStrv) lines = read_lines (file, error);
  if (lines == NULL)
    return NULL;
  g_autoptr (GArray) rules = g_array_new (FALSE, FALSE, sizeof (TreeModeRule));
  g_array_set_clear_func (rules, clear_rule);
  for (gsize i = 0; lines[i] != NULL; i++) {
    TreeModeRule rule;
    if (*g_strchug (lines[i]) == '\0')
      continue;
    if (!parse_mode (lines[i], &rule)) {
      g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                   "'%s', line %" G_GSIZE_FORMAT
                   ": '%s' is not \"+MODE PATH\" or \"=MODE PATH\" with "
                   "MODE in decimal",
                   file, i + 1, lines[i]);
      return NULL;
    }
    g_array_append_val (rules, rule);
  }
  return g_steal_pointer (&rules);
}

char **
commit_rules_read_skips (const char *file, GError **error)
{
  g_auto (GStrv) lines = read_lines (file, error);
  if (lines == NULL)
    return NULL;
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  for (gsize i = 0; lines[i] != NULL; i++)
    if (*lines[i] != '\0')
      g_ptr_array_add (paths, g_strdup (lines[i]));
  g_ptr_array_add (paths, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&paths), FALSE);
}
