/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a part of a static delta unpacks to: `(a(uuu)aa(ayay)ayay)`, that is a table of owners and
 * modes (big endian), a table of sets of xattrs, data, operations.
 *
 * Data and operations are used in place, and a payload is built around data that may be too much
 * for the memory: so the frame of the outermost tuple is read and written by hand here. */
#pragma once

#include "core/filemeta.h"

/* The first byte of a part's file: how what follows is packed. */
#define DELTA_PACKED_NOT 0
#define DELTA_PACKED_XZ 'x'

typedef struct {
  const guint8 *modes; /* borrowed, as are data and ops */
  guint n_modes;
  GVariant *xattrs; /* owned: aa(ayay) */
  const guint8 *data;
  gsize data_len;
  const guint8 *ops;
  gsize ops_len;
} DeltaPayload;

/* @bytes must stay. */
gboolean delta_payload_parse (const guint8 *bytes, gsize len, DeltaPayload *out, GError **error);
void delta_payload_clear (DeltaPayload *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DeltaPayload, delta_payload_clear)

/* Owner, mode and xattrs by their places in the tables: those of a regular file or a link, whose
 * target is left out. */
gboolean delta_payload_meta (const DeltaPayload *self, guint64 mode, guint64 xattrs, FileMeta *out,
                             GError **error);

/* Tables that grow while a payload is made. */
typedef struct DeltaTables DeltaTables;
DeltaTables *delta_tables_new (void);
void delta_tables_free (DeltaTables *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DeltaTables, delta_tables_free)
/* Where @meta is in the tables; it is added when it is new. */
void delta_tables_add (DeltaTables *self, const FileMeta *meta, guint *out_mode, guint *out_xattrs);
/* What comes before the data of the payload. */
void delta_tables_head (const DeltaTables *self, GByteArray *out);
/* What comes behind the operations. */
void delta_tables_tail (const DeltaTables *self, guint64 data_len, gsize ops_len, GByteArray *out);
