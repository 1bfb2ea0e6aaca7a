/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "deploy/deployment-refs.h"

#include <string.h>

#include "base/fd.h"
#include "deploy/deployment.h"
#include "plain/layout.h"
#include "store/refs-write.h"

/* Not synced one by one: each would cost as much as the one barrier for all. */
static gboolean
set_ref (TreeRepo *repo, const char *ref, const TreeChecksum *checksum, GError **error)
{
  return refs_write (repo, ref, checksum, /* durable= */ FALSE, error);
}

static char *
ref_name (int bootversion, int subbootversion, guint index)
{
  return g_strdup_printf (DEPLOYMENT_REFS "/%d/%d/%u", bootversion, subbootversion, index);
}

/* Others keep refs below "ostree/" too, such as container images. Only ostree/[01]/[01]/INDEX are
 * the list's. */
static gboolean
is_deployment_ref (const char *name)
{
  const char *rest = name + strlen (DEPLOYMENT_REFS);
  if (!g_str_has_prefix (name, DEPLOYMENT_REFS "/"))
    return FALSE;
  for (int i = 0; i < 2; i++, rest += 2)
    if (rest[0] != '/' || (rest[1] != '0' && rest[1] != '1'))
      return FALSE;
  return rest[0] == '/' && rest[1] != '\0' && strspn (rest + 1, "0123456789") == strlen (rest + 1);
}

gboolean
deployment_refs_write (TreeRepo *repo, const GPtrArray *list, int bootversion, int subbootversion,
                       GError **error)
{
  autofd int lock = repo_lock (repo, REPO_LOCK_SHARED, error);
  if (lock < 0)
    return FALSE;
  for (guint i = 0; i < list->len; i++) {
    const Deployment *deployment = list->pdata[i];
    g_autofree char *ref = ref_name (bootversion, subbootversion, i);
    if (!set_ref (repo, ref, &deployment->info.checksum, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
deployment_refs_clean (TreeRepo *repo, guint n, int bootversion, int subbootversion, GError **error)
{
  autofd int lock = repo_lock (repo, REPO_LOCK_SHARED, error);
  g_autoptr (GPtrArray) refs = lock >= 0 ? tree_repo_list_refs (repo, DEPLOYMENT_REFS, error)
                                         : NULL;
  if (refs == NULL)
    return FALSE;
  g_autoptr (GHashTable) wanted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < n; i++)
    g_hash_table_add (wanted, ref_name (bootversion, subbootversion, i));
  for (guint i = 0; i < refs->len; i++) {
    const TreeRef *ref = refs->pdata[i];
    if (is_deployment_ref (ref->name) && !g_hash_table_contains (wanted, ref->name) &&
        !set_ref (repo, ref->name, NULL, error))
      return FALSE;
  }
  return TRUE;
}
