/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refs of collections: found wherever they are, and carried to where there is no network. */
#pragma once

#include "tree-pull.h"

G_BEGIN_DECLS

/* Where to look. */
typedef enum {
  TREE_FIND_CONFIG = 1 << 0, /* remotes whose `collection-id` is that of the ref */
  TREE_FIND_MOUNT = 1 << 1,  /* media that are mounted below /media, /run/media and /mnt */
} TreeFinders;

/* The text of `core.default-repo-finders` or of people: "config", "mount". Errors:
 * TREE_ERROR_UNSUPPORTED for "lan", for which we have no Avahi; TREE_ERROR_INVALID for others, and
 * for one that is in *@finders already. */
TREE_API gboolean tree_finders_add (const char *name, TreeFinders *finders, GError **error);

/* A repository that has some of the refs. */
typedef struct {
  TreeFinders finder;
  char *uri;            /* for people */
  char *remote;         /* whose keys and options count, and below which refs are written */
  guint64 summary_time; /* seconds since 1970; 0: it has no summary, or says nothing */
  GPtrArray *refs;      /* TreeCollectionRef, with the commits that it has */
  TreeRepo *medium;     /* the repository on a medium; else NULL */
} TreeFoundRepo;

/**
 * TreeFindOptions:
 * @finders: 0: those of `core.default-repo-finders`; else both
 * @mounts: (nullable): what to look at instead of what is mounted; NULL-terminated
 * @cache_dir: (nullable): as of TreePullOptions
 * @failed: (nullable): called when a remote or a medium could not be asked, or is of no use
 * @interrupted: (nullable): as of TreePullOptions
 */
typedef struct {
  TreeFinders finders;
  const char *const *mounts;
  const char *cache_dir;
  void (*failed) (const char *what, const GError *why, gpointer user_data);
  gpointer user_data;
  const volatile int *interrupted;
} TreeFindOptions;

/**
 * tree_repo_find_refs:
 * @wanted: TreeCollectionRef; their checksums mean nothing
 *
 * Who has these refs: media first, then remotes by name. A medium is asked in the place of the
 * first remote whose `collection-id` is that of the ref, and counts only where that remote demands
 * signatures of commits.
 *
 * Of a ref that is found with different commits only the newest counts. To know which one it is
 * these commits are fetched, without their trees, and verified.
 *
 * Returns: (transfer full): TreeFoundRepo, each with at least one ref; NULL on error
 */
TREE_API GPtrArray *tree_repo_find_refs (TreeRepo *self, GPtrArray *wanted,
                                         const TreeFindOptions *options, GError **error);

/**
 * tree_repo_pull_found:
 * @found: of tree_repo_find_refs()
 * @options: @refs and @url are not looked at
 * @failed: (nullable): called for each attempt that came to nothing
 * @out_pulled: (transfer full): TreeCollectionRef
 *
 * Pulls each ref from the first that has it, and where that fails from the next one. What comes
 * from a medium is verified in full, and never older than what is here.
 */
TREE_API gboolean tree_repo_pull_found (TreeRepo *self, GPtrArray *found,
                                        const TreePullOptions *options,
                                        void (*failed) (const char *what, const GError *why,
                                                        gpointer user_data),
                                        gpointer user_data, GPtrArray **out_pulled, GError **error);

/**
 * tree_repo_copy_to_medium:
 * @mount: where it is mounted
 * @place: (nullable): of the repository on it, below @mount; NULL: `.ostree/repo`. It is made if it
 * is not there; a link in `.ostree/repos.d` leads to one that would not be found otherwise
 * @refs: TreeCollectionRef; their checksums mean nothing
 * @commit: (nullable): of the only ref, instead of the one it has here
 * @options: only what is about syncing and progress counts
 *
 * Copies refs with all below them to where tree_repo_find_refs() finds them, on this machine or
 * another, and updates the summary there.
 *
 * Errors: TREE_ERROR_NOT_FOUND for a ref that is not here; TREE_ERROR_INVALID for one that is only
 * here in part
 */
TREE_API gboolean tree_repo_copy_to_medium (TreeRepo *self, const char *mount, const char *place,
                                            GPtrArray *refs, const TreeChecksum *commit,
                                            const TreePullOptions *options, TreePullResult *out,
                                            GError **error);

TREE_API void tree_found_repo_free (gpointer found);

G_END_DECLS
