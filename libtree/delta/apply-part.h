/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Applying a part of a static delta: its bytes become objects of a transaction.
 *
 *   file -> hashed and unpacked into a file without a name -> mapped -> operations -> objects
 *
 * In memory are the window of the unpacker and a few buffers, however large part and files are. No
 * operation runs before the checksum of the whole part was right, and each object is stored only
 * when its bytes are what its name says. */
#pragma once

#include "base/temp-file.h"
#include "core/delta-payload.h"
#include "core/delta-superblock.h"
#include "store/txn.h"

/* What one thread needs for it. */
typedef struct DeltaApplier DeltaApplier;

DeltaApplier *delta_applier_new (Txn *txn);
void delta_applier_free (DeltaApplier *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DeltaApplier, delta_applier_free)

/* @file: the bytes of the part as they came. */
gboolean delta_apply_part (DeltaApplier *self, const DeltaPartInfo *part, Source *file,
                           GError **error);

/* The threads that are good for it: each may take as much memory for its window as the unpacker is
 * allowed. */
guint delta_apply_workers (void);

/* Runs only what comes before the operations: the payload of a part, for those who look at it. It
 * lasts as long as the file. */
gboolean delta_unpack_part (const TreeRepo *repo, const DeltaPartInfo *part, Source *file,
                            TempFile *temp, DeltaPayload *out, GError **error);
