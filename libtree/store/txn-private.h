/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The inside of a transaction, for the files that stage and publish objects. */
#pragma once

#include "store/object-index.h"
#include "store/txn.h"

struct Txn {
  TreeRepo *repo;
  int lock_fd;              /* of the repository */
  ObjectIndex *index;       /* NULL without locks: it would not stay true */
  const ObjectSet *damaged; /* borrowed, see txn_replace(); or NULL */
  gboolean fsync;
  gboolean resumed;   /* the staging directory is another's */
  char *staging_name; /* in tmp/; all three as txn-staging.c has them, or NULL and -1 */
  int staging_dfd;
  int staging_lock_fd;
  GPtrArray *refs; /* RefChange */
  guint64 block_size;
  char *room_rule;     /* for messages */
  guint64 payload_min; /* see store/payload.h */
  GMutex mutex;        /* guards the rest */
  gint64 free_blocks;
  TxnStats stats;
};

/* The directory for staged objects: takes one over, or makes one. */
gboolean staging_open (Txn *self, GError **error);
/* Leaves what is staged to whoever comes next. */
void staging_close (Txn *self);
/* Removes it. */
void staging_remove (Txn *self);
/* Of an entry of tmp/: is it such a directory, or the lock beside one? Removes it unless somebody
 * has it. */
gboolean staging_is_name (const char *name);
void staging_expire (int tmp_dfd, const char *name);
gboolean staging_each (const StoreMode *mode, int staging_dfd, StagedFunc func, gpointer user_data,
                       GError **error);

/* Creates the staged file of an object (a path below objects/). *@out_fd is -1 when it is there
 * already: then another writer has staged, or is just staging, the same bytes. */
gboolean txn_create_file (Txn *self, const char *path, int *out_fd, GError **error);
/* Makes the directory of such a path. */
gboolean txn_make_dir_of (Txn *self, const char *object_path, GError **error);
/* Marks the file whole. The last thing that a writer does. */
gboolean txn_seal_file (Txn *self, int fd, GError **error);
/* Takes room for a content object; TREE_ERROR_NO_SPACE when `core.min-free-space-*` forbids it. */
gboolean txn_reserve (Txn *self, guint64 bytes, GError **error);
void txn_count (Txn *self, gboolean metadata, gboolean written, guint64 content_bytes);
