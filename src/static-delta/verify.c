/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando static-delta verify`: is a static delta signed by one of these keys? */
#include "config.h"

#include <stdio.h>

#include "src/command.h"
#include "src/signers.h"
#include "tree-delta.h"
#include "tree-error.h"

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
    return command_usage_error (context, error, "DELTA must be specified");
  const TreeVerifyKeys keys = {.type = opt_type != NULL ? opt_type : SIGN_DEFAULT_TYPE,
                               .keys = (const char *const *)argv + 1,
                               .keys_file = opt_keys_file,
                               .keys_dir = opt_keys_dir};
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
