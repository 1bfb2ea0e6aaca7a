/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando static-delta generate`: makes a static delta. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "src/command.h"
#include "src/rev.h"
#include "src/signers.h"
#include "src/show/progress.h"
#include "tree-delta.h"
#include "tree-error.h"

#define MEGABYTE ((guint64)1000 * 1000)

static char *opt_from;
static gboolean opt_empty;
static char *opt_to;
static gboolean opt_inline;
static gboolean opt_disable_bsdiff;
static gboolean opt_if_not_exists;
static char *opt_set_endianness;
static gboolean opt_swap_endianness;
static char *opt_min_fallback;
static char *opt_max_bsdiff;
static char *opt_max_chunk;
static char *opt_max_memory;
static char *opt_filename;
static SignOptions opt_sign;
static char *opt_keys_file;

static const GOptionEntry options[] = {
    {"from", 0, 0, G_OPTION_ARG_STRING, &opt_from,
     "What the receiver has (default: the parent of TO)", "REV"},
    {"empty", 0, 0, G_OPTION_ARG_NONE, &opt_empty, "The receiver has nothing", NULL},
    {"to", 0, 0, G_OPTION_ARG_STRING, &opt_to, "What it gets; the same as the word TO", "REV"},
    {"inline", 0, 0, G_OPTION_ARG_NONE, &opt_inline, "Make it one file", NULL},
    {"filename", 0, 0, G_OPTION_ARG_FILENAME, &opt_filename,
     "Write it to this file, and not into the repository", "PATH"},
    {"if-not-exists", 'n', 0, G_OPTION_ARG_NONE, &opt_if_not_exists,
     "Do nothing when there is one already", NULL},
    {"min-fallback-size", 0, 0, G_OPTION_ARG_STRING, &opt_min_fallback,
     "Leave larger files to be fetched by themselves; 0: none (default: 4)", "MB"},
    {"max-bsdiff-size", 0, 0, G_OPTION_ARG_STRING, &opt_max_bsdiff,
     "Compare no larger files byte by byte; old and new together (default: 128)", "MB"},
    {"disable-bsdiff", 0, 0, G_OPTION_ARG_NONE, &opt_disable_bsdiff,
     "Compare none byte by byte: faster, and a larger delta", NULL},
    {"max-chunk-size", 0, 0, G_OPTION_ARG_STRING, &opt_max_chunk,
     "Begin another part after so much (default: 32)", "MB"},
    {"max-memory", 0, 0, G_OPTION_ARG_STRING, &opt_max_memory,
     "Take no more memory than this (default: 256)", "MB"},
    {"set-endianness", 0, 0, G_OPTION_ARG_STRING, &opt_set_endianness,
     "Byte order of its numbers: l or B", "ORDER"},
    {"swap-endianness", 0, 0, G_OPTION_ARG_NONE, &opt_swap_endianness,
     "The order that this machine has not", NULL},
    SIGN_OPTIONS (opt_sign, "delta"),
    {"keys-file", 0, 0, G_OPTION_ARG_FILENAME, &opt_keys_file, "The same as --sign-from-file",
     "FILE"},
    {NULL},
};

static gboolean
parse_megabytes (const char *option, const char *text, guint64 *out, GError **error)
{
  guint64 n = 0;
  if (text == NULL)
    return TRUE;
  if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &n, NULL)) {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID, "%s=%s: must be a number of megabytes",
                 option, text);
    return FALSE;
  }
  *out = n * MEGABYTE;
  return TRUE;
}

static gboolean
parse_endianness (const CommandContext *context, TreeGenerateDeltaOptions *generate, GError **error)
{
  if (opt_set_endianness != NULL && opt_swap_endianness)
    return command_usage_error (context, error,
                                "--set-endianness and --swap-endianness exclude each other");
  if (opt_swap_endianness)
    generate->big_endian = G_BYTE_ORDER != G_BIG_ENDIAN;
  if (opt_set_endianness == NULL)
    return TRUE;
  generate->big_endian = strcmp (opt_set_endianness, "B") == 0;
  if (generate->big_endian || strcmp (opt_set_endianness, "l") == 0)
    return TRUE;
  g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID, "Invalid endianness '%s': must be l or B",
               opt_set_endianness);
  return FALSE;
}

/* *@out_has_from: FALSE for a delta from nothing. */
static gboolean
parse_commits (const CommandContext *context, int argc, char **argv, gboolean *out_has_from,
               TreeChecksum *out_from, TreeChecksum *out_to, GError **error)
{
  const char *to = opt_to != NULL ? opt_to : argc > 0 ? argv[0] : NULL;
  if (to == NULL)
    return command_usage_error (context, error, "TO revision must be specified");
  if (argc > 1 || (opt_to != NULL && argc > 0))
    return command_usage_error (context, error, "too many arguments");
  if (opt_empty && opt_from != NULL)
    return command_usage_error (context, error, "Cannot specify both --empty and --from=REV");
  *out_has_from = !opt_empty;
  if (!rev_resolve (context->repo, to, out_to, error))
    return FALSE;
  if (opt_empty || opt_from != NULL)
    return opt_empty || rev_resolve (context->repo, opt_from, out_from, error);
  g_autoptr (TreeCommitInfo) commit = tree_repo_load_commit (context->repo, out_to, error);
  if (commit == NULL)
    return FALSE;
  *out_has_from = commit->has_parent;
  *out_from = commit->parent;
  return TRUE;
}

static gboolean
exists (const TreeRepo *repo, const char *name, gboolean *out, GError **error)
{
  g_auto (GStrv) names = tree_repo_list_deltas (repo, error);
  if (names == NULL)
    return FALSE;
  *out = g_strv_contains ((const char *const *)names, name);
  return TRUE;
}

static GPtrArray *
load_signers (GError **error)
{
  SignOptions sign = opt_sign;
  g_autoptr (GPtrArray) files = g_ptr_array_new ();
  for (char **file = sign.files; file != NULL && *file != NULL; file++)
    g_ptr_array_add (files, *file);
  if (opt_keys_file != NULL)
    g_ptr_array_add (files, opt_keys_file);
  g_ptr_array_add (files, NULL);
  sign.files = (char **)files->pdata;
  return signers_load (&sign, error);
}

static void
print_result (const TreeGenerateDeltaResult *result)
{
  g_autofree char *rolled = g_format_size (result->rolled_bytes);
  g_autofree char *size = g_format_size (result->size);
  g_autofree char *unpacked = g_format_size (result->unpacked_size);
  g_autofree char *plain = g_format_size (result->plain_size);
  fprintf (stderr,
           "metadata=%u objects\ncontent=%u objects\nbsdiff=%u objects\nrollsum=%u objects, %s\n"
           "fallback=%u objects\n",
           result->n_metadata, result->n_content, result->n_patched, result->n_rolled, rolled,
           result->n_fallbacks);
  fprintf (stderr, "%s in %u parts, %s unpacked, made in %.1f seconds", size, result->n_parts,
           unpacked, result->elapsed_s);
  if (result->plain_size > 0)
    fprintf (stderr, "; a plain pull is %s", plain);
  fputc ('\n', stderr);
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  TreeGenerateDeltaOptions generate = TREE_GENERATE_DELTA_OPTIONS_INIT;
  gboolean has_from = FALSE;
  gboolean found = FALSE;
  TreeChecksum from = {{0}};
  TreeChecksum to;
  if (!parse_commits (context, argc, argv, &has_from, &from, &to, error) ||
      !parse_endianness (context, &generate, error) ||
      !parse_megabytes ("--min-fallback-size", opt_min_fallback, &generate.min_fallback_bytes,
                        error) ||
      !parse_megabytes ("--max-bsdiff-size", opt_max_bsdiff, &generate.max_bsdiff_bytes, error) ||
      !parse_megabytes ("--max-chunk-size", opt_max_chunk, &generate.max_chunk_bytes, error) ||
      !parse_megabytes ("--max-memory", opt_max_memory, &generate.max_memory_bytes, error))
    return FALSE;
  char from_hex[TREE_CHECKSUM_HEX_LEN + 1];
  char to_hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&from, from_hex);
  tree_checksum_to_hex (&to, to_hex);
  g_autofree char *name = has_from ? g_strconcat (from_hex, "-", to_hex, NULL) : g_strdup (to_hex);
  if (opt_if_not_exists && !exists (context->repo, name, &found, error))
    return FALSE;
  if (found) {
    printf ("Delta %s already exists.\n", name);
    return TRUE;
  }
  if (opt_disable_bsdiff)
    generate.max_bsdiff_bytes = 0;
  g_autoptr (GPtrArray) signers = load_signers (error);
  if (signers == NULL)
    return FALSE;
  generate.signers = signers;
  ShowProgress progress = {0};
  generate.inline_parts = opt_inline;
  generate.filename = opt_filename;
  generate.progress = show_progress;
  generate.user_data = &progress;
  printf ("Generating static delta:\n  From: %s\n  To:   %s\n", has_from ? from_hex : "empty",
          to_hex);
  TreeGenerateDeltaResult result;
  gboolean ok = tree_repo_generate_delta (context->repo, has_from ? &from : NULL, &to, &generate,
                                          &result, error);
  show_progress_end (&progress);
  if (ok)
    print_result (&result);
  return ok;
}

const Command cmd_static_delta_generate = {
    .name = "generate",
    .arguments = "[TO]",
    .summary = "Make a static delta",
    .examples = "  $ pando static-delta generate --repo=/srv/www/repo os/stable\n"
                "  $ pando static-delta generate --empty --inline --min-fallback-size=0 \\\n"
                "      --filename=install.delta os/stable\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
