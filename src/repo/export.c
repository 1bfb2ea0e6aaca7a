/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando export`: writes the tree of a commit as an archive or an image. */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "src/command.h"
#include "src/rev.h"
#include "src/values.h"
#include "tree-error.h"
#include "tree-export.h"

static char *opt_format;
static char *opt_compress;
static char *opt_size;
static gboolean opt_no_xattrs;
static char *opt_subpath;
static char *opt_prefix;
static char *opt_output;

static const GOptionEntry options[] = {
    {"format", 0, 0, G_OPTION_ARG_STRING, &opt_format,
     "tar, the default, or ext4: an image of a file system", "FORMAT"},
    {"compress", 0, 0, G_OPTION_ARG_STRING, &opt_compress,
     "Compress the archive: gzip, xz, zstd or none (default: what the name of the file says)",
     "METHOD"},
    {"size", 0, 0, G_OPTION_ARG_STRING, &opt_size,
     "Size of the image: bytes, or a number with K, M, G or T (default: as small as fits)", "SIZE"},
    {"no-xattrs", 0, 0, G_OPTION_ARG_NONE, &opt_no_xattrs, "Leave extended attributes out", NULL},
    {"subpath", 0, 0, G_OPTION_ARG_STRING, &opt_subpath, "Only this directory of the tree", "PATH"},
    {"prefix", 0, 0, G_OPTION_ARG_STRING, &opt_prefix,
     "Put this before every name of the archive; with a slash at the end it is a directory",
     "PATH"},
    {"output", 'o', 0, G_OPTION_ARG_FILENAME, &opt_output,
     "Write to this file instead of standard output", "FILE"},
    {NULL},
};

static gboolean
refuse (GError **error, const char *text)
{
  g_set_error_literal (error, TREE_ERROR, TREE_ERROR_INVALID, text);
  return FALSE;
}

static gboolean
read_format (TreeExportFormat *out, GError **error)
{
  if (opt_format == NULL || strcmp (opt_format, "tar") == 0)
    *out = TREE_EXPORT_TAR;
  else if (strcmp (opt_format, "ext4") == 0)
    *out = TREE_EXPORT_EXT4;
  else {
    g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID, "unknown format '%s': there are tar, ext4",
                 opt_format);
    return FALSE;
  }
  return TRUE;
}

/* ---- Compression ---- */

static const struct {
  const char *name;
  TreeCompression how;
} methods[] = {
    {"none", TREE_COMPRESSION_NONE},
    {"gzip", TREE_COMPRESSION_GZIP},
    {"xz", TREE_COMPRESSION_XZ},
    {"zstd", TREE_COMPRESSION_ZSTD},
};

/* Ends of names, and the methods that they promise; NONE: one that is not written. */
static const struct {
  const char *end;
  TreeCompression how;
} suffixes[] = {
    {".gz", TREE_COMPRESSION_GZIP},   {".tgz", TREE_COMPRESSION_GZIP},
    {".xz", TREE_COMPRESSION_XZ},     {".txz", TREE_COMPRESSION_XZ},
    {".zst", TREE_COMPRESSION_ZSTD},  {".tzst", TREE_COMPRESSION_ZSTD},
    {".bz2", TREE_COMPRESSION_NONE},  {".tbz2", TREE_COMPRESSION_NONE},
    {".tbz", TREE_COMPRESSION_NONE},  {".lz4", TREE_COMPRESSION_NONE},
    {".lzma", TREE_COMPRESSION_NONE}, {".tlz", TREE_COMPRESSION_NONE},
    {".lz", TREE_COMPRESSION_NONE},   {".Z", TREE_COMPRESSION_NONE},
};

static gboolean
method_by_name (const char *name, TreeCompression *out, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    if (strcmp (methods[i].name, name) == 0) {
      *out = methods[i].how;
      return TRUE;
    }
  g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
               "unknown compression '%s': there are none, gzip, xz, zstd", name);
  return FALSE;
}

static gboolean
method_by_suffix (const char *file, TreeCompression *out, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++) {
    if (!g_str_has_suffix (file, suffixes[i].end))
      continue;
    if (suffixes[i].how == TREE_COMPRESSION_NONE) {
      g_set_error (error, TREE_ERROR, TREE_ERROR_INVALID,
                   "'%s' promises a compression that is not written: use .gz, .xz or .zst, or say "
                   "--compress=METHOD",
                   file);
      return FALSE;
    }
    *out = suffixes[i].how;
    return TRUE;
  }
  return TRUE;
}

static gboolean
read_options (TreeExportOptions *out, GError **error)
{
  *out = (TreeExportOptions){
      .subpath = opt_subpath, .prefix = opt_prefix, .no_xattrs = opt_no_xattrs};
  if (opt_size != NULL && !value_parse_size ("--size", opt_size, &out->size_bytes, error))
    return FALSE;
  if (opt_compress != NULL)
    return method_by_name (opt_compress, &out->compression, error);
  return opt_output == NULL || method_by_suffix (opt_output, &out->compression, error);
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "A COMMIT argument is required");
  TreeExportFormat format;
  TreeExportOptions how;
  TreeChecksum commit;
  if (!command_check_words (context, argc, 1, 1, error) || !read_format (&format, error) ||
      !read_options (&how, error) || !rev_resolve (context->repo, argv[0], &commit, error))
    return FALSE;
  if (opt_output != NULL)
    return tree_repo_export_file (context->repo, &commit, format, AT_FDCWD, opt_output, &how,
                                  error);
  if (format == TREE_EXPORT_EXT4)
    return refuse (error, "an image is not written to a pipe: use --output=FILE");
  if (isatty (STDOUT_FILENO))
    return refuse (error, "an archive is nothing for a terminal: use --output=FILE");
  return tree_repo_export_tar (context->repo, &commit, STDOUT_FILENO, &how, error);
}

const Command cmd_repo_export = {
    .name = "export",
    .arguments = "COMMIT",
    .summary = "Write the tree of a commit as an archive or an image of a file system",
    .examples = "  $ pando export os/stable -o stable.tar.zst\n"
                "  $ pando export os/stable --subpath=/usr/etc --prefix=defaults/ | tar -t\n"
                "  $ pando export os/stable --format=ext4 -o rootfs.img\n"
                "  $ pando export os/stable --format=ext4 --size=512M -o rootfs.img\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
