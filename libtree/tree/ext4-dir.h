/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The blocks of an ext4 directory: one with all names, or, where they do not fit into one, an index
 * by hash and blocks of names in the order of their hashes, packed full.
 *
 *   block 0          ".", "..", the index: (hash, block), by hash
 *   blocks 1 … k     only where the index does not fit into block 0: the index of the index
 *   the others       names
 *
 * A block of names ends with a tail for its checksum, as one of the index does; libext2fs fills
 * them in when it writes the block.
 */
#pragma once

#include "tree/ext2-load.h"
#include "tree/ext4-image.h"

/* Blocks that so many bytes of names take at most; n_bytes are those of ext4_dir_name_bytes(). */
guint64 ext4_dir_max_blocks (guint64 n_bytes);
/* What a name takes in a block. */
guint ext4_dir_name_bytes (const char *name);

typedef struct {
  const Ext2Api *api;
  ext2_filsys fs;
  guint32 ino;
  guint32 parent;
  /* Takes the next block. */
  gboolean (*put) (gpointer user_data, void *block, GError **error);
  gpointer user_data;
} Ext4DirWriter;

/* Writes the blocks in their order; *@out_indexed says which kind they are. */
gboolean ext4_dir_write (const Ext4DirWriter *self, const Ext4Name *names, guint n_names,
                         gboolean *out_indexed, GError **error);
