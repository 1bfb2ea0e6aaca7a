/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands that are programs of their own, as git has them: a distribution or an administrator adds
 * one by putting it in place. */
#include "config.h"

#include "src/external.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tree-error.h"

gboolean
external_exec (const char *name, int argc, char **argv, GError **error)
{
  if (strchr (name, '/') != NULL)
    return TRUE;
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  g_ptr_array_add (words, argv[0]);
  for (int i = 1; i < argc; i++)
    if (argv[i] != name)
      g_ptr_array_add (words, argv[i]);
  g_ptr_array_add (words, NULL);

  static const char *const prefixes[] = {PKGLIBEXECDIR "/ext/pando-", "pando-", "ostree-"};
  for (gsize i = 0; i < G_N_ELEMENTS (prefixes); i++) {
    g_autofree char *file = g_strconcat (prefixes[i], name, NULL);
    words->pdata[0] = file;
    execvp (file, (char **)words->pdata);
    /* EACCES also stands for a folder of PATH that may not be read. */
    if (errno != ENOENT && errno != EACCES && errno != ENOTDIR) {
      g_set_error (error, TREE_ERROR, TREE_ERROR_FAILED, "run '%s': %s", file, g_strerror (errno));
      return FALSE;
    }
  }
  return TRUE;
}
