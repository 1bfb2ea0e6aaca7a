/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "delta/similar.h"

#include <string.h>

enum {
  WINDOW = 32,   /* bytes */
  N_MARKS = 16,  /* of a file */
  ENOUGH = 2,    /* marks in common */
  SAMPLING = 15, /* a window counts when these low bits of its hash are 0 … */
};
/* … which keeps the marks apart from what chance gives; the multiplier is any odd number with bits
 * well spread. */
#define MULTIPLIER G_GUINT64_CONSTANT (0x9E3779B97F4A7C15)

struct SimilarIndex {
  GHashTable *ids; /* owned guint64 mark -> GArray of guint */
};

typedef struct {
  guint64 marks[N_MARKS]; /* sorted */
  guint n;
} Marks;

static void
add_mark (Marks *self, guint64 mark)
{
  guint at = self->n;
  if (at == N_MARKS && mark >= self->marks[N_MARKS - 1])
    return;
  while (at > 0 && self->marks[at - 1] > mark)
    at--;
  if (at > 0 && self->marks[at - 1] == mark)
    return;
  guint n_behind = MIN (self->n, N_MARKS - 1) - at;
  memmove (&self->marks[at + 1], &self->marks[at], n_behind * sizeof mark);
  self->marks[at] = mark;
  self->n = MIN (self->n + 1, N_MARKS);
}

/* Spreads the bits of a rolling hash, whose low ones depend on few bytes. */
static guint64
mix (guint64 hash)
{
  hash ^= hash >> 32;
  hash *= MULTIPLIER;
  return hash ^ (hash >> 29);
}

static void
find_marks (const guint8 *data, gsize len, Marks *out)
{
  guint64 hash = 0;
  guint64 leaving = 1; /* MULTIPLIER to the power of WINDOW */
  out->n = 0;
  for (int i = 0; i < WINDOW; i++)
    leaving *= MULTIPLIER;
  for (gsize i = 0; i < len; i++) {
    hash = hash * MULTIPLIER + data[i] + 1;
    if (i >= WINDOW)
      hash -= leaving * ((guint64)data[i - WINDOW] + 1);
    guint64 mixed = mix (hash);
    if (i + 1 >= WINDOW && (mixed & SAMPLING) == 0)
      add_mark (out, mixed);
  }
}

SimilarIndex *
similar_index_new (void)
{
  SimilarIndex *self = g_new0 (SimilarIndex, 1);
  self->ids = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                     (GDestroyNotify)g_array_unref);
  return self;
}

void
similar_index_free (SimilarIndex *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->ids);
  g_free (self);
}

void
similar_index_add (SimilarIndex *self, const guint8 *data, gsize len, guint id)
{
  Marks marks;
  find_marks (data, len, &marks);
  for (guint i = 0; i < marks.n; i++) {
    GArray *ids = g_hash_table_lookup (self->ids, &marks.marks[i]);
    if (ids == NULL) {
      ids = g_array_new (FALSE, FALSE, sizeof (guint));
      (void)g_hash_table_insert (self->ids, g_memdup2 (&marks.marks[i], sizeof (guint64)), ids);
    }
    g_array_append_val (ids, id);
  }
}

gboolean
similar_index_find (const SimilarIndex *self, const guint8 *data, gsize len, guint *out_id)
{
  Marks marks;
  g_autoptr (GHashTable) votes = g_hash_table_new (NULL, NULL);
  guint best = 0;
  guint best_votes = 0;
  find_marks (data, len, &marks);
  for (guint i = 0; i < marks.n; i++) {
    const GArray *ids = g_hash_table_lookup (self->ids, &marks.marks[i]);
    for (guint k = 0; ids != NULL && k < ids->len; k++) {
      guint id = g_array_index (ids, guint, k);
      gpointer key = GUINT_TO_POINTER (id);
      guint n = GPOINTER_TO_UINT (g_hash_table_lookup (votes, key)) + 1;
      (void)g_hash_table_insert (votes, key, GUINT_TO_POINTER (n));
      if (n > best_votes || (n == best_votes && id < best)) {
        best = id;
        best_votes = n;
      }
    }
  }
  *out_id = best;
  return best_votes >= ENOUGH;
}
