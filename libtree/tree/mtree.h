/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tree in memory that is put together in any order, as an archive brings it. It may stand on a
 * tree of the store: directories of that one are read when something below them is touched, and
 * stay a checksum otherwise. For one thread. */
#pragma once

#include "tree/merge.h"

typedef struct Mtree Mtree;
typedef struct MtreeDir MtreeDir;

/* @base: NULL for an empty tree, whose root has no metadata yet. */
Mtree *mtree_new (Txn *txn, const TreeRoot *base);
void mtree_free (Mtree *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Mtree, mtree_free)

MtreeDir *mtree_root (Mtree *self);
gboolean mtree_dir_has_meta (const MtreeDir *dir);
void mtree_dir_set_meta (MtreeDir *dir, const TreeChecksum *meta);

/* *@out is NULL when there is no such directory; a file of that name is an error. */
gboolean mtree_find_dir (Mtree *self, MtreeDir *parent, const char *name, MtreeDir **out,
                         GError **error);
/* The directory of that name, which is made when it is not there: then it has no metadata. */
gboolean mtree_ensure_dir (Mtree *self, MtreeDir *parent, const char *name, MtreeDir **out,
                           GError **error);

/* *@out is where the checksum of the file's object stands, or NULL when there is no such file. */
gboolean mtree_find_file (Mtree *self, MtreeDir *parent, const char *name, TreeChecksum **out,
                          GError **error);
/* A file of that name takes the place of one that is there; a directory is an error. *@out_slot is
 * where its checksum goes, at any time before mtree_write() and from any thread; it lasts as long
 * as the tree, whatever becomes of the file, or until mtree_unload(). */
gboolean mtree_put_file (Mtree *self, MtreeDir *parent, const char *name, TreeChecksum **out_slot,
                         GError **error);

/* A tree with millions of files does not fit into memory, and need not: most archives go through it
 * directory by directory. When it is large, whoever fills it waits until all slots so far are
 * filled, and has those directories written that it is not in; they are read again if it comes
 * back.
 * @current: where it is; it and its parents stay as they are, pointers to others are void. */
gboolean mtree_is_large (const Mtree *self);
gboolean mtree_unload (Mtree *self, MtreeDir *current, GError **error);
/* The directory stays: a slot in it is not filled before the end, or looked at again. */
void mtree_pin (MtreeDir *dir);

/* Writes the dirtrees. Each directory must have metadata. */
gboolean mtree_write (Mtree *self, TreeRoot *out, GError **error);
