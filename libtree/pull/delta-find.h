/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which static delta leads to a commit that is wanted: what the source offers, what is here to
 * begin from, and the superblock of the one that is chosen. */
#pragma once

#include "delta/load.h"
#include "pull/context.h"
#include "pull/summary.h"

/* @summary: what was fetched already; may be empty. @ref: (nullable): by which the commit was asked
 * for. *@out_found is FALSE when there is no delta, or none that would be of use. The superblock
 * was checked against what the summary or the index says of it; its file is the fetcher's memory,
 * so that @out must be cleared before the fetcher is freed. */
gboolean delta_find (PullContext *context, const PullSummary *summary, const TreeChecksum *commit,
                     const char *ref, gboolean *out_found, Delta *out, GError **error);
