/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando diff`: what differs between two trees. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "src/command.h"
#include "src/rev.h"
#include "src/show/json.h"
#include "tree-diff.h"
#include "tree-error.h"

static gboolean opt_stats;
static gboolean opt_fs_diff;
static gboolean opt_no_xattrs;
static gboolean opt_json;
static gint64 opt_owner_uid = -1;
static gint64 opt_owner_gid = -1;

static const GOptionEntry options[] = {
    {"stats", 0, 0, G_OPTION_ARG_NONE, &opt_stats,
     "Count the objects of two commits, and those that they share", NULL},
    {"fs-diff", 0, 0, G_OPTION_ARG_NONE, &opt_fs_diff,
     "List what differs (the default without --stats)", NULL},
    {"no-xattrs", 0, 0, G_OPTION_ARG_NONE, &opt_no_xattrs,
     "As if files of directories had no extended attributes", NULL},
    {"owner-uid", 0, 0, G_OPTION_ARG_INT64, &opt_owner_uid,
     "As if files of directories belonged to this user", "UID"},
    {"owner-gid", 0, 0, G_OPTION_ARG_INT64, &opt_owner_gid,
     "As if files of directories belonged to this group", "GID"},
    {"json", 0, 0, G_OPTION_ARG_NONE, &opt_json, "Print one JSON object", NULL},
    {NULL},
};

static gboolean
read_side (const TreeRepo *repo, const char *word, TreeDiffSide *out, GError **error)
{
  *out = (TreeDiffSide){.dfd = AT_FDCWD, .path = word};
  out->is_directory = *word == '/' || *word == '.';
  if (out->is_directory || rev_resolve (repo, word, &out->commit, error))
    return TRUE;
  if (g_file_test (word, G_FILE_TEST_IS_DIR))
    g_prefix_error (error, "'%s' is taken for a revision; the directory is './%s': ", word, word);
  return FALSE;
}

/* ---- What differs ---- */

static const struct {
  char letter;
  const char *name;
} kinds[] = {
    [TREE_CHANGE_MODIFIED] = {'M', "modified"},
    [TREE_CHANGE_DELETED] = {'D', "deleted"},
    [TREE_CHANGE_ADDED] = {'A', "added"},
};

typedef struct {
  const TreeDiffSide *a;
  const TreeDiffSide *b;
  ShowJson *json;
} Printer;

static gboolean
print_change (const TreeChange *change, gpointer user_data, GError **error)
{
  const Printer *self = user_data;
  const TreeDiffSide *side = change->kind == TREE_CHANGE_ADDED ? self->b : self->a;
  if (!opt_json) {
    /* Paths in a commit begin with a slash. */
    printf ("%c    %s%s\n", kinds[change->kind].letter, side->is_directory ? "" : "/",
            change->path);
    return TRUE;
  }
  show_json_begin_object (self->json, NULL);
  show_json_string (self->json, "change", kinds[change->kind].name);
  show_json_string (self->json, "path", change->path);
  show_json_end_object (self->json);
  show_json_flush (self->json);
  return TRUE;
}

static gboolean
list_changes (const TreeRepo *repo, const TreeDiffSide *a, const TreeDiffSide *b, ShowJson *json,
              GError **error)
{
  const TreeDiffOptions how = {opt_owner_uid, opt_owner_gid, opt_no_xattrs};
  Printer printer = {a, b, json};
  if (opt_json)
    show_json_begin_array (json, "changes");
  if (!tree_repo_diff (repo, a, b, &how, print_change, &printer, error))
    return FALSE;
  if (opt_json)
    show_json_end_array (json);
  return TRUE;
}

/* ---- How much is shared ---- */

static gboolean
count (const TreeRepo *repo, const TreeDiffSide *a, const TreeDiffSide *b, ShowJson *json,
       GError **error)
{
  TreeDiffStats stats;
  if (a->is_directory || b->is_directory) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "--stats is about two commits, and '%s' is a directory",
                 a->is_directory ? a->path : b->path);
    return FALSE;
  }
  if (!tree_repo_diff_stats (repo, &a->commit, &b->commit, &stats, error))
    return FALSE;
  if (opt_json) {
    show_json_begin_object (json, "stats");
    show_json_uint (json, "objects-a", stats.n_objects_a);
    show_json_uint (json, "objects-b", stats.n_objects_b);
    show_json_uint (json, "common-objects", stats.n_common);
    show_json_uint (json, "common-bytes", stats.common_bytes);
    show_json_end_object (json);
    return TRUE;
  }
  printf ("[A] Object Count: %" G_GUINT64_FORMAT "\n", stats.n_objects_a);
  printf ("[B] Object Count: %" G_GUINT64_FORMAT "\n", stats.n_objects_b);
  printf ("Common Object Count: %" G_GUINT64_FORMAT "\n", stats.n_common);
  g_autofree char *size = g_format_size (stats.common_bytes);
  printf ("Common Object Size: %s\n", size);
  return TRUE;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "REV must be specified");
  if (!command_check_words (context, argc, 1, 2, error))
    return FALSE;
  g_autofree char *parent = argc == 1 ? g_strconcat (argv[0], "^", NULL) : NULL;
  TreeDiffSide a;
  TreeDiffSide b;
  if (!read_side (context->repo, parent != NULL ? parent : argv[0], &a, error) ||
      !read_side (context->repo, argv[argc - 1], &b, error))
    return FALSE;
  g_auto (ShowJson) json = {0};
  show_json_init (&json);
  if (opt_json)
    show_json_begin_object (&json, NULL);
  if (((opt_fs_diff || !opt_stats) && !list_changes (context->repo, &a, &b, &json, error)) ||
      (opt_stats && !count (context->repo, &a, &b, &json, error)))
    return FALSE;
  if (opt_json) {
    show_json_end_object (&json);
    show_json_flush (&json);
  }
  return TRUE;
}

const Command cmd_repo_diff = {
    .name = "diff",
    .arguments = "REV | REV-OR-DIRECTORY REV-OR-DIRECTORY",
    .summary = "Show what differs between two trees, or a commit and its parent",
    .examples = "  $ pando diff os/stable\n"
                "  $ pando diff --owner-uid=0 --owner-gid=0 os/stable ./rootfs\n"
                "  $ pando diff --stats os/stable os/testing\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
