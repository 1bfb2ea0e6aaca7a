/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The objects of an fsck: verified, repaired if somebody can, told, marked, deleted. */
#include "config.h"

#include "base/error.h"
#include "base/fd.h"
#include "core/checksum.h"
#include "store/fsck-private.h"
#include "store/object-list.h"
#include "store/object-read.h"
#include "store/traverse.h"

/* ---- What there is to verify ---- */

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

/* What no commit names, and is wrong or right by itself. */
static gboolean
stands_alone (TreeObjectType type)
{
  return type == TREE_OBJECT_TOMBSTONE || type == TREE_OBJECT_PAYLOAD_LINK ||
         type == TREE_OBJECT_FILE_XATTRS;
}

static gboolean
add_alone (const ObjectName *name, int dfd, const char *file_name, gpointer user_data,
           GError **error)
{
  if (stands_alone (name->type))
    (void)object_set_add (user_data, name->type, &name->checksum);
  return TRUE;
}

/* What a traversal of the commits does not reach: commits that cannot be read, what goes by a
 * commit's name, and what stands alone. */
static gboolean
collect (Fsck *self, Traversal *traversal, ObjectSet *besides, GError **error)
{
  for (guint i = 0; i < self->commits->len; i++) {
    const TreeChecksum *commit = &g_array_index (self->commits, TreeChecksum, i);
    if (!add_tolerant (traversal, commit, error))
      return FALSE;
    if (!object_set_contains (traversal_objects (traversal), TREE_OBJECT_COMMIT, commit))
      (void)object_set_add (besides, TREE_OBJECT_COMMIT, commit);
    (void)object_set_add (besides, TREE_OBJECT_COMMIT_META, commit);
  }
  return object_list (self->repo, NULL, add_alone, besides, error);
}

/* Adds to @findings. */
static gboolean
verify (Fsck *self, const ObjectSet *objects, TreeProgress progress, GPtrArray *findings,
        GError **error)
{
  gboolean stop = !self->options->all && !self->options->delete_bad && self->repair == NULL;
  g_autoptr (GPtrArray) found = NULL;
  if (!verify_objects (self->repo, objects, stop, progress, self->options->user_data, &found,
                       error))
    return FALSE;
  g_ptr_array_extend_and_steal (findings, g_steal_pointer (&found));
  return TRUE;
}

/* ---- Repairing ---- */

/* Verifies what was bad again, and what is reached now and was not before. */
static gboolean
verify_again (Fsck *self, const ObjectSet *before, GPtrArray *old, GPtrArray *findings,
              GError **error)
{
  g_autoptr (Traversal) traversal = traversal_new (self->repo, TRAVERSE_TOLERANT);
  g_autoptr (ObjectSet) besides = object_set_new ();
  g_autoptr (ObjectSet) todo = object_set_new ();
  if (!collect (self, traversal, besides, error))
    return FALSE;
  const ObjectSet *now = traversal_objects (traversal);
  for (gsize slot = 0; slot < object_set_n_slots (now); slot++) {
    ObjectName name;
    if (object_set_slot (now, slot, &name) &&
        !object_set_contains (before, name.type, &name.checksum))
      (void)object_set_add (todo, name.type, &name.checksum);
  }
  for (guint i = 0; i < old->len; i++) {
    const ObjectName *name = &((const VerifyFinding *)old->pdata[i])->name;
    (void)object_set_add (todo, name->type, &name->checksum);
  }
  return verify (self, todo, NULL, findings, error);
}

/* Moves findings that were tried before from @findings to @stubborn. */
static void
set_aside (GPtrArray *findings, ObjectSet *tried, GPtrArray *stubborn)
{
  for (guint i = findings->len; i-- > 0;) {
    const ObjectName *name = &((const VerifyFinding *)findings->pdata[i])->name;
    if (!object_set_add (tried, name->type, &name->checksum))
      g_ptr_array_add (stubborn, g_ptr_array_steal_index (findings, i));
  }
}

/* @findings: what is left in the end. */
static gboolean
repair (Fsck *self, const ObjectSet *before, GPtrArray *findings, GError **error)
{
  g_autoptr (GPtrArray) stubborn = g_ptr_array_new_with_free_func (verify_finding_free);
  g_autoptr (ObjectSet) tried = object_set_new ();
  for (;;) {
    guint n = 0;
    set_aside (findings, tried, stubborn);
    if (findings->len == 0)
      break;
    if (!self->repair->repair (findings, &n, self->repair->user_data, error))
      return FALSE;
    self->result.n_repaired += n;
    g_autoptr (GPtrArray) old = g_ptr_array_new_with_free_func (verify_finding_free);
    while (findings->len > 0)
      g_ptr_array_add (old, g_ptr_array_steal_index (findings, findings->len - 1));
    if (!verify_again (self, before, old, findings, error))
      return FALSE;
  }
  while (stubborn->len > 0)
    g_ptr_array_add (findings, g_ptr_array_steal_index (stubborn, stubborn->len - 1));
  return TRUE;
}

/* ---- What is still wrong, under the lock ---- */

/* Drops what is whole now. */
static void
confirm (Fsck *self, GPtrArray *findings)
{
  ModeWorker worker = {0};
  mode_worker_init (&worker, self->repo->deflate_level);
  for (guint i = findings->len; i-- > 0;) {
    VerifyFinding *finding = findings->pdata[i];
    GError *now = NULL;
    if (verify_object (self->repo, &worker, &finding->name, &now))
      g_ptr_array_remove_index (findings, i);
    else {
      g_clear_error (&finding->error);
      finding->error = now;
    }
  }
  mode_worker_clear (&worker);
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
      gboolean itself = (name->type == TREE_OBJECT_COMMIT ||
                         name->type == TREE_OBJECT_COMMIT_META) &&
                        tree_checksum_equal (&name->checksum, commit);
      if (itself || object_set_contains (objects, name->type, &name->checksum))
        g_array_append_val ((GArray *)out->pdata[f], *commit);
    }
  }
  return TRUE;
}

/* Drops what no commit needs any more: it was pruned. */
static void
drop_unneeded (GPtrArray *findings, GPtrArray *commits)
{
  for (guint i = findings->len; i-- > 0;) {
    const VerifyFinding *finding = findings->pdata[i];
    if (((const GArray *)commits->pdata[i])->len > 0 || stands_alone (finding->name.type))
      continue;
    g_ptr_array_remove_index (findings, i);
    g_ptr_array_remove_index (commits, i);
  }
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
    FsckState state;
    g_autoptr (GError) local = NULL;
    if (!fsck_read_state (self->repo, commit, &state, error))
      return FALSE;
    if (state != FSCK_COMPLETE)
      continue; /* an earlier finding marked it */
    char hex[TREE_CHECKSUM_HEX_LEN + 1];
    tree_checksum_to_hex (commit, hex);
    if (fsck_mark (self->repo, commit, &local))
      fsck_report (self->options, TRUE, "Marking commit as partial: %s", hex);
    else if (!self->options->delete_bad && g_error_matches (local, TREE_ERROR, TREE_ERROR_DENIED))
      fsck_report (self->options, TRUE, "Not marking commit as partial: %s: %s", hex,
                   local->message);
    else {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
handle_missing (Fsck *self, const VerifyFinding *finding, GArray *commits, GError **error)
{
  g_autofree char *name = object_to_string (&finding->name);
  g_autofree char *list = list_commits (commits);
  if (finding->name.type == TREE_OBJECT_COMMIT) {
    fsck_report (self->options, TRUE, "Object missing: %s", name);
    return TRUE; /* nothing is there that could be marked */
  }
  fsck_report (self->options, TRUE, "Object missing in commits %s: %s", list, name);
  return mark_partial (self, commits, error);
}

static char *
describe_damage (const VerifyFinding *finding, GArray *commits)
{
  gboolean is_file = finding->name.type == TREE_OBJECT_FILE;
  g_autofree char *list = list_commits (commits);
  g_autofree char *name = object_to_string (&finding->name);
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&finding->name.checksum, hex);
  return g_strdup_printf ("%s%s%sfsck %s%s: %s", commits->len > 0 ? "In commits " : "", list,
                          commits->len > 0 ? ": " : "", is_file ? "content object " : "",
                          is_file ? hex : name, finding->error->message);
}

static gboolean
handle_damaged (Fsck *self, const VerifyFinding *finding, GArray *commits, GError **error)
{
  g_autofree char *line = describe_damage (finding, commits);
  if (!self->options->all && !self->options->delete_bad && self->repair == NULL)
    return throw_error (error, TREE_ERROR_CORRUPT, "%s", line);
  fsck_report (self->options, TRUE, "%s", line);
  /* What could not be read may be whole: another disk error, a missing permission. */
  if (!self->options->delete_bad ||
      !g_error_matches (finding->error, TREE_ERROR, TREE_ERROR_CORRUPT))
    return TRUE;
  /* Marked first: cut short between the two, the commit is partial and nothing is lost. */
  return mark_partial (self, commits, error) && object_delete (self->repo, &finding->name, error);
}

static gboolean
handle (Fsck *self, GPtrArray *findings, GPtrArray *commits, GError **error)
{
  for (guint i = 0; i < findings->len; i++) {
    const VerifyFinding *finding = findings->pdata[i];
    gboolean missing = g_error_matches (finding->error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
    gboolean ok = missing ? handle_missing (self, finding, commits->pdata[i], error)
                          : handle_damaged (self, finding, commits->pdata[i], error);
    if (!ok)
      return FALSE;
  }
  self->result.found_corruption = findings->len > 0;
  return findings->len == 0 || self->repair == NULL ||
         self->repair->left (findings, self->repair->user_data, error);
}

static gboolean
is_among (GPtrArray *commits, const TreeChecksum *commit)
{
  for (guint i = 0; i < commits->len; i++) {
    const GArray *list = commits->pdata[i];
    for (guint k = 0; k < list->len; k++)
      if (tree_checksum_equal (&g_array_index (list, TreeChecksum, k), commit))
        return TRUE;
  }
  return FALSE;
}

/* Commits that were marked, and that nothing is wrong with now. */
static gboolean
unmark (Fsck *self, GPtrArray *commits, GError **error)
{
  for (guint i = 0; i < self->marked->len; i++) {
    const TreeChecksum *commit = &g_array_index (self->marked, TreeChecksum, i);
    char hex[TREE_CHECKSUM_HEX_LEN + 1];
    if (is_among (commits, commit))
      continue;
    if (!commit_set_partial (self->repo, commit, FALSE, error))
      return FALSE;
    tree_checksum_to_hex (commit, hex);
    fsck_report (self->options, FALSE, "Commit is complete again: %s", hex);
  }
  return TRUE;
}

static gboolean
settle (Fsck *self, GPtrArray *findings, GError **error)
{
  g_autoptr (GPtrArray) commits = g_ptr_array_new_with_free_func ((GDestroyNotify)g_array_unref);
  if (findings->len == 0 && self->marked->len == 0)
    return TRUE;
  RepoLockKind kind = self->options->delete_bad ? REPO_LOCK_EXCLUSIVE : REPO_LOCK_READ;
  autofd int lock = repo_lock (self->repo, kind, error);
  if (lock < 0)
    return FALSE;
  g_array_set_size (self->commits, 0);
  if (!fsck_list_commits (self, self->commits, error))
    return FALSE;
  confirm (self, findings);
  if (!find_commits (self, findings, commits, error))
    return FALSE;
  drop_unneeded (findings, commits);
  return handle (self, findings, commits, error) && unmark (self, commits, error);
}

gboolean
fsck_check_objects (Fsck *self, GError **error)
{
  fsck_report (self->options, FALSE, "Verifying content integrity of %u commit objects...",
               self->result.n_commits);
  g_autoptr (Traversal) traversal = traversal_new (self->repo, TRAVERSE_TOLERANT);
  g_autoptr (ObjectSet) besides = object_set_new ();
  g_autoptr (GPtrArray) findings = g_ptr_array_new_with_free_func (verify_finding_free);
  if (!collect (self, traversal, besides, error))
    return FALSE;
  const ObjectSet *objects = traversal_objects (traversal);
  self->result.n_objects = object_set_size (objects);
  if (!verify (self, besides, NULL, findings, error) ||
      !verify (self, objects, self->options->progress, findings, error) ||
      (self->repair != NULL && !repair (self, objects, findings, error)))
    return FALSE;
  return settle (self, findings, error);
}
