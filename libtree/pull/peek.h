/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A remote that is asked what it has. What is fetched of it is its summary. */
#pragma once

#include "pull/summary.h"

typedef struct {
  PullRemote *remote;
  TreeRepo *source; /* of a file:// remote; else NULL */
  Fetcher *fetcher; /* of all others */
  int tmp_dfd;
} Peek;

#define PEEK_INIT                                                                                  \
  {                                                                                                \
    .tmp_dfd = -1                                                                                  \
  }

/* @verify: the summary must be signed as the remote demands. @options: only what is about the
 * network counts. */
gboolean peek_open (Peek *self, TreeRepo *repo, const char *remote, const TreePullOptions *options,
                    gboolean verify, GError **error);
void peek_clear (Peek *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Peek, peek_clear)

/* The bytes stay NULL where there is none, unless it is demanded. */
gboolean peek_summary (const Peek *self, TreeRepo *repo, const TreePullOptions *options,
                       PullSummary *out, GError **error);
