/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Telling the caller of a pull how far it is. */
#pragma once

#include "pull/context.h"

typedef struct {
  gint64 next_us; /* not before */
} PullReport;

/* As often as the options allow, and at once when the phase is a new one. */
void pull_report (PullReport *self, const PullContext *context, const char *phase, gboolean is_new);
