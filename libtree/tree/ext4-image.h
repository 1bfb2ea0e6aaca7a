/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An ext4 file system that is filled once, from front to back, in a file: no mount, no privilege,
 * and no state but libext2fs's bitmaps, whatever the number of files.
 *
 *   need: what files will take -> geometry -> each inode in turn, its blocks behind those of the
 * one before -> directories when all that is in them has a number -> super block
 *
 * The same calls make the same bytes: identity, hash seed and time come from the caller, numbers
 * and blocks are given out in order, and nothing asks the clock.
 */
#pragma once

#include "base/source.h"
#include "core/filemeta.h"

/* What is to go into the file system. Counted too high rather than too low. */
typedef struct {
  guint64 n_inodes;
  guint64 n_blocks;
} Ext4Need;

/* Of a directory's names. */
typedef struct {
  guint64 n_bytes;
} Ext4NamesNeed;

gboolean ext4_need_file (Ext4Need *self, const FileMeta *meta, guint64 size, GError **error);
gboolean ext4_need_name (Ext4NamesNeed *self, const char *name, GError **error);
void ext4_need_dir (Ext4Need *self, const FileMeta *meta, const Ext4NamesNeed *names);

typedef struct {
  guint8 uuid[16];
  guint8 hash_seed[16];
  gint64 time;        /* of all files, in seconds since 1970 */
  guint64 size_bytes; /* of the image; 0: as small as what is needed fits */
} Ext4Identity;

/* One name of a directory. */
typedef struct {
  const char *name; /* borrowed */
  guint32 ino;
  guint32 mode; /* for its type bits */
} Ext4Name;

#define EXT4_ROOT ((guint32)2)

typedef struct Ext4Image Ext4Image;

/* Makes the file system in the empty file @fd, which must be open for reading and writing. */
Ext4Image *ext4_image_new (int fd, const Ext4Need *need, const Ext4Identity *identity,
                           GError **error);
/* Writes what is left, all but syncing the file. */
gboolean ext4_image_finish (Ext4Image *self, GError **error);
void ext4_image_free (Ext4Image *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ext4Image, ext4_image_free)

/* A regular file, or (@content NULL) a symbolic link. */
gboolean ext4_image_add_file (Ext4Image *self, const FileMeta *meta, Source *content, guint64 size,
                              guint32 *out_ino, GError **error);
/* The number of a directory that is to be written later; the root has EXT4_ROOT. */
gboolean ext4_image_begin_dir (Ext4Image *self, guint32 *out_ino, GError **error);
/* @names: all that is in it. */
gboolean ext4_image_end_dir (Ext4Image *self, guint32 ino, guint32 parent, const FileMeta *meta,
                             const Ext4Name *names, guint n_names, GError **error);
