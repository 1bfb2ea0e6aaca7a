/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the operations of a part: gives its objects one after the other. The bytes of a file are
 * made while they are read, so that none is in memory whole; those of an object that nobody reads
 * are not made at all. Nothing here is checked against the objects' names: who stores them does
 * that. */
#pragma once

#include "base/source.h"
#include "core/bspatch.h"
#include "core/delta-payload.h"
#include "core/delta-superblock.h"

/* Access to the files that there are already. One is open at a time. */
typedef struct {
  gboolean (*open) (const TreeChecksum *file, guint64 *out_size, gpointer user_data,
                    GError **error);
  BspatchRead read; /* from the one that was opened last */
  gpointer user_data;
} DeltaReader;

typedef struct {
  ObjectName name;
  /* Of metadata: the bytes, in the payload. */
  const guint8 *data;
  gsize len;
  /* Of a file: */
  FileMeta meta;
  guint64 size;
  Source *content; /* NULL for a link; until the next object is asked for */
} DeltaObject;

void delta_object_clear (DeltaObject *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DeltaObject, delta_object_clear)

typedef struct DeltaExec DeltaExec;

/* All is borrowed. */
DeltaExec *delta_exec_new (const DeltaPayload *payload, const DeltaPartInfo *part,
                           const DeltaReader *reader);
void delta_exec_free (DeltaExec *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DeltaExec, delta_exec_free)
/* *@out_found is FALSE when there are no more. */
gboolean delta_exec_next (DeltaExec *self, gboolean *out_found, DeltaObject *out, GError **error);
