/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando commit`: writes a commit of directories, archives, file system images, and trees that are
 * in the repository. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "src/command.h"
#include "src/commit-rules.h"
#include "src/editor.h"
#include "src/rev.h"
#include "src/show/progress.h"
#include "src/signers.h"
#include "src/values.h"
#include "tree-commit.h"
#include "tree-error.h"

static char *opt_parent;
static char *opt_subject;
static char *opt_body;
static char *opt_body_file;
static gboolean opt_editor;
static char *opt_branch;
static gboolean opt_orphan;
static gboolean opt_no_bindings;
static char **opt_bind_refs;
static gboolean opt_generate_sizes;
static char **opt_trees;
static char *opt_base;
static char **opt_metadata_strings;
static char **opt_metadata_variants;
static char **opt_keep_metadata;
static gboolean opt_bootable;
static char **opt_detached_strings;
static gint64 opt_owner_uid = -1;
static gint64 opt_owner_gid = -1;
static gboolean opt_canonical_permissions;
static gboolean opt_no_xattrs;
static gboolean opt_ro_executables;
static char *opt_selinux_policy;
static gboolean opt_selinux_from_base;
static int opt_selinux_epoch;
static gboolean opt_composefs;
static char *opt_statoverride;
static char *opt_skip_list;
static gboolean opt_link_speedup;
static gboolean opt_devino_canonical;
static gboolean opt_tar_autocreate;
static char *opt_tar_filter;
static gboolean opt_consume;
static gboolean opt_stat_cache;
static gboolean opt_skip_if_unchanged;
static gboolean opt_table_output;
static char *opt_fsync;
static gboolean opt_disable_fsync;
static char *opt_timestamp;
static SignOptions opt_sign;

static const GOptionEntry options[] = {
    {"branch", 'b', 0, G_OPTION_ARG_STRING, &opt_branch, "The ref to update", "REF"},
    {"subject", 's', 0, G_OPTION_ARG_STRING, &opt_subject, "What was done, in one line", "TEXT"},
    {"body", 'm', 0, G_OPTION_ARG_STRING, &opt_body, "A longer description", "TEXT"},
    {"body-file", 'F', 0, G_OPTION_ARG_FILENAME, &opt_body_file,
     "Read the longer description from a file", "FILE"},
    {"editor", 'e', 0, G_OPTION_ARG_NONE, &opt_editor, "Write subject and description in an editor",
     NULL},
    {"tree", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &opt_trees,
     "What to commit, instead of PATH: dir=PATH, tar=FILE for what an archive holds (- is standard "
     "input), ext4=IMAGE for what a file system image holds, or ref=REV for the tree of a commit; "
     "again for more, laid over each other",
     "TREE"},
    {"base", 0, 0, G_OPTION_ARG_STRING, &opt_base, "Start from the tree of this commit", "REV"},
    {"parent", 0, 0, G_OPTION_ARG_STRING, &opt_parent,
     "The commit before (default: where the branch is), or none", "CHECKSUM"},
    {"orphan", 0, 0, G_OPTION_ARG_NONE, &opt_orphan, "Update no ref", NULL},
    {"owner-uid", 0, 0, G_OPTION_ARG_INT64, &opt_owner_uid, "Owner of all files", "UID"},
    {"owner-gid", 0, 0, G_OPTION_ARG_INT64, &opt_owner_gid, "Group of all files", "GID"},
    {"no-xattrs", 0, 0, G_OPTION_ARG_NONE, &opt_no_xattrs, "Leave extended attributes out", NULL},
    {"canonical-permissions", 0, 0, G_OPTION_ARG_NONE, &opt_canonical_permissions,
     "Owner and group 0, modes masked with 0755, no extended attributes", NULL},
    {"selinux-policy", 0, 0, G_OPTION_ARG_FILENAME, &opt_selinux_policy,
     "Label all files as the SELinux policy of this root file system says (may be /)", "PATH"},
    {"selinux-policy-from-base", 'P', 0, G_OPTION_ARG_NONE, &opt_selinux_from_base,
     "The same by the policy of the base, or else of the first tree", NULL},
    {"selinux-labeling-epoch", 0, 0, G_OPTION_ARG_INT, &opt_selinux_epoch,
     "1: files below /usr/etc get the labels of those in /etc (default: 0, their own)", "0|1"},
    {"mode-ro-executables", 0, 0, G_OPTION_ARG_NONE, &opt_ro_executables,
     "Executables lose their write bits", NULL},
    {"statoverride", 0, 0, G_OPTION_ARG_FILENAME, &opt_statoverride,
     "Modes of single files: lines of +MODE PATH (bits to add) or =MODE PATH, in decimal", "FILE"},
    {"skip-list", 0, 0, G_OPTION_ARG_FILENAME, &opt_skip_list,
     "Paths to leave out, one a line, as they are in the commit", "FILE"},
    {"link-checkout-speedup", 0, 0, G_OPTION_ARG_NONE, &opt_link_speedup,
     "Do not read files that are hard links into the repository", NULL},
    {"devino-canonical", 'I', 0, G_OPTION_ARG_NONE, &opt_devino_canonical,
     "The same, also where other options would change the file", NULL},
    {"tar-autocreate-parents", 0, 0, G_OPTION_ARG_NONE, &opt_tar_autocreate,
     "Make up directories that an archive has no entry for, as 0:0 0755", NULL},
    {"tar-pathname-filter", 0, 0, G_OPTION_ARG_STRING, &opt_tar_filter,
     "Replace what matches in the names of an archive", "REGEX,REPLACEMENT"},
    {"consume", 0, 0, G_OPTION_ARG_NONE, &opt_consume,
     "Remove the directories once the commit is written; files may be moved", NULL},
    {"timestamp", 0, 0, G_OPTION_ARG_STRING, &opt_timestamp,
     "Time of the commit: @SECONDS or a date (default: $SOURCE_DATE_EPOCH, now)", "TIME"},
    {"add-metadata-string", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_metadata_strings,
     "Metadata, part of the checksum; again for more", "KEY=VALUE"},
    {"add-metadata", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_metadata_variants,
     "Metadata of any type, as the text of a GVariant; again for more", "KEY=VALUE"},
    {"keep-metadata", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_keep_metadata,
     "Copy this key from the parent; again for more", "KEY"},
    {"bootable", 0, 0, G_OPTION_ARG_NONE, &opt_bootable,
     "Record that the tree boots, and its kernel's release", NULL},
    {"add-detached-metadata-string", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_detached_strings,
     "Metadata beside the commit, not part of the checksum; again for more", "KEY=VALUE"},
    SIGN_OPTIONS (opt_sign, "commit"),
    {"bind-ref", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_bind_refs,
     "One more ref that the commit is meant for; again for more", "REF"},
    {"no-bindings", 0, 0, G_OPTION_ARG_NONE, &opt_no_bindings,
     "Do not record which refs the commit is meant for", NULL},
    {"generate-sizes", 0, 0, G_OPTION_ARG_NONE, &opt_generate_sizes,
     "Record the sizes of all objects, in archive repositories", NULL},
    {"generate-composefs-metadata", 0, 0, G_OPTION_ARG_NONE, &opt_composefs,
     "Record the digest of the tree's composefs image: composefs is not built in", NULL},
    {"skip-if-unchanged", 0, 0, G_OPTION_ARG_NONE, &opt_skip_if_unchanged,
     "Write nothing when the tree is that of the parent", NULL},
    {"stat-cache", 0, 0, G_OPTION_ARG_NONE, &opt_stat_cache,
     "Do not read files that are as they were when they were last committed", NULL},
    {"table-output", 0, 0, G_OPTION_ARG_NONE, &opt_table_output, "Print counts, as KEY: VALUE",
     NULL},
    {"fsync", 0, 0, G_OPTION_ARG_STRING, &opt_fsync,
     "yes (default), or no: do not wait for the disk", "POLICY"},
    {"disable-fsync", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &opt_disable_fsync,
     "The same as --fsync=no", NULL},
    {NULL},
};

static gboolean
refuse (GError **error, const char *text)
{
  g_set_error_literal (error, TREE_ERROR, TREE_ERROR_INVALID, text);
  return FALSE;
}

/* ---- Options ---- */

static gboolean
read_body (char **out, GError **error)
{
  if (opt_body_file == NULL) {
    *out = g_strdup (opt_body);
    return TRUE;
  }
  if (opt_body != NULL)
    return refuse (error, "Cannot specify both --body and --body-file");
  g_autofree char *text = NULL;
  gsize len;
  if (!g_file_get_contents (opt_body_file, &text, &len, error))
    return FALSE;
  if (!g_utf8_validate (text, (gssize)len, NULL)) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID, "'%s' is not UTF-8 text", opt_body_file);
    return FALSE;
  }
  *out = g_steal_pointer (&text);
  return TRUE;
}

static gboolean
read_parent (TreeCommitOptions *self, TreeChecksum *storage, GError **error)
{
  if (opt_parent == NULL)
    return TRUE;
  if (strcmp (opt_parent, "none") == 0) {
    self->no_parent = TRUE;
    return TRUE;
  }
  if (!tree_checksum_from_hex (opt_parent, storage, NULL)) {
    g_set_error (
        error, TREE_ERROR, TREE_ERROR_INVALID,
        "Invalid parent '%s': use a commit's 64 digits, as `rev-parse` prints them, or none",
        opt_parent);
    return FALSE;
  }
  self->parent = storage;
  return TRUE;
}

static gboolean
read_owner (const char *option, gint64 value, GError **error)
{
  if (value < -1 || value > G_MAXUINT32 - 1) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "%s=%" G_GINT64_FORMAT " is not between 0 and %u", option, value, G_MAXUINT32 - 1);
    return FALSE;
  }
  if (opt_canonical_permissions && value > 0) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "Cannot specify both --canonical-permissions and non-zero %s", option);
    return FALSE;
  }
  return TRUE;
}

/* Splits --tar-pathname-filter in place. */
static gboolean
read_tar_filter (TreeCommitOptions *self, GError **error)
{
  char *comma = opt_tar_filter != NULL ? strchr (opt_tar_filter, ',') : NULL;
  if (opt_tar_filter == NULL)
    return TRUE;
  if (comma == NULL)
    return refuse (error, "Missing ',' in --tar-pathname-filter: use REGEX,REPLACEMENT");
  *comma = '\0';
  self->tar_path_regex = opt_tar_filter;
  self->tar_path_replacement = comma + 1;
  return TRUE;
}

static gboolean
read_options (TreeCommitOptions *out, GError **error)
{
  if (opt_branch == NULL && !opt_orphan)
    return refuse (error, "A branch must be specified with --branch, or use --orphan");
  if (!read_owner ("--owner-uid", opt_owner_uid, error) ||
      !read_owner ("--owner-gid", opt_owner_gid, error))
    return FALSE;
  if (opt_selinux_policy != NULL && opt_selinux_from_base)
    return refuse (error, "Cannot specify both --selinux-policy and --selinux-policy-from-base");
  if (opt_selinux_epoch < 0 || opt_selinux_epoch > 1)
    return refuse (error, "--selinux-labeling-epoch must be 0 or 1");
  if (opt_selinux_epoch > 0 && opt_selinux_policy == NULL && !opt_selinux_from_base)
    return refuse (error, "--selinux-labeling-epoch goes with --selinux-policy or -P");
  if (opt_composefs)
    return value_refuse_composefs ("--generate-composefs-metadata", error);
  gboolean fsync = TRUE;
  if (opt_fsync != NULL && !value_parse_boolean ("--fsync", opt_fsync, &fsync, error))
    return FALSE;
  *out = (TreeCommitOptions){
      .branch = opt_orphan ? NULL : opt_branch,
      .has_timestamp = opt_timestamp != NULL,
      .metadata_strings = (const char *const *)opt_metadata_strings,
      .metadata_variants = (const char *const *)opt_metadata_variants,
      .keep_metadata = (const char *const *)opt_keep_metadata,
      .bootable = opt_bootable,
      .detached_metadata_strings = (const char *const *)opt_detached_strings,
      .bind_refs = (const char *const *)opt_bind_refs,
      .no_bindings = opt_no_bindings,
      .generate_sizes = opt_generate_sizes,
      .owner_uid = opt_owner_uid,
      .owner_gid = opt_owner_gid,
      .no_xattrs = opt_no_xattrs,
      .canonical_permissions = opt_canonical_permissions,
      .read_only_executables = opt_ro_executables,
      .selinux_dfd = AT_FDCWD,
      .selinux_policy = opt_selinux_policy,
      .selinux_policy_from_base = opt_selinux_from_base,
      .selinux_usr_etc_as_etc = opt_selinux_epoch == 1,
      .use_stat_cache = opt_stat_cache,
      .trust_hardlinks = opt_link_speedup || opt_devino_canonical,
      .trust_canonical = opt_devino_canonical,
      .tar_autocreate_parents = opt_tar_autocreate,
      .consume = opt_consume,
      .skip_if_unchanged = opt_skip_if_unchanged,
      .no_fsync = !fsync || opt_disable_fsync,
  };
  gint64 timestamp = 0;
  if (!read_tar_filter (out, error) ||
      (opt_timestamp != NULL && !value_parse_time (opt_timestamp, &timestamp, error)))
    return FALSE;
  /* Of a time before 1970 the format keeps the bits, as `ostree` does. */
  out->timestamp = (guint64)timestamp;
  return TRUE;
}

/* ---- What is committed ---- */

static gboolean
add_rev (TreeRepo *repo, GArray *sources, TreeSourceKind kind, const char *rev, GError **error)
{
  TreeSource source = {.kind = kind};
  if (!rev_resolve (repo, rev, &source.commit, error))
    return FALSE;
  g_array_append_val (sources, source);
  return TRUE;
}

static void
add_file (GArray *sources, TreeSourceKind kind, const char *path)
{
  TreeSource source = {.kind = kind, .dfd = AT_FDCWD, .path = path};
  if (kind == TREE_SOURCE_TAR && strcmp (path, "-") == 0) {
    source.dfd = STDIN_FILENO;
    source.path = NULL;
  }
  g_array_append_val (sources, source);
}

static gboolean
add_tree (TreeRepo *repo, GArray *sources, const char *tree, GError **error)
{
  if (g_str_has_prefix (tree, "ref="))
    return add_rev (repo, sources, TREE_SOURCE_COMMIT, tree + strlen ("ref="), error);
  if (g_str_has_prefix (tree, "dir=")) {
    add_file (sources, TREE_SOURCE_DIR, tree + strlen ("dir="));
    return TRUE;
  }
  if (g_str_has_prefix (tree, "tar=")) {
    add_file (sources, TREE_SOURCE_TAR, tree + strlen ("tar="));
    return TRUE;
  }
  if (g_str_has_prefix (tree, "ext4=")) {
    add_file (sources, TREE_SOURCE_EXT4, tree + strlen ("ext4="));
    return TRUE;
  }
  if (strchr (tree, '=') == NULL)
    return refuse (
        error, "Missing type in tree specification: use dir=PATH, tar=FILE, ext4=IMAGE or ref=REV");
  g_set_error (
      error, TREE_ERROR, TREE_ERROR_INVALID,
      "Invalid tree type specification '%s': use dir=PATH, tar=FILE, ext4=IMAGE or ref=REV", tree);
  return FALSE;
}

/* TreeSource of --base, the word and --tree; the current directory where nothing is said. */
static GArray *
read_sources (TreeRepo *repo, int argc, char **argv, GError **error)
{
  g_autoptr (GArray) sources = g_array_new (FALSE, FALSE, sizeof (TreeSource));
  if (opt_base != NULL && !add_rev (repo, sources, TREE_SOURCE_BASE, opt_base, error))
    return NULL;
  if (argc > 0 && opt_trees != NULL) {
    (void)refuse (error, "Give either PATH or --tree");
    return NULL;
  }
  for (gsize i = 0; opt_trees != NULL && opt_trees[i] != NULL; i++)
    if (!add_tree (repo, sources, opt_trees[i], error))
      return NULL;
  if (opt_trees == NULL)
    add_file (sources, TREE_SOURCE_DIR, argc > 0 ? argv[0] : ".");
  return g_steal_pointer (&sources);
}

static void
print_result (const TreeCommitResult *result)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&result->checksum, hex);
  if (!opt_table_output) {
    puts (hex);
    return;
  }
  printf ("Commit: %s\n", hex);
  printf ("Metadata Total: %" G_GUINT64_FORMAT "\n", result->n_metadata);
  printf ("Metadata Written: %" G_GUINT64_FORMAT "\n", result->n_metadata_written);
  printf ("Content Total: %" G_GUINT64_FORMAT "\n", result->n_content);
  printf ("Content Written: %" G_GUINT64_FORMAT "\n", result->n_content_written);
  printf ("Content Cache Hits: %" G_GUINT64_FORMAT "\n", result->n_cache_hits);
  printf ("Content Bytes Written: %" G_GUINT64_FORMAT "\n", result->content_bytes_written);
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (!command_check_words (context, argc, 0, 1, error))
    return FALSE;
  TreeCommitOptions commit_options;
  TreeChecksum parent;
  g_autofree char *subject = g_strdup (opt_subject);
  g_autofree char *body = NULL;
  if (!read_options (&commit_options, error) || !read_parent (&commit_options, &parent, error) ||
      !read_body (&body, error))
    return FALSE;
  if (opt_editor && !editor_ask_message (opt_branch, &subject, &body, error))
    return FALSE;
  commit_options.subject = subject;
  commit_options.body = body;
  g_autoptr (GArray) modes = NULL;
  g_auto (GStrv) skips = NULL;
  if (opt_statoverride != NULL) {
    modes = commit_rules_read_modes (opt_statoverride, error);
    if (modes == NULL)
      return FALSE;
    commit_options.mode_rules = (const TreeModeRule *)modes->data;
    commit_options.n_mode_rules = modes->len;
  }
  if (opt_skip_list != NULL) {
    skips = commit_rules_read_skips (opt_skip_list, error);
    if (skips == NULL)
      return FALSE;
    commit_options.skip_paths = (const char *const *)skips;
  }
  g_autoptr (GPtrArray) signers = signers_load (&opt_sign, error);
  if (signers == NULL)
    return FALSE;
  commit_options.signers = signers;
  g_autoptr (GArray) sources = read_sources (context->repo, argc, argv, error);
  if (sources == NULL)
    return FALSE;
  ShowProgress line = {0};
  commit_options.progress = show_progress;
  commit_options.user_data = &line;
  TreeCommitResult result = {0};
  gboolean ok = tree_repo_commit (context->repo, (const TreeSource *)sources->data, sources->len,
                                  &commit_options, &result, error);
  show_progress_end (&line);
  if (!ok)
    return FALSE;
  print_result (&result);
  return TRUE;
}

const Command cmd_repo_commit = {
    .name = "commit",
    .arguments = "[PATH]",
    .summary = "Commit the tree at PATH, by default the current directory",
    .examples = "  $ pando commit --repo=build.repo -b os/stable -s 'Nightly build' rootfs\n"
                "  $ pando commit -b os/stable --add-metadata-string=version=1.2 rootfs\n"
                "  $ pando commit -b os/stable --tree=ref=os/testing\n"
                "  $ pando commit -b os/stable --tree=tar=rootfs.tar.xz --tree=dir=overlay\n"
                "  $ pando commit -b os/stable --tree=ext4=rootfs.img\n"
                "  $ pando commit -b os/stable --sign-from-file=secret.ed25519 rootfs\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
