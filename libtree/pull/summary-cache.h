/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What came from a remote once and may still be current: OSTree's cache, tmp/cache/summaries/REMOTE
 * and REMOTE.sig, the entity tag in the attribute user.etag, Last-Modified as the file's mtime. It
 * only saves time: one that cannot be read is an empty one. */
#pragma once

#include "pull/answer.h"
#include "store/repo.h"
#include "tree-pull.h"

typedef struct {
  GBytes *bytes; /* NULL: not cached */
  char *etag;    /* NULL, as the next: the file can be used, but not asked about */
  char *last_modified;
} Cached;

void cached_clear (Cached *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Cached, cached_clear)

/* A folder of them: the repository's, or that of --cache-dir. */
typedef struct {
  int dfd;    /* borrowed */
  char *path; /* NULL: nothing is cached */
} SummaryCache;

void summary_cache_init (SummaryCache *self, const TreeRepo *repo, const TreePullOptions *options);
void summary_cache_clear (SummaryCache *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SummaryCache, summary_cache_clear)

void cached_load (const SummaryCache *self, const char *name, Cached *out);
/* Keeps what came, or forgets what the server no longer has. */
void cached_store (const SummaryCache *self, const char *name, const PullAnswer *answer);
