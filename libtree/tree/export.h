/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the formats of an export have in common. */
#pragma once

#include "tree-export.h"
#include "tree/merge.h"

/* The directory that becomes the root. */
typedef struct {
  const TreeChecksum *commit;
  TreeRoot dir;
  gint64 time; /* of the commit */
} ExportRoot;

/* A tar archive; @fd may be a pipe. */
gboolean export_tar (const TreeRepo *repo, const ExportRoot *root, int fd,
                     const TreeExportOptions *options, GError **error);
/* An ext4 image in the empty file @fd, which must be open for reading and writing. */
gboolean export_ext4 (const TreeRepo *repo, const ExportRoot *root, int fd,
                      const TreeExportOptions *options, GError **error);
