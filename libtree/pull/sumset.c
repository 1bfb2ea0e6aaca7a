/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/sumset.h"

#include <string.h>

static const TreeChecksum free_slot;

static gboolean
is_free (const TreeChecksum *slot)
{
  return memcmp (slot, &free_slot, sizeof free_slot) == 0;
}

/* The slot that holds @checksum, or the free one where it belongs. An enemy who can choose the
 * first bytes of many SHA-256 sums gains a slow pull and no more. */
static TreeChecksum *
find_slot (TreeChecksum *slots, guint n_slots, const TreeChecksum *checksum)
{
  guint32 hash;
  memcpy (&hash, checksum->bytes, sizeof hash);
  for (guint i = hash & (n_slots - 1);; i = (i + 1) & (n_slots - 1)) {
    if (is_free (&slots[i]) || tree_checksum_equal (&slots[i], checksum))
      return &slots[i];
  }
}

static void
grow (SumSet *self)
{
  guint n_slots = self->n_slots == 0 ? 64 : self->n_slots * 2;
  TreeChecksum *slots = g_new0 (TreeChecksum, n_slots);
  for (guint i = 0; i < self->n_slots; i++) {
    if (!is_free (&self->slots[i]))
      *find_slot (slots, n_slots, &self->slots[i]) = self->slots[i];
  }
  g_free (self->slots);
  self->slots = slots;
  self->n_slots = n_slots;
}

gboolean
sumset_add (SumSet *self, const TreeChecksum *checksum)
{
  if (self->n_used * 4 >= self->n_slots * 3)
    grow (self);
  TreeChecksum *slot = find_slot (self->slots, self->n_slots, checksum);
  if (!is_free (slot))
    return FALSE;
  *slot = *checksum;
  self->n_used++;
  return TRUE;
}

gboolean
sumset_has (const SumSet *self, const TreeChecksum *checksum)
{
  return self->n_slots > 0 && !is_free (find_slot (self->slots, self->n_slots, checksum));
}

void
sumset_clear (SumSet *self)
{
  g_clear_pointer (&self->slots, g_free);
  self->n_slots = 0;
  self->n_used = 0;
}
