/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando revoke-keys`: the list of keys that count no more, beside the summary. */
#include "config.h"

#include <stdio.h>

#include "src/command.h"
#include "src/signers.h"
#include "tree-error.h"
#include "tree-sign.h"

static gboolean opt_list;
static gboolean opt_delete;
static char *opt_keys_file;
static char *opt_serial;
static SignOptions opt_sign;

static const GOptionEntry options[] = {
    {"list", 'l', 0, G_OPTION_ARG_NONE, &opt_list, "Print the list", NULL},
    {"delete", 'd', 0, G_OPTION_ARG_NONE, &opt_delete, "Take these keys off the list", NULL},
    {"keys-file", 0, 0, G_OPTION_ARG_FILENAME, &opt_keys_file,
     "Take public keys from this file: a key a line", "FILE"},
    {"serial", 0, 0, G_OPTION_ARG_STRING, &opt_serial,
     "The number of the list, higher than the last one's (default: the next)", "N"},
    {"sign-from-file", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &opt_sign.files,
     "Sign the list by the secret keys in this file (- is standard input); again for more", "FILE"},
    {"sign-command", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_sign.commands,
     "Sign the list by what this program writes when it reads it; again for more", "COMMAND"},
    {NULL},
};

static gboolean
print_list (const TreeRepo *repo, GError **error)
{
  g_autoptr (TreeRevokedKeys) list = NULL;
  if (!tree_repo_load_revoked_keys (repo, &list, error))
    return FALSE;
  if (list == NULL) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND,
                 "the repository has no list of revoked keys");
    return FALSE;
  }
  printf ("Serial: %" G_GUINT64_FORMAT "\n", list->serial);
  for (guint i = 0; i < list->keys->len; i++)
    printf ("Revoked: %s\n", (const char *)list->keys->pdata[i]);
  return TRUE;
}

static gboolean
parse_serial (guint64 *out, GError **error)
{
  *out = 0;
  if (opt_serial == NULL || g_ascii_string_to_unsigned (opt_serial, 10, 1, G_MAXUINT64, out, NULL))
    return TRUE;
  g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID, "--serial=%s: must be a number from 1",
               opt_serial);
  return FALSE;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  gboolean has_keys = argc > 0 || opt_keys_file != NULL;
  gboolean has_signer = opt_sign.files != NULL || opt_sign.commands != NULL;
  if (opt_list && (has_keys || has_signer || opt_delete || opt_serial != NULL))
    return command_usage_error (context, error, "--list goes alone");
  if (opt_list)
    return print_list (context->repo, error);
  if (!has_keys)
    return command_usage_error (context, error, "Need at least one KEY to revoke");
  if (!has_signer)
    return command_usage_error (context, error,
                                "Need --sign-from-file or --sign-command of the revocation key");
  guint64 serial;
  if (!parse_serial (&serial, error))
    return FALSE;
  const VerifyOptions given = {.file = opt_keys_file};
  const TreeVerifyKeys keys = verify_keys (&given, argv);
  g_autoptr (GPtrArray) signers = signers_load (&opt_sign, error);
  return signers != NULL &&
         tree_repo_revoke_keys (context->repo, &keys, opt_delete, serial, signers, error) &&
         print_list (context->repo, error);
}

const Command cmd_repo_revoke_keys = {
    .name = "revoke-keys",
    .arguments = "[KEY…]",
    .summary = "Tell devices that a signing key was stolen",
    .examples = "  $ pando revoke-keys --sign-from-file=revoker.secret stolen-public-key\n"
                "  $ pando revoke-keys --list\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
