/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a new static delta goes: its files are written into a directory that nobody looks into, and
 * take their places together when all are there. */
#pragma once

#include "core/delta-name.h"
#include "store/repo.h"

typedef struct {
  const TreeRepo *repo; /* borrowed */
  int parent_dfd;       /* owned: of the directory that is worked in … */
  char *work_name;      /* … by this name in it */
  int dfd;              /* owned: of that directory itself */
  char *file;           /* of a delta outside of the repository: the superblock's name */
} DeltaOutput;

#define DELTA_OUTPUT_INIT                                                                          \
  {                                                                                                \
    .parent_dfd = -1, .dfd = -1                                                                    \
  }

/* @filename: NULL for one of the repository's. */
gboolean delta_output_open (DeltaOutput *self, const TreeRepo *repo, const char *filename,
                            GError **error);
/* Removes what was not published. */
void delta_output_clear (DeltaOutput *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DeltaOutput, delta_output_clear)

/* A new file, open for writing; -1 with an error. Any thread. */
int delta_output_create (const DeltaOutput *self, const char *file, GError **error);
/* The file is whole. Any thread. */
gboolean delta_output_finish (const DeltaOutput *self, int fd, GError **error);
/* All files are: puts them in their places. */
gboolean delta_output_publish (DeltaOutput *self, const DeltaName *name, guint n_files,
                               GError **error);
