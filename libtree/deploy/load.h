/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the list of deployments from boot entries and links. */
#pragma once

#include "deploy/deployment.h"

typedef struct {
  GPtrArray *deployments; /* owned */
  const Deployment *booted;
  gboolean has_loader;
  int bootversion;
  int subbootversion;
} LoadedList;

/* Needs no lock: when somebody switches the links meanwhile, it begins again. */
gboolean load_deployments (int sysroot_fd, LoadedList *out, GError **error);
