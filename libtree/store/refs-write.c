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
#include "store/refs.h"

/* Up to so many are synced one by one; beyond, one syncfs is cheaper. */
enum {
  MAX_SINGLE_SYNCS = 8
};

/* A ref that is written to. */
typedef struct {
  TreeRepo *repo;
  RefKind kind;
  char *owner; /* remote or collection; NULL for heads */
  char *ref;
  char *temp; /* in tmp/: what takes the ref's place; or NULL */
  gboolean sync;
} Target;

static void
target_clear (Target *self)
{
  if (self->temp != NULL)
    (void)unlinkat (self->repo->dfd, self->temp, 0);
  g_free (self->owner);
  g_free (self->ref);
  g_free (self->temp);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Target, target_clear)

void
ref_change_free (RefChange *change)
{
  g_free (change->collection);
  g_free (change->name);
  g_free (change);
}

/* @collection: NULL for a refspec in @name. */
static gboolean
target_init (Target *self, TreeRepo *repo, const char *collection, const char *name, gboolean sync,
             GError **error)
{
  *self = (Target){.repo = repo, .sync = sync};
  if (collection == NULL) {
    if (!refspec_parse (name, &self->owner, &self->ref, error))
      return FALSE;
    self->kind = self->owner != NULL ? REF_REMOTES : REF_HEADS;
    return TRUE;
  }
  if (!refspec_check_collection (collection, error) || !refspec_check_ref (name, error))
    return FALSE;
  gboolean own = g_strcmp0 (collection, repo->collection_id) == 0;
  self->kind = own ? REF_HEADS : REF_MIRRORS;
  self->owner = own ? NULL : g_strdup (collection);
  self->ref = g_strdup (name);
  return TRUE;
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
sync_dir (const Target *self, int dfd, GError **error)
{
  repo_touch (self->repo);
  return !self->sync || fsync (dfd) == 0 ||
         throw_errno (error, "sync the directory of ref '%s'", self->ref);
}

static gboolean
delete_ref (const Target *self, GError **error)
{
  if (self->kind == REF_HEADS && !check_no_alias (self->repo, self->ref, error))
    return FALSE;
  autofd int dfd = -1;
  autofd int parent = -1;
  const char *name = NULL;
  if (!refdir_open (self->repo, self->kind, self->owner, REFDIR_FIND, &dfd, error) ||
      (dfd >= 0 && !refdir_open_parent (dfd, self->ref, REFDIR_FIND, &parent, &name, error)))
    return FALSE;
  if (parent < 0)
    return TRUE;
  if (unlinkat (parent, name, 0) < 0)
    return errno == ENOENT || errno == EISDIR || throw_errno (error, "delete ref '%s'", self->ref);
  return sync_dir (self, parent, error);
}

/* Moves the file or link in tmp/ to where the ref lies. */
static gboolean
publish (Target *self, GError **error)
{
  autofd int dfd = -1;
  autofd int parent = -1;
  const char *name;
  RefDirMake make = self->sync ? REFDIR_MAKE_DURABLE : REFDIR_MAKE;
  if (!refdir_open (self->repo, self->kind, self->owner, make, &dfd, error) ||
      !refdir_open_parent (dfd, self->ref, make, &parent, &name, error) ||
      !refdir_publish (self->repo, self->temp, parent, name, self->ref, error))
    return prefix_error (error, "ref '%s'", self->ref);
  g_clear_pointer (&self->temp, g_free);
  return sync_dir (self, parent, error);
}

static gboolean
fill_ref_file (const Target *self, int fd, const TreeChecksum *checksum, GError **error)
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
prepare (Target *self, const TreeChecksum *checksum, GError **error)
{
  autofd int fd = file_open_temp (self->repo->dfd, REPO_TMP "/ref", &self->temp, error);
  return (fd >= 0 && fill_ref_file (self, fd, checksum, error)) ||
         prefix_error (error, "write ref '%s'", self->ref);
}

static gboolean
write_one (TreeRepo *repo, const char *collection, const char *name, const TreeChecksum *checksum,
           gboolean sync, GError **error)
{
  g_auto (Target) target = {0};
  if (!target_init (&target, repo, collection, name, sync, error))
    return FALSE;
  if (checksum == NULL)
    return delete_ref (&target, error);
  return prepare (&target, checksum, error) && publish (&target, error);
}

gboolean
refs_write (TreeRepo *repo, const char *refspec, const TreeChecksum *checksum, gboolean durable,
            GError **error)
{
  autofd int lock = repo_lock_file (repo, REPO_REFS_LOCK, error);
  return lock >= 0 && write_one (repo, NULL, refspec, checksum, durable && repo->fsync, error);
}

gboolean
refs_write_collection (TreeRepo *repo, const char *collection, const char *ref,
                       const TreeChecksum *checksum, GError **error)
{
  autofd int lock = repo_lock_file (repo, REPO_REFS_LOCK, error);
  return lock >= 0 && write_one (repo, collection, ref, checksum, repo->fsync, error);
}

/* ---- The refs of a transaction ---- */

static const TreeChecksum *
new_value (const RefChange *change)
{
  return change->is_delete ? NULL : &change->checksum;
}

static gboolean
write_few (TreeRepo *repo, const GPtrArray *changes, gboolean sync, GError **error)
{
  for (guint i = 0; i < changes->len; i++) {
    const RefChange *change = changes->pdata[i];
    if (!write_one (repo, change->collection, change->name, new_value (change), sync, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
prepare_all (TreeRepo *repo, const GPtrArray *changes, Target *targets, GError **error)
{
  for (guint i = 0; i < changes->len; i++) {
    const RefChange *change = changes->pdata[i];
    if (!target_init (&targets[i], repo, change->collection, change->name, /* sync= */ FALSE,
                      error) ||
        (!change->is_delete && !prepare (&targets[i], &change->checksum, error)))
      return FALSE;
  }
  return TRUE;
}

static gboolean
publish_all (Target *targets, guint n, GError **error)
{
  for (guint i = 0; i < n; i++)
    if (targets[i].temp != NULL ? !publish (&targets[i], error) : !delete_ref (&targets[i], error))
      return FALSE;
  return TRUE;
}

/* All files are on the disk before the first takes the place of a ref that is whole. */
static gboolean
write_many (TreeRepo *repo, const GPtrArray *changes, GError **error)
{
  g_autofree Target *targets = g_new0 (Target, changes->len);
  gboolean ok = prepare_all (repo, changes, targets, error) &&
                (syncfs (repo->dfd) == 0 || throw_errno (error, "sync refs")) &&
                publish_all (targets, changes->len, error) &&
                (syncfs (repo->dfd) == 0 || throw_errno (error, "sync refs"));
  for (guint i = 0; i < changes->len; i++)
    target_clear (&targets[i]);
  return ok;
}

static gboolean
check_unmoved (const TreeRepo *repo, const RefChange *change, GError **error)
{
  TreeChecksum now;
  gboolean found = FALSE;
  if (!change->is_move)
    return TRUE;
  if (!refs_read (repo, change->name, &found, &now, error))
    return FALSE;
  if (found == change->was_there && (!found || tree_checksum_equal (&now, &change->before)))
    return TRUE;
  char hex[TREE_CHECKSUM_HEX_LEN + 1] = "deleted";
  if (found)
    tree_checksum_to_hex (&now, hex);
  return throw_error (error, TREE_ERROR_CHANGED,
                      "branch '%s' was changed by somebody else meanwhile, and is %s now; it stays "
                      "so: do it again on top of that",
                      change->name, hex);
}

gboolean
refs_write_all (TreeRepo *repo, const GPtrArray *changes, gboolean sync, GError **error)
{
  if (changes->len == 0)
    return TRUE;
  autofd int lock = repo_lock_file (repo, REPO_REFS_LOCK, error);
  if (lock < 0)
    return FALSE;
  for (guint i = 0; i < changes->len; i++)
    if (!check_unmoved (repo, changes->pdata[i], error))
      return FALSE;
  return sync && changes->len > MAX_SINGLE_SYNCS ? write_many (repo, changes, error)
                                                 : write_few (repo, changes, sync, error);
}

/* ---- Aliases ---- */

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
  g_auto (Target) link = {0};
  autofd int lock = repo_lock_file (repo, REPO_REFS_LOCK, error);
  if (lock < 0 || !target_init (&link, repo, NULL, alias, repo->fsync, error))
    return FALSE;
  autofd int fd = file_open_temp (repo->dfd, REPO_TMP "/ref", &link.temp, error);
  /* The name is ours now; a link takes the place of the file that reserved it. */
  if (fd < 0 || !link_replace_at (repo->dfd, link.temp, text, error))
    return prefix_error (error, "write alias '%s'", alias);
  return publish (&link, error);
}
