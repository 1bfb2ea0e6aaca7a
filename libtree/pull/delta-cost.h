/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What it takes to get a commit by a delta whose superblock is here, and object by object.
 *
 * What a delta leaves out, or brings though it is here already, is known from its lists of objects.
 * What the objects are on the server is known when the commit says so (core/sizes.h), and else
 * guessed from their unpacked size: an archive packs a system's files to some two fifths, and never
 * better than the delta's part, which is packed harder and may refer to old files. */
#pragma once

#include "core/delta-superblock.h"
#include "pull/context.h"

typedef struct {
  guint64 delta;   /* bytes to fetch by it, after the superblock */
  guint64 objects; /* … and without it */
  gboolean is_guess;
} DeltaCost;

gboolean delta_cost_estimate (const PullContext *context, const DeltaSuperblock *superblock,
                              DeltaCost *out, GError **error);
