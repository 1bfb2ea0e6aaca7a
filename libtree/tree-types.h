/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Types that every part of the library shares. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Marks the functions that libtree-1.so exports; libtree.sym says the same to the linker. */
#define TREE_API __attribute__ ((visibility ("default")))

/* A SHA-256: the name of an object. */
typedef struct {
  guint8 bytes[32];
} TreeChecksum;

/* 64 hexadecimal digits and a NUL. */
#define TREE_CHECKSUM_HEX_LEN 64

/**
 * TreeObjectType:
 *
 * The kinds of objects in a repository. The numbers are part of the on-disk formats (static deltas
 * and the sizes metadata name types by them) and never change.
 */
typedef enum {
  TREE_OBJECT_FILE = 1,         /* a regular file or symbolic link, with owner, mode and xattrs */
  TREE_OBJECT_DIR_TREE = 2,     /* the sorted names in a directory and what they point to */
  TREE_OBJECT_DIR_META = 3,     /* owner, mode and xattrs of a directory */
  TREE_OBJECT_COMMIT = 4,       /* a root directory, a parent, a time and free metadata */
  TREE_OBJECT_TOMBSTONE = 5,    /* stands where a commit was deleted on purpose */
  TREE_OBJECT_COMMIT_META = 6,  /* metadata outside the checksum, such as signatures */
  TREE_OBJECT_PAYLOAD_LINK = 7, /* leads to a file of this content, to share blocks with */
  TREE_OBJECT_FILE_XATTRS = 8,  /* the xattrs of files, by themselves: of bare-split-xattrs */
  TREE_OBJECT_FILE_XATTRS_LINK = 9, /* which of these a file has */
} TreeObjectType;

/**
 * TreeMode:
 *
 * How a repository keeps its objects. The checksums are the same in all modes.
 */
typedef enum {
  TREE_MODE_BARE,              /* files as they are, owner and xattrs on the inode; needs root */
  TREE_MODE_BARE_USER,         /* files of the caller, true owner and mode in an xattr */
  TREE_MODE_ARCHIVE,           /* compressed files; what is served over HTTP */
  TREE_MODE_BARE_USER_ONLY,    /* files of the caller, with content and mode and nothing else */
  TREE_MODE_BARE_SPLIT_XATTRS, /* as bare, but xattrs are files; only read, unless the environment
                                  has OSTREE_EXP_WRITE_BARE_SPLIT_XATTRS */
} TreeMode;

/**
 * TreeProgress:
 * @done: steps or bytes done
 * @total: of how many; 0 while unknown
 * @bytes: bytes moved so far, for the rate
 * @what: a short phrase, such as "fetching objects"
 *
 * Called from the thread that started the work, at most some ten times a second.
 */
typedef void (*TreeProgress) (guint64 done, guint64 total, guint64 bytes, const char *what,
                              gpointer user_data);

TREE_API void tree_checksum_to_hex (const TreeChecksum *checksum,
                                    char out[TREE_CHECKSUM_HEX_LEN + 1]);
TREE_API gboolean tree_checksum_from_hex (const char *hex, TreeChecksum *out, GError **error);
TREE_API gboolean tree_checksum_equal (const TreeChecksum *a, const TreeChecksum *b);

G_END_DECLS
