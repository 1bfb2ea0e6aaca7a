/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/trust.h"

#include "plain/layout.h"
#include "store/root.h"

gboolean
trust_add_system_keys (const TreeRepo *repo, SignKeys *keys, SignKeysKind kinds, GError **error)
{
  static const char *const folders[] = {ROOT_KEYS_SHARED, ROOT_KEYS_LOCAL};
  int dfd;
  const char *root = root_locate (repo, &dfd);
  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++) {
    g_autofree char *path = g_strconcat (root != NULL ? root : "/", folders[i], NULL);
    if (!sign_keys_add_folder (keys, dfd, path, kinds, error))
      return FALSE;
  }
  return TRUE;
}
