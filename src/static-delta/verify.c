/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando static-delta verify`: is a static delta signed by one of these keys? */
#include "config.h"

#include <stdio.h>

#include "src/command.h"
#include "src/signers.h"
#include "tree-delta.h"
#include "tree-error.h"

static VerifyOptions opt_verify;

static const GOptionEntry options[] = {
    VERIFY_OPTIONS (opt_verify),
    {NULL},
};

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "DELTA must be specified");
  const TreeVerifyKeys keys = verify_keys (&opt_verify, argv + 1);
  g_autoptr (GError) local = NULL;
  g_autofree char *text = NULL;
  if (tree_repo_verify_delta (context->repo, argv[0], &keys, &text, &local)) {
    puts ("Verification OK");
    return TRUE;
  }
  if (g_error_matches (local, TREE_ERROR, TREE_ERROR_SIGNATURE))
    puts ("Verification fails");
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

const Command cmd_static_delta_verify = {
    .name = "verify",
    .arguments = "DELTA [KEY…]",
    .summary = "Check that a static delta is signed by one of the public keys",
    .examples = "  $ pando static-delta verify --keys-file=public.ed25519 ./update.delta\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
