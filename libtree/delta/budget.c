/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "delta/budget.h"

void
budget_init (Budget *self, guint64 limit)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->given_back);
  self->limit = limit;
  self->used = 0;
}

void
budget_clear (Budget *self)
{
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->given_back);
}

void
budget_take (Budget *self, guint64 bytes)
{
  g_mutex_lock (&self->lock);
  while (self->used > 0 && (bytes > self->limit || self->used > self->limit - bytes))
    g_cond_wait (&self->given_back, &self->lock);
  self->used += bytes;
  g_mutex_unlock (&self->lock);
}

void
budget_give_back (Budget *self, guint64 bytes)
{
  g_mutex_lock (&self->lock);
  self->used -= bytes;
  g_cond_broadcast (&self->given_back);
  g_mutex_unlock (&self->lock);
}
