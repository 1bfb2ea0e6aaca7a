/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando init`: makes a repository. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>

#include "src/command.h"

static char *opt_mode;
static char *opt_collection_id;

static const GOptionEntry options[] = {
    {"mode", 0, 0, G_OPTION_ARG_STRING, &opt_mode,
     "How objects are kept: bare (default), bare-user, bare-user-only, archive", "MODE"},
    {"collection-id", 0, 0, G_OPTION_ARG_STRING, &opt_collection_id,
     "The name under which this repository's refs are known everywhere", "ID"},
    {NULL},
};

/* Scripts make a repository "if it is not there" by init alone, so one that is there is no error.
 */
static gboolean
note_other_mode (const char *path, TreeMode mode, GError **error)
{
  g_autoptr (TreeRepo) repo = tree_repo_open (AT_FDCWD, path, error);
  if (repo == NULL)
    return FALSE;
  TreeMode is = tree_repo_get_mode (repo);
  if (is != mode)
    fprintf (stderr, "note: '%s' exists, in mode %s; it is left as it is\n", path,
             tree_mode_to_string (is));
  return TRUE;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  /* Other words are left alone: scripts say `init --repo=R init`, and ostree always let them. */
  TreeMode mode = TREE_MODE_BARE;
  if (opt_mode != NULL && !tree_mode_from_string (opt_mode, &mode, error))
    return FALSE;
  if (context->repo_path == NULL)
    return command_usage_error (context, error, "Command requires a --repo argument");
  if (!tree_repo_create (AT_FDCWD, context->repo_path, mode, opt_collection_id, error))
    return FALSE;
  return opt_mode == NULL || note_other_mode (context->repo_path, mode, error);
}

const Command cmd_repo_init = {
    .name = "init",
    .arguments = "",
    .summary = "Make a repository; one that exists is left as it is",
    .examples = "  $ pando init --repo=build.repo --mode=bare-user\n"
                "  $ pando init --repo=/srv/www/repo --mode=archive\n",
    .needs = NEEDS_REPO_PATH,
    .options = options,
    .run = run,
};
