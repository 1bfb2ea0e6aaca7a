/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decisions about the list of deployments: an old list in, a new list out, no disk. */
#pragma once

#include "deploy/deployment.h"

typedef struct {
  const Deployment *booted; /* NULL: not running from this sysroot */
  const Deployment *merge;  /* whose configuration the new one takes over; NULL for none */
  gboolean retain;
  gboolean retain_pending;
  gboolean retain_rollback;
  gboolean not_as_default;
} PlanPolicy;

/* Puts @fresh first, or behind the crossover when it is not to be the default. The booted
 * deployment (else the merge one) is the crossover between pending and rollback deployments.
 * Dropped are those of the same stateroot that are neither of the two, nor pinned, nor retained by
 * the policy. */
GPtrArray *plan_deploy (const GPtrArray *old, Deployment *fresh, const PlanPolicy *policy);

/* Without the one at @index. */
GPtrArray *plan_undeploy (const GPtrArray *old, guint index);
/* The one at @index first. */
GPtrArray *plan_set_default (const GPtrArray *old, guint index);
/* Which index a rollback makes the default; FALSE when there is nothing to go back to. */
gboolean plan_rollback (const GPtrArray *old, const Deployment *booted, guint *out_index);

/* The booted deployment if it is of @stateroot, else the first of it; NULL without one. Borrowed.
 */
Deployment *plan_find_merge (const GPtrArray *list, const Deployment *booted,
                             const char *stateroot);

/* Sets index and the pending and rollback marks: the first of the booted stateroot before the
 * booted one and the first behind it. */
void plan_number (GPtrArray *list, const Deployment *booted);

/* Serial of a boot link: how many before @index in the list have the same kernel. */
int plan_bootserial (const GPtrArray *list, guint index);
