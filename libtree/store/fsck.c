/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checking a repository (tree_repo_fsck): refs have their commits, commits are bound to the refs
 * that point to them, and everything below a complete commit is there and is what its name says.
 *
 * A commit below which something is missing or was deleted becomes partial, with an "f" in its
 * state file, so that the next pull fetches what it lacks.
 *
 * Refs and commits are read under the shared lock. Objects are verified without one, so that a
 * prune need not wait for hours; what is found wrong is looked at again under a lock, and counts
 * only if it is still wrong and still needed (fsck-objects.c).
 */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/bindings.h"
#include "core/checksum.h"
#include "store/fsck-private.h"
#include "store/object-read.h"
#include "store/refs-list.h"
#include "store/refs.h"

/* In a state file: partial because fsck found damage, not because a pull was cut short. */
#define DAMAGED_MARK "f"

void
fsck_report (const TreeFsckOptions *options, gboolean is_error, const char *format, ...)
{
  if (options->report == NULL)
    return;
  va_list args;
  va_start (args, format);
  g_autofree char *line = g_strdup_vprintf (format, args);
  va_end (args);
  options->report (line, is_error, options->user_data);
}

/* ---- Refs ---- */

/* @name: as the user knows the ref. @ref: without its remote or collection. */
static gboolean
check_ref (Fsck *self, const char *name, const char *collection, const char *ref,
           const TreeChecksum *checksum, GError **error)
{
  g_auto (Commit) commit = {0};
  g_autoptr (GError) local = NULL;
  if (!object_load_commit (self->repo, checksum, &commit, &local)) {
    char hex[TREE_CHECKSUM_HEX_LEN + 1];
    tree_checksum_to_hex (checksum, hex);
    gboolean missing = g_error_matches (local, TREE_ERROR, TREE_ERROR_NOT_FOUND);
    if (missing && self->repair != NULL) {
      (void)object_set_add (self->lost, TREE_OBJECT_COMMIT, checksum);
      return TRUE;
    }
    if (missing)
      fsck_report (self->options, TRUE, "Object missing: %s.commit", hex);
    else if (g_error_matches (local, TREE_ERROR, TREE_ERROR_CORRUPT))
      return TRUE; /* it is found again among the objects, and told with its checksum */
    g_propagate_prefixed_error (error, g_steal_pointer (&local),
                                "Loading commit for ref %s: ", name);
    return FALSE;
  }
  gboolean verify = self->options->verify_bindings || self->options->verify_back_refs;
  return !verify || bindings_verify (commit.metadata, collection, ref, error) ||
         prefix_error (error, "ref '%s'", name);
}

static gboolean
check_refs (Fsck *self, GError **error)
{
  fsck_report (self->options, FALSE, "Validating refs...");
  g_autoptr (GPtrArray) refs = tree_repo_list_refs (self->repo, NULL, error);
  if (refs == NULL)
    return FALSE;
  for (guint i = 0; i < refs->len; i++) {
    const TreeRef *ref = refs->pdata[i];
    const char *colon = strchr (ref->name, ':');
    if (!check_ref (self, ref->name, NULL, colon != NULL ? colon + 1 : ref->name, &ref->checksum,
                    error))
      return FALSE;
  }
  fsck_report (self->options, FALSE, "Validating refs in collections...");
  g_autoptr (GPtrArray) collections = refs_list_collections (self->repo, error);
  if (collections == NULL)
    return FALSE;
  for (guint i = 0; i < collections->len; i++) {
    const TreeCollectionRef *ref = collections->pdata[i];
    g_autofree char *name = g_strdup_printf ("(%s, %s)", ref->collection, ref->name);
    if (!check_ref (self, name, ref->collection, ref->name, &ref->checksum, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- Commits ---- */

/* Is @commit @tip or one of its parents? */
static gboolean
is_ancestor (const TreeRepo *repo, const TreeChecksum *commit, const TreeChecksum *tip,
             gboolean *out, GError **error)
{
  TreeChecksum at = *tip;
  for (;;) {
    g_auto (Commit) parsed = {0};
    gboolean found = FALSE;
    *out = tree_checksum_equal (&at, commit);
    if (*out)
      return TRUE;
    if (!object_load_commit_optional (repo, &at, &found, &parsed, error))
      return FALSE;
    if (!found || !parsed.has_parent)
      return TRUE; /* history beyond may be, but not here */
    at = parsed.parent;
  }
}

/* A ref of heads or, for the bindings of a commit with a collection, of that collection. */
static gboolean
find_bound_ref (const TreeRepo *repo, const char *collection, const char *ref, gboolean *out_found,
                TreeChecksum *out, GError **error)
{
  *out_found = FALSE;
  if (collection == NULL || g_strcmp0 (collection, repo->collection_id) == 0) {
    if (!refs_read_in (repo, REF_HEADS, NULL, ref, out_found, out, NULL, error))
      return FALSE;
  } else if (!refs_read_in (repo, REF_MIRRORS, collection, ref, out_found, out, NULL, error))
    return FALSE;
  return *out_found || refs_find_remote (repo, ref, out_found, out, error);
}

static gboolean
check_back_ref (Fsck *self, const TreeChecksum *checksum, const char *collection, const char *ref,
                GError **error)
{
  gboolean found = FALSE;
  gboolean contained = FALSE;
  TreeChecksum tip;
  if (!find_bound_ref (self->repo, collection, ref, &found, &tip, error) ||
      (found && !is_ancestor (self->repo, checksum, &tip, &contained, error)))
    return FALSE;
  if (contained)
    return TRUE;
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (checksum, hex);
  const char *problem = found ? "does not resolve to that commit" : "does not exist";
  if (collection != NULL)
    return throw_error (error, TREE_ERROR_INVALID,
                        "Collection–ref (%s, %s) in bindings for commit %s %s", collection, ref,
                        hex, problem);
  return throw_error (error, TREE_ERROR_INVALID, "Ref ‘%s’ in bindings for commit %s %s", ref, hex,
                      problem);
}

static gboolean
check_back_refs (Fsck *self, const TreeChecksum *checksum, const Commit *commit, GError **error)
{
  g_autofree const char **refs = NULL;
  const char *collection = NULL;
  if (!g_variant_lookup (commit->metadata, COMMIT_KEY_REF_BINDING, "^a&s", &refs))
    return TRUE;
  (void)g_variant_lookup (commit->metadata, COMMIT_KEY_COLLECTION_BINDING, "&s", &collection);
  for (const char **ref = refs; *ref != NULL; ref++)
    if (!check_back_ref (self, checksum, collection, *ref, error))
      return FALSE;
  return TRUE;
}

gboolean
fsck_read_state (const TreeRepo *repo, const TreeChecksum *commit, FsckState *out, GError **error)
{
  enum {
    STATE_MAX = 4096
  };
  g_autofree char *path = commit_partial_path (commit);
  g_autoptr (GBytes) mark = NULL;
  if (!file_read_at (repo->dfd, path, STATE_MAX, &mark, error))
    return FALSE;
  gsize len = 0;
  const char *text = mark != NULL ? g_bytes_get_data (mark, &len) : NULL;
  *out = mark == NULL                            ? FSCK_COMPLETE
         : len > 0 && text[0] == DAMAGED_MARK[0] ? FSCK_DAMAGED
                                                 : FSCK_PARTIAL;
  return TRUE;
}

gboolean
fsck_mark (const TreeRepo *repo, const TreeChecksum *commit, GError **error)
{
  g_autofree char *path = commit_partial_path (commit);
  return file_replace_durable_at (repo->dfd, path, DAMAGED_MARK, strlen (DAMAGED_MARK), 0644,
                                  error);
}

static gboolean
must_be_complete (const Fsck *self, FsckState state)
{
  return state == FSCK_COMPLETE || (state == FSCK_DAMAGED && self->repair != NULL);
}

static int
compare_checksums (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (TreeChecksum));
}

gboolean
fsck_list_commits (const Fsck *self, GArray *out, GError **error)
{
  g_autoptr (GArray) all = tree_repo_list_commits (self->repo, error);
  if (all == NULL)
    return FALSE;
  for (guint i = 0; i < all->len; i++) {
    const TreeChecksum *commit = &g_array_index (all, TreeChecksum, i);
    FsckState state;
    if (!fsck_read_state (self->repo, commit, &state, error))
      return FALSE;
    if (must_be_complete (self, state))
      g_array_append_val (out, *commit);
  }
  for (gsize slot = 0; slot < object_set_n_slots (self->lost); slot++) {
    ObjectName name;
    if (object_set_slot (self->lost, slot, &name))
      g_array_append_val (out, name.checksum);
  }
  g_array_sort (out, compare_checksums);
  return TRUE;
}

static gboolean
check_commit (Fsck *self, const TreeChecksum *checksum, GError **error)
{
  g_auto (Commit) commit = {0};
  g_autoptr (GError) local = NULL;
  FsckState state;
  /* A damaged one is an object like others, and found among them. */
  gboolean readable = object_load_commit (self->repo, checksum, &commit, &local);
  if (readable && self->options->verify_back_refs &&
      !check_back_refs (self, checksum, &commit, error))
    return FALSE;
  if (readable && commit.has_parent && self->options->add_tombstones) {
    gboolean there = FALSE;
    if (!object_exists (self->repo, TREE_OBJECT_COMMIT, &commit.parent, &there, error))
      return FALSE;
    if (!there)
      (void)g_hash_table_add (self->missing, g_memdup2 (&commit.parent, sizeof commit.parent));
  }
  if (!fsck_read_state (self->repo, checksum, &state, error))
    return FALSE;
  if (state == FSCK_DAMAGED && self->repair != NULL)
    g_array_append_val (self->marked, *checksum);
  else if (state != FSCK_COMPLETE)
    self->result.n_partial++;
  if (state == FSCK_DAMAGED && self->repair == NULL)
    self->result.n_fsck_partial++;
  return TRUE;
}

static gboolean
check_commits (Fsck *self, GError **error)
{
  fsck_report (self->options, FALSE, "Enumerating commits...");
  g_autoptr (GArray) all = tree_repo_list_commits (self->repo, error);
  if (all == NULL)
    return FALSE;
  for (guint i = 0; i < all->len; i++)
    if (!check_commit (self, &g_array_index (all, TreeChecksum, i), error))
      return FALSE;
  if (!fsck_list_commits (self, self->commits, error))
    return FALSE;
  self->result.n_commits = self->commits->len;
  return TRUE;
}

/* ---- All of it ---- */

static gboolean
add_tombstones (Fsck *self, GError **error)
{
  gboolean enabled = FALSE;
  if (g_hash_table_size (self->missing) == 0)
    return TRUE;
  if (!repo_config_boolean (self->repo, "core", "tombstone-commits", FALSE, &enabled, error) ||
      (!enabled && !tree_repo_config_set (self->repo, "core", "tombstone-commits", "true", error)))
    return FALSE;
  autofd int lock = repo_lock (self->repo, REPO_LOCK_SHARED, error);
  if (lock < 0)
    return FALSE;
  GHashTableIter iter;
  gpointer key;
  g_hash_table_iter_init (&iter, self->missing);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    char hex[TREE_CHECKSUM_HEX_LEN + 1];
    tree_checksum_to_hex (key, hex);
    fsck_report (self->options, FALSE, "Adding tombstone for commit %s", hex);
    if (!commit_write_tombstone (self->repo, key, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
check_names (Fsck *self, GError **error)
{
  autofd int lock = repo_lock (self->repo, REPO_LOCK_READ, error);
  return lock >= 0 && check_refs (self, error) && check_commits (self, error);
}

static gboolean
run (Fsck *self, GError **error)
{
  if (!check_names (self, error) || !fsck_check_objects (self, error))
    return FALSE;
  if (self->options->add_tombstones)
    return add_tombstones (self, error);
  if (self->result.n_partial > 0)
    fsck_report (self->options, FALSE, "%u partial commits not verified", self->result.n_partial);
  return TRUE;
}

gboolean
fsck_run (TreeRepo *repo, const TreeFsckOptions *options, const FsckRepair *repair,
          TreeFsckResult *out, GError **error)
{
  g_autoptr (GArray) commits = g_array_new (FALSE, FALSE, sizeof (TreeChecksum));
  g_autoptr (GArray) marked = g_array_new (FALSE, FALSE, sizeof (TreeChecksum));
  g_autoptr (ObjectSet) lost = object_set_new ();
  g_autoptr (GHashTable)
      missing = g_hash_table_new_full (checksum_hash, checksum_equal, g_free, NULL);
  Fsck fsck = {
      .repo = repo,
      .options = options,
      .repair = repair,
      .commits = commits,
      .marked = marked,
      .lost = lost,
      .missing = missing,
  };
  if (!run (&fsck, error))
    return FALSE;
  *out = fsck.result;
  return TRUE;
}

gboolean
tree_repo_fsck (TreeRepo *self, const TreeFsckOptions *options, TreeFsckResult *out, GError **error)
{
  return fsck_run (self, options, NULL, out, error);
}
