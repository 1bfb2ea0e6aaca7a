/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checking a repository (tree_repo_fsck): refs have their commits, commits are bound to the refs
 * that point to them, and everything below a complete commit is there and is what its name says.
 *
 * A commit below which something is missing or was deleted becomes partial, with an "f" in its
 * state file, so that the next pull fetches what it lacks.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/bindings.h"
#include "core/checksum.h"
#include "store/object-list.h"
#include "store/object-read.h"
#include "store/refs-list.h"
#include "store/refs.h"
#include "store/traverse.h"
#include "store/verify.h"

/* In a state file: partial because fsck found damage, not because a pull was cut short. */
#define FSCK_PARTIAL "f"

typedef struct {
  TreeRepo *repo;
  const TreeFsckOptions *options;
  TreeFsckResult result;
  GArray *commits;     /* TreeChecksum of complete commits, sorted */
  GHashTable *missing; /* owned TreeChecksum of parents that are not here: a set */
} Fsck;

static void report (Fsck *self, gboolean is_error, const char *format, ...) G_GNUC_PRINTF (3, 4);

static void
report (Fsck *self, gboolean is_error, const char *format, ...)
{
  if (self->options->report == NULL)
    return;
  va_list args;
  va_start (args, format);
  g_autofree char *line = g_strdup_vprintf (format, args);
  va_end (args);
  self->options->report (line, is_error, self->options->user_data);
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
    if (g_error_matches (local, TREE_ERROR, TREE_ERROR_NOT_FOUND))
      report (self, TRUE, "Object missing: %s.commit", hex);
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
  report (self, FALSE, "Validating refs...");
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
  report (self, FALSE, "Validating refs in collections...");
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

/* *@out_reason is NULL for a complete commit. */
static gboolean
read_state (const TreeRepo *repo, const TreeChecksum *commit, GBytes **out_reason, GError **error)
{
  enum {
    STATE_MAX = 4096
  };
  g_autofree char *path = commit_partial_path (commit);
  return file_read_at (repo->dfd, path, STATE_MAX, out_reason, error);
}

static gboolean
sort_out_commit (Fsck *self, const TreeChecksum *checksum, GError **error)
{
  g_auto (Commit) commit = {0};
  g_autoptr (GBytes) reason = NULL;
  g_autoptr (GError) local = NULL;
  if (!read_state (self->repo, checksum, &reason, error))
    return FALSE;
  /* A damaged one stays in the list: it is an object like others, and found there. */
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
  if (reason == NULL) {
    g_array_append_val (self->commits, *checksum);
    return TRUE;
  }
  self->result.n_partial++;
  gsize len = 0;
  const char *text = g_bytes_get_data (reason, &len);
  if (len > 0 && text[0] == FSCK_PARTIAL[0])
    self->result.n_fsck_partial++;
  return TRUE;
}

static int
compare_checksums (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (TreeChecksum));
}

static gboolean
sort_out_commits (Fsck *self, GError **error)
{
  report (self, FALSE, "Enumerating commits...");
  g_autoptr (GArray) all = tree_repo_list_commits (self->repo, error);
  if (all == NULL)
    return FALSE;
  for (guint i = 0; i < all->len; i++)
    if (!sort_out_commit (self, &g_array_index (all, TreeChecksum, i), error))
      return FALSE;
  g_array_sort (self->commits, compare_checksums);
  self->result.n_commits = self->commits->len;
  return TRUE;
}

/* ---- Objects ---- */

/* Adds a commit whatever state it is in. */
static gboolean
add_tolerant (Traversal *traversal, const TreeChecksum *commit, GError **error)
{
  g_autoptr (GError) local = NULL;
  if (traversal_add_commit (traversal, commit, 0, &local) ||
      g_error_matches (local, TREE_ERROR, TREE_ERROR_CORRUPT) ||
      g_error_matches (local, TREE_ERROR, TREE_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/* For each finding the complete commits that need it: walked again, since damage is rare and a
 * table of who needs what would cost memory always. An array of checksums for each finding. */
static gboolean
find_commits (Fsck *self, GPtrArray *findings, GPtrArray *out, GError **error)
{
  for (guint f = 0; f < findings->len; f++)
    g_ptr_array_add (out, g_array_new (FALSE, FALSE, sizeof (TreeChecksum)));
  for (guint i = 0; i < self->commits->len; i++) {
    const TreeChecksum *commit = &g_array_index (self->commits, TreeChecksum, i);
    g_autoptr (Traversal) traversal = traversal_new (self->repo, TRAVERSE_TOLERANT);
    if (!add_tolerant (traversal, commit, error))
      return FALSE;
    const ObjectSet *objects = traversal_objects (traversal);
    for (guint f = 0; f < findings->len; f++) {
      const ObjectName *name = &((const VerifyFinding *)findings->pdata[f])->name;
      gboolean itself = name->type == TREE_OBJECT_COMMIT &&
                        tree_checksum_equal (&name->checksum, commit);
      if (itself || object_set_contains (objects, name->type, &name->checksum))
        g_array_append_val ((GArray *)out->pdata[f], *commit);
    }
  }
  return TRUE;
}

static char *
list_commits (GArray *commits)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < commits->len; i++) {
    char hex[TREE_CHECKSUM_HEX_LEN + 1];
    tree_checksum_to_hex (&g_array_index (commits, TreeChecksum, i), hex);
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", hex);
  }
  return g_string_free (text, FALSE);
}

static gboolean
mark_partial (Fsck *self, GArray *commits, GError **error)
{
  for (guint i = 0; i < commits->len; i++) {
    const TreeChecksum *commit = &g_array_index (commits, TreeChecksum, i);
    g_autoptr (GBytes) reason = NULL;
    if (!read_state (self->repo, commit, &reason, error))
      return FALSE;
    if (reason != NULL)
      continue; /* an earlier finding marked it */
    char hex[TREE_CHECKSUM_HEX_LEN + 1];
    tree_checksum_to_hex (commit, hex);
    report (self, TRUE, "Marking commit as partial: %s", hex);
    g_autofree char *path = commit_partial_path (commit);
    if (!file_replace_durable_at (self->repo->dfd, path, FSCK_PARTIAL, strlen (FSCK_PARTIAL), 0644,
                                  error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
handle_missing (Fsck *self, const VerifyFinding *finding, GArray *commits, GError **error)
{
  g_autofree char *name = object_to_string (&finding->name);
  g_autofree char *list = list_commits (commits);
  if (commits->len > 0)
    report (self, TRUE, "Object missing in commits %s: %s", list, name);
  else
    report (self, TRUE, "Object missing: %s", name);
  return mark_partial (self, commits, error);
}

static gboolean
handle_damaged (Fsck *self, const VerifyFinding *finding, GArray *commits, GError **error)
{
  g_autofree char *name = object_to_string (&finding->name);
  g_autofree char *list = list_commits (commits);
  gboolean is_file = finding->name.type == TREE_OBJECT_FILE;
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&finding->name.checksum, hex);
  g_autofree char *line = g_strdup_printf ("In commits %s: fsck %s%s: %s", list,
                                           is_file ? "content object " : "", is_file ? hex : name,
                                           finding->error->message);
  if (!self->options->all && !self->options->delete_bad)
    return throw_error (error, TREE_ERROR_CORRUPT, "%s", line);
  report (self, TRUE, "%s", line);
  /* What could not be read may be whole: another disk error, a missing permission. */
  if (!self->options->delete_bad ||
      !g_error_matches (finding->error, TREE_ERROR, TREE_ERROR_CORRUPT))
    return TRUE;
  /* Marked first: cut short between the two, the commit is partial and nothing is lost. */
  return mark_partial (self, commits, error) && object_delete (self->repo, &finding->name, error);
}

static gboolean
handle_findings (Fsck *self, GPtrArray *findings, GError **error)
{
  g_autoptr (GPtrArray) commits = g_ptr_array_new_with_free_func ((GDestroyNotify)g_array_unref);
  if (findings->len == 0)
    return TRUE;
  self->result.found_corruption = TRUE;
  if (!find_commits (self, findings, commits, error))
    return FALSE;
  autofd int lock = -1;
  if (self->options->delete_bad) {
    lock = repo_lock (self->repo, REPO_LOCK_EXCLUSIVE, error);
    if (lock < 0)
      return FALSE;
  }
  for (guint i = 0; i < findings->len; i++) {
    const VerifyFinding *finding = findings->pdata[i];
    gboolean missing = g_error_matches (finding->error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
    gboolean ok = missing ? handle_missing (self, finding, commits->pdata[i], error)
                          : handle_damaged (self, finding, commits->pdata[i], error);
    if (!ok)
      return FALSE;
  }
  return TRUE;
}

static gboolean
check_objects (Fsck *self, GError **error)
{
  report (self, FALSE, "Verifying content integrity of %u commit objects...",
          self->result.n_commits);
  g_autoptr (Traversal) traversal = traversal_new (self->repo, TRAVERSE_TOLERANT);
  g_autoptr (ObjectSet) damaged = object_set_new ();
  for (guint i = 0; i < self->commits->len; i++) {
    const TreeChecksum *commit = &g_array_index (self->commits, TreeChecksum, i);
    if (!add_tolerant (traversal, commit, error))
      return FALSE;
    /* A commit that cannot be parsed is not in the set, but must be told. */
    if (!object_set_contains (traversal_objects (traversal), TREE_OBJECT_COMMIT, commit))
      (void)object_set_add (damaged, TREE_OBJECT_COMMIT, commit);
  }
  const ObjectSet *objects = traversal_objects (traversal);
  self->result.n_objects = object_set_size (objects);
  gboolean stop = !self->options->all && !self->options->delete_bad;
  g_autoptr (GPtrArray) findings = NULL;
  g_autoptr (GPtrArray) commit_findings = NULL;
  return verify_objects (self->repo, damaged, stop, NULL, NULL, &commit_findings, error) &&
         handle_findings (self, commit_findings, error) &&
         verify_objects (self->repo, objects, stop, self->options->progress,
                         self->options->user_data, &findings, error) &&
         handle_findings (self, findings, error);
}

static gboolean
add_tombstones (Fsck *self, GError **error)
{
  gboolean enabled = FALSE;
  if (g_hash_table_size (self->missing) == 0)
    return TRUE;
  if (!repo_config_boolean (self->repo, "core", "tombstone-commits", FALSE, &enabled, error) ||
      (!enabled && !tree_repo_config_set (self->repo, "core", "tombstone-commits", "true", error)))
    return FALSE;
  GHashTableIter iter;
  gpointer key;
  g_hash_table_iter_init (&iter, self->missing);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    char hex[TREE_CHECKSUM_HEX_LEN + 1];
    tree_checksum_to_hex (key, hex);
    report (self, FALSE, "Adding tombstone for commit %s", hex);
    if (!commit_write_tombstone (self->repo, key, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
run (Fsck *self, GError **error)
{
  if (!check_refs (self, error) || !sort_out_commits (self, error) || !check_objects (self, error))
    return FALSE;
  if (self->options->add_tombstones)
    return add_tombstones (self, error);
  if (self->result.n_partial > 0)
    report (self, FALSE, "%u partial commits not verified", self->result.n_partial);
  return TRUE;
}

gboolean
tree_repo_fsck (TreeRepo *self, const TreeFsckOptions *options, TreeFsckResult *out, GError **error)
{
  g_autoptr (GArray) commits = g_array_new (FALSE, FALSE, sizeof (TreeChecksum));
  g_autoptr (GHashTable)
      missing = g_hash_table_new_full (checksum_hash, checksum_equal, g_free, NULL);
  Fsck fsck = {.repo = self, .options = options, .commits = commits, .missing = missing};
  if (!run (&fsck, error))
    return FALSE;
  *out = fsck.result;
  return TRUE;
}
