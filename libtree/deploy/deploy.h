/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What deploying on demand and upgrading have in common. */
#pragma once

#include "deploy/plan.h"
#include "deploy/sysroot.h"

typedef struct {
  const char *stateroot;
  TreeChecksum commit;
  const Deployment *merge; /* NULL: fresh /etc */
  const char *kargs;
  PlanPolicy policy; /* booted and merge are filled in */
  gboolean prune;
} DeployRequest;

/* Tree, list, switch, cleanup. @origin is taken. */
gboolean sysroot_deploy_commit (TreeSysroot *self, const DeployRequest *request, GKeyFile *origin,
                                GError **error);
