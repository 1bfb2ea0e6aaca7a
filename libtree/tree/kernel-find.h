/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which kernel a tree has: for the metadata of bootable commits. */
#pragma once

#include "tree/merge.h"

/* The one directory of usr/lib/modules that has a vmlinuz; none or several are an error. */
gboolean kernel_find (Txn *txn, const TreeRoot *root, char **out_release, GError **error);
