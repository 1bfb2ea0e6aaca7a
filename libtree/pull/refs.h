/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what the user asked for to the commits that are wanted. */
#pragma once

#include "pull/context.h"
#include "pull/summary.h"

typedef struct {
  char *name; /* of the ref to write; NULL: a commit that was asked for by its checksum */
  TreeChecksum commit;
  guint64 commit_size; /* of the object, as the summary says; 0: it does not */
} WantedRef;

/* All that is wanted, as WantedRef. *@out_summary: what was fetched to find it out (empty if
 * nothing). */
GPtrArray *pull_resolve_refs (PullContext *context, PullSummary *out_summary, GError **error);
/* The refs/heads of a repository, as TreeRef. */
GPtrArray *pull_list_heads (const TreeRepo *repo, GError **error);
/* Where the ref that is going to be written points now. */
gboolean pull_current_commit (const PullContext *context, const char *ref, gboolean *out_found,
                              TreeChecksum *out, GError **error);
/* Has the transaction write it. */
void pull_set_ref (const PullContext *context, const WantedRef *ref);
