/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/refs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/refspec.h"
#include "plain/layout.h"
#include "store/object-read.h"
#include "store/publish.h"
#include "store/refs-list.h"

/* Aliases that may lead to each other: people make one, a circle makes infinitely many. */
#define MAX_ALIASES 8

static gboolean
read_once (const TreeRepo *repo, int dfd, const char *ref, RefFile *out, TreeChecksum *out_checksum,
           char **out_target, GError **error)
{
  autofd int parent = -1;
  const char *name;
  if (!refdir_open_parent (repo, dfd, ref, /* create= */ FALSE, &parent, &name, error))
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
  if (!refdir_open (repo, kind, owner, /* create= */ FALSE, &dfd, error))
    return FALSE;
  g_autofree char *at = g_strdup (ref);
  for (int i = 0; i < MAX_ALIASES; i++) {
    RefFile file = REF_FILE_ABSENT;
    g_autofree char *target = NULL;
    if (dfd >= 0 && !read_once (repo, dfd, at, &file, out, &target, error))
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

/* Deleting what an alias stands for would leave the alias dangling. */
static gboolean
check_no_alias (const TreeRepo *repo, const char *ref, GError **error)
{
  g_autoptr (GPtrArray) aliases = refs_list_aliases (repo, error);
  if (aliases == NULL)
    return FALSE;
  for (guint i = 0; i < aliases->len; i++) {
    const RefAlias *alias = aliases->pdata[i];
    if (strcmp (alias->target, ref) == 0 && strcmp (alias->name, ref) != 0)
      return throw_error (error, TREE_ERROR_INVALID, "Ref '%s' has an active alias: '%s'", ref,
                          alias->name);
  }
  return TRUE;
}

static gboolean
delete_ref (TreeRepo *repo, RefKind kind, const char *owner, const char *ref, GError **error)
{
  if (kind == REF_HEADS && !check_no_alias (repo, ref, error))
    return FALSE;
  autofd int dfd = -1;
  autofd int parent = -1;
  const char *name = NULL;
  if (!refdir_open (repo, kind, owner, /* create= */ FALSE, &dfd, error) ||
      (dfd >= 0 &&
       !refdir_open_parent (repo, dfd, ref, /* create= */ FALSE, &parent, &name, error)))
    return FALSE;
  if (parent < 0)
    return TRUE;
  if (unlinkat (parent, name, 0) < 0)
    return errno == ENOENT || errno == EISDIR || throw_errno (error, "delete ref '%s'", ref);
  if (repo->fsync && fsync (parent) < 0)
    return throw_errno (error, "sync the directory of ref '%s'", ref);
  repo_touch (repo);
  return TRUE;
}

/* Opens the directory for @ref, makes the file by @make, and moves it there. */
static gboolean
publish (TreeRepo *repo, RefKind kind, const char *owner, const char *ref, const char *temp,
         GError **error)
{
  autofd int dfd = -1;
  autofd int parent = -1;
  const char *name;
  if (!refdir_open (repo, kind, owner, /* create= */ TRUE, &dfd, error) ||
      !refdir_open_parent (repo, dfd, ref, /* create= */ TRUE, &parent, &name, error) ||
      !refdir_publish (repo, temp, parent, name, ref, error)) {
    (void)unlinkat (repo->dfd, temp, 0);
    return prefix_error (error, "ref '%s'", ref);
  }
  repo_touch (repo);
  return TRUE;
}

static gboolean
fill_ref_file (const TreeRepo *repo, int fd, const TreeChecksum *checksum, GError **error)
{
  char text[TREE_CHECKSUM_HEX_LEN + 2];
  tree_checksum_to_hex (checksum, text);
  text[TREE_CHECKSUM_HEX_LEN] = '\n';
  if (!fd_write_all (fd, text, TREE_CHECKSUM_HEX_LEN + 1, error))
    return FALSE;
  if (fchmod (fd, 0644) < 0)
    return throw_errno (error, "set mode");
  if (repo->fsync && fdatasync (fd) < 0)
    return throw_errno (error, "sync");
  return TRUE;
}

static gboolean
write_ref (TreeRepo *repo, RefKind kind, const char *owner, const char *ref,
           const TreeChecksum *checksum, GError **error)
{
  if (checksum == NULL)
    return delete_ref (repo, kind, owner, ref, error);
  g_autofree char *temp = NULL;
  autofd int fd = file_open_temp (repo->dfd, REPO_TMP "/ref", &temp, error);
  if (fd < 0)
    return prefix_error (error, "write ref '%s'", ref);
  if (!fill_ref_file (repo, fd, checksum, error)) {
    (void)unlinkat (repo->dfd, temp, 0);
    return prefix_error (error, "write ref '%s'", ref);
  }
  return publish (repo, kind, owner, ref, temp, error);
}

gboolean
refs_write (TreeRepo *repo, const char *refspec, const TreeChecksum *checksum, GError **error)
{
  g_autofree char *remote = NULL;
  g_autofree char *ref = NULL;
  if (!refspec_parse (refspec, &remote, &ref, error))
    return FALSE;
  return write_ref (repo, remote != NULL ? REF_REMOTES : REF_HEADS, remote, ref, checksum, error);
}

gboolean
refs_write_collection (TreeRepo *repo, const char *collection, const char *ref,
                       const TreeChecksum *checksum, GError **error)
{
  if (!refspec_check_collection (collection, error) || !refspec_check_ref (ref, error))
    return FALSE;
  if (g_strcmp0 (collection, repo->collection_id) == 0)
    return write_ref (repo, REF_HEADS, NULL, ref, checksum, error);
  return write_ref (repo, REF_MIRRORS, collection, ref, checksum, error);
}

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
         refs_write (self, refspec, checksum, error) && publish_automatically (self, error);
}

/* Aliases go first: a ref that has one cannot be deleted. */
static gboolean
delete_listed (TreeRepo *self, const GPtrArray *refs, GError **error)
{
  for (int aliases = 1; aliases >= 0; aliases--)
    for (guint i = 0; i < refs->len; i++) {
      const TreeRef *ref = refs->pdata[i];
      if ((ref->alias_of != NULL) == (aliases == 1) && !refs_write (self, ref->name, NULL, error))
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
tree_repo_has_ref (const TreeRepo *self, const char *refspec, gboolean *out, GError **error)
{
  g_autofree char *remote = NULL;
  g_autofree char *ref = NULL;
  autofd int dfd = -1;
  autofd int parent = -1;
  const char *name = NULL;
  struct stat st;
  if (!refspec_parse (refspec, &remote, &ref, error) ||
      !refdir_open (self, remote != NULL ? REF_REMOTES : REF_HEADS, remote, /* create= */ FALSE,
                    &dfd, error) ||
      (dfd >= 0 &&
       !refdir_open_parent (self, dfd, ref, /* create= */ FALSE, &parent, &name, error)))
    return FALSE;
  *out = parent >= 0 && fstatat (parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
         !S_ISDIR (st.st_mode);
  return TRUE;
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

/* "../" for each directory that @alias lies in, then @target. */
static char *
alias_text (const char *alias, const char *target)
{
  GString *text = g_string_new (NULL);
  for (const char *at = alias; *at != '\0'; at++)
    if (*at == '/')
      g_string_append (text, "../");
  g_string_append (text, target);
  return g_string_free (text, FALSE);
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
  if (lock < 0 || !check_alias (self, alias, target, error))
    return FALSE;
  g_autofree char *text = alias_text (alias, target);
  g_autofree char *temp = NULL;
  autofd int fd = file_open_temp (self->dfd, REPO_TMP "/ref", &temp, error);
  if (fd < 0)
    return prefix_error (error, "write alias '%s'", alias);
  /* The name is ours now; a link takes the place of the file that reserved it. */
  if (!link_replace_at (self->dfd, temp, text, error)) {
    (void)unlinkat (self->dfd, temp, 0);
    return prefix_error (error, "write alias '%s'", alias);
  }
  return publish (self, REF_HEADS, NULL, alias, temp, error) && publish_automatically (self, error);
}
