/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/object-set.h"

#include <string.h>

enum {
  CSUM = sizeof (((TreeChecksum *)NULL)->bytes),
  SLOT = CSUM + 1, /* a type, 0 for an empty slot, and a checksum */
  MARK = 0x80,     /* beside the type */
  N_WORDS = CSUM / sizeof (guint64),
  /* The table is in parts that grow one after the other: never is all of it there twice. */
  SHARD_BITS = 8,
  N_SHARDS = 1 << SHARD_BITS,
  FIRST_SLOTS = 8, /* of a shard */
};

typedef struct {
  guint8 *slots;
  gsize n_used;
} Shard;

struct ObjectSet {
  Shard shards[N_SHARDS];
  gsize n_shard_slots; /* the same in each */
  gsize n_used;
};

ObjectSet *
object_set_new (void)
{
  ObjectSet *self = g_new0 (ObjectSet, 1);
  self->n_shard_slots = FIRST_SLOTS;
  for (guint i = 0; i < N_SHARDS; i++)
    self->shards[i].slots = g_malloc0_n (FIRST_SLOTS, SLOT);
  return self;
}

void
object_set_free (ObjectSet *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < N_SHARDS; i++)
    g_free (self->shards[i].slots);
  g_free (self);
}

/* Who writes a tree chooses the checksums in it: factors that nobody knows keep them from falling
 * into one place. */
static guint64
hash_of (guint8 type, const guint8 *checksum)
{
  static guint64 factors[N_WORDS];
  static gsize ready;
  guint64 words[N_WORDS];
  if (g_once_init_enter (&ready)) {
    for (guint i = 0; i < N_WORDS; i++)
      factors[i] = (guint64)g_random_int () << 32 | g_random_int () | 1;
    g_once_init_leave (&ready, 1);
  }
  memcpy (words, checksum, sizeof words);
  guint64 hash = type * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  for (guint i = 0; i < N_WORDS; i++) {
    hash = (hash ^ words[i]) * factors[i];
    hash ^= hash >> 32;
  }
  return hash;
}

static Shard *
shard_of (const ObjectSet *self, guint64 hash)
{
  return (Shard *)&self->shards[hash >> (64 - SHARD_BITS)];
}

static guint8
type_in (const guint8 *slot)
{
  return slot[0] & (guint8)~MARK;
}

/* The slot of this object, or the empty one where it would go. */
static guint8 *
find_slot (guint8 *slots, gsize n_slots, guint64 hash, guint8 type, const guint8 *checksum)
{
  for (gsize i = (gsize)(((hash & G_MAXUINT32) * n_slots) >> 32);;
       i = i + 1 < n_slots ? i + 1 : 0) {
    guint8 *slot = slots + i * SLOT;
    if (slot[0] == 0 || (type_in (slot) == type && memcmp (slot + 1, checksum, CSUM) == 0))
      return slot;
  }
}

static void
grow (ObjectSet *self)
{
  gsize before = self->n_shard_slots;
  gsize n = before + before / 4;
  for (guint i = 0; i < N_SHARDS; i++) {
    guint8 *slots = g_malloc0_n (n, SLOT);
    for (gsize s = 0; s < before; s++) {
      const guint8 *slot = self->shards[i].slots + s * SLOT;
      if (slot[0] != 0)
        memcpy (find_slot (slots, n, hash_of (type_in (slot), slot + 1), type_in (slot), slot + 1),
                slot, SLOT);
    }
    g_free (self->shards[i].slots);
    self->shards[i].slots = slots;
  }
  self->n_shard_slots = n;
}

gboolean
object_set_add (ObjectSet *self, TreeObjectType type, const TreeChecksum *checksum)
{
  guint64 hash = hash_of ((guint8)type, checksum->bytes);
  Shard *shard = shard_of (self, hash);
  guint8 *slot = find_slot (shard->slots, self->n_shard_slots, hash, (guint8)type, checksum->bytes);
  if (slot[0] != 0)
    return FALSE;
  slot[0] = (guint8)type;
  memcpy (slot + 1, checksum->bytes, CSUM);
  self->n_used++;
  /* The first shard that is nearly full; the others are about as full as it. */
  if (++shard->n_used > self->n_shard_slots / 8 * 7)
    grow (self);
  return TRUE;
}

static guint8 *
find (const ObjectSet *self, TreeObjectType type, const TreeChecksum *checksum)
{
  guint64 hash = hash_of ((guint8)type, checksum->bytes);
  return find_slot (shard_of (self, hash)->slots, self->n_shard_slots, hash, (guint8)type,
                    checksum->bytes);
}

gboolean
object_set_contains (const ObjectSet *self, TreeObjectType type, const TreeChecksum *checksum)
{
  return find (self, type, checksum)[0] != 0;
}

gboolean
object_set_mark (ObjectSet *self, TreeObjectType type, const TreeChecksum *checksum)
{
  guint8 *slot = find (self, type, checksum);
  if (slot[0] == 0 || (slot[0] & MARK) != 0)
    return FALSE;
  slot[0] |= MARK;
  return TRUE;
}

gsize
object_set_size (const ObjectSet *self)
{
  return self->n_used;
}

gsize
object_set_n_slots (const ObjectSet *self)
{
  return self->n_shard_slots * N_SHARDS;
}

gboolean
object_set_slot (const ObjectSet *self, gsize slot, ObjectName *out)
{
  const guint8 *at = self->shards[slot / self->n_shard_slots].slots +
                     slot % self->n_shard_slots * SLOT;
  if (at[0] == 0)
    return FALSE;
  out->type = (TreeObjectType)type_in (at);
  memcpy (out->checksum.bytes, at + 1, CSUM);
  return TRUE;
}
