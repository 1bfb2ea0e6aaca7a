/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando summary`: the list of refs that those who pull read first. */
#include "config.h"

#include <string.h>

#include "src/command.h"
#include "src/show/summary.h"
#include "src/signers.h"
#include "tree-error.h"
#include "tree-sign.h"

static gboolean opt_update;
static gboolean opt_view;
static gboolean opt_raw;
static gboolean opt_list_keys;
static char *opt_key;
static char **opt_metadata;
static SignOptions opt_sign;

static const GOptionEntry options[] = {
    {"update", 'u', 0, G_OPTION_ARG_NONE, &opt_update, "Write the summary from the refs", NULL},
    {"view", 'v', 0, G_OPTION_ARG_NONE, &opt_view, "Print the summary", NULL},
    {"raw", 0, 0, G_OPTION_ARG_NONE, &opt_raw, "Print it as GVariant text", NULL},
    {"list-metadata-keys", 0, 0, G_OPTION_ARG_NONE, &opt_list_keys,
     "Print the names of its metadata", NULL},
    {"print-metadata-key", 0, 0, G_OPTION_ARG_STRING, &opt_key, "Print one value of its metadata",
     "KEY"},
    {"add-metadata", 'm', 0, G_OPTION_ARG_STRING_ARRAY, &opt_metadata,
     "With --update: a value, as GVariant text; again for more", "KEY=VALUE"},
    SIGN_OPTIONS (opt_sign, "summary"),
    {NULL},
};

static gboolean
add_metadata (GVariantDict *dict, const char *text, GError **error)
{
  const char *equals = strchr (text, '=');
  if (equals == NULL || equals == text) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID, "Missing '=' in KEY=VALUE metadata '%s'",
                 text);
    return FALSE;
  }
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GVariant) value = g_variant_parse (NULL, equals + 1, NULL, NULL, &local_error);
  if (value == NULL) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "Error parsing variant '%s': %s; a text needs quotes of its own", equals + 1,
                 local_error->message);
    return FALSE;
  }
  g_autofree char *key = g_strndup (text, (gsize)(equals - text));
  g_variant_dict_insert_value (dict, key, value);
  return TRUE;
}

static gboolean
update (TreeRepo *repo, GError **error)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  for (char **text = opt_metadata; text != NULL && *text != NULL; text++)
    if (!add_metadata (&dict, *text, error))
      return FALSE;
  g_autoptr (GVariant) metadata = g_variant_ref_sink (g_variant_dict_end (&dict));
  g_autoptr (GPtrArray) signers = signers_load (&opt_sign, error);
  /* Scripts for ostree get the two files that it writes: some test what clients of it do when they
   * do not belong together. */
  gboolean generations = strcmp (g_get_prgname (), "ostree") != 0;
  return signers != NULL && tree_repo_update_summary (repo, metadata, signers, generations, error);
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 0, 0, error))
    return FALSE;
  if (opt_metadata != NULL && !opt_update)
    return command_usage_error (context, error, "--add-metadata goes with --update");
  if ((opt_sign.keys != NULL || opt_sign.files != NULL || opt_sign.commands != NULL ||
       opt_sign.gpg_keys != NULL) &&
      !opt_update)
    return command_usage_error (context, error, "signing goes with --update");
  gboolean reads = opt_view || opt_raw || opt_list_keys || opt_key != NULL;
  if (opt_update && reads)
    return command_usage_error (context, error, "--update goes with no option that prints");
  if (opt_update)
    return update (context->repo, error);
  if (!reads)
    return command_usage_error (context, error,
                                "No option specified; use -u to update summary, -v to view it");
  g_autoptr (GVariant) summary = tree_repo_load_summary (context->repo, error);
  if (summary == NULL)
    return FALSE;
  if (opt_list_keys)
    summary_list_keys (summary);
  else if (opt_key != NULL)
    return summary_print_key (summary, opt_key, error);
  else if (opt_raw)
    summary_print_raw (summary);
  else
    summary_print (summary);
  return TRUE;
}

const Command cmd_repo_summary = {
    .name = "summary",
    .arguments = "",
    .summary = "Write or print the list of refs that a pull reads first",
    .examples = "  $ pando summary --repo=/srv/www/repo -u\n"
                "  $ pando summary --repo=/srv/www/repo -u --sign-from-file=secret.ed25519\n"
                "  $ pando summary -v\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
