/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One deployment as the files of this folder share it: what the public face says, its origin file
 * and its boot entry. Counted, since old and new lists share most of them. */
#pragma once

#include "boot/entry.h"
#include "boot/kargs.h"
#include "tree-sysroot.h"

typedef struct {
  int ref_count;
  TreeDeployment info; /* its strings point to the fields below */
  char *stateroot;
  char *path; /* "ostree/deploy/STATEROOT/deploy/CSUM.SERIAL" */
  char *bootcsum;
  char *kargs; /* without `ostree=`'s value being meaningful: each write sets it anew */
  char *refspec;
  GKeyFile *origin; /* never NULL */
  BootEntry *entry; /* as on disk; of a new one, the kernel's paths only */
} Deployment;

/* @origin and @entry are taken. @bootcsum may be NULL until the kernel is known. */
Deployment *deployment_new (const char *stateroot, const TreeChecksum *checksum, int serial,
                            const char *bootcsum, GKeyFile *origin, BootEntry *entry);
Deployment *deployment_ref (Deployment *self);
void deployment_unref (Deployment *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Deployment, deployment_unref)

/* For arrays of deployments. */
GPtrArray *deployment_list_new (void);

void deployment_set_bootcsum (Deployment *self, const char *bootcsum);
void deployment_set_kargs (Deployment *self, const char *kargs);
/* Reads refspec and pin from the origin again. */
void deployment_origin_changed (Deployment *self);
/* "CSUM.SERIAL"; owned by the caller. */
char *deployment_name (const Deployment *self);
/* Same stateroot, commit and serial. */
gboolean deployment_equal (const Deployment *a, const Deployment *b);
