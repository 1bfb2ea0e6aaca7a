/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `pando static-delta show`: prints what is in a static delta. */
#include "config.h"

#include <stdio.h>

#include "src/command.h"
#include "tree-delta.h"

static const GOptionEntry options[] = {{NULL}};

static void
print_size (const char *what, guint64 bytes)
{
  g_autofree char *text = g_format_size (bytes);
  printf ("%s: %" G_GUINT64_FORMAT " (%s)\n", what, bytes, text);
}

static void
print_part (guint i, const TreeDeltaPart *part)
{
  printf ("PartMeta%u: nobjects=%u size=%" G_GUINT64_FORMAT " usize=%" G_GUINT64_FORMAT "\n", i,
          part->n_objects, part->size, part->unpacked_size);
  printf ("PartPayload%u: nmodes=%u nxattrs=%u blobsize=%" G_GUINT64_FORMAT
          " opsize=%" G_GUINT64_FORMAT "\n",
          i, part->n_modes, part->n_xattrs, part->data_size, part->ops_size);
  printf ("PartPayloadOps%u: openspliceclose=%" G_GUINT64_FORMAT " open=%" G_GUINT64_FORMAT
          " write=%" G_GUINT64_FORMAT " setread=%" G_GUINT64_FORMAT " unsetread=%" G_GUINT64_FORMAT
          " close=%" G_GUINT64_FORMAT " bspatch=%" G_GUINT64_FORMAT "\n",
          i, part->n_splice, part->n_open, part->n_write, part->n_set_source, part->n_unset_source,
          part->n_close, part->n_patch);
}

static void
print_head (const TreeDeltaInfo *info)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  printf ("Delta: %s\n", info->name);
  printf ("Signed: %s\n", info->is_signed ? "yes" : "no");
  tree_checksum_to_hex (&info->from, hex);
  printf ("From%s %s\n", info->has_from ? ":" : "", info->has_from ? hex : "<scratch>");
  tree_checksum_to_hex (&info->to, hex);
  printf ("To: %s\n", hex);
  printf ("Endianness: %s%s\n", info->big_endian ? "big" : "little",
          info->guessed ? " (heuristic)" : "");
  printf ("Timestamp: %" G_GUINT64_FORMAT "\n", info->timestamp);
  puts ("Number of parents: 0");
  printf ("Number of fallback entries: %u\n", info->n_fallbacks);
  for (guint i = 0; i < info->n_fallbacks; i++) {
    tree_checksum_to_hex (&info->fallbacks[i], hex);
    printf ("  %s\n", hex);
  }
  print_size ("Total Fallback Size", info->fallback_size);
  print_size ("Total Fallback Uncompressed Size", info->fallback_unpacked_size);
}

static gboolean
run (const CommandContext *context, int argc, char **argv, GError **error)
{
  if (argc < 1)
    return command_usage_error (context, error, "DELTA must be specified");
  if (!command_check_words (context, argc, 1, 1, error))
    return FALSE;
  g_autoptr (TreeDeltaInfo) info = tree_repo_load_delta (context->repo, argv[0], error);
  if (info == NULL)
    return FALSE;
  print_head (info);
  printf ("Number of parts: %u\n", info->n_parts);
  guint64 size = 0;
  guint64 unpacked = 0;
  for (guint i = 0; i < info->n_parts; i++) {
    print_part (i, &info->parts[i]);
    size += info->parts[i].size;
    unpacked += info->parts[i].unpacked_size;
  }
  print_size ("Total Part Size", size);
  print_size ("Total Part Uncompressed Size", unpacked);
  print_size ("Total Size", size + info->fallback_size);
  print_size ("Total Uncompressed Size", unpacked + info->fallback_unpacked_size);
  return TRUE;
}

const Command cmd_static_delta_show = {
    .name = "show",
    .arguments = "DELTA",
    .summary = "Print what is in a static delta",
    .examples = "  $ pando static-delta show \"$(pando static-delta list | head -n 1)\"\n"
                "  $ pando static-delta show ./update.delta\n",
    .needs = NEEDS_REPO,
    .options = options,
    .run = run,
};
