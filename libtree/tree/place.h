/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One file of a commit into a directory: as a link to its object or as a copy, over what is there
 * or not at all, as the options of the checkout say. From any thread. */
#pragma once

#include "store/repo.h"
#include "tree-checkout.h"
#include "tree/sepolicy.h"

typedef struct {
  const TreeRepo *repo;
  const TreeCheckoutOptions *options;
  gboolean hardlinks; /* the objects of this repository may be linked into this checkout */
  int cache_dfd;      /* of unpacked files to link instead (unpacked.h), or -1 */
  SePolicy *policy;   /* for the labels of copies, or NULL; borrowed */
} Placer;

typedef enum {
  LINKED, /* or nothing was to do */
  NEEDS_COPY,
  LINK_FAILED
} LinkResult;

/* Is a copy right, even where links are required? An empty file, which a link would only tie to
 * strangers; a symbolic link of a mode that keeps it as a file; a whiteout. */
gboolean place_needs_copy (const Placer *self, const TreeChecksum *checksum, const char *name,
                           gboolean *out, GError **error);
gboolean place_link (const Placer *self, const TreeChecksum *checksum, int dfd, const char *name,
                     LinkResult *out, GError **error);
/* @worker: may be NULL. @path: in the policy's file system; NULL without a policy. */
gboolean place_copy (const Placer *self, ModeWorker *worker, const TreeChecksum *checksum, int dfd,
                     const char *name, const char *path, GError **error);
