/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The directories below refs/, walked one component at a time without following a link. */
#pragma once

#include "store/repo.h"

typedef enum {
  REF_HEADS,   /* refs/heads; no owner */
  REF_REMOTES, /* refs/remotes/REMOTE */
  REF_MIRRORS, /* refs/mirrors/COLLECTION */
} RefKind;

/* What becomes of directories that are not there. */
typedef enum {
  REFDIR_FIND,
  REFDIR_MAKE,
  REFDIR_MAKE_DURABLE, /* and sync the one above: a directory is only as durable as its entry */
} RefDirMake;

/* Opens a directory of refs, made first as @make says. @owner: the remote or the collection,
 * checked by the caller; NULL: the directory that holds all of them. *@out is -1 when there is
 * none. */
gboolean refdir_open (const TreeRepo *repo, RefKind kind, const char *owner, RefDirMake make,
                      int *out, GError **error);

/* Opens the directory in which the last component of @ref lies; *@out_name is that component. *@out
 * is -1 when there is none. When it makes them, a component that is a ref itself is
 * TREE_ERROR_EXISTS. */
gboolean refdir_open_parent (int dfd, const char *ref, RefDirMake make, int *out,
                             const char **out_name, GError **error);

/* What a file below refs/ says. */
typedef enum {
  REF_FILE_ABSENT,   /* or a directory */
  REF_FILE_CHECKSUM, /* out_checksum is set */
  REF_FILE_LINK,     /* out_target is set: the name of a ref, beside @ref in the same namespace */
} RefFile;

/* Reads the file @name in @parent, which is the ref @ref. Errors: TREE_ERROR_CORRUPT for other
 * content and for links that lead out of the namespace */
gboolean refdir_read (int parent, const char *name, const char *ref, RefFile *out,
                      TreeChecksum *out_checksum, char **out_target, GError **error);

/* Moves the finished file @temp (a path in the repository) to @name in @parent. Directories that
 * are empty give way; a ref below is TREE_ERROR_EXISTS. @ref is for messages. */
gboolean refdir_publish (const TreeRepo *repo, const char *temp, int parent, const char *name,
                         const char *ref, GError **error);
