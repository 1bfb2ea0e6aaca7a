/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The main road: a commit of the repository becomes a deployment of the list. */
#include "config.h"

#include "deploy/deploy.h"

#include <string.h>

#include "base/error.h"
#include "deploy/cleanup.h"
#include "deploy/deploy-tree.h"
#include "deploy/origin.h"
#include "deploy/plan.h"
#include "deploy/write.h"

/* After a failure. A full disk may be full because of it. What is in the list by now stays: the
 * failure came after the switch. */
static void
discard_unlisted (TreeSysroot *self, const Deployment *fresh)
{
  if (!sysroot_load (self, NULL))
    return;
  for (guint i = 0; i < self->deployments->len; i++)
    if (strcmp (((const Deployment *)self->deployments->pdata[i])->path, fresh->path) == 0)
      return;
  (void)sysroot_clean (self, /* prune= */ FALSE, NULL); /* the next one does it again */
}

gboolean
sysroot_deploy_commit (TreeSysroot *self, const DeployRequest *request, GKeyFile *origin,
                       GError **error)
{
  g_autoptr (Deployment) fresh = deploy_tree (self, request->stateroot, &request->commit, origin,
                                              request->merge, request->kargs, error);
  if (fresh == NULL)
    return FALSE;
  PlanPolicy policy = request->policy;
  policy.booted = self->booted;
  policy.merge = request->merge;
  g_autoptr (GPtrArray) list = plan_deploy (self->deployments, fresh, &policy);
  if (sysroot_write_list (self, list, error))
    return sysroot_clean (self, request->prune, error);
  discard_unlisted (self, fresh);
  return FALSE;
}

static char *
make_kargs (const TreeDeployOptions *options, const Deployment *merge, GError **error)
{
  g_autofree char *base = NULL;
  if (options->kargs_running) {
    base = tree_kargs_running (error);
    if (base == NULL)
      return NULL;
  } else if (options->kargs_none || merge == NULL)
    base = g_strdup ("");
  else
    base = g_strdup (merge->kargs);
  return tree_kargs_edit (base, options->kargs_replace, options->kargs_append,
                          options->kargs_delete, error);
}

gboolean
tree_sysroot_deploy (TreeSysroot *self, const char *rev, const TreeDeployOptions *options,
                     GError **error)
{
  DeployRequest request = {
      .prune = !options->no_prune,
      .policy = {.retain = options->retain,
                 .retain_pending = options->retain_pending,
                 .retain_rollback = options->retain_rollback,
                 .not_as_default = options->not_as_default},
  };
  if (!sysroot_check_locked (self, error))
    return FALSE;
  const char *stateroot = sysroot_pick_stateroot (self, options->stateroot, error);
  if (stateroot == NULL || !tree_repo_resolve_rev (self->repo, rev, &request.commit, error))
    return FALSE;
  g_autoptr (GKeyFile) origin = NULL;
  if (options->origin == NULL)
    origin = origin_new (rev);
  else if (!origin_parse (options->origin, strlen (options->origin), &origin, error))
    return prefix_error (error, "origin file");
  /* Copies: the list that holds both is read again on the way. */
  g_autofree char *stateroot_copy = g_strdup (stateroot);
  request.stateroot = stateroot_copy;
  g_autoptr (Deployment) merge = NULL;
  if (!options->no_merge) {
    Deployment *found = plan_find_merge (self->deployments, self->booted, stateroot);
    merge = found != NULL ? deployment_ref (found) : NULL;
  }
  request.merge = merge;
  g_autofree char *kargs = make_kargs (options, merge, error);
  if (kargs == NULL)
    return FALSE;
  request.kargs = kargs;
  return sysroot_deploy_commit (self, &request, g_steal_pointer (&origin), error);
}
