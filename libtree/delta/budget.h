/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that threads share: who needs much waits until others have given back enough. */
#pragma once

#include <glib.h>

typedef struct {
  GMutex lock;
  GCond given_back;
  guint64 limit;
  guint64 used;
} Budget;

void budget_init (Budget *self, guint64 limit);
void budget_clear (Budget *self);
/* Waits for @bytes; somebody who wants more than there is goes when nobody else is in. */
void budget_take (Budget *self, guint64 bytes);
void budget_give_back (Budget *self, guint64 bytes);
