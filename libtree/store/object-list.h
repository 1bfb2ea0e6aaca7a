/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which objects lie in a repository: a walk over objects/, without parents; and deleting one.
 */
#pragma once

#include "core/object.h"
#include "store/repo.h"

/* @dfd, @file_name: where the object lies, for who wants to stat or unlink it. */
typedef gboolean (*ObjectListFunc) (const ObjectName *name, int dfd, const char *file_name,
                                    gpointer user_data, GError **error);

/* Calls @func for every object whose name begins with @hex_prefix (NULL: all), in no order. Files
 * that are no objects are passed over. */
gboolean object_list (const TreeRepo *repo, const char *hex_prefix, ObjectListFunc func,
                      gpointer user_data, GError **error);
/* Absent is fine. The caller holds the exclusive lock. */
gboolean object_delete (const TreeRepo *repo, const ObjectName *name, GError **error);
