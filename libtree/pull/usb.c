/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refs onto a medium. The order: objects and refs, by a transaction for each collection; the
 * summary; the link by which the repository is found. Whatever is interrupted, the next run puts
 * right. The medium may have been in anybody's hands: no link on it is followed. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "base/beneath.h"
#include "base/error.h"
#include "base/fd.h"
#include "pull/media.h"
#include "pull/pull.h"
#include "store/object-read.h"
#include "store/publish.h"
#include "tree-find.h"

#define LINK_FORMAT "%02u-generated"
#define MAX_LINKS 100

typedef struct {
  TreeRepo *source;
  TreeRepo *medium;
  const TreePullOptions *options;
} Copy;

/* ---- What is copied ---- */

static const TreeCollectionRef *
find_ref (const GPtrArray *refs, const TreeCollectionRef *wanted)
{
  for (guint i = 0; i < refs->len; i++) {
    const TreeCollectionRef *ref = refs->pdata[i];
    if (strcmp (ref->collection, wanted->collection) == 0 && strcmp (ref->name, wanted->name) == 0)
      return ref;
  }
  return NULL;
}

/* TreeCollectionRef with the commits that they have here. @commit: (nullable): instead */
static GPtrArray *
resolve (const TreeRepo *repo, const GPtrArray *refs, const TreeChecksum *commit, GError **error)
{
  g_autoptr (GPtrArray) all = tree_repo_list_collection_refs (repo, error);
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (tree_collection_ref_free);
  for (guint i = 0; all != NULL && i < refs->len; i++) {
    const TreeCollectionRef *wanted = refs->pdata[i];
    const TreeCollectionRef *ref = find_ref (all, wanted);
    if (ref == NULL && commit == NULL)
      return throw_null (error, TREE_ERROR_NOT_FOUND,
                         "Collection–ref (%s, %s) not found; `refs --collections` lists those that "
                         "are here",
                         wanted->collection, wanted->name);
    TreeCollectionRef *copy = tree_collection_ref_new (wanted->collection, wanted->name);
    copy->checksum = commit != NULL ? *commit : ref->checksum;
    g_ptr_array_add (found, copy);
  }
  return all != NULL ? g_steal_pointer (&found) : NULL;
}

static gboolean
check_complete (const TreeRepo *repo, const GPtrArray *refs, GError **error)
{
  for (guint i = 0; i < refs->len; i++) {
    const TreeCollectionRef *ref = refs->pdata[i];
    gboolean complete = FALSE;
    char hex[TREE_CHECKSUM_HEX_LEN + 1];
    tree_checksum_to_hex (&ref->checksum, hex);
    if (!commit_is_complete (repo, &ref->checksum, &complete, error))
      return FALSE;
    if (!complete)
      return throw_error (error, TREE_ERROR_INVALID,
                          "commit %s of (%s, %s) is not here, or only in part: pull it first", hex,
                          ref->collection, ref->name);
  }
  return TRUE;
}

static void
add_result (TreePullResult *sum, const TreePullResult *part)
{
  sum->is_local = TRUE;
  sum->n_metadata_imported += part->n_metadata_imported;
  sum->n_content_imported += part->n_content_imported;
  sum->content_bytes_written += part->content_bytes_written;
  sum->elapsed_s += part->elapsed_s;
}

static gboolean
copy_collection (const Copy *self, const char *collection, const GPtrArray *refs,
                 TreePullResult *sum, GError **error)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < refs->len; i++) {
    const TreeCollectionRef *ref = refs->pdata[i];
    char hex[TREE_CHECKSUM_HEX_LEN + 1];
    tree_checksum_to_hex (&ref->checksum, hex);
    if (strcmp (ref->collection, collection) == 0)
      g_ptr_array_add (words, g_strdup_printf ("%s@%s", ref->name, hex));
  }
  g_ptr_array_add (words, NULL);
  TreePullOptions pull = TREE_PULL_OPTIONS_INIT;
  pull.refs = (const char *const *)words->pdata;
  pull.disable_fsync = self->options->disable_fsync;
  pull.progress = self->options->progress;
  pull.user_data = self->options->user_data;
  pull.interrupted = self->options->interrupted;
  TreePullResult part;
  if (!pull_collection (self->medium, self->source, collection, &pull, &part, error))
    return FALSE;
  add_result (sum, &part);
  return TRUE;
}

static gboolean
copy_all (const Copy *self, const GPtrArray *refs, TreePullResult *sum, GError **error)
{
  g_autoptr (GHashTable) done = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < refs->len; i++) {
    char *collection = ((const TreeCollectionRef *)refs->pdata[i])->collection;
    if (g_hash_table_add (done, collection) &&
        !copy_collection (self, collection, refs, sum, error))
      return FALSE;
  }
  return publish_summary (self->medium, NULL, error);
}

/* ---- Where to ---- */

/* @place without superfluous slashes; NULL with an error when it is none. */
static char *
clean_place (const char *place, GError **error)
{
  g_autoptr (GString) clean = g_string_new (NULL);
  g_auto (GStrv) parts = g_strsplit (place, "/", -1);
  for (char **part = parts; *part != NULL; part++) {
    if (strcmp (*part, "..") == 0)
      return throw_null (error, TREE_ERROR_INVALID, "'%s' leads out of the medium", place);
    if (**part != '\0' && strcmp (*part, ".") != 0)
      g_string_append_printf (clean, "%s%s", clean->len > 0 ? "/" : "", *part);
  }
  if (clean->len == 0)
    return throw_null (error, TREE_ERROR_INVALID,
                       "the repository needs a folder of its own on the medium");
  return g_strdup (clean->str);
}

static TreeRepo *
open_medium (int mount, const char *place, GError **error)
{
  autofd int dfd = dir_make_beneath (mount, place, error);
  if (dfd < 0 || !tree_repo_create (dfd, ".", TREE_MODE_ARCHIVE, NULL, error))
    return NULL;
  TreeRepo *medium = repo_open_alone (dfd, ".", error);
  if (medium == NULL)
    return NULL;
  g_free (medium->path);
  medium->path = g_strdup (place);
  return medium;
}

/* The first free name, or that of the link that is there already. */
static gboolean
make_link (int links, const char *target, GError **error)
{
  for (guint i = 0; i < MAX_LINKS; i++) {
    g_autofree char *name = g_strdup_printf (LINK_FORMAT, i);
    g_autofree char *there = NULL;
    if (symlinkat (target, links, name) == 0)
      return fsync (links) == 0 || throw_errno (error, "sync");
    if (errno == EPERM || errno == EOPNOTSUPP)
      return throw_error (error, TREE_ERROR_UNSUPPORTED,
                          "this file system has no links, without which only a repository in "
                          "" MEDIUM_REPO " is found");
    if (errno != EEXIST)
      return throw_errno (error, "create '%s'", name);
    if (link_read_at (links, name, &there, NULL) && g_strcmp0 (there, target) == 0)
      return TRUE;
  }
  return throw_error (error, TREE_ERROR_EXISTS, "there are %d of them already", MAX_LINKS);
}

static gboolean
link_place (int mount, const char *place, GError **error)
{
  if (media_is_known_place (place))
    return TRUE;
  g_autofree char *target = g_strconcat ("../../", place, NULL);
  autofd int links = dir_make_beneath (mount, MEDIUM_LINKS, error);
  return (links >= 0 && make_link (links, target, error)) ||
         prefix_error (error, "link in '" MEDIUM_LINKS "'");
}

gboolean
tree_repo_copy_to_medium (TreeRepo *self, const char *mount, const char *place, GPtrArray *refs,
                          const TreeChecksum *commit, const TreePullOptions *options,
                          TreePullResult *out, GError **error)
{
  g_autofree char *clean = clean_place (place != NULL ? place : MEDIUM_REPO, error);
  g_autoptr (GPtrArray) found = clean != NULL ? resolve (self, refs, commit, error) : NULL;
  if (found == NULL || !check_complete (self, found, error))
    return FALSE;
  autofd int dfd = open (mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dfd < 0)
    return throw_errno (error, "opendir(%s)", mount);
  g_autoptr (TreeRepo) medium = open_medium (dfd, clean, error);
  if (medium == NULL)
    return prefix_error (error, "'%s' on '%s'", clean, mount);
  if (options->disable_fsync)
    medium->fsync = FALSE;
  const Copy copy = {self, medium, options};
  *out = (TreePullResult){.is_local = TRUE};
  return (copy_all (&copy, found, out, error) && link_place (dfd, clean, error)) ||
         prefix_error (error, "'%s' on '%s'", clean, mount);
}
