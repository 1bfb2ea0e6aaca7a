/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "src/gpg-import.h"

#include <stdio.h>

#include "tree-sign.h"

gboolean
gpg_import_run (TreeRepo *repo, const char *remote, const char *const *files, int fd,
                const char *const *key_ids, GError **error)
{
  guint n = 0;
  if (!tree_repo_remote_gpg_import (repo, remote, files, fd, key_ids, &n, error))
    return FALSE;
  printf ("Imported %u GPG key%s to remote \"%s\"\n", n, n == 1 ? "" : "s", remote);
  return TRUE;
}
