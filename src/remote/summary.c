/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando remote summary`: prints the summary of a remote, as `summary --view` does that of a
 * repository. */
#include "config.h"

#include "src/command.h"
#include "src/interrupt.h"
#include "src/show/signatures.h"
#include "src/show/summary.h"
#include "tree-error.h"
#include "tree-pull.h"

static gboolean opt_raw;
static gboolean opt_list_keys;
static char *opt_key;
static char *opt_cache_dir;

static const GOptionEntry options[] = {
    {"cache-dir", 0, 0, G_OPTION_ARG_FILENAME, &opt_cache_dir,
     "Keep the remote's summary here, not in the repository", "FOLDER"},
    {"raw", 0, 0, G_OPTION_ARG_NONE, &opt_raw, "Print it as GVariant text", NULL},
    {"list-metadata-keys", 0, 0, G_OPTION_ARG_NONE, &opt_list_keys,
     "Print the names of its metadata", NULL},
    {"print-metadata-key", 0, 0, G_OPTION_ARG_STRING, &opt_key, "Print one value of its metadata",
     "KEY"},
    {NULL},
};

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "NAME must be specified");
  if (!command_check_words (context, argc, 1, 1, error))
    return FALSE;
  const TreePullOptions fetch = {
      .network_retries = -1, .interrupted = interrupt_catch (), .cache_dir = opt_cache_dir};
  g_autoptr (GVariant) summary = NULL;
  g_autoptr (GPtrArray) signatures = NULL;
  if (!tree_repo_fetch_summary (context->repo, argv[0], &fetch, &summary, &signatures, error))
    return FALSE;
  if (summary == NULL) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND,
                 "remote '%s' has no summary; its owner writes one by 'summary -u'", argv[0]);
    return FALSE;
  }
  if (opt_key != NULL)
    return summary_print_key (summary, opt_key, error);
  if (opt_list_keys)
    summary_list_keys (summary);
  else if (opt_raw)
    summary_print_raw (summary);
  else {
    summary_print (summary);
    show_signatures ("GPG: Verification enabled, found", signatures);
  }
  return TRUE;
}

const Command cmd_remote_summary = {
    .name = "summary",
    .arguments = "NAME",
    .summary = "Print the summary of a remote",
    .examples = "  $ pando remote summary origin\n",
    .needs = NEEDS_REPO_OR_SYSROOT,
    .options = options,
    .run = run,
};
