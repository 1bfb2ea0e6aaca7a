/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando create-usb`: carries refs to where there is no network. */
#include "config.h"

#include <stdio.h>

#include "src/collection-refs.h"
#include "src/interrupt.h"
#include "src/show/pull-progress.h"
#include "src/show/pull-result.h"
#include "tree-find.h"

static gboolean opt_disable_fsync;
static char *opt_destination;
static char *opt_commit;

static const GOptionEntry options[] = {
    {"destination-repo", 0, 0, G_OPTION_ARG_FILENAME, &opt_destination,
     "Where on the medium the repository is (default: .ostree/repo)", "PATH"},
    {"commit", 0, 0, G_OPTION_ARG_STRING, &opt_commit,
     "Copy this commit of the only ref, not the newest", "CHECKSUM"},
    {"disable-fsync", 0, 0, G_OPTION_ARG_NONE, &opt_disable_fsync,
     "Do not wait until the data is on the medium", NULL},
    {NULL},
};

static gboolean
parse_commit (const CommandContext *context, const GPtrArray *refs, TreeChecksum *out,
              GError **error)
{
  if (opt_commit == NULL)
    return TRUE;
  if (refs->len > 1)
    return command_usage_error (context, error,
                                "The --commit option can only be used when a single COLLECTION-ID "
                                "REF pair is specified");
  return tree_checksum_from_hex (opt_commit, out, error);
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  TreeChecksum commit;
  if (argc < 1)
    return command_usage_error (context, error, "A MOUNT-PATH must be specified");
  g_autoptr (GPtrArray) refs = collection_refs_parse (context, argc - 1, argv + 1, error);
  if (refs == NULL || !parse_commit (context, refs, &commit, error))
    return FALSE;
  ShowPullProgress progress;
  TreePullOptions copy = TREE_PULL_OPTIONS_INIT;
  (void)show_pull_progress_init (&progress, -1, NULL); /* no descriptor, no failure */
  copy.disable_fsync = opt_disable_fsync;
  copy.progress = show_pull_progress;
  copy.warn = show_pull_warning;
  copy.user_data = &progress;
  copy.interrupted = interrupt_catch ();
  TreePullResult result;
  gboolean ok = tree_repo_copy_to_medium (context->repo, argv[0], opt_destination, refs,
                                          opt_commit != NULL ? &commit : NULL, &copy, &result,
                                          error);
  show_pull_progress_end (&progress, ok);
  if (!ok)
    return FALSE;
  show_pull_result (&result);
  printf ("Copied %u/%u refs successfully from ‘%s’ to ‘%s’ repository in ‘%s’.\n", refs->len,
          refs->len, tree_repo_get_path (context->repo),
          opt_destination != NULL ? opt_destination : ".ostree/repo", argv[0]);
  return TRUE;
}

const Command cmd_repo_create_usb = {
    .name = "create-usb",
    .arguments = "MOUNT-PATH COLLECTION-ID REF [COLLECTION-ID REF…]",
    .summary = "Copy refs to a medium on which others find them",
    .examples = "  $ pando create-usb /run/media/me/stick org.example.Os os/stable\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
