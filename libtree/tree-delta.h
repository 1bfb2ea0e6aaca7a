/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Static deltas: what leads from one commit to another, or from nothing to one, in a few files. */
#pragma once

#include "tree-sign.h"

G_BEGIN_DECLS

/**
 * TreeDeltaPart:
 * @size: bytes of the file
 * @unpacked_size: bytes of the objects in it
 * @n_modes: entries of its table of owners and modes
 * @n_xattrs: the same of extended attributes
 * @data_size: bytes that its operations work on
 * @ops_size: bytes of the operations
 * @n_splice: operations that give an object as it is; the others make a file step by step
 */
typedef struct {
  guint64 size;
  guint64 unpacked_size;
  guint n_objects;
  guint n_modes;
  guint n_xattrs;
  guint64 data_size;
  guint64 ops_size;
  guint64 n_splice;
  guint64 n_open;
  guint64 n_write;
  guint64 n_set_source;
  guint64 n_unset_source;
  guint64 n_close;
  guint64 n_patch;
} TreeDeltaPart;

/**
 * TreeDeltaInfo:
 * @name: "FROM-TO", or "TO" for a delta from nothing
 * @guessed: it does not say which byte order it has
 * @timestamp: seconds since 1970
 * @fallbacks: objects that are to be fetched by themselves
 */
typedef struct {
  char *name;
  gboolean has_from;
  TreeChecksum from;
  TreeChecksum to;
  gboolean is_signed;
  gboolean big_endian;
  gboolean guessed;
  guint64 timestamp;
  guint n_fallbacks;
  TreeChecksum *fallbacks;
  guint64 fallback_size;
  guint64 fallback_unpacked_size;
  guint n_parts;
  TreeDeltaPart *parts;
} TreeDeltaInfo;

/* Accepts NULL. */
TREE_API void tree_delta_info_free (TreeDeltaInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TreeDeltaInfo, tree_delta_info_free)

/**
 * tree_repo_list_deltas:
 *
 * Returns: (nullable): the names of the repository's deltas; NULL on error
 */
TREE_API char **tree_repo_list_deltas (const TreeRepo *self, GError **error);

/**
 * tree_repo_list_delta_indexes:
 *
 * Returns: (nullable): the commits, in hexadecimal, whose index tells clients of deltas to them;
 * NULL on error
 */
TREE_API char **tree_repo_list_delta_indexes (const TreeRepo *self, GError **error);

/**
 * tree_repo_load_delta:
 * @name: of one of the repository's deltas, or a path of a file or directory that has a '/'
 *
 * Reads a delta and verifies its parts.
 *
 * Errors: TREE_ERROR_NOT_FOUND; TREE_ERROR_CORRUPT; TREE_ERROR_INVALID for a name that is none
 */
TREE_API TreeDeltaInfo *tree_repo_load_delta (const TreeRepo *self, const char *name,
                                              GError **error);

/**
 * tree_repo_delete_delta:
 *
 * Deletes a delta. The indexes and the summary tell of it until they are made again.
 *
 * Errors: TREE_ERROR_NOT_FOUND; TREE_ERROR_INVALID for a name that is none
 */
TREE_API gboolean tree_repo_delete_delta (TreeRepo *self, const char *name, GError **error);

/**
 * tree_repo_reindex_deltas:
 * @to: (nullable): only the index of this commit
 *
 * Brings the indexes in line with the deltas that there are, and has clients look into them.
 */
TREE_API gboolean tree_repo_reindex_deltas (TreeRepo *self, const TreeChecksum *to, GError **error);

/**
 * tree_repo_apply_delta:
 * @path: of a superblock, or of a directory that has one
 * @keys: (nullable): whose signature it must have; NULL: none, unless the repository demands it
 * @progress: (nullable): done and total are parts
 *
 * Makes the target of a delta from its origin, which must be here. Every part is verified before it
 * is used, every object before it is stored, and the commit only counts when nothing is missing of
 * it. The memory that it takes does not depend on the delta.
 *
 * Errors: TREE_ERROR_NOT_FOUND without the origin; TREE_ERROR_CORRUPT; TREE_ERROR_SIGNATURE,
 * also when core.sign-verify-deltas demands one and there are no @keys
 */
TREE_API gboolean tree_repo_apply_delta (TreeRepo *self, const char *path,
                                         const TreeVerifyKeys *keys, TreeProgress progress,
                                         gpointer user_data, GError **error);

/**
 * tree_repo_verify_delta:
 * @name: as for tree_repo_load_delta()
 * @out_text: (transfer full): by which key it is signed
 *
 * Is the superblock, which names the checksums of all parts, signed by one of the keys?
 *
 * Errors: TREE_ERROR_SIGNATURE when it is not
 */
TREE_API gboolean tree_repo_verify_delta (const TreeRepo *self, const char *name,
                                          const TreeVerifyKeys *keys, char **out_text,
                                          GError **error);

/**
 * TreeGenerateDeltaOptions:
 * @filename: (nullable): write the superblock here, and the parts beside it; NULL: into the
 * repository
 * @inline_parts: put the parts into the superblock
 * @signers: (nullable): TreeSigner; the signatures stand beside the superblock, or with @filename
 * in it
 * @big_endian: the byte order of its numbers
 * @min_fallback_bytes: a regular file that is larger is left to be fetched by itself; 0: none
 * @max_bsdiff_bytes: of an old file and its successor together, to be compared byte by byte; 0:
 * none
 * @max_chunk_bytes: of the objects of a part; one object alone may be more
 * @max_memory_bytes: what all threads together may take
 * @progress: (nullable): done and total are bytes of objects
 */
typedef struct {
  const char *filename;
  gboolean inline_parts;
  const GPtrArray *signers;
  gboolean big_endian;
  guint64 min_fallback_bytes;
  guint64 max_bsdiff_bytes;
  guint64 max_chunk_bytes;
  guint64 max_memory_bytes;
  TreeProgress progress;
  gpointer user_data;
} TreeGenerateDeltaOptions;

#define TREE_GENERATE_DELTA_OPTIONS_INIT                                                           \
  {                                                                                                \
    .big_endian = G_BYTE_ORDER == G_BIG_ENDIAN, .min_fallback_bytes = 4 * 1000 * 1000,             \
    .max_bsdiff_bytes = 128 * 1000 * 1000, .max_chunk_bytes = 32 * 1000 * 1000,                    \
    .max_memory_bytes = 256 * 1000 * 1000                                                          \
  }

/**
 * TreeGenerateDeltaResult:
 * @n_metadata: directories and their metadata in the delta
 * @n_content: files and links in it
 * @n_patched: files of those that are patches of old ones
 * @n_rolled: files made of pieces of old ones
 * @size: bytes of the superblock and the parts
 * @unpacked_size: bytes of the objects in it
 * @plain_size: bytes of the same objects in an archive: what a pull without the delta transfers. 0
 * when this repository is none
 */
typedef struct {
  guint n_metadata;
  guint n_content;
  guint n_patched;
  guint n_rolled;
  guint64 rolled_bytes;
  guint n_fallbacks;
  guint n_parts;
  guint64 size;
  guint64 unpacked_size;
  guint64 plain_size;
  double elapsed_s;
} TreeGenerateDeltaResult;

/**
 * tree_repo_generate_delta:
 * @from: (nullable): what who applies it has; NULL: nothing
 * @out: (nullable): what came out
 *
 * Makes a static delta on all cores. The same commits and options give the same bytes. It appears
 * whole, in the place of one that may be there; clients learn of it with the next summary or index.
 */
TREE_API gboolean tree_repo_generate_delta (TreeRepo *self, const TreeChecksum *from,
                                            const TreeChecksum *to,
                                            const TreeGenerateDeltaOptions *options,
                                            TreeGenerateDeltaResult *out, GError **error);

/**
 * TreeDeltaPolicyOptions:
 * @signers: (nullable): TreeSigner, of the deltas that are made
 * @prune_all: delete all that the policy does not want, also what it has not made
 * @dry_run: only report
 * @report: (nullable): called for each delta that was made or deleted
 * @user_data: for @report
 * @progress: (nullable): of the delta that is being made
 * @progress_data: for @progress
 */
typedef struct {
  const GPtrArray *signers;
  gboolean prune_all;
  gboolean dry_run;
  void (*report) (const char *delta, gboolean made, gpointer user_data);
  gpointer user_data;
  TreeProgress progress;
  gpointer progress_data;
} TreeDeltaPolicyOptions;

/**
 * TreeDeltaPolicyResult:
 * @made_bytes: of their superblocks and parts; 0 with @dry_run
 * @n_kept: wanted, and there already
 */
typedef struct {
  guint n_made;
  guint64 made_bytes;
  guint n_kept;
  guint n_deleted;
} TreeDeltaPolicyResult;

/**
 * tree_repo_apply_delta_policy:
 *
 * Makes the static deltas that the group `static-delta-policy` of the configuration wants, deletes
 * those of its own making that it wants no more, and brings the indexes in line. What is there is
 * not made anew. Whenever it is cut short, each delta is whole or not there; run it again.
 *
 * The group says which `branches` (refs, or what they begin with), from how many `versions` before
 * the newest there is a delta to it (default 3), and whether there is one `from-empty` (default).
 * Deltas to the version before the newest stay as they are.
 *
 * Errors: TREE_ERROR_NOT_FOUND without such a group, or for a branch that is not there;
 * TREE_ERROR_LOCKED while another one, or a release, is under way
 */
TREE_API gboolean tree_repo_apply_delta_policy (TreeRepo *self,
                                                const TreeDeltaPolicyOptions *options,
                                                TreeDeltaPolicyResult *out, GError **error);

G_END_DECLS
