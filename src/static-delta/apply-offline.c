/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando static-delta apply-offline`: makes a commit from a static delta in a file. */
#include "config.h"

#include "src/command.h"
#include "src/show/progress.h"
#include "src/signers.h"
#include "tree-delta.h"

static char *opt_type;
static char *opt_keys_file;
static char *opt_keys_dir;

static const GOptionEntry options[] = {
    {"sign-type", 0, 0, G_OPTION_ARG_STRING, &opt_type,
     "The kind of keys: ed25519 (default) or spki", "TYPE"},
    {"keys-file", 0, 0, G_OPTION_ARG_FILENAME, &opt_keys_file,
     "Take public keys from this file: a key a line, or PEM for spki", "FILE"},
    {"keys-dir", 0, 0, G_OPTION_ARG_FILENAME, &opt_keys_dir,
     "Take trusted.TYPE, trusted.TYPE.d, revoked.TYPE and revoked.TYPE.d from here", "FOLDER"},
    {NULL},
};

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "PATH must be specified");
  const TreeVerifyKeys keys = {.type = opt_type != NULL ? opt_type : SIGN_DEFAULT_TYPE,
                               .keys = (const char *const *)argv + 1,
                               .keys_file = opt_keys_file,
                               .keys_dir = opt_keys_dir};
  gboolean verify = argc > 1 || opt_keys_file != NULL || opt_keys_dir != NULL;
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
