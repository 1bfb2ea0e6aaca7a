/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando remote refs`: asks a remote which refs it has. */
#include "config.h"

#include <stdio.h>

#include "src/command.h"
#include "src/interrupt.h"
#include "tree-pull.h"

static gboolean opt_revision;
static char *opt_cache_dir;

static const GOptionEntry options[] = {
    {"cache-dir", 0, 0, G_OPTION_ARG_FILENAME, &opt_cache_dir,
     "Keep the remote's summary here, not in the repository", "FOLDER"},
    {"revision", 'r', 0, G_OPTION_ARG_NONE, &opt_revision, "Print commits, too", NULL},
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
  g_autoptr (GPtrArray) refs = NULL;
  if (!tree_repo_fetch_refs (context->repo, argv[0], &fetch, &refs, error))
    return FALSE;
  for (guint i = 0; i < refs->len; i++) {
    const TreeRef *ref = refs->pdata[i];
    printf ("%s:%s", argv[0], ref->name);
    if (opt_revision) {
      char hex[TREE_CHECKSUM_HEX_LEN + 1];
      tree_checksum_to_hex (&ref->checksum, hex);
      printf ("\t%s", hex);
    }
    putchar ('\n');
  }
  return TRUE;
}

const Command cmd_remote_refs = {
    .name = "refs",
    .arguments = "NAME",
    .summary = "Ask a remote which refs it has",
    .examples = "  $ pando remote refs -r origin\n",
    .needs = NEEDS_REPO_OR_SYSROOT,
    .options = options,
    .run = run,
};
