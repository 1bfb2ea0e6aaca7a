/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The errors that a caller may want to tell apart. */
#pragma once

#include "tree-types.h"

G_BEGIN_DECLS

#define TREE_ERROR (tree_error_quark ())

/**
 * TreeErrorCode:
 *
 * Messages are lower case, without a full stop, and prefixed from the outside in: what was being
 * done, to what, and what went wrong.
 */
typedef enum {
  TREE_ERROR_FAILED,      /* anything that has no code of its own */
  TREE_ERROR_NOT_FOUND,   /* no such repository, ref, object, file or URL */
  TREE_ERROR_EXISTS,      /* it is there already */
  TREE_ERROR_INVALID,     /* an argument, name or option makes no sense */
  TREE_ERROR_CORRUPT,     /* bytes that are not what their name or format says */
  TREE_ERROR_SIGNATURE,   /* a signature is missing, wrong or by nobody trusted */
  TREE_ERROR_LOCKED,      /* another process holds the lock */
  TREE_ERROR_NO_SPACE,    /* the disk, or what may be used of it, is full */
  TREE_ERROR_UNSUPPORTED, /* a feature that is not built in, or a format from the future */
  TREE_ERROR_NETWORK,     /* a server or the way to it failed; trying again may help */
  TREE_ERROR_CHANGED,     /* a file changed while it was read */
  TREE_ERROR_DENIED,      /* the caller lacks a permission */
} TreeErrorCode;

TREE_API GQuark tree_error_quark (void);

G_END_DECLS
