/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/mirrors.h"

#include <string.h>

#include "base/error.h"
#include "net/url.h"
#include "plain/layout.h"
#include "pull/answer.h"
#include "store/remote.h"

#define MIRRORLIST_MAX_BYTES ((guint64)1024 * 1024)
#define CONFIG_MAX_BYTES ((guint64)1024 * 1024)

typedef struct {
  PullRemote *remote;
  Fetcher *fetcher;
  const volatile int *interrupted;
} Search;

static gboolean
ask (const Search *self, const char *base, const char *path, guint64 max_bytes, PullAnswer *answer,
     GError **error)
{
  PullAnswer *const answers[] = {answer};
  const char *const bases[] = {base, NULL};
  answer_request (answer, self->fetcher, bases, path, max_bytes, NULL, NULL);
  return answers_wait (self->fetcher, answers, 1, self->interrupted, error);
}

/* The list itself. @what: for messages */
static gboolean
fetch_list (const Search *self, const char *url, guint64 max_bytes, const char *what,
            PullAnswer *answer, GError **error)
{
  if (!ask (self, url, NULL, max_bytes, answer, error))
    return FALSE;
  if (answer->status == FETCH_OK)
    return TRUE;
  g_propagate_prefixed_error (error, g_steal_pointer (&answer->error), "%s: ", what);
  return FALSE;
}

static void
strip_slashes (char *url)
{
  for (gsize n = strlen (url); n > 0 && url[n - 1] == '/'; n--)
    url[n - 1] = '\0';
}

/* ---- Mirror lists ---- */

static GPtrArray *
parse_mirrors (GBytes *bytes)
{
  GPtrArray *mirrors = g_ptr_array_new_with_free_func (g_free);
  gsize len;
  const char *data = g_bytes_get_data (bytes, &len);
  g_autofree char *text = g_strndup (data, len);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    char *url = g_strstrip (*line);
    if (!url_is_http (url))
      continue;
    strip_slashes (url);
    g_ptr_array_add (mirrors, g_strdup (url));
  }
  return mirrors;
}

/* Drops mirrors from the front until one answers: else each request would try the dead ones first.
 */
static gboolean
drop_dead_mirrors (const Search *self, GPtrArray *mirrors, GError **error)
{
  while (mirrors->len > 0) {
    g_auto (PullAnswer) answer = {0};
    if (!ask (self, mirrors->pdata[0], REPO_CONFIG, CONFIG_MAX_BYTES, &answer, error))
      return FALSE;
    if (answer.status == FETCH_OK)
      return TRUE;
    g_debug ("mirror dropped: %s", answer.error != NULL ? answer.error->message : "no answer");
    g_ptr_array_remove_index (mirrors, 0);
  }
  return TRUE;
}

static gboolean
read_mirrorlist (const Search *self, const char *list, char ***bases, GError **error)
{
  g_auto (PullAnswer) answer = {0};
  if (!fetch_list (self, list, MIRRORLIST_MAX_BYTES, "mirror list", &answer, error))
    return FALSE;
  g_autoptr (GPtrArray) mirrors = parse_mirrors (answer.bytes);
  if (mirrors->len == 0)
    return throw_error (error, TREE_ERROR_NOT_FOUND, "no http or https URL in mirror list '%s'",
                        answer.url);
  if (!drop_dead_mirrors (self, mirrors, error))
    return FALSE;
  if (mirrors->len == 0)
    return throw_error (error, TREE_ERROR_NETWORK, "no mirror in '%s' answers", answer.url);
  g_ptr_array_add (mirrors, NULL);
  *bases = g_strdupv ((char **)mirrors->pdata);
  return TRUE;
}

/* ---- Metalinks ---- */

/* A repository is where its summary is. */
static char **
bases_of_summaries (char **urls)
{
  g_autoptr (GPtrArray) bases = g_ptr_array_new ();
  for (; *urls != NULL; urls++) {
    if (!g_str_has_suffix (*urls, "/" REPO_SUMMARY)) {
      g_debug ("metalink: '%s' does not name a summary", *urls);
      continue;
    }
    char *base = g_strndup (*urls, strlen (*urls) - strlen ("/" REPO_SUMMARY));
    strip_slashes (base);
    g_ptr_array_add (bases, base);
  }
  g_ptr_array_add (bases, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&bases), FALSE);
}

static gboolean
read_metalink (const Search *self, const char *url, char ***bases, GError **error)
{
  g_auto (PullAnswer) answer = {0};
  if (!fetch_list (self, url, METALINK_MAX_BYTES, "metalink", &answer, error))
    return FALSE;
  Metalink *link = &self->remote->metalink;
  if (!metalink_parse (answer.bytes, REPO_SUMMARY, link, error))
    return prefix_error (error, "metalink '%s'", answer.url);
  *bases = bases_of_summaries (link->urls);
  return (*bases)[0] != NULL ||
         throw_error (error, TREE_ERROR_CORRUPT,
                      "metalink '%s': none of its URLs ends in '/" REPO_SUMMARY "'", answer.url);
}

/* ---- Both ---- */

static gboolean
resolve (const Search *self, const char *url, char ***bases, GError **error)
{
  if (*bases != NULL)
    return TRUE;
  if (g_str_has_prefix (url, REMOTE_METALINK_PREFIX))
    return read_metalink (self, url + strlen (REMOTE_METALINK_PREFIX), bases, error);
  return read_mirrorlist (self, url + strlen (MIRRORLIST_PREFIX), bases, error);
}

gboolean
pull_remote_find_mirrors (PullRemote *self, Fetcher *fetcher, const volatile int *interrupted,
                          GError **error)
{
  const Search search = {self, fetcher, interrupted};
  if (!resolve (&search, self->url, &self->bases, error))
    return FALSE;
  if (self->content_url != NULL)
    return resolve (&search, self->content_url, &self->content_bases, error);
  if (self->content_bases == NULL)
    self->content_bases = g_strdupv (self->bases);
  return TRUE;
}

static void
drop_before (char **bases, const char *base)
{
  guint n = 0;
  while (bases[n] != NULL && strcmp (bases[n], base) != 0)
    n++;
  if (bases[n] == NULL)
    return;
  for (guint i = 0; i < n; i++)
    g_free (bases[i]);
  memmove (bases, bases + n, (g_strv_length (bases + n) + 1) * sizeof *bases);
}

void
pull_remote_begin_with (PullRemote *self, const char *base)
{
  /* The text may be one of those that move. */
  g_autofree char *copy = g_strdup (base);
  drop_before (self->bases, copy);
  drop_before (self->content_bases, copy);
}
