/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/refs-write.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/refspec.h"
#include "plain/layout.h"
#include "store/refdir.h"
#include "store/refs-list.h"

/* A namespace that is written to. */
typedef struct {
  TreeRepo *repo;
  RefKind kind;
  const char *owner; /* remote or collection; NULL for heads */
  gboolean sync;
} Space;

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
sync_dir (const Space *self, int dfd, const char *ref, GError **error)
{
  repo_touch (self->repo);
  return !self->sync || fsync (dfd) == 0 ||
         throw_errno (error, "sync the directory of ref '%s'", ref);
}

static gboolean
delete_ref (const Space *self, const char *ref, GError **error)
{
  if (self->kind == REF_HEADS && !check_no_alias (self->repo, ref, error))
    return FALSE;
  autofd int dfd = -1;
  autofd int parent = -1;
  const char *name = NULL;
  if (!refdir_open (self->repo, self->kind, self->owner, REFDIR_FIND, &dfd, error) ||
      (dfd >= 0 && !refdir_open_parent (dfd, ref, REFDIR_FIND, &parent, &name, error)))
    return FALSE;
  if (parent < 0)
    return TRUE;
  if (unlinkat (parent, name, 0) < 0)
    return errno == ENOENT || errno == EISDIR || throw_errno (error, "delete ref '%s'", ref);
  return sync_dir (self, parent, ref, error);
}

/* Moves the file or link @temp to where @ref lies. */
static gboolean
publish (const Space *self, const char *ref, const char *temp, GError **error)
{
  autofd int dfd = -1;
  autofd int parent = -1;
  const char *name;
  RefDirMake make = self->sync ? REFDIR_MAKE_DURABLE : REFDIR_MAKE;
  if (!refdir_open (self->repo, self->kind, self->owner, make, &dfd, error) ||
      !refdir_open_parent (dfd, ref, make, &parent, &name, error) ||
      !refdir_publish (self->repo, temp, parent, name, ref, error)) {
    (void)unlinkat (self->repo->dfd, temp, 0);
    return prefix_error (error, "ref '%s'", ref);
  }
  return sync_dir (self, parent, ref, error);
}

static gboolean
fill_ref_file (const Space *self, int fd, const TreeChecksum *checksum, GError **error)
{
  char text[TREE_CHECKSUM_HEX_LEN + 2];
  tree_checksum_to_hex (checksum, text);
  text[TREE_CHECKSUM_HEX_LEN] = '\n';
  if (!fd_write_all (fd, text, TREE_CHECKSUM_HEX_LEN + 1, error))
    return FALSE;
  if (fchmod (fd, 0644) < 0)
    return throw_errno (error, "set mode");
  return !self->sync || fdatasync (fd) == 0 || throw_errno (error, "sync");
}

static gboolean
write_ref (const Space *self, const char *ref, const TreeChecksum *checksum, GError **error)
{
  if (checksum == NULL)
    return delete_ref (self, ref, error);
  g_autofree char *temp = NULL;
  autofd int fd = file_open_temp (self->repo->dfd, REPO_TMP "/ref", &temp, error);
  if (fd < 0)
    return prefix_error (error, "write ref '%s'", ref);
  if (!fill_ref_file (self, fd, checksum, error)) {
    (void)unlinkat (self->repo->dfd, temp, 0);
    return prefix_error (error, "write ref '%s'", ref);
  }
  return publish (self, ref, temp, error);
}

gboolean
refs_write (TreeRepo *repo, const char *refspec, const TreeChecksum *checksum, gboolean durable,
            GError **error)
{
  g_autofree char *remote = NULL;
  g_autofree char *ref = NULL;
  if (!refspec_parse (refspec, &remote, &ref, error))
    return FALSE;
  Space space = {repo, remote != NULL ? REF_REMOTES : REF_HEADS, remote, durable && repo->fsync};
  return write_ref (&space, ref, checksum, error);
}

gboolean
refs_write_collection (TreeRepo *repo, const char *collection, const char *ref,
                       const TreeChecksum *checksum, gboolean durable, GError **error)
{
  if (!refspec_check_collection (collection, error) || !refspec_check_ref (ref, error))
    return FALSE;
  gboolean own = g_strcmp0 (collection, repo->collection_id) == 0;
  Space space = {repo, own ? REF_HEADS : REF_MIRRORS, own ? NULL : collection,
                 durable && repo->fsync};
  return write_ref (&space, ref, checksum, error);
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

gboolean
refs_write_alias (TreeRepo *repo, const char *alias, const char *target, GError **error)
{
  g_autofree char *text = alias_text (alias, target);
  g_autofree char *temp = NULL;
  autofd int fd = file_open_temp (repo->dfd, REPO_TMP "/ref", &temp, error);
  if (fd < 0)
    return prefix_error (error, "write alias '%s'", alias);
  /* The name is ours now; a link takes the place of the file that reserved it. */
  if (!link_replace_at (repo->dfd, temp, text, error)) {
    (void)unlinkat (repo->dfd, temp, 0);
    return prefix_error (error, "write alias '%s'", alias);
  }
  Space space = {repo, REF_HEADS, NULL, repo->fsync};
  return publish (&space, alias, temp, error);
}
