/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes of refs that people ask for (tree-repo.h), each under the lock and with all that follows:
 * what a ref may point at, and the automatic summary. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/refspec.h"
#include "store/object-read.h"
#include "store/publish.h"
#include "store/refs-list.h"
#include "store/refs-write.h"
#include "store/refs.h"

/* Under the lock: a prune may have been faster. */
static gboolean
check_target (const TreeRepo *self, const TreeChecksum *checksum, GError **error)
{
  gboolean found = FALSE;
  if (checksum == NULL)
    return TRUE;
  if (!object_exists (self, TREE_OBJECT_COMMIT, checksum, &found, error))
    return FALSE;
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (checksum, hex);
  return found ||
         throw_error (error, TREE_ERROR_NOT_FOUND, "No such commit '%s' in '%s'", hex, self->path);
}

gboolean
tree_repo_set_ref (TreeRepo *self, const char *refspec, const TreeChecksum *checksum,
                   GError **error)
{
  autofd int lock = repo_lock (self, REPO_LOCK_SHARED, error);
  return lock >= 0 && check_target (self, checksum, error) &&
         refs_write (self, refspec, checksum, TRUE, error) && publish_automatically (self, error);
}

/* Aliases go first: a ref that has one cannot be deleted. */
static gboolean
delete_listed (TreeRepo *self, const GPtrArray *refs, GError **error)
{
  for (int aliases = 1; aliases >= 0; aliases--)
    for (guint i = 0; i < refs->len; i++) {
      const TreeRef *ref = refs->pdata[i];
      if ((ref->alias_of != NULL) == (aliases == 1) &&
          !refs_write (self, ref->name, NULL, TRUE, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
tree_repo_delete_refs (TreeRepo *self, const char *prefix, GError **error)
{
  autofd int lock = repo_lock (self, REPO_LOCK_SHARED, error);
  if (lock < 0)
    return FALSE;
  g_autoptr (GPtrArray) refs = refs_list_names (self, prefix, error);
  return refs != NULL && delete_listed (self, refs, error) && publish_automatically (self, error);
}

gboolean
tree_repo_set_collection_ref (TreeRepo *self, const char *collection, const char *ref,
                              const TreeChecksum *checksum, GError **error)
{
  autofd int lock = repo_lock (self, REPO_LOCK_SHARED, error);
  return lock >= 0 && check_target (self, checksum, error) &&
         refs_write_collection (self, collection, ref, checksum, error) &&
         publish_automatically (self, error);
}

static gboolean
check_alias (const TreeRepo *self, const char *alias, const char *target, GError **error)
{
  if (strchr (alias, ':') != NULL || strchr (target, ':') != NULL)
    return throw_error (error, TREE_ERROR_INVALID, "Cannot create alias to remote ref: %s",
                        strchr (target, ':') != NULL ? target : alias);
  if (!refspec_check_ref (alias, error) || !refspec_check_ref (target, error))
    return FALSE;
  gboolean found;
  TreeChecksum checksum;
  g_autofree char *final = NULL;
  if (!refs_read_in (self, REF_HEADS, NULL, target, &found, &checksum, &final, error))
    return FALSE;
  if (!found)
    return throw_error (error, TREE_ERROR_NOT_FOUND, "Cannot create alias to non-existent ref: %s",
                        target);
  if (strcmp (final, alias) == 0)
    return throw_error (error, TREE_ERROR_INVALID, "alias '%s' would stand for itself", alias);
  return TRUE;
}

gboolean
tree_repo_set_alias (TreeRepo *self, const char *alias, const char *target, GError **error)
{
  autofd int lock = repo_lock (self, REPO_LOCK_SHARED, error);
  return lock >= 0 && check_alias (self, alias, target, error) &&
         refs_write_alias (self, alias, target, error) && publish_automatically (self, error);
}
