/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando gpg-sign`: adds OpenPGP signatures to a commit that exists, or removes them. */
#include "config.h"

#include <stdio.h>

#include "src/command.h"
#include "src/rev.h"
#include "src/signers.h"
#include "tree-sign.h"

static gboolean opt_delete;
static char *opt_home;

static const GOptionEntry options[] = {
    {"delete", 'd', 0, G_OPTION_ARG_NONE, &opt_delete, "Remove signatures by these keys", NULL},
    {"gpg-homedir", 0, 0, G_OPTION_ARG_FILENAME, &opt_home, "Where gpg has the keys", "FOLDER"},
    {NULL},
};

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "Need a COMMIT to sign");
  if (argc < 2)
    return command_usage_error (context, error, "Need at least one GPG KEY-ID to sign with");
  TreeChecksum commit;
  if (!rev_resolve (context->repo, argv[0], &commit, error))
    return FALSE;
  if (opt_delete) {
    guint n = 0;
    if (!tree_repo_gpg_unsign_commit (context->repo, &commit, (const char *const *)argv + 1,
                                      opt_home, &n, error))
      return FALSE;
    printf ("Signatures deleted: %u\n", n);
    return TRUE;
  }
  const SignOptions how = {.gpg_keys = argv + 1, .gpg_home = opt_home};
  g_autoptr (GPtrArray) signers = signers_load (&how, error);
  return signers != NULL && tree_repo_sign_commit (context->repo, &commit, signers, error);
}

const Command cmd_repo_gpg_sign = {
    .name = "gpg-sign",
    .arguments = "COMMIT KEY-ID…",
    .summary = "Add OpenPGP signatures to a commit, or remove them",
    .examples = "  $ pando gpg-sign os/stable release@example.com\n"
                "  $ pando gpg-sign --delete os/stable release@example.com\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
