/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a path of a commit leads to. */
#pragma once

#include "store/repo.h"

typedef struct {
  gboolean is_dir;
  TreeChecksum content; /* of a file: its object; of a directory: its dirtree */
  TreeChecksum meta;    /* of a directory */
} LookupResult;

/* Links are not followed. Appends the path to @out_path, without needless slashes: "" for the root.
 */
gboolean lookup_path (const TreeRepo *repo, const TreeChecksum *commit, const char *path,
                      LookupResult *out, GString *out_path, GError **error);
