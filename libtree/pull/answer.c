/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/answer.h"

#include "base/error.h"

void
answer_clear (PullAnswer *self)
{
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_pointer (&self->url, g_free);
  g_clear_pointer (&self->etag, g_free);
  g_clear_pointer (&self->last_modified, g_free);
  g_clear_error (&self->error);
}

static void
free_body (gpointer body)
{
  fetch_body_free (body);
}

/* The bytes stay where they came to, which may be a file, or are copied, so that they may outlive
 * the fetcher. */
static void
take_bytes (PullAnswer *self, FetchResult *result)
{
  const guint8 *data;
  gsize len;
  if (!fetch_body_data (result->body, &data, &len, &self->error))
    self->status = FETCH_FAILED;
  else if (self->in_place)
    self->bytes = g_bytes_new_with_free_func (data, len, free_body,
                                              g_steal_pointer (&result->body));
  else
    self->bytes = g_bytes_new (data, len);
}

static void
on_done (FetchResult *result, gpointer user_data)
{
  PullAnswer *self = user_data;
  self->done = TRUE;
  self->status = result->status;
  self->url = g_strdup (result->url);
  self->etag = g_strdup (result->etag);
  self->last_modified = g_strdup (result->last_modified);
  if (result->error != NULL)
    self->error = g_error_copy (result->error);
  if (result->status == FETCH_OK)
    take_bytes (self, result);
}

static void
start (PullAnswer *self, Fetcher *fetcher, FetchRequest *request, gboolean in_place)
{
  answer_clear (self);
  self->done = FALSE;
  self->in_place = in_place;
  request->priority = FETCH_PRIORITY_FIRST;
  request->anew = self->anew;
  request->done = on_done;
  request->user_data = self;
  fetcher_start (fetcher, request);
}

void
answer_request_body (PullAnswer *self, Fetcher *fetcher, const char *const *bases, const char *path,
                     guint64 max_bytes)
{
  FetchRequest request = {.bases = bases, .path = path, .max_bytes = max_bytes};
  start (self, fetcher, &request, /* in_place= */ TRUE);
}

void
answer_request (PullAnswer *self, Fetcher *fetcher, const char *const *bases, const char *path,
                guint64 max_bytes, const char *etag, const char *last_modified)
{
  FetchRequest request = {.bases = bases,
                          .path = path,
                          .max_bytes = max_bytes,
                          .etag = etag,
                          .last_modified = last_modified};
  start (self, fetcher, &request, /* in_place= */ FALSE);
}

typedef struct {
  PullAnswer *const *answers;
  guint n;
  const volatile int *interrupted;
} Wait;

static gboolean
some_missing (gpointer user_data)
{
  const Wait *wait = user_data;
  if (wait->interrupted != NULL && *wait->interrupted)
    return FALSE;
  for (guint i = 0; i < wait->n; i++)
    if (!wait->answers[i]->done)
      return TRUE;
  return FALSE;
}

gboolean
answers_wait (Fetcher *fetcher, PullAnswer *const *answers, guint n,
              const volatile int *interrupted, GError **error)
{
  Wait wait = {answers, n, interrupted};
  if (!fetcher_run (fetcher, some_missing, &wait, error))
    return FALSE;
  return interrupted == NULL || !*interrupted || throw_interrupted (error);
}

gboolean
answer_check (PullAnswer *self, GError **error)
{
  if (self->status != FETCH_FAILED)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&self->error));
  return FALSE;
}

gboolean
throw_interrupted (GError **error)
{
  return throw_error (error, TREE_ERROR_FAILED,
                      "interrupted; what was fetched is kept: pull again to go on");
}
