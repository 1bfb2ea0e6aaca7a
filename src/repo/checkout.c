/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando checkout`: writes a commit's tree into a directory. */
#include "config.h"

#include <fcntl.h>

#include "src/command.h"
#include "src/values.h"
#include "tree-checkout.h"
#include "tree-error.h"

static gboolean opt_user_mode;
static gboolean opt_require_hardlinks;
static gboolean opt_force_copy;
static char *opt_subpath;
static gboolean opt_union;
static gboolean opt_union_add;
static gboolean opt_union_identical;
static gboolean opt_allow_noent;
static char *opt_fsync;

static const GOptionEntry options[] = {
    {"user-mode", 'U', 0, G_OPTION_ARG_NONE, &opt_user_mode,
     "Files belong to the caller; no owners, extended attributes, setuid bits", NULL},
    {"require-hardlinks", 'H', 0, G_OPTION_ARG_NONE, &opt_require_hardlinks,
     "Fail where a file cannot be a hard link into the repository", NULL},
    {"force-copy", 'C', 0, G_OPTION_ARG_NONE, &opt_force_copy, "Never make hard links", NULL},
    {"subpath", 0, 0, G_OPTION_ARG_FILENAME, &opt_subpath, "Check out only this path of the commit",
     "PATH"},
    {"union", 0, 0, G_OPTION_ARG_NONE, &opt_union,
     "The destination may exist: keep its directories, replace its files", NULL},
    {"union-add", 0, 0, G_OPTION_ARG_NONE, &opt_union_add,
     "The destination may exist: keep what is there, add what is not", NULL},
    {"union-identical", 0, 0, G_OPTION_ARG_NONE, &opt_union_identical,
     "The destination may exist: a file that is there must be the same one (with -H)", NULL},
    {"allow-noent", 0, 0, G_OPTION_ARG_NONE, &opt_allow_noent,
     "Do nothing when the path is not in the commit", NULL},
    {"fsync", 0, 0, G_OPTION_ARG_STRING, &opt_fsync,
     "no (default), or yes: wait until all is on disk", "POLICY"},
    {NULL},
};

static gboolean
refuse_both (const char *a, const char *b, GError **error)
{
  g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID, "Cannot specify both %s and %s", a, b);
  return FALSE;
}

static gboolean
read_options (TreeCheckoutOptions *out, GError **error)
{
  if (opt_union && opt_union_add)
    return refuse_both ("--union", "--union-add", error);
  if (opt_union && opt_union_identical)
    return refuse_both ("--union", "--union-identical", error);
  if (opt_union_add && opt_union_identical)
    return refuse_both ("--union-add", "--union-identical", error);
  if (opt_require_hardlinks && opt_force_copy)
    return refuse_both ("--require-hardlinks", "--force-copy", error);
  if (opt_union_identical && !opt_require_hardlinks) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "--union-identical requires --require-hardlinks");
    return FALSE;
  }
  *out = (TreeCheckoutOptions){
      .user_mode = opt_user_mode,
      .require_hardlinks = opt_require_hardlinks,
      .force_copy = opt_force_copy,
      .allow_noent = opt_allow_noent,
      .overwrite = opt_union             ? TREE_OVERWRITE_UNION
                   : opt_union_add       ? TREE_OVERWRITE_ADD
                   : opt_union_identical ? TREE_OVERWRITE_IDENTICAL
                                         : TREE_OVERWRITE_NONE,
      .subpath = opt_subpath,
  };
  return opt_fsync == NULL || value_parse_boolean ("--fsync", opt_fsync, &out->fsync, error);
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "COMMIT must be specified");
  if (!command_check_words (context, argc, 1, 2, error))
    return FALSE;
  TreeCheckoutOptions checkout_options;
  TreeChecksum commit;
  if (!read_options (&checkout_options, error) ||
      !tree_repo_resolve_rev (context->repo, argv[0], &commit, error))
    return FALSE;
  const char *destination = argc > 1 ? argv[1] : argv[0];
  return tree_repo_checkout (context->repo, &commit, AT_FDCWD, destination, &checkout_options,
                             error);
}

const Command cmd_repo_checkout = {
    .name = "checkout",
    .arguments = "COMMIT [DESTINATION]",
    .summary = "Write the tree of a commit into a directory",
    .examples = "  $ pando checkout --repo=build.repo os/stable rootfs\n"
                "  $ pando checkout -U --subpath=/usr/etc os/stable etc\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
