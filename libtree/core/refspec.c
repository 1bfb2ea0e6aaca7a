/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/refspec.h"

#include <string.h>

#include "base/error.h"

static gboolean
is_word (gunichar c)
{
  return c == '_' || g_unichar_isalnum (c);
}

/* The length of the fragment at the start of @text, 0 when there is none. */
static gsize
fragment_length (const char *text)
{
  const char *at = text;
  gunichar c = g_utf8_get_char_validated (at, -1);
  if (c == (gunichar)-1 || c == (gunichar)-2 || !is_word (c))
    return 0;
  while (*at != '\0') {
    c = g_utf8_get_char_validated (at, -1);
    if (c == (gunichar)-1 || c == (gunichar)-2 || !(is_word (c) || c == '-' || c == '.'))
      break;
    at = g_utf8_next_char (at);
  }
  return (gsize)(at - text);
}

gboolean
refspec_check_ref (const char *ref, GError **error)
{
  const char *at = ref;
  for (;;) {
    gsize n = fragment_length (at);
    at += n;
    if (n > 0 && *at == '\0')
      return TRUE;
    if (n == 0 || *at != '/')
      return throw_error (error, TREE_ERROR_INVALID, "Invalid ref name %s", ref);
    at++;
  }
}

gboolean
refspec_check_remote (const char *name, GError **error)
{
  gsize n = fragment_length (name);
  if (n == 0 || name[n] != '\0')
    return throw_error (error, TREE_ERROR_INVALID, "Invalid remote name %s", name);
  return TRUE;
}

gboolean
refspec_check_collection (const char *id, GError **error)
{
  guint n_elements = 0;
  gboolean ok = strlen (id) <= 255;
  for (const char *at = id; ok;) {
    if (!g_ascii_isalpha (*at) && *at != '_')
      ok = FALSE;
    while (g_ascii_isalnum (*at) || *at == '_')
      at++;
    n_elements++;
    if (*at == '\0')
      break;
    if (*at++ != '.')
      ok = FALSE;
  }
  if (!ok || n_elements < 2)
    return throw_error (error, TREE_ERROR_INVALID, "Invalid collection ID %s", id);
  return TRUE;
}

gboolean
refspec_parse (const char *refspec, char **out_remote, char **out_ref, GError **error)
{
  const char *colon = strchr (refspec, ':');
  g_autofree char *remote = colon != NULL ? g_strndup (refspec, (gsize)(colon - refspec)) : NULL;
  const char *ref = colon != NULL ? colon + 1 : refspec;
  if (remote != NULL && !refspec_check_remote (remote, error))
    return FALSE;
  if (!refspec_check_ref (ref, error))
    return FALSE;
  if (out_remote != NULL)
    *out_remote = g_steal_pointer (&remote);
  if (out_ref != NULL)
    *out_ref = g_strdup (ref);
  return TRUE;
}
