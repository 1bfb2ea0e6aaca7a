/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/refs.h"

#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/refspec.h"

/* Aliases that may lead to each other: people make one, a circle makes infinitely many. */
#define MAX_ALIASES 8

static gboolean
read_once (int dfd, const char *ref, RefFile *out, TreeChecksum *out_checksum, char **out_target,
           GError **error)
{
  autofd int parent = -1;
  const char *name;
  if (!refdir_open_parent (dfd, ref, REFDIR_FIND, &parent, &name, error))
    return FALSE;
  if (parent >= 0)
    return refdir_read (parent, name, ref, out, out_checksum, out_target, error);
  *out = REF_FILE_ABSENT;
  return TRUE;
}

gboolean
refs_read_in (const TreeRepo *repo, RefKind kind, const char *owner, const char *ref,
              gboolean *out_found, TreeChecksum *out, char **out_final, GError **error)
{
  autofd int dfd = -1;
  if (!refdir_open (repo, kind, owner, REFDIR_FIND, &dfd, error))
    return FALSE;
  g_autofree char *at = g_strdup (ref);
  for (int i = 0; i < MAX_ALIASES; i++) {
    RefFile file = REF_FILE_ABSENT;
    g_autofree char *target = NULL;
    if (dfd >= 0 && !read_once (dfd, at, &file, out, &target, error))
      return FALSE;
    if (file != REF_FILE_LINK) {
      *out_found = file == REF_FILE_CHECKSUM;
      if (out_final != NULL)
        *out_final = g_steal_pointer (&at);
      return TRUE;
    }
    g_free (at);
    at = g_steal_pointer (&target);
  }
  return throw_error (error, TREE_ERROR_CORRUPT, "alias '%s' leads back to itself", ref);
}

gboolean
refs_read (const TreeRepo *repo, const char *refspec, gboolean *out_found, TreeChecksum *out,
           GError **error)
{
  g_autofree char *remote = NULL;
  g_autofree char *ref = NULL;
  return refspec_parse (refspec, &remote, &ref, error) &&
         refs_read_in (repo, remote != NULL ? REF_REMOTES : REF_HEADS, remote, ref, out_found, out,
                       NULL, error);
}

gboolean
tree_repo_has_ref (const TreeRepo *self, const char *refspec, gboolean *out, GError **error)
{
  g_autofree char *remote = NULL;
  g_autofree char *ref = NULL;
  autofd int dfd = -1;
  autofd int parent = -1;
  const char *name = NULL;
  struct stat st;
  if (!refspec_parse (refspec, &remote, &ref, error) ||
      !refdir_open (self, remote != NULL ? REF_REMOTES : REF_HEADS, remote, REFDIR_FIND, &dfd,
                    error) ||
      (dfd >= 0 && !refdir_open_parent (dfd, ref, REFDIR_FIND, &parent, &name, error)))
    return FALSE;
  *out = parent >= 0 && fstatat (parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
         !S_ISDIR (st.st_mode);
  return TRUE;
}
