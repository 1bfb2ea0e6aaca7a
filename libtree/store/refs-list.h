/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of refs. tree_repo_list_refs() and tree_repo_list_collection_refs() are in tree-repo.h. */
#pragma once

#include "store/refdir.h"
#include "store/repo.h"

/* TreeRef without checksums, of @prefix as in tree_repo_list_refs(), whether or not they can be
 * read, in no order: for who deletes them. NULL on error. */
GPtrArray *refs_list_names (const TreeRepo *repo, const char *prefix, GError **error);
/* TreeRef of refs/heads, sorted by name; NULL on error. */
GPtrArray *refs_list_heads (const TreeRepo *repo, GError **error);
/* TreeCollectionRef of refs/mirrors alone, sorted by collection and name; NULL on error. */
GPtrArray *refs_list_mirrors (const TreeRepo *repo, GError **error);
/* The same, and refs/heads for the repository's own collection. */
GPtrArray *refs_list_collections (const TreeRepo *repo, GError **error);
/* The remotes that have a directory below refs/remotes, sorted. */
GPtrArray *refs_list_remote_names (const TreeRepo *repo, GError **error);

/* The ref of this name of any remote, the first that has it. */
gboolean refs_find_remote (const TreeRepo *repo, const char *ref, gboolean *out_found,
                           TreeChecksum *out, GError **error);

typedef struct {
  char *name;
  char *target; /* the ref it stands for */
} RefAlias;
/* RefAlias of refs/heads; files are not read. NULL on error. */
GPtrArray *refs_list_aliases (const TreeRepo *repo, GError **error);
