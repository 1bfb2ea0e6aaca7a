/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/summary.h"

#include "base/error.h"
#include "base/fd.h"
#include "plain/layout.h"
#include "pull/mirrors.h"
#include "pull/revoked.h"
#include "pull/summary-cache.h"
#include "store/generation.h"
#define SIGNATURE_MAX_BYTES ((guint64)16 * 1024 * 1024)

void
pull_summary_clear (PullSummary *self)
{
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_pointer (&self->signature, g_bytes_unref);
  summary_clear (&self->parsed);
}

static void
free_ref (gpointer data)
{
  TreeRef *ref = data;
  g_free (ref->name);
  g_free (ref->alias_of);
  g_free (ref);
}

GPtrArray *
pull_summary_list (const Summary *summary)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (free_ref);
  for (guint i = 0; i < summary_n_refs (summary->refs); i++) {
    SummaryRef found;
    summary_ref (summary->refs, i, &found);
    TreeRef *ref = g_new0 (TreeRef, 1);
    ref->name = g_strdup (found.name);
    ref->checksum = found.checksum;
    g_ptr_array_add (list, ref);
  }
  return list;
}

/* ---- Fetching ---- */

static GBytes *
take_bytes (const PullAnswer *answer, const Cached *cached)
{
  if (answer->status == FETCH_OK)
    return g_bytes_ref (answer->bytes);
  if (answer->status == FETCH_NOT_MODIFIED && cached->bytes != NULL)
    return g_bytes_ref (cached->bytes);
  return NULL;
}

typedef struct {
  Cached summary;
  Cached sig;
} CachedPair;

static void
cached_pair_clear (CachedPair *self)
{
  cached_clear (&self->summary);
  cached_clear (&self->sig);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CachedPair, cached_pair_clear)

typedef struct {
  PullAnswer summary;
  PullAnswer sig;
} AnswerPair;

static void
answer_pair_clear (AnswerPair *self)
{
  answer_clear (&self->summary);
  answer_clear (&self->sig);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (AnswerPair, answer_pair_clear)

/* Where from, and what is known of it. */
typedef struct {
  PullRemote *remote;
  Fetcher *fetcher;
  const volatile int *interrupted;
  CachedPair cached;
} Query;

static gboolean
ask_at (const Query *self, const char *const *bases, PullAnswer *answer, const char *path,
        guint64 max_bytes, const Cached *cached, GError **error)
{
  PullAnswer *const answers[] = {answer};
  answer_request (answer, self->fetcher, bases, path, max_bytes, cached->etag,
                  cached->last_modified);
  return answers_wait (self->fetcher, answers, 1, self->interrupted, error);
}

static gboolean
ask (const Query *self, PullAnswer *answer, const char *path, guint64 max_bytes,
     const Cached *cached, GError **error)
{
  return ask_at (self, (const char *const *)self->remote->bases, answer, path, max_bytes, cached,
                 error) &&
         answer_check (answer, error);
}

/* The summary that the signature names: the cached one, or the immutable copy. *@out stays NULL
 * when the server does not have it. */
static gboolean
take_named (const Query *self, const TreeChecksum *digest, PullAnswer *answer, GBytes **out,
            GError **error)
{
  const Cached nothing = {0};
  char path[GENERATION_PATH_MAX];
  if (generation_is (self->cached.summary.bytes, digest)) {
    answer->status = FETCH_NOT_MODIFIED;
    *out = g_bytes_ref (self->cached.summary.bytes);
    return TRUE;
  }
  generation_path (digest, path);
  if (!ask (self, answer, path, SUMMARY_MAX_BYTES, &nothing, error))
    return FALSE;
  if (answer->status == FETCH_OK && generation_is (answer->bytes, digest))
    *out = g_bytes_ref (answer->bytes);
  /* They are those of the copy, and `summary` will be asked for by others. */
  g_clear_pointer (&answer->etag, g_free);
  g_clear_pointer (&answer->last_modified, g_free);
  return TRUE;
}

/* Asks for both at once, on the condition that they are not what is cached. */
static gboolean
fetch_pair (const Query *self, AnswerPair *answer, PullSummary *out, GError **error)
{
  const CachedPair *cached = &self->cached;
  const PullRemote *remote = self->remote;
  Fetcher *fetcher = self->fetcher;
  const char *const *bases = (const char *const *)remote->bases;
  answer_request (&answer->summary, fetcher, bases, REPO_SUMMARY, SUMMARY_MAX_BYTES,
                  cached->summary.etag, cached->summary.last_modified);
  answer_request (&answer->sig, fetcher, bases, REPO_SUMMARY_SIG, SIGNATURE_MAX_BYTES,
                  cached->sig.etag, cached->sig.last_modified);
  PullAnswer *const answers[] = {&answer->summary, &answer->sig};
  if (!answers_wait (fetcher, answers, 2, self->interrupted, error) ||
      !answer_check (&answer->summary, error) || !answer_check (&answer->sig, error))
    return FALSE;
  out->bytes = take_bytes (&answer->summary, &cached->summary);
  out->signature = take_bytes (&answer->sig, &cached->sig);
  return TRUE;
}

/* From the mirrors of a metalink, which says which one it must be: those before the first that has
 * it are not asked any more. *@out stays NULL when none has it; @failure: why not. */
static gboolean
take_linked (const Query *self, PullAnswer *answer, GBytes **out, GError **failure, GError **error)
{
  const Cached nothing = {0};
  const Metalink *link = &self->remote->metalink;
  guint64 max_bytes = link->has_size ? MIN (link->size, SUMMARY_MAX_BYTES) : SUMMARY_MAX_BYTES;
  for (char **base = self->remote->bases; *base != NULL; base++) {
    const char *const bases[] = {*base, NULL};
    g_clear_error (failure);
    if (!ask_at (self, bases, answer, REPO_SUMMARY, max_bytes, &nothing, error))
      return FALSE;
    if (answer->status != FETCH_OK)
      g_propagate_error (failure, g_steal_pointer (&answer->error));
    else if (!metalink_check (link, answer->bytes, failure))
      (void)prefix_error (failure, "fetched '%s'", answer->url);
    else {
      *out = g_bytes_ref (answer->bytes);
      pull_remote_begin_with (self->remote, *base);
      return TRUE;
    }
    g_debug ("metalink: %s", (*failure)->message);
  }
  return TRUE;
}

static gboolean
fetch_linked (const Query *self, AnswerPair *answer, PullSummary *out, GError **error)
{
  const Cached *cached = &self->cached.summary;
  g_autoptr (GError) failure = NULL;
  if (cached->bytes != NULL && metalink_check (&self->remote->metalink, cached->bytes, NULL)) {
    answer->summary.status = FETCH_NOT_MODIFIED;
    out->bytes = g_bytes_ref (cached->bytes);
  } else if (!take_linked (self, &answer->summary, &out->bytes, &failure, error))
    return FALSE;
  if (out->bytes == NULL) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  }
  if (!ask (self, &answer->sig, REPO_SUMMARY_SIG, SIGNATURE_MAX_BYTES, &self->cached.sig, error))
    return FALSE;
  out->signature = take_bytes (&answer->sig, &self->cached.sig);
  return TRUE;
}

/* A signature that names its summary is all that is asked for, if the last one did so, too. */
static gboolean
fetch (const Query *self, AnswerPair *answer, PullSummary *out, GError **error)
{
  TreeChecksum digest;
  if (self->remote->metalink.hash != NULL)
    return fetch_linked (self, answer, out, error);
  if (generation_of (self->cached.sig.bytes, &digest)) {
    if (!ask (self, &answer->sig, REPO_SUMMARY_SIG, SIGNATURE_MAX_BYTES, &self->cached.sig, error))
      return FALSE;
    out->signature = take_bytes (&answer->sig, &self->cached.sig);
  } else if (!fetch_pair (self, answer, out, error))
    return FALSE;
  if (!generation_of (out->signature, &digest)) {
    if (out->bytes != NULL || answer->summary.done)
      return TRUE;
  } else if (generation_is (out->bytes, &digest))
    return TRUE;
  else {
    g_autoptr (GBytes) named = NULL;
    if (!take_named (self, &digest, &answer->summary, &named, error))
      return FALSE;
    if (named != NULL) {
      g_clear_pointer (&out->bytes, g_bytes_unref);
      out->bytes = g_steal_pointer (&named);
      return TRUE;
    }
  }
  pull_summary_clear (out);
  return fetch_pair (self, answer, out, error);
}

/* Before anything new is believed: whose signatures count no more? */
static gboolean
fetch_and_look (const Query *self, AnswerPair *answer, PullSummary *out, GError **error)
{
  PullRevoked *revoked = self->remote->revoked;
  if (!fetch (self, answer, out, error))
    return FALSE;
  gboolean is_news = answer->sig.status != FETCH_NOT_MODIFIED;
  return (!is_news && pull_revoked_is_announced (revoked, out->signature)) ||
         pull_revoked_look (revoked, self->remote, self->fetcher, self->interrupted, error);
}

/* Without such a name the two may be of different generations: between the two requests the server
 * may have published new ones, a proxy may keep one of them longer, and the cache may have rotted.
 * So when they do not belong together, the cached summary may still be the one that is signed; else
 * both are asked for anew, without conditions. The first failure is what is told. */
static gboolean
fetch_matching (Query *self, AnswerPair *answer, PullSummary *out, GError **error)
{
  PullDemands *demands = self->remote->demands;
  GBytes *old = self->cached.summary.bytes;
  g_autoptr (GError) first = NULL;
  if (!fetch_and_look (self, answer, out, error))
    return FALSE;
  if (demands_check_summary (demands, out->bytes, out->signature, &first))
    return TRUE;
  if (old != NULL && demands_check_summary (demands, old, out->signature, NULL)) {
    g_clear_pointer (&out->bytes, g_bytes_unref);
    out->bytes = g_bytes_ref (old);
    answer->summary.status = FETCH_NOT_MODIFIED;
    return TRUE;
  }
  if (answer->summary.status == FETCH_NOT_MODIFIED || answer->sig.status == FETCH_NOT_MODIFIED) {
    if (g_strcmp0 (g_getenv ("OSTREE_REPO_TEST_ERROR"), "invalid-cache") == 0)
      return throw_error (error, TREE_ERROR_SIGNATURE, "OSTREE_REPO_TEST_ERROR_INVALID_CACHE");
    answer_pair_clear (answer);
    *answer = (AnswerPair){0};
    pull_summary_clear (out);
    cached_pair_clear (&self->cached);
    if (!fetch_and_look (self, answer, out, error))
      return FALSE;
    if (demands_check_summary (demands, out->bytes, out->signature, NULL))
      return TRUE;
  }
  g_propagate_error (error, g_steal_pointer (&first));
  return FALSE;
}

static void
query_clear (Query *self)
{
  cached_pair_clear (&self->cached);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Query, query_clear)

gboolean
pull_summary_fetch (TreeRepo *repo, PullRemote *remote, Fetcher *fetcher,
                    const TreePullOptions *options, PullSummary *out, GError **error)
{
  g_auto (SummaryCache) cache = {0};
  g_auto (Query) query = {remote, fetcher, options->interrupted, {{0}, {0}}};
  g_auto (AnswerPair) answer = {0};
  g_auto (PullSummary) found = {0};
  g_auto (Summary) parsed = {0};
  g_autofree char *sig_name = g_strconcat (remote->name, ".sig", NULL);
  Cached *old = &query.cached.summary;
  summary_cache_init (&cache, repo, options);
  cached_load (&cache, remote->name, old);
  cached_load (&cache, sig_name, &query.cached.sig);
  /* A cache that rotted must not come back as "not modified". */
  if (old->bytes != NULL && !summary_parse (old->bytes, &parsed, NULL))
    cached_clear (old);
  if (!fetch_matching (&query, &answer, &found, error))
    return FALSE;
  if (found.bytes != NULL && !summary_parse (found.bytes, &found.parsed, error))
    return prefix_error (error, "fetched '%s'", answer.summary.url);
  cached_store (&cache, remote->name, &answer.summary);
  cached_store (&cache, sig_name, &answer.sig);
  *out = found;
  found = (PullSummary){0};
  return TRUE;
}

/* ---- From a folder ---- */

gboolean
pull_summary_read (const TreeRepo *source, PullDemands *demands, PullSummary *out, GError **error)
{
  g_auto (PullSummary) found = {0};
  if (!file_read_at (source->dfd, REPO_SUMMARY, SUMMARY_MAX_BYTES, &found.bytes, error) ||
      !file_read_at (source->dfd, REPO_SUMMARY_SIG, SIGNATURE_MAX_BYTES, &found.signature, error) ||
      !demands_check_summary (demands, found.bytes, found.signature, error) ||
      (found.bytes != NULL && !summary_parse (found.bytes, &found.parsed, error)))
    return prefix_error (error, "'%s'", source->path);
  *out = found;
  found = (PullSummary){0};
  return TRUE;
}
