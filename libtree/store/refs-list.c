/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/refs-list.h"

#include <dirent.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/refspec.h"
#include "plain/layout.h"
#include "store/refs.h"
#include "store/remote.h"

enum {
  MAX_DEPTH = 64, /* directories in a ref's name: each holds a descriptor while it is listed */
};

typedef enum {
  LIST_REFS,    /* what cannot be read, or stands for nothing, is an error */
  LIST_NAMES,   /* it is listed like others, to be deleted; checksums are not set */
  LIST_ALIASES, /* aliases alone, without those that stand for nothing that can be a ref */
} ListWhat;

/* Called for each ref and alias of a namespace, in no useful order. */
typedef struct {
  const TreeRepo *repo;
  RefKind kind;
  const char *owner;
  ListWhat what;
  gboolean (*found) (gpointer user_data, const char *name, const TreeChecksum *checksum,
                     const char *alias_of, GError **error);
  gpointer user_data;
} Lister;

static gboolean
visit_file (const Lister *self, int dfd, const char *name, const char *ref, GError **error)
{
  RefFile file = REF_FILE_ABSENT;
  TreeChecksum checksum = {{0}};
  g_autofree char *target = NULL;
  g_autoptr (GError) local = NULL;
  gboolean readable = refdir_read (dfd, name, ref, &file, &checksum, &target, &local);
  if (!readable && self->what == LIST_ALIASES)
    return TRUE;
  if (!readable && self->what == LIST_REFS) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  if (readable && file == REF_FILE_ABSENT)
    return TRUE;
  if (file == REF_FILE_LINK && self->what == LIST_REFS) {
    gboolean found;
    if (!refs_read_in (self->repo, self->kind, self->owner, target, &found, &checksum, NULL, error))
      return FALSE;
    if (!found)
      return throw_error (error, TREE_ERROR_CORRUPT,
                          "alias '%s' stands for '%s', which does not exist; delete it", ref,
                          target);
  }
  return self->found (self->user_data, ref, &checksum, target, error);
}

static gboolean
visit_directory (const Lister *self, int dfd, const char *prefix, int depth, GError **error)
{
  if (depth > MAX_DEPTH)
    return throw_error (error, TREE_ERROR_CORRUPT, "refs below '%s' are nested too deeply", prefix);
  g_autoptr (GPtrArray) entries = NULL;
  if (!dir_list (dfd, &entries, error))
    return FALSE;
  for (guint i = 0; i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    /* Other software keeps its own files here. */
    if (!refspec_check_remote (entry->name, NULL))
      continue;
    g_autofree char *ref = *prefix != '\0' ? g_strconcat (prefix, "/", entry->name, NULL)
                                           : g_strdup (entry->name);
    if (entry->type == DT_DIR) {
      autofd int fd = dir_open_at (dfd, entry->name, error);
      if (fd < 0 || !visit_directory (self, fd, ref, depth + 1, error))
        return FALSE;
    } else if (entry->type == DT_LNK || (entry->type == DT_REG && self->what != LIST_ALIASES)) {
      if (!visit_file (self, dfd, entry->name, ref, error))
        return FALSE;
    }
  }
  return TRUE;
}

/* Where there is not even a directory for refs, "none" is a guess: prune would delete everything.
 */
static gboolean
throw_no_namespace (const char *path, GError **error)
{
  return throw_error (error, TREE_ERROR_NOT_FOUND,
                      "Listing refs: opendir(%s): No such file or directory; make it anew, if "
                      "there were no refs in it",
                      path);
}

/* @prefix "" is the whole namespace; else the ref of that name, or all below that directory. */
static gboolean
visit (const Lister *self, const char *prefix, GError **error)
{
  autofd int dfd = -1;
  if (!refdir_open (self->repo, self->kind, self->owner, REFDIR_FIND, &dfd, error))
    return FALSE;
  if (dfd < 0)
    return self->kind != REF_HEADS || throw_no_namespace (REPO_HEADS, error);
  if (*prefix == '\0')
    return visit_directory (self, dfd, "", 0, error);
  autofd int parent = -1;
  const char *name;
  if (!refdir_open_parent (dfd, prefix, REFDIR_FIND, &parent, &name, error))
    return FALSE;
  if (parent < 0)
    return TRUE;
  autofd int below = openat (parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (below >= 0)
    return visit_directory (self, below, prefix, 0, error);
  return visit_file (self, parent, name, prefix, error);
}

static void
ref_free (gpointer data)
{
  TreeRef *ref = data;
  g_free (ref->name);
  g_free (ref->alias_of);
  g_free (ref);
}

static int
compare_refs (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(const TreeRef *const *)a)->name, (*(const TreeRef *const *)b)->name);
}

typedef struct {
  GPtrArray *refs;
  const char *remote;
} RefSink;

static gboolean
add_ref (gpointer user_data, const char *name, const TreeChecksum *checksum, const char *alias_of,
         GError **error)
{
  RefSink *sink = user_data;
  TreeRef *ref = g_new0 (TreeRef, 1);
  ref->name = sink->remote != NULL ? g_strconcat (sink->remote, ":", name, NULL) : g_strdup (name);
  ref->checksum = *checksum;
  ref->alias_of = g_strdup (alias_of);
  g_ptr_array_add (sink->refs, ref);
  return TRUE;
}

static gboolean
list_namespace (const TreeRepo *repo, const char *remote, const char *prefix, gboolean names_only,
                GPtrArray *out, GError **error)
{
  RefSink sink = {out, remote};
  Lister lister = {.repo = repo,
                   .kind = remote != NULL ? REF_REMOTES : REF_HEADS,
                   .owner = remote,
                   .what = names_only ? LIST_NAMES : LIST_REFS,
                   .found = add_ref,
                   .user_data = &sink};
  return visit (&lister, prefix, error);
}

/* The directories of @kind whose names pass @check. */
static GPtrArray *
list_owners (const TreeRepo *repo, RefKind kind, gboolean (*check) (const char *, GError **),
             GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) entries = NULL;
  autofd int dfd = -1;
  if (!refdir_open (repo, kind, NULL, REFDIR_FIND, &dfd, error) ||
      (dfd >= 0 && !dir_list (dfd, &entries, error)))
    return NULL;
  if (dfd < 0 && kind == REF_REMOTES && !throw_no_namespace (REPO_REMOTES, error))
    return NULL;
  for (guint i = 0; entries != NULL && i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    if (entry->type == DT_DIR && check (entry->name, NULL))
      g_ptr_array_add (names, g_strdup (entry->name));
  }
  return g_steal_pointer (&names);
}

GPtrArray *
refs_list_remote_names (const TreeRepo *repo, GError **error)
{
  return list_owners (repo, REF_REMOTES, refspec_check_remote, error);
}

gboolean
refs_find_remote (const TreeRepo *repo, const char *ref, gboolean *out_found, TreeChecksum *out,
                  GError **error)
{
  g_autoptr (GPtrArray) remotes = refs_list_remote_names (repo, error);
  if (remotes == NULL)
    return FALSE;
  *out_found = FALSE;
  for (guint i = 0; i < remotes->len && !*out_found; i++)
    if (!refs_read_in (repo, REF_REMOTES, remotes->pdata[i], ref, out_found, out, NULL, error))
      return FALSE;
  return TRUE;
}

static gboolean
list_everything (const TreeRepo *self, GPtrArray *out, GError **error)
{
  g_autoptr (GPtrArray) remotes = refs_list_remote_names (self, error);
  if (remotes == NULL || !list_namespace (self, NULL, "", FALSE, out, error))
    return FALSE;
  for (guint i = 0; i < remotes->len; i++)
    if (!list_namespace (self, remotes->pdata[i], "", FALSE, out, error))
      return FALSE;
  return TRUE;
}

static gboolean
list_prefix (const TreeRepo *self, const char *prefix, gboolean names_only, GPtrArray *out,
             GError **error)
{
  const char *colon = strchr (prefix, ':');
  if (colon == NULL)
    return refspec_check_ref (prefix, error) &&
           list_namespace (self, NULL, prefix, names_only, out, error);
  g_autofree char *remote = g_strndup (prefix, (gsize)(colon - prefix));
  const char *below = colon + 1;
  /* "REMOTE:." is how old scripts say "REMOTE:". */
  if (strcmp (below, ".") == 0)
    below = "";
  if (!refspec_check_remote (remote, error) ||
      (*below != '\0' && !refspec_check_ref (below, error)))
    return FALSE;
  return list_namespace (self, remote, below, names_only, out, error);
}

GPtrArray *
tree_repo_list_refs (const TreeRepo *self, const char *prefix, GError **error)
{
  g_autoptr (GPtrArray) refs = g_ptr_array_new_with_free_func (ref_free);
  gboolean ok = prefix == NULL ? list_everything (self, refs, error)
                               : list_prefix (self, prefix, FALSE, refs, error);
  if (!ok)
    return prefix_null (error, "list refs");
  g_ptr_array_sort (refs, compare_refs);
  return g_steal_pointer (&refs);
}

GPtrArray *
refs_list_names (const TreeRepo *repo, const char *prefix, GError **error)
{
  g_autoptr (GPtrArray) refs = g_ptr_array_new_with_free_func (ref_free);
  if (!list_prefix (repo, prefix, TRUE, refs, error))
    return prefix_null (error, "list refs");
  return g_steal_pointer (&refs);
}

GPtrArray *
refs_list_heads (const TreeRepo *repo, GError **error)
{
  g_autoptr (GPtrArray) refs = g_ptr_array_new_with_free_func (ref_free);
  if (!list_namespace (repo, NULL, "", FALSE, refs, error))
    return prefix_null (error, "list refs");
  g_ptr_array_sort (refs, compare_refs);
  return g_steal_pointer (&refs);
}

TreeCollectionRef *
tree_collection_ref_new (const char *collection, const char *name)
{
  TreeCollectionRef *ref = g_new0 (TreeCollectionRef, 1);
  ref->collection = g_strdup (collection);
  ref->name = g_strdup (name);
  return ref;
}

void
tree_collection_ref_free (gpointer data)
{
  TreeCollectionRef *ref = data;
  g_free (ref->collection);
  g_free (ref->name);
  g_free (ref);
}

TreeCollectionRef *
tree_collection_refs_find (const GPtrArray *refs, const char *collection, const char *name)
{
  for (guint i = 0; i < refs->len; i++) {
    TreeCollectionRef *ref = refs->pdata[i];
    if (strcmp (ref->name, name) == 0 && strcmp (ref->collection, collection) == 0)
      return ref;
  }
  return NULL;
}

static int
compare_collection_refs (gconstpointer a, gconstpointer b)
{
  const TreeCollectionRef *left = *(const TreeCollectionRef *const *)a;
  const TreeCollectionRef *right = *(const TreeCollectionRef *const *)b;
  int order = strcmp (left->collection, right->collection);
  return order != 0 ? order : strcmp (left->name, right->name);
}

typedef struct {
  GPtrArray *refs;
  const char *collection;
} CollectionSink;

static gboolean
add_collection_ref (gpointer user_data, const char *name, const TreeChecksum *checksum,
                    const char *alias_of, GError **error)
{
  CollectionSink *sink = user_data;
  TreeCollectionRef *ref = tree_collection_ref_new (sink->collection, name);
  ref->checksum = *checksum;
  g_ptr_array_add (sink->refs, ref);
  return TRUE;
}

/* @owner: of the namespace; the refs are shown as those of @collection. */
static gboolean
list_collection (const TreeRepo *repo, RefKind kind, const char *owner, const char *collection,
                 GPtrArray *out, GError **error)
{
  CollectionSink sink = {out, collection};
  Lister lister = {
      .repo = repo, .kind = kind, .owner = owner, .found = add_collection_ref, .user_data = &sink};
  return visit (&lister, "", error);
}

GPtrArray *
refs_list_mirrors (const TreeRepo *repo, GError **error)
{
  g_autoptr (GPtrArray) refs = g_ptr_array_new_with_free_func (tree_collection_ref_free);
  g_autoptr (GPtrArray) names = list_owners (repo, REF_MIRRORS, refspec_check_collection, error);
  if (names == NULL)
    return prefix_null (error, "list refs");
  for (guint i = 0; i < names->len; i++)
    if (!list_collection (repo, REF_MIRRORS, names->pdata[i], names->pdata[i], refs, error))
      return prefix_null (error, "list refs of collection '%s'", (char *)names->pdata[i]);
  g_ptr_array_sort (refs, compare_collection_refs);
  return g_steal_pointer (&refs);
}

GPtrArray *
refs_list_collections (const TreeRepo *repo, GError **error)
{
  g_autoptr (GPtrArray) refs = refs_list_mirrors (repo, error);
  if (refs == NULL)
    return NULL;
  if (repo->collection_id != NULL &&
      !list_collection (repo, REF_HEADS, NULL, repo->collection_id, refs, error))
    return prefix_null (error, "list refs");
  g_ptr_array_sort (refs, compare_collection_refs);
  return g_steal_pointer (&refs);
}

/* Of two refs of the same name the first stays: what is here goes before what a remote has. */
static void
drop_repeated (GPtrArray *refs)
{
  for (guint i = 1; i < refs->len;)
    if (compare_collection_refs (&refs->pdata[i - 1], &refs->pdata[i]) == 0)
      (void)g_ptr_array_remove_index (refs, i);
    else
      i++;
}

GPtrArray *
tree_repo_list_collection_refs (const TreeRepo *self, GError **error)
{
  g_autoptr (GPtrArray) refs = refs_list_collections (self, error);
  g_autoptr (GPtrArray) remotes = refs != NULL ? refs_list_remote_names (self, error) : NULL;
  if (remotes == NULL)
    return NULL;
  for (guint i = 0; i < remotes->len; i++) {
    const char *remote = remotes->pdata[i];
    g_autofree char *collection = NULL;
    /* Refs may outlive the configuration of their remote. */
    if (!tree_repo_remote_option (self, remote, REMOTE_COLLECTION_ID, &collection, NULL) ||
        collection == NULL)
      continue;
    if (!list_collection (self, REF_REMOTES, remote, collection, refs, error))
      return prefix_null (error, "list refs of '%s'", remote);
  }
  g_ptr_array_sort (refs, compare_collection_refs); /* which keeps the order of equal ones */
  drop_repeated (refs);
  return g_steal_pointer (&refs);
}

static void
alias_free (gpointer data)
{
  RefAlias *alias = data;
  g_free (alias->name);
  g_free (alias->target);
  g_free (alias);
}

static gboolean
add_alias (gpointer user_data, const char *name, const TreeChecksum *checksum, const char *alias_of,
           GError **error)
{
  RefAlias *alias = g_new0 (RefAlias, 1);
  alias->name = g_strdup (name);
  alias->target = g_strdup (alias_of);
  g_ptr_array_add (user_data, alias);
  return TRUE;
}

GPtrArray *
refs_list_aliases (const TreeRepo *repo, GError **error)
{
  g_autoptr (GPtrArray) aliases = g_ptr_array_new_with_free_func (alias_free);
  Lister lister = {.repo = repo,
                   .kind = REF_HEADS,
                   .what = LIST_ALIASES,
                   .found = add_alias,
                   .user_data = aliases};
  if (!visit (&lister, "", error))
    return prefix_null (error, "list aliases");
  return g_steal_pointer (&aliases);
}
