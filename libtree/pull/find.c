/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding refs of collections: ask everybody, then drop what is older than what somebody else has.
 * What summaries say of ages is not believed: the commits are fetched and verified. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "core/checksum.h"
#include "core/refspec.h"
#include "net/url.h"
#include "pull/media.h"
#include "pull/peek.h"
#include "pull/pull.h"
#include "store/object-read.h"
#include "store/refs.h"
#include "store/remote.h"
#include "tree-find.h"

typedef struct {
  TreeRepo *repo;
  GPtrArray *wanted; /* TreeCollectionRef; borrowed */
  const TreeFindOptions *options;
  TreePullOptions pull; /* for what is fetched on the way */
  GPtrArray *found;     /* TreeFoundRepo; owned */
} Find;

static TreeFoundRepo *
found_new (TreeFinders finder, const char *remote, char *uri)
{
  TreeFoundRepo *found = g_new0 (TreeFoundRepo, 1);
  found->finder = finder;
  found->remote = g_strdup (remote);
  found->uri = uri;
  found->refs = g_ptr_array_new_with_free_func (tree_collection_ref_free);
  return found;
}

void
tree_found_repo_free (gpointer data)
{
  TreeFoundRepo *found = data;
  g_free (found->uri);
  g_free (found->remote);
  g_ptr_array_unref (found->refs);
  tree_repo_unref (found->medium);
  g_free (found);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TreeFoundRepo, tree_found_repo_free)

gboolean
tree_finders_add (const char *name, TreeFinders *finders, GError **error)
{
  TreeFinders finder = strcmp (name, "config") == 0  ? TREE_FIND_CONFIG
                       : strcmp (name, "mount") == 0 ? TREE_FIND_MOUNT
                                                     : 0;
  if (strcmp (name, "lan") == 0)
    return throw_error (
        error, TREE_ERROR_UNSUPPORTED,
        "the finder 'lan' needs Avahi, which is not built in; config and mount are");
  if (finder == 0 || (*finders & finder) != 0)
    return throw_error (error, TREE_ERROR_INVALID,
                        "unknown or duplicate finder ‘%s’; config and mount are known", name);
  *finders |= finder;
  return TRUE;
}

static void
tell_failure (const Find *self, const char *what, const GError *why)
{
  if (self->options->failed != NULL)
    self->options->failed (what, why, self->options->user_data);
}

/* ---- Who has what ---- */

static void
add_ref (TreeFoundRepo *found, const TreeCollectionRef *wanted, const TreeChecksum *commit)
{
  TreeCollectionRef *ref = tree_collection_ref_new (wanted->collection, wanted->name);
  ref->checksum = *commit;
  g_ptr_array_add (found->refs, ref);
}

static void
look_in_summary (const Find *self, const Summary *summary, const char *collection,
                 TreeFoundRepo *found)
{
  g_autoptr (GVariant) refs = summary_collection (summary, collection);
  for (guint i = 0; refs != NULL && i < self->wanted->len; i++) {
    const TreeCollectionRef *wanted = self->wanted->pdata[i];
    SummaryRef ref;
    if (strcmp (wanted->collection, collection) == 0 && summary_find (refs, wanted->name, &ref))
      add_ref (found, wanted, &ref.checksum);
  }
}

static gboolean
look_in_folder (const Find *self, const TreeRepo *source, const char *collection,
                TreeFoundRepo *found, GError **error)
{
  gboolean own = g_strcmp0 (collection, source->collection_id) == 0;
  for (guint i = 0; i < self->wanted->len; i++) {
    const TreeCollectionRef *wanted = self->wanted->pdata[i];
    gboolean has = FALSE;
    TreeChecksum commit;
    if (strcmp (wanted->collection, collection) != 0)
      continue;
    if (!refs_read_in (source, own ? REF_HEADS : REF_MIRRORS, own ? NULL : collection, wanted->name,
                       &has, &commit, NULL, error))
      return FALSE;
    if (has)
      add_ref (found, wanted, &commit);
  }
  return TRUE;
}

static guint64
time_of_summary (const PullSummary *summary)
{
  guint64 time = 0;
  if (summary->bytes != NULL)
    (void)g_variant_lookup (summary->parsed.metadata, SUMMARY_KEY_LAST_MODIFIED, "t", &time);
  return GUINT64_FROM_BE (time);
}

static gboolean
is_wanted (const Find *self, const char *collection)
{
  for (guint i = 0; i < self->wanted->len; i++)
    if (strcmp (((const TreeCollectionRef *)self->wanted->pdata[i])->collection, collection) == 0)
      return TRUE;
  return FALSE;
}

/* ---- Remotes ---- */

/* A folder is asked for its refs themselves, unless it must have signed what they are. */
static gboolean
ask_remote (Find *self, const char *remote, const char *collection, GError **error)
{
  g_auto (Peek) peek = PEEK_INIT;
  g_auto (PullSummary) summary = {0};
  if (!peek_open (&peek, self->repo, remote, &self->pull, /* verify= */ TRUE, error) ||
      !peek_summary (&peek, self->repo, &self->pull, &summary, error))
    return FALSE;
  g_autoptr (TreeFoundRepo)
      found = found_new (TREE_FIND_CONFIG, remote, url_for_display (peek.remote->url));
  found->summary_time = time_of_summary (&summary);
  if (peek.source != NULL && !demands_summary (peek.remote->demands)) {
    if (!look_in_folder (self, peek.source, collection, found, error))
      return FALSE;
  } else if (summary.bytes == NULL)
    return throw_error (error, TREE_ERROR_NOT_FOUND, "'%s' has no summary", found->uri);
  else
    look_in_summary (self, &summary.parsed, collection, found);
  if (found->refs->len > 0)
    g_ptr_array_add (self->found, g_steal_pointer (&found));
  return TRUE;
}

/* A remote of one of the collections; FALSE for others. */
static gboolean
is_of_wanted (const Find *self, const char *remote, char **out_collection)
{
  g_autofree char *collection = NULL;
  if (!tree_repo_remote_option (self->repo, remote, REMOTE_COLLECTION_ID, &collection, NULL) ||
      collection == NULL || !is_wanted (self, collection))
    return FALSE;
  *out_collection = g_steal_pointer (&collection);
  return TRUE;
}

static gboolean
ask_remotes (Find *self, GError **error)
{
  g_auto (GStrv) names = tree_repo_remote_list (self->repo);
  for (char **name = names; *name != NULL; name++) {
    g_autofree char *collection = NULL;
    g_autoptr (GError) local = NULL;
    if (!is_of_wanted (self, *name, &collection) || ask_remote (self, *name, collection, &local))
      continue;
    if (self->options->interrupted != NULL && *self->options->interrupted) {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
    g_autofree char *what = g_strdup_printf ("remote '%s'", *name);
    tell_failure (self, what, local);
  }
  return TRUE;
}

/* ---- Media ---- */

/* Whose keys and options count for a collection: those of the first of its remotes. */
static char *
remote_of_collection (const Find *self, const char *collection, GError **error)
{
  g_auto (GStrv) names = tree_repo_remote_list (self->repo);
  for (char **name = names; *name != NULL; name++) {
    g_autofree char *id = NULL;
    if (!tree_repo_remote_option (self->repo, *name, REMOTE_COLLECTION_ID, &id, NULL) ||
        g_strcmp0 (id, collection) != 0)
      continue;
    g_autoptr (PullDemands) demands = demands_load (self->repo, *name, error);
    if (demands == NULL || !demands_only_commits (demands, error))
      return NULL;
    return g_strdup (*name);
  }
  return throw_null (error, TREE_ERROR_NOT_FOUND,
                     "no remote has the collection %s, so that nobody says which keys are good",
                     collection);
}

static gboolean
ask_medium (Find *self, TreeRepo *medium, const char *collection, GError **error)
{
  g_autofree char *absolute = g_canonicalize_filename (medium->path, NULL);
  g_autofree char *remote = remote_of_collection (self, collection, error);
  g_auto (PullSummary) summary = {0};
  if (remote == NULL)
    return FALSE;
  g_autoptr (TreeFoundRepo)
      found = found_new (TREE_FIND_MOUNT, remote, g_filename_to_uri (absolute, NULL, NULL));
  found->medium = tree_repo_ref (medium);
  /* It only tells people something; the refs count. */
  if (pull_summary_read (medium, NULL, &summary, NULL))
    found->summary_time = time_of_summary (&summary);
  if (!look_in_folder (self, medium, collection, found, error))
    return FALSE;
  if (found->refs->len > 0)
    g_ptr_array_add (self->found, g_steal_pointer (&found));
  return TRUE;
}

static void
ask_repo_on_medium (Find *self, TreeRepo *medium)
{
  g_autoptr (GHashTable) asked = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < self->wanted->len; i++) {
    const char *collection = ((const TreeCollectionRef *)self->wanted->pdata[i])->collection;
    g_autoptr (GError) local = NULL;
    if (g_hash_table_add (asked, (gpointer)collection) &&
        !ask_medium (self, medium, collection, &local))
      tell_failure (self, medium->path, local);
  }
}

static gboolean
ask_media (Find *self, GError **error)
{
  g_autoptr (GPtrArray) listed = NULL;
  const char *const *mounts = self->options->mounts;
  if (mounts == NULL) {
    listed = media_list_mounts (error);
    if (listed == NULL)
      return FALSE;
    g_ptr_array_add (listed, NULL);
    mounts = (const char *const *)listed->pdata;
  }
  for (; *mounts != NULL; mounts++) {
    g_autoptr (GError) local = NULL;
    g_autoptr (GPtrArray) repos = media_find_repos (*mounts, &local);
    if (repos == NULL)
      tell_failure (self, *mounts, local);
    for (guint i = 0; repos != NULL && i < repos->len; i++)
      ask_repo_on_medium (self, repos->pdata[i]);
  }
  return TRUE;
}

/* ---- Which is the newest ---- */

static gboolean
pull_one (TreeRepo *repo, const TreeFoundRepo *found, const TreePullOptions *options,
          GError **error)
{
  return found->medium != NULL
             ? pull_from_medium (repo, found->remote, found->medium, options, NULL, error)
             : tree_repo_pull (repo, found->remote, options, NULL, error);
}

static gboolean
learn_time (const Find *self, const TreeFoundRepo *found, const TreeChecksum *commit, guint64 *out,
            GError **error)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (commit, hex);
  const char *const refs[] = {hex, NULL};
  TreePullOptions pull = self->pull;
  pull.refs = refs;
  pull.commit_metadata_only = TRUE;
  g_auto (Commit) loaded = {0};
  if (!pull_one (self->repo, found, &pull, error) ||
      !object_load_commit (self->repo, commit, &loaded, error))
    return FALSE;
  *out = loaded.timestamp;
  return TRUE;
}

/* What a repository has of a ref; NULL if it has not. */
static TreeCollectionRef *
ref_in (const TreeFoundRepo *found, const TreeCollectionRef *wanted)
{
  return tree_collection_refs_find (found->refs, wanted->collection, wanted->name);
}

static gboolean
all_agree (const Find *self, const TreeCollectionRef *wanted)
{
  const TreeCollectionRef *first = NULL;
  for (guint i = 0; i < self->found->len; i++) {
    const TreeCollectionRef *ref = ref_in (self->found->pdata[i], wanted);
    if (first != NULL && ref != NULL && !tree_checksum_equal (&first->checksum, &ref->checksum))
      return FALSE;
    if (first == NULL)
      first = ref;
  }
  return TRUE;
}

/* Those whose commit nobody could get are not among the ages. */
static GHashTable *
learn_times (const Find *self, const TreeCollectionRef *wanted, guint64 *out_newest)
{
  GHashTable *times = g_hash_table_new_full (checksum_hash, checksum_equal, NULL, g_free);
  for (guint i = 0; i < self->found->len; i++) {
    const TreeFoundRepo *found = self->found->pdata[i];
    const TreeCollectionRef *ref = ref_in (found, wanted);
    g_autoptr (GError) local = NULL;
    guint64 time = 0;
    if (ref == NULL || g_hash_table_contains (times, &ref->checksum))
      continue;
    if (!learn_time (self, found, &ref->checksum, &time, &local)) {
      tell_failure (self, found->uri, local);
      continue;
    }
    g_hash_table_insert (times, (gpointer)&ref->checksum, g_memdup2 (&time, sizeof time));
    *out_newest = MAX (*out_newest, time);
  }
  return times;
}

static void
drop_old (const Find *self, const TreeCollectionRef *wanted)
{
  guint64 newest = 0;
  if (all_agree (self, wanted))
    return;
  g_autoptr (GHashTable) times = learn_times (self, wanted, &newest);
  g_autoptr (GPtrArray) old = g_ptr_array_new ();
  for (guint i = 0; i < self->found->len; i++) {
    TreeCollectionRef *ref = ref_in (self->found->pdata[i], wanted);
    const guint64 *time = ref != NULL ? g_hash_table_lookup (times, &ref->checksum) : NULL;
    if (ref != NULL && (time == NULL || *time < newest))
      g_ptr_array_add (old, ref);
  }
  /* The table's keys are in the refs: it is not used any more. */
  for (guint i = 0; i < old->len; i++)
    for (guint j = 0; j < self->found->len; j++)
      (void)g_ptr_array_remove (((TreeFoundRepo *)self->found->pdata[j])->refs, old->pdata[i]);
}

static gboolean
check_wanted (const GPtrArray *wanted, GError **error)
{
  for (guint i = 0; i < wanted->len; i++) {
    const TreeCollectionRef *ref = wanted->pdata[i];
    if (!refspec_check_collection (ref->collection, error) || !refspec_check_ref (ref->name, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
choose_finders (const Find *self, TreeFinders *out, GError **error)
{
  *out = self->options->finders;
  g_autofree char *text = g_key_file_get_string (self->repo->config, "core", "default-repo-finders",
                                                 NULL);
  g_auto (GStrv) names = g_strsplit_set (text != NULL ? text : "config;mount", ";,", -1);
  for (char **name = names; self->options->finders == 0 && *name != NULL; name++)
    /* What everybody else can do who reads this configuration is no reason to do nothing. */
    if (*g_strstrip (*name) != '\0' && strcmp (*name, "lan") != 0 &&
        !tree_finders_add (*name, out, error))
      return prefix_error (error, "core.default-repo-finders");
  return TRUE;
}

GPtrArray *
tree_repo_find_refs (TreeRepo *self, GPtrArray *wanted, const TreeFindOptions *options,
                     GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (tree_found_repo_free);
  Find find = {self, wanted, options, TREE_PULL_OPTIONS_INIT, found};
  TreeFinders finders;
  find.pull.cache_dir = options->cache_dir;
  find.pull.interrupted = options->interrupted;
  if (!check_wanted (wanted, error) || !choose_finders (&find, &finders, error) ||
      ((finders & TREE_FIND_MOUNT) != 0 && !ask_media (&find, error)) ||
      ((finders & TREE_FIND_CONFIG) != 0 && !ask_remotes (&find, error)))
    return NULL;
  for (guint i = 0; i < wanted->len; i++)
    drop_old (&find, wanted->pdata[i]);
  for (guint i = found->len; i-- > 0;)
    if (((const TreeFoundRepo *)found->pdata[i])->refs->len == 0)
      g_ptr_array_remove_index (found, i);
  return g_steal_pointer (&found);
}

/* ---- Pulling ---- */

typedef struct {
  TreeRepo *repo;
  const TreePullOptions *options;
  void (*failed) (const char *what, const GError *why, gpointer user_data);
  gpointer user_data;
  GPtrArray *pulled; /* TreeCollectionRef */
} FoundPull;

static gboolean
is_pulled (const FoundPull *self, const TreeCollectionRef *wanted)
{
  for (guint i = 0; i < self->pulled->len; i++) {
    const TreeCollectionRef *ref = self->pulled->pdata[i];
    if (strcmp (ref->name, wanted->name) == 0 && strcmp (ref->collection, wanted->collection) == 0)
      return TRUE;
  }
  return FALSE;
}

/* @refs: TreeCollectionRef */
static gboolean
pull_refs (FoundPull *self, const TreeFoundRepo *found, const GPtrArray *refs)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) local = NULL;
  for (guint i = 0; i < refs->len; i++) {
    const TreeCollectionRef *ref = refs->pdata[i];
    char hex[TREE_CHECKSUM_HEX_LEN + 1];
    tree_checksum_to_hex (&ref->checksum, hex);
    g_ptr_array_add (words, g_strdup_printf ("%s@%s", ref->name, hex));
  }
  g_ptr_array_add (words, NULL);
  TreePullOptions pull = *self->options;
  pull.refs = (const char *const *)words->pdata;
  pull.url = NULL;
  if (!pull_one (self->repo, found, &pull, &local)) {
    if (self->failed != NULL)
      self->failed (found->uri, local, self->user_data);
    return FALSE;
  }
  for (guint i = 0; i < refs->len; i++) {
    const TreeCollectionRef *ref = refs->pdata[i];
    TreeCollectionRef *copy = tree_collection_ref_new (ref->collection, ref->name);
    copy->checksum = ref->checksum;
    g_ptr_array_add (self->pulled, copy);
  }
  return TRUE;
}

/* All at once; when that fails, those that can be had. */
static void
pull_from (FoundPull *self, const TreeFoundRepo *found)
{
  g_autoptr (GPtrArray) missing = g_ptr_array_new ();
  for (guint i = 0; i < found->refs->len; i++)
    if (!is_pulled (self, found->refs->pdata[i]))
      g_ptr_array_add (missing, found->refs->pdata[i]);
  if (missing->len == 0 || pull_refs (self, found, missing))
    return;
  for (guint i = 0; missing->len > 1 && i < missing->len; i++) {
    g_autoptr (GPtrArray) one = g_ptr_array_new ();
    g_ptr_array_add (one, missing->pdata[i]);
    (void)pull_refs (self, found, one);
  }
}

gboolean
tree_repo_pull_found (TreeRepo *self, GPtrArray *found, const TreePullOptions *options,
                      void (*failed) (const char *what, const GError *why, gpointer user_data),
                      gpointer user_data, GPtrArray **out_pulled, GError **error)
{
  g_autoptr (GPtrArray) pulled = g_ptr_array_new_with_free_func (tree_collection_ref_free);
  FoundPull pull = {self, options, failed, user_data, pulled};
  for (guint i = 0; i < found->len; i++) {
    if (options->interrupted != NULL && *options->interrupted)
      return throw_error (error, TREE_ERROR_FAILED, "interrupted");
    pull_from (&pull, found->pdata[i]);
  }
  *out_pulled = g_steal_pointer (&pulled);
  return TRUE;
}
