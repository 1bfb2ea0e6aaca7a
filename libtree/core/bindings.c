/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/bindings.h"

#include <string.h>

#include "base/error.h"
#include "core/commit.h"

/* "‘a’, ‘b’" */
static char *
quote_all (const char *const *refs)
{
  GString *text = g_string_new (NULL);
  for (; *refs != NULL; refs++)
    g_string_append_printf (text, "%s‘%s’", text->len > 0 ? ", " : "", *refs);
  return g_string_free (text, FALSE);
}

gboolean
bindings_verify (GVariant *metadata, const char *collection, const char *ref, GError **error)
{
  g_autofree const char **refs = NULL;
  if (!g_variant_lookup (metadata, COMMIT_KEY_REF_BINDING, "^a&s", &refs))
    return collection == NULL ||
           throw_error (error, TREE_ERROR_INVALID,
                        "expected commit metadata to have ref binding information, found none");
  if (ref != NULL && !g_strv_contains (refs, ref)) {
    g_autofree char *list = quote_all (refs);
    return throw_error (
        error, TREE_ERROR_INVALID,
        "Commit has no requested ref ‘%s’ in ref binding metadata (%s); whoever publishes it "
        "should commit that tree to the ref: commit -b %s --tree=ref=…",
        ref, list, ref);
  }
  if (collection == NULL)
    return TRUE;
  const char *bound = NULL;
  if (!g_variant_lookup (metadata, COMMIT_KEY_COLLECTION_BINDING, "&s", &bound))
    return throw_error (
        error, TREE_ERROR_INVALID,
        "expected commit metadata to have collection ID binding information, found none");
  return strcmp (bound, collection) == 0 ||
         throw_error (error, TREE_ERROR_INVALID,
                      "Commit has collection ID ‘%s’ in collection binding metadata, while the "
                      "remote it came from has collection ID ‘%s’",
                      bound, collection);
}
