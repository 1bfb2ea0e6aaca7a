/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "src/rev.h"

#include "src/suggest.h"
#include "tree-error.h"

gboolean
rev_resolve (const TreeRepo *repo, const char *rev, TreeChecksum *out, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  if (tree_repo_resolve_rev (repo, rev, out, &local_error))
    return TRUE;
  g_autoptr (GPtrArray) refs = NULL;
  if (g_error_matches (local_error, TREE_ERROR, TREE_ERROR_NOT_FOUND))
    refs = tree_repo_list_refs (repo, NULL, NULL); /* without them there is only no suggestion */
  Suggest suggest;
  suggest_init (&suggest, rev);
  for (guint i = 0; refs != NULL && i < refs->len; i++)
    suggest_offer (&suggest, ((const TreeRef *)refs->pdata[i])->name);
  g_autofree char *hint = suggest_text (&suggest, "");
  g_set_error (error, local_error->domain, local_error->code, "%s%s", local_error->message, hint);
  return FALSE;
}
