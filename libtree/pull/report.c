/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/report.h"

#include "pull/space.h"

#define INTERVAL_MS 100

/* What the commits say, or else what the objects that have come were like. */
static void
find_totals (const PullContext *context, TreePullProgress *progress)
{
  guint64 n_objects = 0;
  const PullCounts *counts = pull_queue_counts (context->queue);
  gboolean walked = pull_queue_is_walked (context->queue);
  progress->is_exact = pull_space_total (context->space, &progress->bytes_total, &n_objects);
  if (progress->is_exact) {
    progress->bytes_total = MAX (progress->bytes_total, progress->bytes);
    progress->objects_total = MAX (n_objects, walked ? counts->n_known : 0);
    return;
  }
  progress->bytes_total = 0;
  if (!walked || counts->n_done == 0)
    return;
  progress->objects_total = counts->n_known;
  progress->bytes_total = (guint64)((double)progress->bytes / (double)counts->n_done *
                                    (double)counts->n_known);
}

void
pull_report (PullReport *self, const PullContext *context, const char *phase, gboolean is_new)
{
  const TreePullOptions *options = context->options;
  gint64 now = g_get_monotonic_time ();
  if (options->progress == NULL || (!is_new && now < self->next_us))
    return;
  guint interval_ms = options->progress_interval_ms > 0 ? options->progress_interval_ms
                                                        : INTERVAL_MS;
  self->next_us = now + (gint64)interval_ms * 1000;
  TreePullProgress progress = {.phase = phase, .is_local = context->is_local};
  if (context->fetcher != NULL)
    progress.bytes = fetcher_received_bytes (context->fetcher);
  if (context->queue != NULL) {
    progress.objects = pull_queue_counts (context->queue)->n_done;
    find_totals (context, &progress);
  }
  options->progress (&progress, options->user_data);
}
