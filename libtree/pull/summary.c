/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/summary.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/xattr.h"
#include "plain/layout.h"
#include "pull/answer.h"
#include "store/repo.h"

#define ETAG_XATTR "user.etag"
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

/* ---- The cache ---- */

typedef struct {
  GBytes *bytes; /* NULL: not cached */
  char *etag;
  char *last_modified;
} Cached;

static void
cached_clear (Cached *self)
{
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_pointer (&self->etag, g_free);
  g_clear_pointer (&self->last_modified, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Cached, cached_clear)

/* HTTP dates are English whatever the locale, which is what GDateTime's %a and %b are not. */
static char *
format_http_date (gint64 time_s)
{
  static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (time_s);
  if (date == NULL || time_s <= 0)
    return NULL;
  g_autofree char *rest = g_date_time_format (date, "%Y %H:%M:%S GMT");
  return g_strdup_printf ("%s, %02d %s %s", days[g_date_time_get_day_of_week (date) - 1],
                          g_date_time_get_day_of_month (date),
                          months[g_date_time_get_month (date) - 1], rest);
}

/* A cache that cannot be read is an empty one. */
static void
cache_load (TreeRepo *repo, const char *name, Cached *out)
{
  g_autofree char *path = g_build_filename (REPO_SUMMARY_CACHE, name, NULL);
  autofd int fd = openat (repo->dfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat st;
  if (fd < 0 || fstat (fd, &st) < 0 || !S_ISREG (st.st_mode) ||
      !fd_read_all (fd, SUMMARY_MAX_BYTES, &out->bytes, NULL))
    return;
  g_autoptr (GBytes) etag = NULL;
  if (xattr_get_fd (fd, ETAG_XATTR, &etag, NULL) && etag != NULL)
    out->etag = g_strndup (g_bytes_get_data (etag, NULL), g_bytes_get_size (etag));
  if (out->etag != NULL && strpbrk (out->etag, "\r\n") != NULL)
    g_clear_pointer (&out->etag, g_free);
  out->last_modified = format_http_date (st.st_mtim.tv_sec);
}

static gboolean
parse_http_date (const char *text, gint64 *out_time_s)
{
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  int day, year, hour, minute, second;
  char month[4];
  if (sscanf (text, "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &day, month, &year, &hour, &minute,
              &second) != 6)
    return FALSE;
  const char *at = strstr (months, month);
  if (at == NULL || (at - months) % 3 != 0)
    return FALSE;
  g_autoptr (GDateTime)
      date = g_date_time_new_utc (year, (int)(at - months) / 3 + 1, day, hour, minute, second);
  if (date == NULL)
    return FALSE;
  *out_time_s = g_date_time_to_unix (date);
  return TRUE;
}

static gboolean
cache_write (TreeRepo *repo, const char *path, const PullAnswer *answer, GError **error)
{
  g_autofree char *temp = NULL;
  autofd int fd = file_open_temp (repo->dfd, path, &temp, error);
  if (fd < 0)
    return FALSE;
  gsize len;
  const void *data = g_bytes_get_data (answer->bytes, &len);
  gboolean ok = fd_write_all (fd, data, len, error);
  if (answer->etag != NULL) /* a file system without attributes has Last-Modified still */
    (void)fsetxattr (fd, ETAG_XATTR, answer->etag, strlen (answer->etag), 0);
  gint64 time_s = 0;
  if (answer->last_modified == NULL || !parse_http_date (answer->last_modified, &time_s))
    time_s = 0;
  const struct timespec times[2] = {{0, UTIME_OMIT}, {(time_t)time_s, 0}};
  ok = ok && (futimens (fd, times) == 0 || throw_errno (error, "set mtime")) &&
       (fchmod (fd, 0644) == 0 || throw_errno (error, "set mode")) &&
       (renameat (repo->dfd, temp, repo->dfd, path) == 0 || throw_errno (error, "rename"));
  if (!ok)
    (void)unlinkat (repo->dfd, temp, 0);
  return ok;
}

/* Keeps what came, or forgets what the server no longer has. Best effort: the cache only saves
 * time. */
static void
cache_store (TreeRepo *repo, const char *name, const PullAnswer *answer)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (REPO_SUMMARY_CACHE, name, NULL);
  if (answer->status == FETCH_NOT_MODIFIED)
    return;
  if (answer->status != FETCH_OK || (answer->etag == NULL && answer->last_modified == NULL)) {
    (void)unlinkat (repo->dfd, path, 0);
    return;
  }
  if (!dir_ensure_at (repo->dfd, REPO_SUMMARY_CACHE, 0775, &error) ||
      !cache_write (repo, path, answer, &error))
    g_debug ("summary not cached: %s", error->message);
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

/* Asks for both, on the condition that they are not what is in @cached. */
static gboolean
fetch_pair (const PullRemote *remote, Fetcher *fetcher, const volatile int *interrupted,
            const CachedPair *cached, AnswerPair *answer, PullSummary *out, GError **error)
{
  const char *const *bases = (const char *const *)remote->bases;
  answer_request (&answer->summary, fetcher, bases, REPO_SUMMARY, SUMMARY_MAX_BYTES,
                  cached->summary.etag, cached->summary.last_modified);
  answer_request (&answer->sig, fetcher, bases, REPO_SUMMARY_SIG, SIGNATURE_MAX_BYTES,
                  cached->sig.etag, cached->sig.last_modified);
  PullAnswer *const answers[] = {&answer->summary, &answer->sig};
  if (!answers_wait (fetcher, answers, 2, interrupted, error) ||
      !answer_check (&answer->summary, error) || !answer_check (&answer->sig, error))
    return FALSE;
  out->bytes = take_bytes (&answer->summary, &cached->summary);
  out->signature = take_bytes (&answer->sig, &cached->sig);
  return TRUE;
}

/* A summary and its signature are two files: between the two requests the server may have published
 * new ones, a proxy may keep one of them longer, and the cache may have rotted. So when they do not
 * belong together, the cached summary may still be the one that is signed; else both are asked for
 * anew, without conditions. The first failure is what is told. */
static gboolean
fetch_matching (const PullRemote *remote, Fetcher *fetcher, const volatile int *interrupted,
                const CachedPair *cached, AnswerPair *answer, PullSummary *out, GError **error)
{
  g_autoptr (GError) first = NULL;
  if (!fetch_pair (remote, fetcher, interrupted, cached, answer, out, error))
    return FALSE;
  if (demands_check_summary (remote->demands, out->bytes, out->signature, &first))
    return TRUE;
  if (cached->summary.bytes != NULL &&
      demands_check_summary (remote->demands, cached->summary.bytes, out->signature, NULL)) {
    g_clear_pointer (&out->bytes, g_bytes_unref);
    out->bytes = g_bytes_ref (cached->summary.bytes);
    answer->summary.status = FETCH_NOT_MODIFIED;
    return TRUE;
  }
  if (answer->summary.status == FETCH_NOT_MODIFIED || answer->sig.status == FETCH_NOT_MODIFIED) {
    const CachedPair none = {0};
    if (g_strcmp0 (g_getenv ("OSTREE_REPO_TEST_ERROR"), "invalid-cache") == 0)
      return throw_error (error, TREE_ERROR_SIGNATURE, "OSTREE_REPO_TEST_ERROR_INVALID_CACHE");
    answer_pair_clear (answer);
    *answer = (AnswerPair){0};
    pull_summary_clear (out);
    if (!fetch_pair (remote, fetcher, interrupted, &none, answer, out, error))
      return FALSE;
    if (demands_check_summary (remote->demands, out->bytes, out->signature, NULL))
      return TRUE;
  }
  g_propagate_error (error, g_steal_pointer (&first));
  return FALSE;
}

gboolean
pull_summary_fetch (TreeRepo *repo, const PullRemote *remote, Fetcher *fetcher,
                    const volatile int *interrupted, PullSummary *out, GError **error)
{
  g_auto (CachedPair) cached = {0};
  g_auto (AnswerPair) answer = {0};
  g_auto (PullSummary) found = {0};
  g_auto (Summary) parsed = {0};
  g_autofree char *sig_name = g_strconcat (remote->name, ".sig", NULL);
  gboolean use_cache = g_getenv ("OSTREE_SKIP_CACHE") == NULL;
  if (use_cache) {
    cache_load (repo, remote->name, &cached.summary);
    cache_load (repo, sig_name, &cached.sig);
    /* A cache that rotted must not come back as "not modified". */
    if (cached.summary.bytes != NULL && !summary_parse (cached.summary.bytes, &parsed, NULL))
      cached_clear (&cached.summary);
  }
  if (!fetch_matching (remote, fetcher, interrupted, &cached, &answer, &found, error))
    return FALSE;
  if (found.bytes != NULL && !summary_parse (found.bytes, &found.parsed, error))
    return prefix_error (error, "fetched '%s'", answer.summary.url);
  if (use_cache) {
    cache_store (repo, remote->name, &answer.summary);
    cache_store (repo, sig_name, &answer.sig);
  }
  *out = found;
  found = (PullSummary){0};
  return TRUE;
}

/* ---- From a folder ---- */

gboolean
pull_summary_read (const TreeRepo *source, const PullDemands *demands, PullSummary *out,
                   GError **error)
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
