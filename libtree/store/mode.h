/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What differs between the repository modes: how a file object lies on disk. One const struct a
 * mode, so that no other file asks which mode it is. */
#pragma once

#include <sys/stat.h>

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
  GByteArray *packed;   /* a whole compressed object */
  GByteArray *unpacked; /* … and what was in it */
  int deflate_level;    /* of the repository that is written to */
  gboolean owner_known; /* what is the owner of a file that it creates? */
  guint32 owner_uid;
  guint32 owner_gid;
} ModeWorker;

#define MODE_BUFFER ((gsize)256 * 1024)
/* Objects up to this size are read and unpacked whole. */
#define MODE_WHOLE_MAX ((gsize)1024 * 1024)

/* An open file object: its metadata and, of a regular file, a source of its bytes. Must not be
 * moved while open. */
typedef struct {
  FileMeta meta;
  guint64 size;
  Source *content; /* NULL for a symbolic link */
  int fd;          /* of the object's file; -1 when it was read whole, or is a link */
  /* What content stands on. */
  MemorySource memory;
  FdSource fd_source;
  Source *inflater;
} StoreFile;

void store_file_clear (StoreFile *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StoreFile, store_file_clear)

typedef struct {
  TreeMode id;
  const char *name;     /* as config files spell it */
  gboolean archive;     /* file objects are .filez, compressed */
  gboolean plain_files; /* an object is the file itself: a link is a link, and a file that is given
                           up may become one */
  gboolean hardlink_checkout;      /* objects may be linked into a checkout with owners and modes */
  gboolean hardlink_user_checkout; /* … into a checkout in user mode */
  gboolean canonical_only;         /* files have owner 0:0 and no xattrs, and none are stored */

  /* May such a repository be written to at all? NULL: yes. */
  gboolean (*check_writable) (GError **error);
  /* May this file be kept? NULL: any may. */
  gboolean (*check) (const FileMeta *meta, GError **error);
  /* Writes a regular file's object into the empty file @fd: content, owner, xattrs, mode; never
   * the mtime, which txn_seal_file() sets once the bytes are verified. A symbolic link, too, unless
   * plain_files. @content is NULL for a link. */
  gboolean (*write) (ModeWorker *worker, int fd, const FileMeta *meta, Source *content,
                     guint64 size, GError **error);
  /* Writes what belongs to the object and lies beside it, in @dfd, where its file is at @path; the
   * same may be in @objects_dfd already. NULL: nothing does. What has such parts is never linked
   * as a whole, and not taken over from a transaction that failed. */
  gboolean (*write_beside) (int objects_dfd, int dfd, const char *path, const FileMeta *meta,
                            GError **error);
  /* Opens the object at @path in @dfd (objects/). With a @worker (may be NULL), small objects are
   * read and unpacked into its buffers at once, and last until its next use. Errors:
   * TREE_ERROR_NOT_FOUND, TREE_ERROR_CORRUPT */
  gboolean (*open) (ModeWorker *worker, int dfd, const char *path, StoreFile *out, GError **error);
  /* Metadata without xattrs and content, where that takes fewer system calls; else NULL. */
  gboolean (*stat) (int dfd, const char *path, StoreFile *out, GError **error);
} StoreMode;

extern const StoreMode store_mode_bare;
extern const StoreMode store_mode_bare_user;
extern const StoreMode store_mode_bare_user_only;
extern const StoreMode store_mode_archive;
extern const StoreMode store_mode_bare_split_xattrs;

/* Of bare, for its kin: what the inode says by itself; a regular file's content; and its owner. */
gboolean bare_stat (int dfd, const char *path, StoreFile *out, GError **error);
gboolean bare_open_content (int dfd, const char *path, StoreFile *file, GError **error);
gboolean bare_own (ModeWorker *worker, int fd, const FileMeta *meta, GError **error);

/* An archive object that came over the network: in memory, or in a file (which the StoreFile then
 * owns). Large content is inflated as it is read, from @data, which must stay. */
gboolean archive_open_data (ModeWorker *worker, const guint8 *data, gsize len, StoreFile *out,
                            GError **error);
gboolean archive_open_fd (int fd, guint64 file_size, StoreFile *out, GError **error);

/* NULL with an error that lists the known ones. */
const StoreMode *store_mode_by_name (const char *name, GError **error);
const StoreMode *store_mode_by_id (TreeMode id);

void mode_worker_init (ModeWorker *self, int deflate_level);
void mode_worker_clear (ModeWorker *self);
/* A file that the worker creates belongs to its owner already. */
gboolean mode_worker_owns (const ModeWorker *self, const FileMeta *meta);
/* No set-id or sticky bits, and not writable by all: what any user may own without harm. */
gboolean mode_check_bits (const FileMeta *meta, GError **error);
/* Opens the file of an object, which must be a regular one: what else a foreign repository has in
 * its place is refused, and a pipe is not waited for. */
gboolean mode_open_regular (int dfd, const char *path, int *out_fd, struct stat *out_st,
                            GError **error);
/* Copies all of @content to the empty file @fd; it must be @size bytes, neither more nor fewer
 * (TREE_ERROR_CHANGED). What is a file from its start the kernel copies, or shares its blocks. */
gboolean mode_copy_content (ModeWorker *worker, int fd, Source *content, guint64 size,
                            GError **error);
