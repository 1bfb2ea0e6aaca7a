/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fetching commits from other repositories, over HTTP or from a folder. */
#pragma once

#include "tree-repo.h"

G_BEGIN_DECLS

/**
 * TreePullProgress:
 * @phase: "refs" while it is asked for what the refs are; "metadata" while commits and directories
 * come that tell what else is missing; "objects" when all that is missing is known; "publish" when
 * all is here and is made durable
 * @bytes: that came over the network
 * @bytes_total: … and will have come at the end; 0 while that is not known
 * @is_exact: @bytes_total is what commits and static deltas say, no estimate
 * @objects: that came or were imported
 * @objects_total: … and will have at the end; 0 while that is not known
 * @is_local: they come from a folder
 *
 * Neither number of what is done ever falls. A total may, and so may it rise.
 */
typedef struct {
  const char *phase;
  guint64 bytes;
  guint64 bytes_total;
  gboolean is_exact;
  guint64 objects;
  guint64 objects_total;
  gboolean is_local;
} TreePullProgress;

typedef void (*TreePullProgressFunc) (const TreePullProgress *progress, gpointer user_data);

/**
 * TreePullEstimate:
 * @ref: (nullable): that is pulled; NULL: a commit by its checksum
 * @delta: (nullable): name of the best static delta from what is here
 * @delta_bytes: to fetch with it; -1: the server does not say, and it was not looked into
 * @from_empty: (nullable): name of the static delta from nothing
 * @from_empty_bytes: the same of that
 * @objects_bytes: to fetch object by object; -1: nobody knows before
 * @is_guess: the commit does not say how large its objects are
 * @chosen: (nullable): one of the two; NULL: object by object
 * @why: a few words
 *
 * What it takes to get a commit, and how it will be got. Of a delta that was looked into, only what
 * is not here counts, and of its superblock, which is, nothing.
 */
typedef struct {
  const char *ref;
  TreeChecksum commit;
  const char *delta;
  gint64 delta_bytes;
  const char *from_empty;
  gint64 from_empty_bytes;
  gint64 objects_bytes;
  gboolean is_guess;
  const char *chosen;
  const char *why;
} TreePullEstimate;

/**
 * TreePullOptions:
 * @refs: (nullable): what to pull, NULL-terminated: "REF", "REF@CHECKSUM" or a bare checksum. NULL
 * or empty: the remote's `branches`, or all refs of the source when @mirror or pulling from a
 * folder
 * @url: (nullable): used instead of the remote's
 * @http_headers: (nullable): "Name: value" lines sent with each request
 * @user_agent_suffix: (nullable): appended to what names us to the server
 * @subpaths: (nullable): absolute paths; only what is on the way to them and below them is pulled,
 * and the commits stay marked as partial
 * @localcache_repos: (nullable): paths of repositories that are looked into before the network
 * @cache_dir: (nullable): where summaries are cached, instead of in the repository
 * @depth: parents pulled behind each commit; -1: all there are
 * @mirror: write the refs as they are called on the remote, not below REMOTE:
 * @commit_metadata_only: commits, but not their trees
 * @disable_fsync: a power cut may lose what was pulled
 * @per_object_fsync: sync each object when it is written, not all at the end; this repository
 * handle goes on doing so
 * @untrusted: check the checksums of objects from local repositories, too
 * @http_trusted: with @mirror, into an archive: store files as the server sends them, unchecked
 * @bareuseronly_files: refuse regular files that have set-id or sticky bits, or that all may write
 * @disable_verify_bindings: accept a commit that does not say that it is meant for the ref
 * @gpg_verify: of tree_repo_pull_local() alone: commits must have a good OpenPGP signature by a key
 * of the remote that is named
 * @gpg_verify_summary: … and so must the summary, which says then what the refs are
 * @disable_static_deltas: pull objects, also where there is a static delta
 * @require_static_deltas: fail where there is none
 * @dry_run: find the deltas, and do nothing else; the result tells their sizes
 * @estimated: (nullable): called for each commit that is not here, before anything but the
 * superblock of a delta is fetched of it; not where deltas are not used
 * @timestamp_check: refuse a commit that is older than the one the ref has now
 * @timestamp_check_from_rev: (nullable): … or than this one
 * @network_retries: rounds after a failure that may pass; -1: 5
 * @retry_all: try again after every failure of the network or the server
 * @low_speed_bytes: slower than so many bytes a second … 0: 1000
 * @low_speed_s: … for so long is a failure; 0: 30
 * @max_requests: in flight; 0: the remote's `max-requests`, or as many as are good for the line and
 * the server's version of HTTP
 * @max_rate: (nullable): bytes a second that may come, such as "500k" or "2M"; "0": as fast as they
 * do; NULL: the remote's `max-rate`
 * @progress: (nullable): told now and then how far it is, from the caller's thread
 * @progress_interval_ms: between two calls of it; 0: 100
 * @warn: (nullable): told what a person should know and is no error
 * @interrupted: (nullable): checked often; non-zero ends the pull with an error, as a signal
 * handler may ask for
 *
 * Zero-filled is a pull of one commit for each ref, but for @network_retries: see
 * TREE_PULL_OPTIONS_INIT.
 */
typedef struct {
  const char *const *refs;
  const char *url;
  const char *const *http_headers;
  const char *user_agent_suffix;
  const char *const *subpaths;
  const char *const *localcache_repos;
  const char *cache_dir;
  int depth;
  gboolean mirror;
  gboolean commit_metadata_only;
  gboolean disable_fsync;
  gboolean per_object_fsync;
  gboolean untrusted;
  gboolean http_trusted;
  gboolean bareuseronly_files;
  gboolean disable_verify_bindings;
  gboolean gpg_verify;
  gboolean gpg_verify_summary;
  gboolean disable_static_deltas;
  gboolean require_static_deltas;
  gboolean dry_run;
  void (*estimated) (const TreePullEstimate *estimate, gpointer user_data);
  gboolean timestamp_check;
  const char *timestamp_check_from_rev;
  int network_retries;
  gboolean retry_all;
  guint low_speed_bytes;
  guint low_speed_s;
  guint max_requests;
  const char *max_rate;
  TreePullProgressFunc progress;
  guint progress_interval_ms;
  void (*warn) (const char *text, gpointer user_data);
  gpointer user_data;
  const volatile int *interrupted;
} TreePullOptions;

#define TREE_PULL_OPTIONS_INIT                                                                     \
  {                                                                                                \
    .network_retries = -1                                                                          \
  }

/**
 * TreePullResult:
 * @n_metadata_fetched: commits, dirtrees and dirmetas that came over the network
 * @n_content_fetched: files and links that came over the network
 * @n_metadata_imported: the same from a local repository
 * @n_content_imported: the same
 * @transferred_bytes: received from the network
 * @content_bytes_written: of files, uncompressed
 * @elapsed_s: how long it took
 * @is_local: nothing but a local repository was asked
 * @n_delta_parts: of the static deltas that were used, or would be
 * @n_delta_parts_done: those of them that were applied, or had nothing new
 * @delta_bytes: of all these parts
 * @delta_unpacked_bytes: of the objects in them
 */
typedef struct {
  guint64 n_metadata_fetched;
  guint64 n_content_fetched;
  guint64 n_metadata_imported;
  guint64 n_content_imported;
  guint64 transferred_bytes;
  guint64 content_bytes_written;
  double elapsed_s;
  gboolean is_local;
  guint n_delta_parts;
  guint n_delta_parts_done;
  guint64 delta_bytes;
  guint64 delta_unpacked_bytes;
} TreePullResult;

/**
 * tree_repo_pull:
 * @remote: name of a configured remote
 * @out: (nullable): what it took
 *
 * Fetches what is missing and then writes the refs. Every object is verified before it counts, but
 * for those of a folder of the same owner when neither signatures nor @untrusted ask for it. What
 * is there already is not fetched; a pull that was interrupted goes on where it was. A commit whose
 * objects are not all there is marked as partial until they are.
 *
 * What the remote's options demand to be signed (`gpg-verify`, which is the default, `sign-verify`
 * and their `-summary` kin) is checked before anything that it names is fetched.
 *
 * Errors: TREE_ERROR_NOT_FOUND for a ref or object that the source lacks; TREE_ERROR_NETWORK;
 * TREE_ERROR_CORRUPT, naming URL and object, for wrong bytes; TREE_ERROR_SIGNATURE
 */
TREE_API gboolean tree_repo_pull (TreeRepo *self, const char *remote,
                                  const TreePullOptions *options, TreePullResult *out,
                                  GError **error);

/**
 * tree_repo_pull_local:
 * @source: repository to copy from
 * @remote: (nullable): write the refs below this remote's name; NULL: as local refs
 *
 * The same from a repository on this machine, of any mode: by hard link or reflink where that is
 * possible, else by copy. Of @options, those that are about the network mean nothing.
 */
TREE_API gboolean tree_repo_pull_local (TreeRepo *self, TreeRepo *source, const char *remote,
                                        const TreePullOptions *options, TreePullResult *out,
                                        GError **error);

/**
 * tree_repo_verify_commit_of_remote:
 * @commit: one that is here
 *
 * Does the commit have the signatures that the remote demands today, by keys that count today?
 *
 * Errors: TREE_ERROR_SIGNATURE
 */
TREE_API gboolean tree_repo_verify_commit_of_remote (const TreeRepo *self, const char *remote,
                                                     const TreeChecksum *commit, GError **error);

/**
 * TreeRepairOptions:
 * @fsck: what to verify and whom to tell; its @all and @delete_bad mean nothing
 * @from: (nullable): path of the repository to take objects from; NULL: the configured remotes
 * @on_wait: (nullable): called once if another process holds the lock of the sysroot
 */
typedef struct {
  TreeFsckOptions fsck;
  const char *from;
  void (*on_wait) (void);
} TreeRepairOptions;

/**
 * tree_repo_repair:
 * @out: what is left wrong, and how much was put right
 *
 * Verifies like tree_repo_fsck(), fetches again what is missing or damaged, verifies that, and puts
 * it in place by rename. What cannot be had is reported with the refs and paths that need it.
 *
 * When the repository is that of a sysroot, files of deployments that share the bytes of a damaged
 * object are replaced by links to the good one, also by rename; a file that cannot be replaced is
 * reported, and counts as corruption that is left. Holds the lock of the sysroot then.
 */
TREE_API gboolean tree_repo_repair (TreeRepo *self, const TreeRepairOptions *options,
                                    TreeFsckResult *out, GError **error);

/**
 * tree_repo_fetch_summary:
 * @options: (nullable): only what is about the network counts
 * @out_summary: `(a(s(taya{sv}))a{sv})`; NULL when the remote has none
 * @out_signatures: (transfer full): a text of some lines for each OpenPGP signature of it, good or
 * not; empty unless the remote's gpg-verify-summary demands one
 *
 * The summary of a remote: from the server, or the cached copy if the server says that it is
 * current. For a file:// remote, the file. It is given whatever its signatures are worth.
 */
TREE_API gboolean tree_repo_fetch_summary (TreeRepo *self, const char *remote,
                                           const TreePullOptions *options, GVariant **out_summary,
                                           GPtrArray **out_signatures, GError **error);

/**
 * tree_repo_fetch_refs:
 * @out: (transfer full): TreeRef, sorted by name, without the remote's
 *
 * The refs of a remote: those of its summary, or of a file:// remote its heads.
 *
 * Errors: TREE_ERROR_NOT_FOUND when a server has no summary
 */
TREE_API gboolean tree_repo_fetch_refs (TreeRepo *self, const char *remote,
                                        const TreePullOptions *options, GPtrArray **out,
                                        GError **error);

G_END_DECLS
