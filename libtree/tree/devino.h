/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which object a file of a hard-link checkout is: a table of device and inode, made from the
 * repository's own files. */
#pragma once

#include <sys/stat.h>

#include "store/repo.h"
#include "tree/inode-table.h"

/* Looks at every file object that has more than one link. */
InodeTable *devino_scan (const TreeRepo *repo, GError **error);
/* From any thread. */
gboolean devino_lookup (InodeTable *table, const struct stat *st, TreeChecksum *out);
