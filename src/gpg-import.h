/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Importing keys for a remote, as `remote add` and `remote gpg-import` do. */
#pragma once

#include "tree-repo.h"

/* See tree_repo_remote_gpg_import(); prints how many there were. */
gboolean gpg_import_run (TreeRepo *repo, const char *remote, const char *const *files, int fd,
                         const char *const *key_ids, GError **error);
