/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando sign`: signs a commit that exists, verifies its signatures, or removes them. */
#include "config.h"

#include <stdio.h>

#include "src/command.h"
#include "src/rev.h"
#include "src/signers.h"
#include "tree-error.h"
#include "tree-sign.h"

static gboolean opt_verify;
static gboolean opt_delete;
static char **opt_commands;
static char *opt_type;
static char *opt_keys_file;
static char *opt_keys_dir;

static const GOptionEntry options[] = {
    {"verify", 0, 0, G_OPTION_ARG_NONE, &opt_verify,
     "Check that there is a signature by one of the public keys", NULL},
    {"delete", 'd', 0, G_OPTION_ARG_NONE, &opt_delete, "Remove signatures by the public keys",
     NULL},
    {"sign-type", 's', 0, G_OPTION_ARG_STRING, &opt_type,
     "The kind of keys: ed25519 (default) or spki", "TYPE"},
    {"sign-command", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_commands,
     "Sign by what this program writes when it reads the commit; again for more", "COMMAND"},
    {"keys-file", 0, 0, G_OPTION_ARG_FILENAME, &opt_keys_file,
     "Take keys from this file: a key a line, or PEM for spki (- is standard input when signing)",
     "FILE"},
    {"keys-dir", 0, 0, G_OPTION_ARG_FILENAME, &opt_keys_dir,
     "With --verify: take trusted.TYPE, trusted.TYPE.d, revoked.TYPE and revoked.TYPE.d from here",
     "FOLDER"},
    {NULL},
};

static gboolean
sign (TreeRepo *repo, const TreeChecksum *commit, char **keys, GError **error)
{
  char *files[] = {opt_keys_file, NULL};
  const SignOptions how = {
      .keys = keys, .files = files, .commands = opt_commands, .type = opt_type};
  g_autoptr (GPtrArray) signers = signers_load (&how, error);
  return signers != NULL && tree_repo_sign_commit (repo, commit, signers, error);
}

static gboolean
verify (const TreeRepo *repo, const TreeChecksum *commit, const TreeVerifyKeys *keys,
        GError **error)
{
  g_autofree char *text = NULL;
  if (!tree_repo_verify_commit (repo, commit, keys, &text, error))
    return FALSE;
  puts (text);
  return TRUE;
}

static gboolean
unsign (TreeRepo *repo, const TreeChecksum *commit, const TreeVerifyKeys *keys, GError **error)
{
  guint n = 0;
  if (!tree_repo_unsign_commit (repo, commit, keys, &n, error))
    return FALSE;
  printf ("Signatures deleted: %u\n", n);
  return TRUE;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "Need a COMMIT to sign or verify");
  if (opt_verify && opt_delete)
    return command_usage_error (context, error, "Give either --verify or --delete");
  if (opt_keys_dir != NULL && !opt_verify)
    return command_usage_error (context, error, "--keys-dir goes with --verify");
  if (opt_commands != NULL && (opt_verify || opt_delete))
    return command_usage_error (context, error, "--sign-command goes with signing");
  if (!opt_verify && argc < 2 && opt_keys_file == NULL && opt_commands == NULL)
    return command_usage_error (context, error, "Need at least one KEY to %s with",
                                opt_delete ? "delete signatures" : "sign");
  TreeChecksum commit;
  if (!rev_resolve (context->repo, argv[0], &commit, error))
    return FALSE;
  const VerifyOptions given = {opt_type, opt_keys_file, opt_keys_dir};
  const TreeVerifyKeys keys = verify_keys (&given, argv + 1);
  if (opt_verify)
    return verify (context->repo, &commit, &keys, error);
  if (opt_delete)
    return unsign (context->repo, &commit, &keys, error);
  return sign (context->repo, &commit, argv + 1, error);
}

const Command cmd_repo_sign = {
    .name = "sign",
    .arguments = "COMMIT [KEY…]",
    .summary = "Sign a commit, or verify or remove its signatures",
    .examples = "  $ pando sign --keys-file=secret.ed25519 os/stable\n"
                "  $ pando sign --verify --keys-file=public.ed25519 os/stable\n"
                "  $ pando sign --verify os/stable 45yzbkuEok0lLabxzdAHWUDSMZgYfxU40sN+LMfYHVA=\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
