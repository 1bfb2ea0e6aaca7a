/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando checkout`: writes a commit's tree into a directory. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "src/command.h"
#include "src/commit-rules.h"
#include "src/rev.h"
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
static gboolean opt_whiteouts;
static gboolean opt_passthrough_whiteouts;
static gboolean opt_canonical_dirs;
static gboolean opt_disable_cache;
static gboolean opt_copy_empty;
static gboolean opt_from_stdin;
static char *opt_from_file;
static char *opt_skip_list;
static char *opt_selinux_policy;
static char *opt_selinux_prefix;
static char *opt_fsync;
static gboolean opt_composefs;
static gboolean opt_composefs_noverity;

enum {
  LIST_MAX = 16 * 1024 * 1024, /* of --from-file: some 100,000 pairs */
};

static const GOptionEntry options[] = {
    {"user-mode", 'U', 0, G_OPTION_ARG_NONE, &opt_user_mode,
     "Files belong to the caller; no owners, extended attributes, setuid bits", NULL},
    {"require-hardlinks", 'H', 0, G_OPTION_ARG_NONE, &opt_require_hardlinks,
     "Fail where a file cannot be a hard link into the repository", NULL},
    {"force-copy", 'C', 0, G_OPTION_ARG_NONE, &opt_force_copy, "Never make hard links", NULL},
    {"force-copy-zerosized", 'z', G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &opt_copy_empty,
     "Empty files are never hard links; this is always so", NULL},
    {"subpath", 0, 0, G_OPTION_ARG_FILENAME, &opt_subpath, "Check out only this path of the commit",
     "PATH"},
    {"union", 0, 0, G_OPTION_ARG_NONE, &opt_union,
     "The destination may exist: keep its directories, replace its files", NULL},
    {"union-add", 0, 0, G_OPTION_ARG_NONE, &opt_union_add,
     "The destination may exist: keep what is there, add what is not", NULL},
    {"union-identical", 0, 0, G_OPTION_ARG_NONE, &opt_union_identical,
     "The destination may exist: a file that is there must be the same one (with -H)", NULL},
    {"whiteouts", 0, 0, G_OPTION_ARG_NONE, &opt_whiteouts,
     "The commit is a layer of a container image: .wh.NAME removes NAME, .wh..wh..opq all that its "
     "directory held",
     NULL},
    {"process-passthrough-whiteouts", 0, 0, G_OPTION_ARG_NONE, &opt_passthrough_whiteouts,
     "Make .ostree-wh.NAME the overlayfs whiteout NAME, a device 0:0", NULL},
    {"bareuseronly-dirs", 'M', 0, G_OPTION_ARG_NONE, &opt_canonical_dirs,
     "Directories get no mode bits outside of 0775", NULL},
    {"skip-list", 0, 0, G_OPTION_ARG_FILENAME, &opt_skip_list,
     "Paths to leave out, one a line, absolute below the subpath", "FILE"},
    {"from-file", 0, 0, G_OPTION_ARG_FILENAME, &opt_from_file,
     "Instead of COMMIT: check out all that the file names, COMMIT and path in turn, each with a "
     "NUL behind",
     "FILE"},
    {"from-stdin", 0, 0, G_OPTION_ARG_NONE, &opt_from_stdin, "The same from standard input", NULL},
    {"disable-cache", 0, 0, G_OPTION_ARG_NONE, &opt_disable_cache,
     "Neither use nor fill the archive repository's cache of unpacked files", NULL},
    {"selinux-policy", 0, 0, G_OPTION_ARG_FILENAME, &opt_selinux_policy,
     "Label all files as the SELinux policy of this root file system says (may be /); all are "
     "copies",
     "PATH"},
    {"selinux-prefix", 0, 0, G_OPTION_ARG_FILENAME, &opt_selinux_prefix,
     "The path that the policy knows the destination by (default: the subpath)", "PATH"},
    {"allow-noent", 0, 0, G_OPTION_ARG_NONE, &opt_allow_noent,
     "Do nothing when the path is not in the commit", NULL},
    {"fsync", 0, 0, G_OPTION_ARG_STRING, &opt_fsync,
     "no (default), or yes: wait until all is on disk", "POLICY"},
    {"composefs", 0, 0, G_OPTION_ARG_NONE, &opt_composefs,
     "Write a composefs image instead of a tree: composefs is not built in", NULL},
    {"composefs-noverity", 0, 0, G_OPTION_ARG_NONE, &opt_composefs_noverity,
     "The same without digests: composefs is not built in", NULL},
    {NULL},
};

static gboolean
refuse_both (const char *a, const char *b, GError **error)
{
  g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID, "Cannot specify both %s and %s", a, b);
  return FALSE;
}

static gboolean
refuse_list (GError **error, const char *why)
{
  g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID, "read the list of checkouts from %s: %s",
               opt_from_file != NULL ? opt_from_file : "standard input", why);
  return FALSE;
}

static gboolean
read_options (TreeCheckoutOptions *out, GError **error)
{
  if (opt_composefs || opt_composefs_noverity)
    return value_refuse_composefs (opt_composefs ? "--composefs" : "--composefs-noverity", error);
  if (opt_from_stdin && opt_from_file != NULL)
    return refuse_both ("--from-stdin", "--from-file", error);
  if (opt_subpath != NULL && (opt_from_stdin || opt_from_file != NULL))
    return refuse_both ("--subpath", "--from-file or --from-stdin", error);
  if (opt_union && opt_union_add)
    return refuse_both ("--union", "--union-add", error);
  if (opt_union && opt_union_identical)
    return refuse_both ("--union", "--union-identical", error);
  if (opt_union_add && opt_union_identical)
    return refuse_both ("--union-add", "--union-identical", error);
  if (opt_require_hardlinks && opt_force_copy)
    return refuse_both ("--require-hardlinks", "--force-copy", error);
  if (opt_selinux_policy != NULL && opt_require_hardlinks)
    return refuse_both ("--selinux-policy", "--require-hardlinks", error);
  if (opt_selinux_policy != NULL && opt_user_mode)
    return refuse_both ("--selinux-policy", "--user-mode", error);
  if (opt_selinux_prefix != NULL && opt_selinux_policy == NULL) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "--selinux-prefix requires --selinux-policy");
    return FALSE;
  }
  if (opt_union_identical && !opt_require_hardlinks) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "--union-identical requires --require-hardlinks");
    return FALSE;
  }
  *out = (TreeCheckoutOptions){
      .user_mode = opt_user_mode,
      .require_hardlinks = opt_require_hardlinks,
      .force_copy = opt_force_copy || opt_selinux_policy != NULL,
      .allow_noent = opt_allow_noent,
      .whiteouts = opt_whiteouts,
      .whiteouts_as_devices = opt_passthrough_whiteouts,
      .canonical_dirs = opt_canonical_dirs,
      .no_cache = opt_disable_cache,
      .overwrite = opt_union             ? TREE_OVERWRITE_UNION
                   : opt_union_add       ? TREE_OVERWRITE_ADD
                   : opt_union_identical ? TREE_OVERWRITE_IDENTICAL
                                         : TREE_OVERWRITE_NONE,
      .subpath = opt_subpath,
      .selinux_dfd = AT_FDCWD,
      .selinux_policy = opt_selinux_policy,
      .selinux_prefix = opt_selinux_prefix,
  };
  return opt_fsync == NULL || value_parse_boolean ("--fsync", opt_fsync, &out->fsync, error);
}

/* Without DESTINATION the commit's name is that of the directory. */
static gboolean
check_default_destination (const CommandContext *context, const char *rev, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (rev);
  return g_file_test (parent, G_FILE_TEST_IS_DIR) ||
         command_usage_error (context, error,
                              "DESTINATION must be specified: without it the tree goes to '%s', "
                              "and there is no directory '%s'",
                              rev, parent);
}

static gboolean
check_out (const TreeRepo *repo, const char *rev, const char *destination,
           const TreeCheckoutOptions *how, GError **error)
{
  TreeChecksum commit;
  return rev_resolve (repo, rev, &commit, error) &&
         tree_repo_checkout (repo, &commit, AT_FDCWD, destination, how, error);
}

/* ---- Many at once ---- */

static gboolean
read_list (GByteArray *out, GError **error)
{
  FILE *in = opt_from_file != NULL ? fopen (opt_from_file, "re") : stdin;
  if (in == NULL)
    return refuse_list (error, g_strerror (errno));
  guint8 buffer[16 * 1024];
  gsize n;
  while (out->len <= LIST_MAX && (n = fread (buffer, 1, sizeof buffer, in)) > 0)
    g_byte_array_append (out, buffer, (guint)n);
  gboolean failed = ferror (in);
  int read_errno = errno;
  if (opt_from_file != NULL)
    (void)fclose (in); /* it was only read */
  if (failed)
    return refuse_list (error, g_strerror (read_errno));
  return out->len <= LIST_MAX || refuse_list (error, "it is too long");
}

static gboolean
check_out_list (const TreeRepo *repo, const char *destination, TreeCheckoutOptions *how,
                GError **error)
{
  static const guint8 nul = 0;
  g_autoptr (GByteArray) list = g_byte_array_new ();
  if (!read_list (list, error))
    return FALSE;
  if (list->len > 0 && list->data[list->len - 1] != '\0')
    g_byte_array_append (list, &nul, 1);
  const char *end = (const char *)list->data + list->len;
  for (const char *rev = (const char *)list->data; rev < end;) {
    const char *path = rev + strlen (rev) + 1;
    if (path >= end)
      return refuse_list (error, "the last COMMIT has no path behind it");
    how->subpath = path;
    if (!check_out (repo, rev, destination, how, error))
      return FALSE;
    rev = path + strlen (path) + 1;
  }
  return TRUE;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  gboolean is_list = opt_from_stdin || opt_from_file != NULL;
  if (argc < 1)
    return command_usage_error (context, error, "%s must be specified",
                                is_list ? "DESTINATION" : "COMMIT");
  if (!command_check_words (context, argc, 1, is_list ? 1 : 2, error))
    return FALSE;
  if (!is_list && argc == 1 && !check_default_destination (context, argv[0], error))
    return FALSE;
  TreeCheckoutOptions how;
  if (!read_options (&how, error))
    return FALSE;
  g_auto (GStrv) skips = NULL;
  if (opt_skip_list != NULL && (skips = commit_rules_read_skips (opt_skip_list, error)) == NULL)
    return FALSE;
  how.skip_paths = (const char *const *)skips;
  return is_list ? check_out_list (context->repo, argv[0], &how, error)
                 : check_out (context->repo, argv[0], argc > 1 ? argv[1] : argv[0], &how, error);
}

const Command cmd_repo_checkout = {
    .name = "checkout",
    .arguments = "COMMIT [DESTINATION]",
    .summary = "Write the tree of a commit into a directory",
    .examples = "  $ pando checkout --repo=build.repo os/stable rootfs\n"
                "  $ pando checkout -U --subpath=/usr/etc os/stable etc\n"
                "  $ printf '%s\\0' os/base / os/app /usr | pando checkout -U --union --from-stdin "
                "rootfs\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
