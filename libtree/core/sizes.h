/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sizes of a commit's objects, in its metadata under COMMIT_KEY_SIZES: `aay`, one for each
 * object but the commit, sorted by checksum:
 *
 *   32 bytes checksum, varint size in an archive repository, varint size unpacked, u8 type
 *
 * Old writers left the type out.
 */
#pragma once

#include "core/object.h"

typedef struct {
  ObjectName name; /* type 0: it does not say */
  guint64 archived;
  guint64 unpacked;
} ObjectSizes;

/* @entries: ObjectSizes, in any order; sorts them. Floating. */
GVariant *sizes_build (GArray *entries);
/* One element of the array. TREE_ERROR_CORRUPT for anything that is not as above. */
gboolean sizes_parse (GVariant *element, ObjectSizes *out, GError **error);
