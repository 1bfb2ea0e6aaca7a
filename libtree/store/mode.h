/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What differs between the repository modes: how a file object lies on disk. One const struct a
 * mode, so that no other file asks which mode it is. */
#pragma once

#include "base/codec.h"
#include "base/source.h"
#include "core/filemeta.h"
#include "tree-types.h"

/* Buffers and machines of one thread that writes or reads objects. */
typedef struct {
  Codec *codec;
  Hasher *hasher;
  guint8 *buffer; /* MODE_BUFFER bytes */
  GByteArray *header;
  int deflate_level; /* of the repository that is written to */
} ModeWorker;

#define MODE_BUFFER ((gsize)256 * 1024)

/* An open file object: its metadata and, of a regular file, a source of its bytes. */
typedef struct {
  FileMeta meta;
  guint64 size;
  Source *content;        /* NULL for a symbolic link */
  int fd;                 /* of the object's file; -1 for a bare symbolic link */
  gboolean fd_is_content; /* fd, from its current position, is just the content: it can be copied by
                             the kernel */
  /* What content stands on. */
  FdSource fd_source;
  Source *inflater;
} StoreFile;

void store_file_clear (StoreFile *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StoreFile, store_file_clear)

typedef struct {
  TreeMode id;
  const char *name;                /* as config files spell it */
  gboolean archive;                /* file objects are .filez, compressed */
  gboolean links_as_links;         /* a symbolic link is one on disk, too */
  gboolean hardlink_checkout;      /* objects may be linked into a checkout with owners and modes */
  gboolean hardlink_user_checkout; /* … into a checkout in user mode */

  /* Writes a regular file's object into the empty file @fd: content, owner, mode, xattrs, mtime 0
   * last. A symbolic link, too, unless links_as_links. @content is NULL for a link. */
  gboolean (*write) (ModeWorker *worker, int fd, const FileMeta *meta, Source *content,
                     guint64 size, GError **error);
  /* Opens the object at @path in @dfd (objects/). Errors: TREE_ERROR_NOT_FOUND, TREE_ERROR_CORRUPT
   */
  gboolean (*open) (int dfd, const char *path, StoreFile *out, GError **error);
} StoreMode;

extern const StoreMode store_mode_bare;
extern const StoreMode store_mode_bare_user;
extern const StoreMode store_mode_archive;

/* NULL with an error that lists the known ones. */
const StoreMode *store_mode_by_name (const char *name, GError **error);
const StoreMode *store_mode_by_id (TreeMode id);

void mode_worker_init (ModeWorker *self, int deflate_level);
void mode_worker_clear (ModeWorker *self);
/* Copies all of @content to @fd; it must be @size bytes, neither more nor fewer
 * (TREE_ERROR_CHANGED). */
gboolean mode_copy_content (ModeWorker *worker, int fd, Source *content, guint64 size,
                            GError **error);
