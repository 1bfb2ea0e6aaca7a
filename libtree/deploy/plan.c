/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "deploy/plan.h"

#include <string.h>

GPtrArray *
plan_deploy (const GPtrArray *old, Deployment *fresh, const PlanPolicy *policy)
{
  const Deployment *crossover = policy->booted != NULL ? policy->booted : policy->merge;
  GPtrArray *list = deployment_list_new ();
  gboolean added = FALSE, passed = FALSE;
  if (!policy->not_as_default) {
    g_ptr_array_add (list, deployment_ref (fresh));
    added = TRUE;
  }
  for (guint i = 0; i < old->len; i++) {
    Deployment *have = old->pdata[i];
    gboolean is_crossover = deployment_equal (have, crossover);
    passed |= is_crossover;
    /* Without a crossover nothing is before or behind it: either wish keeps it. */
    gboolean wanted = policy->retain || (policy->retain_pending && !passed) ||
                      (policy->retain_rollback && (passed || crossover == NULL));
    if (wanted || have->info.is_pinned || strcmp (have->stateroot, fresh->stateroot) != 0 ||
        deployment_equal (have, policy->booted) || deployment_equal (have, policy->merge))
      g_ptr_array_add (list, deployment_ref (have));
    if (is_crossover && !added) {
      g_ptr_array_add (list, deployment_ref (fresh));
      added = TRUE;
    }
  }
  if (!added)
    g_ptr_array_add (list, deployment_ref (fresh));
  return list;
}

GPtrArray *
plan_undeploy (const GPtrArray *old, guint index)
{
  GPtrArray *list = deployment_list_new ();
  for (guint i = 0; i < old->len; i++)
    if (i != index)
      g_ptr_array_add (list, deployment_ref (old->pdata[i]));
  return list;
}

GPtrArray *
plan_set_default (const GPtrArray *old, guint index)
{
  GPtrArray *list = plan_undeploy (old, index);
  g_ptr_array_insert (list, 0, deployment_ref (old->pdata[index]));
  return list;
}

static gboolean
find (const GPtrArray *list, const Deployment *wanted, guint *out_index)
{
  for (guint i = 0; i < list->len; i++)
    if (deployment_equal (list->pdata[i], wanted)) {
      *out_index = i;
      return TRUE;
    }
  return FALSE;
}

gboolean
plan_rollback (const GPtrArray *old, const Deployment *booted, guint *out_index)
{
  guint at = 0;
  if (booted == NULL || !find (old, booted, &at)) {
    *out_index = 1;
    return old->len > 1;
  }
  /* Something before the booted one waits for the next boot: taking that back is what is asked for.
   */
  *out_index = at > 0 ? at : 1;
  return at > 0 || old->len > 1;
}

Deployment *
plan_find_merge (const GPtrArray *list, const Deployment *booted, const char *stateroot)
{
  Deployment *first = NULL;
  for (guint i = 0; i < list->len; i++) {
    Deployment *have = list->pdata[i];
    if (strcmp (have->stateroot, stateroot) != 0)
      continue;
    if (deployment_equal (have, booted))
      return have;
    if (first == NULL)
      first = have;
  }
  return first;
}

void
plan_number (GPtrArray *list, const Deployment *booted)
{
  gboolean passed = FALSE, has_pending = FALSE, has_rollback = FALSE;
  for (guint i = 0; i < list->len; i++) {
    TreeDeployment *info = &((Deployment *)list->pdata[i])->info;
    info->index = (int)i;
    info->is_booted = deployment_equal (list->pdata[i], booted);
    info->is_pending = info->is_rollback = FALSE;
    passed |= info->is_booted;
    if (booted == NULL || info->is_booted || strcmp (info->stateroot, booted->stateroot) != 0)
      continue;
    if (passed)
      info->is_rollback = !has_rollback;
    else
      info->is_pending = !has_pending;
    has_pending |= info->is_pending;
    has_rollback |= info->is_rollback;
  }
}

int
plan_bootserial (const GPtrArray *list, guint index)
{
  const Deployment *of = list->pdata[index];
  int serial = 0;
  for (guint i = 0; i < index; i++)
    if (strcmp (((const Deployment *)list->pdata[i])->bootcsum, of->bootcsum) == 0)
      serial++;
  return serial;
}
