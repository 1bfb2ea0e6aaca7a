/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/object-set.h"

#include <string.h>

enum {
  CSUM = sizeof (((TreeChecksum *)NULL)->bytes),
  SLOT = CSUM + 1, /* a type, 0 for an empty slot, and a checksum */
  FIRST_SLOTS = 1024,
};

struct ObjectSet {
  guint8 *slots;
  gsize n_slots; /* a power of two */
  gsize n_used;
};

ObjectSet *
object_set_new (void)
{
  ObjectSet *self = g_new0 (ObjectSet, 1);
  self->n_slots = FIRST_SLOTS;
  self->slots = g_malloc0_n (self->n_slots, SLOT);
  return self;
}

void
object_set_free (ObjectSet *self)
{
  if (self == NULL)
    return;
  g_free (self->slots);
  g_free (self);
}

/* The slot of this object, or the empty one where it would go. A checksum is its own hash. */
static guint8 *
find_slot (const ObjectSet *self, guint8 type, const guint8 *checksum)
{
  guint64 hash;
  memcpy (&hash, checksum, sizeof hash);
  gsize mask = self->n_slots - 1;
  for (gsize i = (gsize)(hash + type) & mask;; i = (i + 1) & mask) {
    guint8 *slot = self->slots + i * SLOT;
    if (slot[0] == 0 || (slot[0] == type && memcmp (slot + 1, checksum, CSUM) == 0))
      return slot;
  }
}

static void
grow (ObjectSet *self)
{
  ObjectSet larger = {.n_slots = self->n_slots * 2, .n_used = self->n_used};
  larger.slots = g_malloc0_n (larger.n_slots, SLOT);
  for (gsize i = 0; i < self->n_slots; i++) {
    const guint8 *slot = self->slots + i * SLOT;
    if (slot[0] != 0)
      memcpy (find_slot (&larger, slot[0], slot + 1), slot, SLOT);
  }
  g_free (self->slots);
  *self = larger;
}

gboolean
object_set_add (ObjectSet *self, TreeObjectType type, const TreeChecksum *checksum)
{
  guint8 *slot = find_slot (self, (guint8)type, checksum->bytes);
  if (slot[0] != 0)
    return FALSE;
  slot[0] = (guint8)type;
  memcpy (slot + 1, checksum->bytes, CSUM);
  if (++self->n_used > self->n_slots / 4 * 3)
    grow (self);
  return TRUE;
}

gboolean
object_set_contains (const ObjectSet *self, TreeObjectType type, const TreeChecksum *checksum)
{
  return find_slot (self, (guint8)type, checksum->bytes)[0] != 0;
}

gsize
object_set_size (const ObjectSet *self)
{
  return self->n_used;
}

gsize
object_set_n_slots (const ObjectSet *self)
{
  return self->n_slots;
}

gboolean
object_set_slot (const ObjectSet *self, gsize slot, ObjectName *out)
{
  const guint8 *at = self->slots + slot * SLOT;
  if (at[0] == 0)
    return FALSE;
  out->type = (TreeObjectType)at[0];
  memcpy (out->checksum.bytes, at + 1, CSUM);
  return TRUE;
}
