/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening a static delta: its superblock, and the bytes of its parts, which are in the superblock
 * or in files beside it. */
#pragma once

#include "base/temp-file.h"
#include "core/delta-superblock.h"
#include "store/repo.h"

typedef struct {
  int dfd;       /* owned: the directory of the parts' files */
  GBytes *file;  /* owned: what was opened; nobody can change it any more */
  GBytes *plain; /* owned: the superblock in it, which is what was signed */
  DeltaSuperblock superblock;
  GVariant *signatures; /* owned: in the file or beside it; NULL: it is not signed */
} Delta;

#define DELTA_INIT                                                                                 \
  {                                                                                                \
    .dfd = -1                                                                                      \
  }

void delta_clear (Delta *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Delta, delta_clear)

/* From a file, or a directory that has `superblock`. @repo: in whose tmp a large one is kept. */
gboolean delta_open_path (Delta *self, const TreeRepo *repo, const char *path, GError **error);
/* One of @source's own. Errors: TREE_ERROR_NOT_FOUND */
gboolean delta_open_name (Delta *self, const TreeRepo *repo, const TreeRepo *source,
                          const DeltaName *name, GError **error);

/* The bytes of a part's file, unverified. Must not be moved while open. */
typedef struct {
  Source *source;
  MemorySource memory;
  FdSource from_fd;
  GBytes *bytes;
  int fd;
} DeltaPartFile;

#define DELTA_PART_FILE_INIT                                                                       \
  {                                                                                                \
    .fd = -1                                                                                       \
  }
void delta_part_file_clear (DeltaPartFile *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DeltaPartFile, delta_part_file_clear)
gboolean delta_open_part (const Delta *self, guint i, DeltaPartFile *out, GError **error);
