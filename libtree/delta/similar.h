/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of many files has content in common with a given one? Each is known by a few marks: the
 * smallest hashes of all its windows of some bytes. Two files that share much share marks, wherever
 * the common bytes are (min-wise hashing). */
#pragma once

#include "delta/content.h"

typedef struct SimilarIndex SimilarIndex;

SimilarIndex *similar_index_new (void);
void similar_index_free (SimilarIndex *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimilarIndex, similar_index_free)

void similar_index_add (SimilarIndex *self, const guint8 *data, gsize len, guint id);
/* The id of the file that shares most marks, the one that was added first of equals; FALSE when
 * none shares enough. */
gboolean similar_index_find (const SimilarIndex *self, const guint8 *data, gsize len,
                             guint *out_id);
