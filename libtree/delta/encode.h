/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How one file of a plan gets into a delta: as it is, as a patch of the old one, or as pieces of
 * it. Found out by workers. */
#pragma once

#include "base/temp-file.h"
#include "delta/budget.h"
#include "delta/match.h"
#include "delta/plan.h"

typedef enum {
  ENCODED_PLAIN,
  ENCODED_PATCH,
  ENCODED_PIECES,
  ENCODED_FALLBACK, /* not at all: it is fetched by itself */
} EncodedKind;

typedef struct {
  EncodedKind kind;
  GByteArray *patch; /* of a patch: in memory, or in the file when it is large */
  TempFile temp;
  GArray *pieces; /* Piece */
  guint64 matched;
} Encoded;

typedef struct {
  const TreeRepo *repo;
  int tmp_dfd;
  Budget *budget;
  guint64 min_fallback_bytes; /* 0: none */
  guint64 max_bsdiff_bytes;   /* 0: none */
  gboolean has_bsdiff;
} EncodeConfig;

/* The same file and limits give the same, on any number of threads. */
gboolean encode_file (const EncodeConfig *config, const PlanFile *file, Encoded *out,
                      GError **error);
void encoded_clear (Encoded *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Encoded, encoded_clear)
/* The bytes of the patch; until it is cleared. */
gboolean encoded_patch (Encoded *self, const guint8 **out_data, gsize *out_len, GError **error);
