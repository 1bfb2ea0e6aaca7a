/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "Did you mean": of the names that exist, the one that a mistyped word comes near to. */
#pragma once

#include <glib.h>

typedef struct {
  const char *word; /* what was typed */
  const char *best; /* the nearest name offered so far, or NULL; borrowed */
  guint best_distance;
} Suggest;

void suggest_init (Suggest *self, const char *word);
/* @name must live as long as self->best is used. */
void suggest_offer (Suggest *self, const char *name);

/* "; did you mean '--parent'?", with @before before the name, or "" when nothing comes near. */
char *suggest_text (const Suggest *self, const char *before);
