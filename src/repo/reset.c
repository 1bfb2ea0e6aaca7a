/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando reset`: points a ref that exists at another commit. */
#include "config.h"

#include "src/command.h"
#include "src/rev.h"
#include "tree-error.h"

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 2)
    return command_usage_error (context, error, "A REF and COMMIT argument is required");
  TreeChecksum now;
  TreeChecksum then;
  gboolean is_there = FALSE;
  if (!command_check_words (context, argc, 2, 2, error) ||
      !rev_resolve (context->repo, argv[1], &then, error))
    return FALSE;
  /* A ref that is damaged is there, too: this mends it. */
  if (!tree_repo_has_ref (context->repo, argv[0], &is_there, error))
    return FALSE;
  g_autoptr (GError) local_error = NULL;
  if (!is_there && !rev_resolve (context->repo, argv[0], &now, &local_error)) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND,
                 "Invalid ref '%s': it must exist (`refs --create` makes one): %s", argv[0],
                 local_error->message);
    return FALSE;
  }
  return tree_repo_set_ref (context->repo, argv[0], &then, error);
}

const Command cmd_repo_reset = {
    .name = "reset",
    .arguments = "REF COMMIT",
    .summary = "Point a ref at another commit",
    .examples = "  $ pando reset os/stable 'os/stable^'\n",
    .needs = NEEDS_REPO,
    .run = run,
};
