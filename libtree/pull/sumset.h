/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A set of checksums without an allocation for each: open addressing, and a checksum is its own
 * hash. */
#pragma once

#include "tree-types.h"

typedef struct {
  TreeChecksum *slots; /* owned; all zero is free, since SHA-256 never gives it in practice */
  guint n_slots;       /* a power of two */
  guint n_used;
} SumSet;

/* TRUE when it was not in the set before. */
gboolean sumset_add (SumSet *self, const TreeChecksum *checksum);
gboolean sumset_has (const SumSet *self, const TreeChecksum *checksum);
void sumset_clear (SumSet *self);
