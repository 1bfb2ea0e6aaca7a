/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/route.h"

#include <string.h>

#include "base/error.h"

char **
route_parse (const char *const *subpaths, GError **error)
{
  g_autoptr (GPtrArray) clean = g_ptr_array_new_with_free_func (g_free);
  for (; *subpaths != NULL; subpaths++) {
    if (**subpaths != '/')
      return throw_null (error, TREE_ERROR_INVALID, "subpath '%s' does not begin with '/'",
                         *subpaths);
    g_autoptr (GString) path = g_string_new (NULL);
    g_auto (GStrv) parts = g_strsplit (*subpaths, "/", -1);
    for (char **part = parts; *part != NULL; part++) {
      if (**part == '\0')
        continue;
      if (strcmp (*part, ".") == 0 || strcmp (*part, "..") == 0)
        return throw_null (error, TREE_ERROR_INVALID, "subpath '%s' has a '%s' in it", *subpaths,
                           *part);
      g_string_append_printf (path, "/%s", *part);
    }
    g_ptr_array_add (clean, g_strdup (path->len > 0 ? path->str : "/"));
  }
  g_ptr_array_add (clean, NULL);
  g_ptr_array_set_free_func (clean, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&clean), FALSE);
}

/* Is @path @folder or below it? */
static gboolean
is_at_or_below (const char *path, const char *folder)
{
  if (strcmp (folder, "/") == 0)
    return TRUE;
  gsize len = strlen (folder);
  return strncmp (path, folder, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

RouteKind
route_classify (const char *const *subpaths, const char *path)
{
  RouteKind kind = ROUTE_OUT;
  for (; *subpaths != NULL; subpaths++) {
    if (is_at_or_below (path, *subpaths))
      return ROUTE_IN;
    if (is_at_or_below (*subpaths, path))
      kind = ROUTE_ON_WAY;
  }
  return kind;
}
