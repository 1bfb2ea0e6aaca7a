/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando show`: prints an object, by default a commit. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "src/command.h"
#include "src/rev.h"
#include "src/show/dump.h"
#include "src/show/signatures.h"
#include "src/show/sizes.h"
#include "tree-error.h"
#include "tree-sign.h"

static gboolean opt_raw;
static gboolean opt_no_byteswap;
static gboolean opt_json;
static gboolean opt_hex;
static gboolean opt_list_keys;
static gboolean opt_list_detached_keys;
static gboolean opt_sizes;
static gboolean opt_related;
static char *opt_key;
static char *opt_detached_key;
static char *opt_variant_type;
static char *opt_gpg_home;
static char *opt_gpg_remote;

static const GOptionEntry options[] = {
    {"raw", 0, 0, G_OPTION_ARG_NONE, &opt_raw, "Print the whole object, as GVariant text", NULL},
    {"json", 0, 0, G_OPTION_ARG_NONE, &opt_json, "Print a commit as one JSON object", NULL},
    {"list-metadata-keys", 0, 0, G_OPTION_ARG_NONE, &opt_list_keys,
     "Print the names of the commit's metadata", NULL},
    {"print-metadata-key", 0, 0, G_OPTION_ARG_STRING, &opt_key,
     "Print one value of the commit's metadata", "KEY"},
    {"list-detached-metadata-keys", 0, 0, G_OPTION_ARG_NONE, &opt_list_detached_keys,
     "Print the names of the metadata beside the commit", NULL},
    {"print-detached-metadata-key", 0, 0, G_OPTION_ARG_STRING, &opt_detached_key,
     "Print one value of the metadata beside the commit", "KEY"},
    {"print-related", 0, 0, G_OPTION_ARG_NONE, &opt_related,
     "Print the names and checksums of the commits that it calls related", NULL},
    {"print-sizes", 0, 0, G_OPTION_ARG_NONE, &opt_sizes,
     "Print how large the commit is, and how much of it is not here", NULL},
    {"print-hex", 0, 0, G_OPTION_ARG_NONE, &opt_hex, "Print a value of bytes in hexadecimal", NULL},
    {"print-variant-type", 0, 0, G_OPTION_ARG_STRING, &opt_variant_type,
     "OBJECT is a file: print it as a GVariant of this type", "TYPE"},
    {"gpg-verify-remote", 0, 0, G_OPTION_ARG_STRING, &opt_gpg_remote,
     "Check OpenPGP signatures by the keys of this remote alone", "NAME"},
    {"gpg-homedir", 0, 0, G_OPTION_ARG_FILENAME, &opt_gpg_home,
     "Check OpenPGP signatures by the keyrings in this folder, too", "FOLDER"},
    {"no-byteswap", 'B', 0, G_OPTION_ARG_NONE, &opt_no_byteswap, "Print numbers as they are stored",
     NULL},
    {NULL},
};

/* ---- Metadata of a commit ---- */

static gboolean
print_value (GVariant *value, GError **error)
{
  if (!opt_hex) {
    dump_variant (value, !opt_no_byteswap);
    return TRUE;
  }
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING)) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                 "--print-hex is for values of type 'ay'; this one is '%s'",
                 g_variant_get_type_string (value));
    return FALSE;
  }
  gsize len;
  const guint8 *bytes = g_variant_get_fixed_array (value, &len, 1);
  for (gsize i = 0; i < len; i++)
    printf ("%02x", bytes[i]);
  putchar ('\n');
  return TRUE;
}

static gboolean
print_key (GVariant *metadata, const char *key, GError **error)
{
  g_autoptr (GVariant) value = metadata != NULL ? g_variant_lookup_value (metadata, key, NULL)
                                                : NULL;
  if (value != NULL)
    return print_value (value, error);
  g_set_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND, "No such metadata key '%s'", key);
  return FALSE;
}

static void
list_keys (GVariant *metadata)
{
  for (gsize i = 0; metadata != NULL && i < g_variant_n_children (metadata); i++) {
    const char *key;
    g_autoptr (GVariant) value = NULL;
    g_variant_get_child (metadata, i, "{&sv}", &key, &value);
    puts (key);
  }
}

/* The third member of a commit, `a(say)`. */
static gboolean
print_related (const TreeCommitInfo *info, GError **error)
{
  g_autoptr (GVariant) related = g_variant_get_child_value (info->variant, 2);
  for (gsize i = 0; i < g_variant_n_children (related); i++) {
    const char *name;
    g_autoptr (GVariant) bytes = NULL;
    g_variant_get_child (related, i, "(&s@ay)", &name, &bytes);
    gsize len = 0;
    TreeChecksum checksum;
    const guint8 *data = g_variant_get_fixed_array (bytes, &len, 1);
    if (len != sizeof checksum.bytes) {
      g_set_error (error, TREE_ERROR, TREE_ERROR_CORRUPT, "the checksum of related '%s' is damaged",
                   name);
      return FALSE;
    }
    memcpy (checksum.bytes, data, len);
    char hex[TREE_CHECKSUM_HEX_LEN + 1];
    tree_checksum_to_hex (&checksum, hex);
    printf ("%s %s\n", name, hex);
  }
  return TRUE;
}

/* Where nobody asked for a check, that it cannot be done is no failure: no gpg, say. */
static gboolean
show_signatures_of (const TreeRepo *repo, const TreeChecksum *commit, GError **error)
{
  g_autoptr (GPtrArray) texts = NULL;
  g_autoptr (GError) local = NULL;
  if (!tree_repo_gpg_describe_commit (repo, commit, opt_gpg_remote, opt_gpg_home, &texts, &local)) {
    if (opt_gpg_remote == NULL && opt_gpg_home == NULL) {
      fprintf (stderr, "warning: signatures are not checked: %s\n", local->message);
      return TRUE;
    }
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  show_signatures ("Found", texts);
  return TRUE;
}

static gboolean
show_commit (const TreeRepo *repo, const TreeCommitInfo *info, GError **error)
{
  if (opt_related)
    return print_related (info, error);
  if (opt_key != NULL)
    return print_key (info->metadata, opt_key, error);
  if (opt_detached_key != NULL)
    return print_key (info->detached, opt_detached_key, error);
  if (opt_list_keys || opt_list_detached_keys) {
    list_keys (opt_list_keys ? info->metadata : info->detached);
    return TRUE;
  }
  if (opt_json) {
    g_auto (ShowJson) json = {0};
    show_json_init (&json);
    dump_commit_json (info, &json);
    show_json_flush (&json);
    return TRUE;
  }
  DumpStyle style = !opt_raw ? DUMP_TEXT : opt_no_byteswap ? DUMP_RAW_UNSWAPPED : DUMP_RAW;
  return dump_commit (info, style, error) &&
         (style != DUMP_TEXT || show_signatures_of (repo, &info->checksum, error));
}

/* ---- Other objects ---- */

static gboolean
show_metadata_object (const TreeRepo *repo, TreeObjectType type, const char *hex,
                      const TreeChecksum *checksum, GError **error)
{
  static const struct {
    const char *name;
    const char *format;
  } forms[] = {
      [TREE_OBJECT_DIR_TREE] = {"dirtree", "(a(say)a(sayay))"},
      [TREE_OBJECT_DIR_META] = {"dirmeta", "(uuua(ayay))"},
  };
  printf ("%s %s\n", forms[type].name, hex);
  if (!opt_raw)
    return TRUE;
  g_autoptr (GBytes) bytes = NULL;
  if (!tree_repo_load_metadata (repo, type, checksum, &bytes, error))
    return FALSE;
  g_autoptr (GVariant) variant = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE (forms[type].format), bytes, FALSE));
  dump_variant (variant, !opt_no_byteswap);
  return TRUE;
}

static gboolean
show_file_object (const TreeRepo *repo, const char *hex, const TreeChecksum *checksum,
                  GError **error)
{
  g_autoptr (TreeFileInfo) info = tree_repo_load_file_info (repo, checksum, error);
  if (info == NULL)
    return FALSE;
  printf ("Object: %s\nType: file\n", hex);
  if (S_ISLNK (info->mode))
    printf ("File Type: symlink\nTarget: %s\n", info->target);
  else
    printf ("File Type: regular\nSize: %" G_GUINT64_FORMAT "\n", info->size);
  printf ("Mode: 0%o\nUid: %u\nGid: %u\n", info->mode, info->uid, info->gid);
  g_autofree char *xattrs = info->xattrs != NULL ? g_variant_print (info->xattrs, TRUE)
                                                 : g_strdup ("@a(ayay) []");
  printf ("Extended Attributes: { %s }\n", xattrs);
  return TRUE;
}

/* An object of any type, by its checksum. */
static gboolean
show_object (const TreeRepo *repo, const char *hex, const TreeChecksum *checksum, GError **error)
{
  static const TreeObjectType types[] = {TREE_OBJECT_DIR_META, TREE_OBJECT_DIR_TREE};
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++) {
    gboolean found;
    if (!tree_repo_has_object (repo, types[i], checksum, &found, error))
      return FALSE;
    if (found)
      return show_metadata_object (repo, types[i], hex, checksum, error);
  }
  return show_file_object (repo, hex, checksum, error);
}

static gboolean
show_file_as_variant (const char *path, GError **error)
{
  if (!g_variant_type_string_is_valid (opt_variant_type) ||
      !g_variant_type_is_definite (G_VARIANT_TYPE (opt_variant_type))) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID, "'%s' is no GVariant type",
                 opt_variant_type);
    return FALSE;
  }
  g_autoptr (GMappedFile) map = g_mapped_file_new (path, FALSE, error);
  if (map == NULL)
    return FALSE;
  g_autoptr (GBytes) bytes = g_mapped_file_get_bytes (map);
  g_autoptr (GVariant) variant = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE (opt_variant_type), bytes, FALSE));
  dump_variant (variant, !opt_no_byteswap);
  return TRUE;
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "An object argument is required");
  if (!command_check_words (context, argc, 1, 1, error))
    return FALSE;
  const char *word = argv[0];
  if (opt_variant_type != NULL)
    return show_file_as_variant (word, error);
  TreeChecksum checksum;
  if (!rev_resolve (context->repo, word, &checksum, error))
    return FALSE;
  gboolean about_commit = opt_key != NULL || opt_detached_key != NULL || opt_list_keys ||
                          opt_list_detached_keys || opt_json || opt_sizes || opt_related;
  gboolean is_commit;
  if (!tree_repo_has_object (context->repo, TREE_OBJECT_COMMIT, &checksum, &is_commit, error))
    return FALSE;
  if (!is_commit && !about_commit && strlen (word) == TREE_CHECKSUM_HEX_LEN)
    return show_object (context->repo, word, &checksum, error);
  if (opt_sizes)
    return show_sizes (context->repo, &checksum, error);
  g_autoptr (TreeCommitInfo) info = tree_repo_load_commit (context->repo, &checksum, error);
  return info != NULL && show_commit (context->repo, info, error);
}

const Command cmd_repo_show = {
    .name = "show",
    .arguments = "OBJECT",
    .summary = "Print a commit, or another object by its checksum",
    .examples =
        "  $ pando show os/stable\n"
        "  $ pando show --print-metadata-key=version os/stable\n"
        "  $ pando show --raw 446a0ef11b7cc167f3b603e585c7eeeeb675faa412d5ec73f62988eb0b6c5488\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
