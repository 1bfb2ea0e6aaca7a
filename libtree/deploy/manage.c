/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes of the list that make no new deployment. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "deploy/cleanup.h"
#include "deploy/etc-merge.h"
#include "deploy/origin.h"
#include "deploy/plan.h"
#include "deploy/sysroot.h"
#include "deploy/write.h"
#include "plain/layout.h"

static gboolean
check (const TreeSysroot *self, guint index, GError **error)
{
  return sysroot_check_locked (self, error) && sysroot_check_index (self, index, error);
}

static gboolean
write_and_clean (TreeSysroot *self, GPtrArray *list, GError **error)
{
  return sysroot_write_list (self, list, error) && sysroot_clean (self, /* prune= */ TRUE, error);
}

gboolean
tree_sysroot_undeploy (TreeSysroot *self, guint index, GError **error)
{
  if (!check (self, index, error))
    return FALSE;
  if (deployment_equal (self->deployments->pdata[index], self->booted))
    return throw_error (
        error, TREE_ERROR_INVALID,
        "deployment %u is the running system and cannot be undeployed: boot another "
        "one first",
        index);
  g_autoptr (GPtrArray) list = plan_undeploy (self->deployments, index);
  return write_and_clean (self, list, error);
}

gboolean
tree_sysroot_set_default (TreeSysroot *self, guint index, GError **error)
{
  if (!check (self, index, error))
    return FALSE;
  g_autoptr (GPtrArray) list = plan_set_default (self->deployments, index);
  return write_and_clean (self, list, error);
}

gboolean
tree_sysroot_rollback (TreeSysroot *self, GError **error)
{
  guint index = 0;
  if (!sysroot_check_locked (self, error))
    return FALSE;
  if (!plan_rollback (self->deployments, self->booted, &index))
    return throw_error (error, TREE_ERROR_NOT_FOUND,
                        "no deployment to roll back to: there is no other than the current one");
  return tree_sysroot_set_default (self, index, error);
}

/* The origin file alone changes; no list is written. */
static gboolean
save_origin (TreeSysroot *self, Deployment *deployment, GError **error)
{
  if (!origin_save (self->dfd, deployment->path, deployment->origin, /* durable= */ TRUE, error))
    return FALSE;
  deployment_origin_changed (deployment);
  sysroot_touch (self);
  return TRUE;
}

gboolean
tree_sysroot_set_pinned (TreeSysroot *self, guint index, gboolean pinned, GError **error)
{
  if (!check (self, index, error))
    return FALSE;
  Deployment *deployment = self->deployments->pdata[index];
  origin_set_pinned (deployment->origin, pinned);
  return save_origin (self, deployment, error);
}

gboolean
tree_sysroot_set_refspec (TreeSysroot *self, guint index, const char *refspec, GError **error)
{
  if (!check (self, index, error))
    return FALSE;
  Deployment *deployment = self->deployments->pdata[index];
  origin_set_refspec (deployment->origin, refspec);
  return save_origin (self, deployment, error);
}

gboolean
tree_sysroot_set_kargs (TreeSysroot *self, guint index, const char *kargs, GError **error)
{
  if (!check (self, index, error))
    return FALSE;
  deployment_set_kargs (self->deployments->pdata[index], kargs);
  g_autoptr (GPtrArray) list = plan_undeploy (self->deployments, G_MAXUINT); /* a copy */
  return sysroot_write_list (self, list, error) && sysroot_clean (self, /* prune= */ FALSE, error);
}

gboolean
tree_sysroot_append_kargs (TreeSysroot *self, const char *const *kargs, GError **error)
{
  if (!sysroot_check_locked (self, error))
    return FALSE;
  for (guint i = 0; i < self->deployments->len; i++) {
    Deployment *deployment = self->deployments->pdata[i];
    g_autoptr (Kargs) have = kargs_parse (deployment->kargs);
    for (gsize k = 0; kargs[k] != NULL; k++)
      if (!kargs_contains (have, kargs[k]))
        kargs_append (have, kargs[k]);
    g_autofree char *text = kargs_to_text (have);
    deployment_set_kargs (deployment, text);
  }
  g_autoptr (GPtrArray) list = plan_undeploy (self->deployments, G_MAXUINT); /* a copy */
  return sysroot_write_list (self, list, error) && sysroot_clean (self, /* prune= */ FALSE, error);
}

static void
call_for_each (const GPtrArray *paths, TreeEtcChange change,
               void (*func) (TreeEtcChange, const char *, gpointer), gpointer user_data)
{
  for (guint i = 0; i < paths->len; i++)
    func (change, paths->pdata[i], user_data);
}

gboolean
tree_sysroot_diff_etc (TreeSysroot *self, guint index,
                       void (*func) (TreeEtcChange change, const char *path, gpointer user_data),
                       gpointer user_data, GError **error)
{
  if (!sysroot_check_index (self, index, error))
    return FALSE;
  const Deployment *deployment = self->deployments->pdata[index];
  autofd int root = dir_open_at (self->dfd, deployment->path, error);
  if (root < 0)
    return FALSE;
  autofd int defaults = dir_open_at (root, DEPLOYMENT_DEFAULT_ETC, error);
  if (defaults < 0)
    return FALSE;
  autofd int local = dir_open_at (root, DEPLOYMENT_ETC, error);
  if (local < 0)
    return FALSE;
  g_autoptr (EtcDiff) diff = etc_diff (defaults, local, error);
  if (diff == NULL)
    return FALSE;
  call_for_each (diff->modified, TREE_ETC_MODIFIED, func, user_data);
  call_for_each (diff->removed, TREE_ETC_REMOVED, func, user_data);
  call_for_each (diff->added, TREE_ETC_ADDED, func, user_data);
  return TRUE;
}
