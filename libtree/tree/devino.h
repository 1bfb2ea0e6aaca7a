/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which object a file of a hard-link checkout is: a table of device and inode, made from the
 * repository's own files. */
#pragma once

#include <sys/stat.h>

#include "store/repo.h"

typedef struct DevInoTable DevInoTable;

/* Looks at every file object that has more than one link. */
DevInoTable *devino_scan (const TreeRepo *repo, GError **error);
void devino_free (DevInoTable *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DevInoTable, devino_free)
/* From any thread. */
gboolean devino_lookup (const DevInoTable *self, const struct stat *st, TreeChecksum *out);
