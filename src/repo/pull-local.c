/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando pull-local`: copies commits from another repository on this machine. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>

#include "src/command.h"
#include "src/interrupt.h"
#include "src/show/pull-progress.h"
#include "src/show/pull-result.h"
#include "tree-error.h"
#include "tree-pull.h"

static char *opt_remote;
static int opt_depth;
static gboolean opt_commit_metadata_only;
static gboolean opt_disable_fsync;
static gboolean opt_per_object_fsync;
static gboolean opt_untrusted;
static gboolean opt_bareuseronly_files;
static gboolean opt_disable_verify_bindings;
static gboolean opt_disable_static_deltas;
static gboolean opt_require_static_deltas;
static gboolean opt_gpg_verify;
static gboolean opt_gpg_verify_summary;
static int opt_progress_fd = -1;

static const GOptionEntry options[] = {
    {"remote", 0, 0, G_OPTION_ARG_STRING, &opt_remote,
     "Write the refs below the name of this remote (default: as local refs)", "NAME"},
    {"depth", 0, 0, G_OPTION_ARG_INT, &opt_depth,
     "Copy so many parents of each commit, too; -1 for all (default: 0)", "N"},
    {"commit-metadata-only", 0, 0, G_OPTION_ARG_NONE, &opt_commit_metadata_only,
     "Copy the commits, but not their trees", NULL},
    {"untrusted", 0, 0, G_OPTION_ARG_NONE, &opt_untrusted,
     "Verify all objects, those that are linked as well", NULL},
    {"bareuseronly-files", 0, 0, G_OPTION_ARG_NONE, &opt_bareuseronly_files,
     "Refuse files with set-id or sticky bits, or that all may write", NULL},
    {"disable-fsync", 0, 0, G_OPTION_ARG_NONE, &opt_disable_fsync,
     "Do not wait until the data is on disk: a power cut may lose it", NULL},
    {"disable-verify-bindings", 0, 0, G_OPTION_ARG_NONE, &opt_disable_verify_bindings,
     "Accept commits that are not meant for the ref", NULL},
    {"per-object-fsync", 0, 0, G_OPTION_ARG_NONE, &opt_per_object_fsync,
     "Sync each object when it is written, not all at the end", NULL},
    {"disable-static-deltas", 0, 0, G_OPTION_ARG_NONE, &opt_disable_static_deltas,
     "Copy objects, which is what happens unless deltas are required", NULL},
    {"require-static-deltas", 0, 0, G_OPTION_ARG_NONE, &opt_require_static_deltas,
     "Use the source's static deltas; fail where there is none", NULL},
    {"gpg-verify", 0, 0, G_OPTION_ARG_NONE, &opt_gpg_verify,
     "With --remote: commits must have a good signature by one of the remote's OpenPGP keys", NULL},
    {"gpg-verify-summary", 0, 0, G_OPTION_ARG_NONE, &opt_gpg_verify_summary,
     "With --remote: so must the summary, which then says what the refs are", NULL},
    {"progress-fd", 0, 0, G_OPTION_ARG_INT, &opt_progress_fd,
     "Write how far it is to this descriptor, as lines of JSON", "N"},
    {NULL},
};

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 1, -1, error))
    return FALSE;
  g_autoptr (TreeRepo) source = tree_repo_open (AT_FDCWD, argv[0], error);
  if (source == NULL)
    return FALSE;
  ShowPullProgress progress;
  if (!show_pull_progress_init (&progress, opt_progress_fd, error))
    return FALSE;
  TreePullOptions pull = {
      .refs = (const char *const *)argv + 1,
      .depth = opt_depth,
      .commit_metadata_only = opt_commit_metadata_only,
      .disable_fsync = opt_disable_fsync,
      .per_object_fsync = opt_per_object_fsync,
      .untrusted = opt_untrusted,
      .bareuseronly_files = opt_bareuseronly_files,
      .disable_verify_bindings = opt_disable_verify_bindings,
      .gpg_verify = opt_gpg_verify,
      .gpg_verify_summary = opt_gpg_verify_summary,
      .disable_static_deltas = opt_disable_static_deltas,
      .require_static_deltas = opt_require_static_deltas,
      .progress = show_pull_progress,
      .warn = show_pull_warning,
      .user_data = &progress,
      .interrupted = interrupt_catch (),
  };
  TreePullResult result;
  gboolean ok = tree_repo_pull_local (context->repo, source, opt_remote, &pull, &result, error);
  show_pull_progress_end (&progress, ok);
  if (!ok)
    return FALSE;
  show_pull_result (&result);
  return TRUE;
}

const Command cmd_repo_pull_local = {
    .name = "pull-local",
    .arguments = "SOURCE [REF…]",
    .summary = "Copy commits from another repository on this machine",
    .examples = "  $ pando pull-local --repo=/srv/www/repo build.repo os/stable\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
