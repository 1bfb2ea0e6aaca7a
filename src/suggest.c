/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "src/suggest.h"

#include <string.h>

enum {
  LEN_MAX = 63,     /* nobody mistypes a longer name */
  DISTANCE_MAX = 2, /* slips of the finger */
};

/* How many letters must be added, dropped or changed to make @b of @a (Levenshtein). */
static guint
edit_distance (const char *a, const char *b)
{
  gsize len_a = strlen (a), len_b = strlen (b);
  if (len_a > LEN_MAX || len_b > LEN_MAX)
    return G_MAXUINT;
  guint row[LEN_MAX + 1];
  for (guint j = 0; j <= len_b; j++)
    row[j] = j;
  for (gsize i = 1; i <= len_a; i++) {
    guint diagonal = row[0];
    row[0] = (guint)i;
    for (gsize j = 1; j <= len_b; j++) {
      guint change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = MIN (change, MIN (row[j], row[j - 1]) + 1);
    }
  }
  return row[len_b];
}

void
suggest_init (Suggest *self, const char *word)
{
  *self = (Suggest){.word = word, .best_distance = DISTANCE_MAX + 1};
}

void
suggest_offer (Suggest *self, const char *name)
{
  guint distance = edit_distance (self->word, name);
  if (distance < self->best_distance && distance < strlen (name)) {
    self->best = name;
    self->best_distance = distance;
  }
}

char *
suggest_text (const Suggest *self, const char *before)
{
  return self->best != NULL ? g_strdup_printf ("; did you mean '%s%s'?", before, self->best)
                            : g_strdup ("");
}
