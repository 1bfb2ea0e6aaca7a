/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando static-delta apply-offline`: makes a commit from a static delta in a file. */
#include "config.h"

#include "src/command.h"
#include "src/show/progress.h"
#include "src/signers.h"
#include "tree-delta.h"

static VerifyOptions opt_verify;

static const GOptionEntry options[] = {
    VERIFY_OPTIONS (opt_verify),
    {NULL},
};

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "PATH must be specified");
  const TreeVerifyKeys keys = verify_keys (&opt_verify, argv + 1);
  gboolean verify = argc > 1 || opt_verify.file != NULL || opt_verify.folder != NULL;
  ShowProgress progress = {0};
  gboolean ok = tree_repo_apply_delta (context->repo, argv[0], verify ? &keys : NULL, show_progress,
                                       &progress, error);
  show_progress_end (&progress);
  return ok;
}

const Command cmd_static_delta_apply_offline = {
    .name = "apply-offline",
    .arguments = "PATH [KEY…]",
    .summary = "Make a commit from a static delta in a file",
    .examples =
        "  $ pando static-delta apply-offline --repo=/ostree/repo /media/stick/update.delta\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
