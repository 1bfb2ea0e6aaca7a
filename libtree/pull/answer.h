/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small files of the remote that are taken whole: summary, refs, commits. */
#pragma once

#include "net/fetcher.h"

/* Must stay in place from answer_request() until it is done. */
typedef struct {
  gboolean done;
  gboolean in_place; /* the bytes are the fetcher's body, not a copy */
  gboolean anew;     /* set before it is requested: see FetchRequest */
  FetchStatus status;
  GBytes *bytes; /* with FETCH_OK */
  char *url;
  char *etag;
  char *last_modified;
  GError *error; /* with FETCH_FAILED and FETCH_NOT_FOUND */
} PullAnswer;

void answer_clear (PullAnswer *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PullAnswer, answer_clear)

/* Queues a request whose result goes to @self. @etag and @last_modified: of the copy that the
 * caller has, or NULL. */
void answer_request (PullAnswer *self, Fetcher *fetcher, const char *const *bases, const char *path,
                     guint64 max_bytes, const char *etag, const char *last_modified);
/* The same for a file that may be large: its bytes may lie in a file of the fetcher's, and must be
 * freed before the fetcher. */
void answer_request_body (PullAnswer *self, Fetcher *fetcher, const char *const *bases,
                          const char *path, guint64 max_bytes);
/* Runs the fetcher until all @n answers are there. */
gboolean answers_wait (Fetcher *fetcher, PullAnswer *const *answers, guint n,
                       const volatile int *interrupted, GError **error);
/* FALSE with the answer's error, unless the file is there or merely missing. */
gboolean answer_check (PullAnswer *self, GError **error);
/* What a pull that was asked to stop says. */
gboolean throw_interrupted (GError **error);
