/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The dirtree object: `(a(say)a(sayay))`, the files and then the directories of one directory, each
 * sorted by strcmp.
 *
 * It is read in place, without an allocation for each entry: every member has alignment 1, so that
 * an element begins where the one before it ends, and its end stands in the framing offsets behind
 * the array.
 */
#pragma once

#include "tree-types.h"

typedef struct {
  const guint8 *offsets; /* the framing offsets of the array: one end for each element */
  gsize width;           /* bytes of each */
  const guint8 *data;    /* the elements */
  guint n;
} DirTreeArray;

typedef struct {
  GBytes *bytes; /* owned */
  DirTreeArray files;
  DirTreeArray dirs;
} DirTree;

typedef struct {
  const char *name;     /* in the bytes of the DirTree */
  TreeChecksum content; /* of a file: its object; of a directory: its dirtree */
  TreeChecksum meta;    /* of a directory: its dirmeta */
} DirTreeEntry;

/* Checks everything that can be wrong: framing, order, names, that no name is both a file and a
 * directory. */
gboolean dirtree_parse (GBytes *bytes, DirTree *out, GError **error);
void dirtree_clear (DirTree *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DirTree, dirtree_clear)

void dirtree_file (const DirTree *self, guint i, DirTreeEntry *out);
void dirtree_dir (const DirTree *self, guint i, DirTreeEntry *out);
/* By binary search; FALSE when the name is not there. */
gboolean dirtree_find_file (const DirTree *self, const char *name, DirTreeEntry *out);
gboolean dirtree_find_dir (const DirTree *self, const char *name, DirTreeEntry *out);

/* Directories below each other; paths that long cannot be opened anyway. */
#define DIRTREE_MAX_DEPTH 1000

/* Is this a name that a dirtree may hold: UTF-8, no '/', not empty, "." or ".."? */
gboolean dirtree_check_name (const char *name, GError **error);

/* Serialises entries that are sorted by strcmp of their names. */
GBytes *dirtree_build (const DirTreeEntry *files, guint n_files, const DirTreeEntry *dirs,
                       guint n_dirs);
