/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando ls`: lists what is in a commit. */
#include "config.h"

#include <stdio.h>
#include <sys/stat.h>

#include "src/command.h"
#include "src/rev.h"
#include "src/show/json.h"
#include "tree-error.h"

static gboolean opt_dir_only;
static gboolean opt_recursive;
static gboolean opt_checksum;
static gboolean opt_xattrs;
static gboolean opt_nul_filenames_only;
static gboolean opt_json;

static const GOptionEntry options[] = {
    {"dironly", 'd', 0, G_OPTION_ARG_NONE, &opt_dir_only,
     "Of a directory only itself, not what is in it", NULL},
    {"recursive", 'R', 0, G_OPTION_ARG_NONE, &opt_recursive, "All that is below, too", NULL},
    {"checksum", 'C', 0, G_OPTION_ARG_NONE, &opt_checksum,
     "Show the objects' names; of a directory that of its tree and that of its metadata", NULL},
    {"xattrs", 'X', 0, G_OPTION_ARG_NONE, &opt_xattrs, "Show extended attributes", NULL},
    {"nul-filenames-only", 0, 0, G_OPTION_ARG_NONE, &opt_nul_filenames_only,
     "Only paths, each with a NUL behind it", NULL},
    {"json", 0, 0, G_OPTION_ARG_NONE, &opt_json, "An array of objects, one a line", NULL},
    {NULL},
};

static gboolean
print_name (const TreeEntry *entry, gpointer user_data, GError **error)
{
  fputs (entry->path, stdout);
  putchar ('\0');
  return TRUE;
}

static void
print_checksums (const TreeEntry *entry)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&entry->content, hex);
  printf ("%s ", hex);
  if (!S_ISDIR (entry->mode))
    return;
  tree_checksum_to_hex (&entry->meta, hex);
  printf ("%s ", hex);
}

static gboolean
print_entry (const TreeEntry *entry, gpointer user_data, GError **error)
{
  char type = S_ISDIR (entry->mode) ? 'd' : S_ISLNK (entry->mode) ? 'l' : '-';
  printf ("%c%05o %u %u %6" G_GUINT64_FORMAT " ", type, entry->mode & 07777, entry->uid, entry->gid,
          entry->size);
  if (opt_checksum)
    print_checksums (entry);
  if (opt_xattrs) {
    g_autofree char *text = entry->xattrs != NULL ? g_variant_print (entry->xattrs, TRUE)
                                                  : g_strdup ("@a(ayay) []");
    printf ("{ %s } ", text);
  }
  fputs (entry->path, stdout);
  if (entry->target != NULL)
    printf (" -> %s", entry->target);
  putchar ('\n');
  return TRUE;
}

static void
print_xattrs_json (ShowJson *json, GVariant *xattrs)
{
  show_json_begin_object (json, "xattrs");
  for (gsize i = 0; xattrs != NULL && i < g_variant_n_children (xattrs); i++) {
    g_autoptr (GVariant) name = NULL;
    g_autoptr (GVariant) value = NULL;
    g_variant_get_child (xattrs, i, "(@ay@ay)", &name, &value);
    gsize len;
    const guint8 *bytes = g_variant_get_fixed_array (value, &len, 1);
    g_autofree char *text = g_base64_encode (bytes != NULL ? bytes : (const guint8 *)"", len);
    show_json_string (json, g_variant_get_bytestring (name), text);
  }
  show_json_end_object (json);
}

static gboolean
print_entry_json (const TreeEntry *entry, gpointer user_data, GError **error)
{
  ShowJson *json = user_data;
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  show_json_begin_object (json, NULL);
  show_json_string (json, "path", entry->path);
  show_json_string (json, "type",
                    S_ISDIR (entry->mode)   ? "directory"
                    : S_ISLNK (entry->mode) ? "symlink"
                                            : "file");
  show_json_uint (json, "mode", entry->mode & 07777);
  show_json_uint (json, "uid", entry->uid);
  show_json_uint (json, "gid", entry->gid);
  if (S_ISREG (entry->mode))
    show_json_uint (json, "size", entry->size);
  if (entry->target != NULL)
    show_json_string (json, "target", entry->target);
  tree_checksum_to_hex (&entry->content, hex);
  show_json_string (json, "checksum", hex);
  if (S_ISDIR (entry->mode)) {
    tree_checksum_to_hex (&entry->meta, hex);
    show_json_string (json, "meta-checksum", hex);
  }
  if (opt_xattrs)
    print_xattrs_json (json, entry->xattrs);
  show_json_end_object (json);
  show_json_flush (json);
  return TRUE;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "COMMIT must be specified");
  TreeChecksum commit;
  if (!rev_resolve (context->repo, argv[0], &commit, error))
    return FALSE;
  TreeLsFlags flags = TREE_LS_DEFAULT;
  if (opt_recursive)
    flags |= TREE_LS_RECURSIVE;
  if (opt_dir_only)
    flags |= TREE_LS_DIR_ONLY;
  if (opt_nul_filenames_only)
    flags |= TREE_LS_NAMES_ONLY;
  g_auto (ShowJson) json = {0};
  show_json_init (&json);
  TreeEntryFunc print = opt_json                 ? print_entry_json
                        : opt_nul_filenames_only ? print_name
                                                 : print_entry;
  static char root[] = "/";
  static char *const whole[] = {root, NULL};
  char *const *paths = argc > 1 ? argv + 1 : whole;
  if (opt_json)
    show_json_begin_array (&json, NULL);
  for (; *paths != NULL; paths++)
    if (!tree_repo_ls (context->repo, &commit, *paths, flags, print, &json, error))
      return FALSE;
  if (opt_json) {
    show_json_end_array (&json);
    show_json_flush (&json);
  }
  return TRUE;
}

const Command cmd_repo_ls = {
    .name = "ls",
    .arguments = "COMMIT [PATH…]",
    .summary = "List what is in a commit",
    .examples = "  $ pando ls os/stable /usr/bin\n"
                "  $ pando ls -R --nul-filenames-only os/stable | xargs -0 -n1 echo\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
