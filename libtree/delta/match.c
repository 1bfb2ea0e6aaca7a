/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "delta/match.h"

#include <string.h>

enum {
  BLOCK_MIN = 64, /* an operation and its numbers should be much less than what it copies */
  BLOCKS_MAX = 512 * 1024, /* of a file: its blocks are larger where it is */
};
/* Any odd number with bits well spread. */
#define MULTIPLIER 0x9E3779B1u

/* Blocks of the old file by their hash: a table of chains. */
typedef struct {
  const guint8 *old;
  gsize old_len;
  gsize block;
  guint n_blocks;
  guint mask;
  guint32 *heads; /* the first block of a chain, +1; 0: none */
  guint32 *nexts;
} Blocks;

enum {
  CHAIN_MAX = 16, /* blocks that are all alike make long chains */
};

static gsize
block_of (guint64 old_len)
{
  gsize block = BLOCK_MIN;
  while (old_len / block > BLOCKS_MAX)
    block *= 2;
  return block;
}

static guint
table_size (guint n_blocks)
{
  guint size = 256;
  while (size < n_blocks)
    size *= 2;
  return size;
}

guint64
match_memory (guint64 old_len)
{
  guint n_blocks = (guint)(old_len / block_of (old_len));
  return ((guint64)n_blocks + table_size (n_blocks)) * sizeof (guint32);
}

static guint32
hash_block (const guint8 *data, gsize len)
{
  guint32 hash = 0;
  for (gsize i = 0; i < len; i++)
    hash = hash * MULTIPLIER + data[i] + 1;
  return hash;
}

static guint
slot_of (const Blocks *self, guint32 hash)
{
  hash ^= hash >> 15;
  hash *= MULTIPLIER;
  return (hash ^ (hash >> 13)) & self->mask;
}

static void
blocks_init (Blocks *self, const guint8 *old, gsize old_len)
{
  gsize block = block_of (old_len);
  guint n_blocks = (guint)(old_len / block);
  guint size = table_size (n_blocks);
  *self = (Blocks){old,
                   old_len,
                   block,
                   n_blocks,
                   size - 1,
                   g_new0 (guint32, size),
                   g_new0 (guint32, MAX (n_blocks, 1))};
  /* From the end, so that the first block of a chain is the first in the file. */
  for (guint i = n_blocks; i-- > 0;) {
    guint slot = slot_of (self, hash_block (old + i * block, block));
    self->nexts[i] = self->heads[slot];
    self->heads[slot] = i + 1;
  }
}

/* A block that holds the bytes at @data; -1: none. */
static gint64
find_block (const Blocks *self, guint32 hash, const guint8 *data)
{
  guint32 next = self->heads[slot_of (self, hash)];
  for (int i = 0; next != 0 && i < CHAIN_MAX; i++) {
    gsize at = (next - 1) * self->block;
    if (memcmp (self->old + at, data, self->block) == 0)
      return (gint64)at;
    next = self->nexts[next - 1];
  }
  return -1;
}

/* The longest piece around a block that was found. */
static Piece
extend (const Blocks *self, const guint8 *new, gsize new_len, gsize floor, gsize new_at,
        gsize old_at)
{
  gsize end = self->block;
  while (new_at + end < new_len && old_at + end < self->old_len &&
         new[new_at + end] == self->old[old_at + end])
    end++;
  gsize before = 0;
  while (new_at - before > floor && old_at > before &&
         new[new_at - before - 1] == self->old[old_at - before - 1])
    before++;
  return (Piece){new_at - before, old_at - before, end + before};
}

GArray *
match_pieces (const guint8 *old, gsize old_len, const guint8 *new, gsize new_len,
              guint64 *out_matched)
{
  GArray *pieces = g_array_new (FALSE, FALSE, sizeof (Piece));
  Blocks blocks;
  guint32 leaving = 1; /* MULTIPLIER to the power of the block's size */
  blocks_init (&blocks, old, old_len);
  gsize block = blocks.block;
  for (gsize i = 0; i < block; i++)
    leaving *= MULTIPLIER;
  gsize floor = 0; /* the end of the last piece */
  *out_matched = 0;
  for (gsize at = 0; blocks.n_blocks > 0 && at + block <= new_len;) {
    guint32 hash = hash_block (new + at, block);
    gint64 found = -1;
    for (;;) {
      found = find_block (&blocks, hash, new + at);
      if (found >= 0 || at + block >= new_len)
        break;
      hash = hash * MULTIPLIER + new[at + block] + 1 - leaving *((guint32) new[at] + 1);
      at++;
    }
    if (found < 0)
      break;
    Piece piece = extend (&blocks, new, new_len, floor, at, (gsize)found);
    g_array_append_val (pieces, piece);
    *out_matched += piece.len;
    floor = at = (gsize)(piece.new_at + piece.len);
  }
  g_free (blocks.heads);
  g_free (blocks.nexts);
  return pieces;
}
