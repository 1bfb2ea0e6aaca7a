/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/peek.h"

#include "base/error.h"
#include "base/fd.h"
#include "plain/layout.h"
#include "pull/mirrors.h"
#include "pull/refs.h"
#include "store/remote.h"

void
peek_clear (Peek *self)
{
  g_clear_pointer (&self->fetcher, fetcher_free);
  g_clear_pointer (&self->source, tree_repo_unref);
  g_clear_pointer (&self->remote, pull_remote_free);
  fd_cleanup (&self->tmp_dfd);
}

gboolean
peek_open (Peek *self, TreeRepo *repo, const char *remote, const TreePullOptions *options,
           gboolean verify, GError **error)
{
  self->remote = pull_remote_load (repo, remote, options, verify, error);
  if (self->remote == NULL)
    return FALSE;
  if (self->remote->file_path != NULL) {
    self->source = tree_repo_open (AT_FDCWD, self->remote->file_path, error);
    return self->source != NULL;
  }
  self->tmp_dfd = dir_open_at (repo->dfd, REPO_TMP, error);
  if (self->tmp_dfd < 0)
    return FALSE;
  self->remote->fetch.tmp_dfd = self->tmp_dfd;
  self->fetcher = fetcher_new (&self->remote->fetch, error);
  return self->fetcher != NULL &&
         pull_remote_find_mirrors (self->remote, self->fetcher, options->interrupted, error);
}

gboolean
peek_summary (const Peek *self, TreeRepo *repo, const TreePullOptions *options, PullSummary *out,
              GError **error)
{
  return self->source != NULL
             ? pull_summary_read (self->source, self->remote->demands, out, error)
             : pull_summary_fetch (repo, self->remote, self->fetcher, options, out, error);
}

/* ---- By hand ---- */

static const TreePullOptions defaults = TREE_PULL_OPTIONS_INIT;

gboolean
tree_repo_fetch_summary (TreeRepo *self, const char *remote, const TreePullOptions *options,
                         GVariant **out_summary, GPtrArray **out_signatures, GError **error)
{
  g_auto (Peek) peek = PEEK_INIT;
  g_auto (PullSummary) summary = {0};
  gboolean gpg = FALSE;
  if (options == NULL)
    options = &defaults;
  if (!peek_open (&peek, self, remote, options, /* verify= */ FALSE, error) ||
      !peek_summary (&peek, self, options, &summary, error) ||
      !remote_option_boolean (self, remote, REMOTE_GPG_VERIFY_SUMMARY, &gpg, error))
    return FALSE;
  g_autoptr (PullDemands) demands = demands_new_gpg (self, remote, FALSE, gpg, error);
  if (demands == NULL ||
      !demands_describe_summary (demands, summary.bytes, summary.signature, out_signatures, error))
    return FALSE;
  *out_summary = g_steal_pointer (&summary.parsed.variant);
  return TRUE;
}

gboolean
tree_repo_fetch_refs (TreeRepo *self, const char *remote, const TreePullOptions *options,
                      GPtrArray **out, GError **error)
{
  g_auto (Peek) peek = PEEK_INIT;
  g_auto (PullSummary) summary = {0};
  if (options == NULL)
    options = &defaults;
  if (!peek_open (&peek, self, remote, options, /* verify= */ FALSE, error))
    return FALSE;
  if (peek.source != NULL) {
    *out = pull_list_heads (peek.source, error);
    return *out != NULL;
  }
  if (!peek_summary (&peek, self, options, &summary, error))
    return FALSE;
  if (summary.bytes == NULL)
    return throw_error (error, TREE_ERROR_NOT_FOUND,
                        "Remote refs not available; server has no summary file");
  *out = pull_summary_list (&summary.parsed);
  return TRUE;
}
