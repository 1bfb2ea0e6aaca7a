/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "deploy/deployment.h"

#include <string.h>

#include "deploy/origin.h"
#include "plain/layout.h"

Deployment *
deployment_new (const char *stateroot, const TreeChecksum *checksum, int serial,
                const char *bootcsum, GKeyFile *origin, BootEntry *entry)
{
  Deployment *self = g_new0 (Deployment, 1);
  self->ref_count = 1;
  self->stateroot = g_strdup (stateroot);
  self->info.stateroot = self->stateroot;
  self->info.checksum = *checksum;
  self->info.serial = serial;
  g_autofree char *name = deployment_name (self);
  self->path = g_strdup_printf (SYSROOT_DEPLOY "/%s/" STATEROOT_DEPLOY "/%s", stateroot, name);
  self->info.path = self->path;
  self->origin = origin;
  self->entry = entry;
  deployment_set_bootcsum (self, bootcsum);
  deployment_set_kargs (self, bootentry_get (entry, "options"));
  deployment_origin_changed (self);
  return self;
}

Deployment *
deployment_ref (Deployment *self)
{
  self->ref_count++;
  return self;
}

void
deployment_unref (Deployment *self)
{
  if (self == NULL || --self->ref_count > 0)
    return;
  g_free (self->stateroot);
  g_free (self->path);
  g_free (self->bootcsum);
  g_free (self->kargs);
  g_free (self->refspec);
  g_key_file_unref (self->origin);
  bootentry_free (self->entry);
  g_free (self);
}

GPtrArray *
deployment_list_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)deployment_unref);
}

void
deployment_set_bootcsum (Deployment *self, const char *bootcsum)
{
  g_free (self->bootcsum);
  self->bootcsum = g_strdup (bootcsum);
  self->info.bootcsum = self->bootcsum;
}

void
deployment_set_kargs (Deployment *self, const char *kargs)
{
  char *copy = g_strdup (kargs != NULL ? kargs : "");
  g_free (self->kargs);
  self->kargs = copy;
  self->info.kargs = copy;
}

void
deployment_origin_changed (Deployment *self)
{
  g_free (self->refspec);
  self->refspec = origin_get_refspec (self->origin);
  self->info.refspec = self->refspec;
  self->info.is_pinned = origin_is_pinned (self->origin);
}

char *
deployment_name (const Deployment *self)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&self->info.checksum, hex);
  return g_strdup_printf ("%s.%d", hex, self->info.serial);
}

gboolean
deployment_equal (const Deployment *a, const Deployment *b)
{
  return a == b || (a != NULL && b != NULL && a->info.serial == b->info.serial &&
                    strcmp (a->stateroot, b->stateroot) == 0 &&
                    tree_checksum_equal (&a->info.checksum, &b->info.checksum));
}
