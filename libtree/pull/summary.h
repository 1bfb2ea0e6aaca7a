/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The summary of a remote, fetched and cached.
 *
 * The server is asked for summary and signature at once, each time, on the condition that they
 * changed; where the signature names its summary (store/generation.h), for the signature alone, and
 * for a summary that is not here yet. Where a metalink names it, it is asked of the mirrors if it
 * is not the one that is here. */
#pragma once

#include "core/summary.h"
#include "pull/remote.h"

typedef struct {
  GBytes *bytes;     /* NULL: the remote has none */
  GBytes *signature; /* summary.sig; NULL: none */
  Summary parsed;    /* of the bytes */
} PullSummary;

void pull_summary_clear (PullSummary *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PullSummary, pull_summary_clear)

/* A remote without a summary is no error, unless it must be signed. One that is not as the remote
 * demands is not even parsed, and the cache stays as it was. */
gboolean pull_summary_fetch (TreeRepo *repo, PullRemote *remote, Fetcher *fetcher,
                             const TreePullOptions *options, PullSummary *out, GError **error);

/* The same of a repository on this machine. */
gboolean pull_summary_read (const TreeRepo *source, PullDemands *demands, PullSummary *out,
                            GError **error);

/* All refs as TreeRef, in the summary's order. */
GPtrArray *pull_summary_list (const Summary *summary);
