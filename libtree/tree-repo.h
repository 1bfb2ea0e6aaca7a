/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A repository: opening, configuration, refs, reading objects, looking after it. */
#pragma once

#include "tree-types.h"

G_BEGIN_DECLS

/* An open repository. Counted; may be used by several threads as long as nobody changes its
 * configuration. */
typedef struct TreeRepo TreeRepo;

TREE_API TreeRepo *tree_repo_ref (TreeRepo *self);
TREE_API void tree_repo_unref (TreeRepo *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TreeRepo, tree_repo_unref)

/* ---- Opening ---- */

/**
 * tree_repo_create:
 * @dfd: directory that @path is relative to, or AT_FDCWD
 * @collection_id: (nullable): written to the configuration
 *
 * Makes a repository, parent directories excluded. One that exists is left as it is, whatever its
 * mode, and that is success: scripts call this every time.
 */
TREE_API gboolean tree_repo_create (int dfd, const char *path, TreeMode mode,
                                    const char *collection_id, GError **error);

/**
 * tree_repo_open:
 * @dfd: directory that @path is relative to, or AT_FDCWD
 *
 * Errors: TREE_ERROR_NOT_FOUND when there is no repository; TREE_ERROR_UNSUPPORTED for a version or
 * mode from the future. Returns: (transfer full): the repository, or NULL
 */
TREE_API TreeRepo *tree_repo_open (int dfd, const char *path, GError **error);

/**
 * tree_repo_open_root:
 * @root: of a system: a sysroot, or a deployment whose `ostree` leads to one
 *
 * The repository of a system. Opened through a deployment, it takes remotes and keys from that
 * deployment's etc, as it does in the running system.
 */
TREE_API TreeRepo *tree_repo_open_root (int dfd, const char *root, GError **error);

/**
 * tree_repo_find:
 * @path: (nullable): what the user said
 *
 * @path if given; else the current directory if it is a repository; else $OSTREE_REPO; else the
 * system's, /ostree/repo.
 */
TREE_API TreeRepo *tree_repo_find (const char *path, GError **error);

/* "archive", "archive-z2", "bare", "bare-user"; the error lists them. */
TREE_API gboolean tree_mode_from_string (const char *text, TreeMode *out, GError **error);
TREE_API const char *tree_mode_to_string (TreeMode mode);

TREE_API TreeMode tree_repo_get_mode (const TreeRepo *self);
/* As it was opened, for messages. */
TREE_API const char *tree_repo_get_path (const TreeRepo *self);
/* The repository's directory; borrowed. */
TREE_API int tree_repo_get_dfd (const TreeRepo *self);
/* NULL when none is configured; borrowed. */
TREE_API const char *tree_repo_get_collection_id (const TreeRepo *self);

/* ---- Configuration ---- */

/* Errors: TREE_ERROR_NOT_FOUND without the group or key. Returns: (transfer full) the value, or
 * NULL. */
TREE_API char *tree_repo_config_get (const TreeRepo *self, const char *group, const char *key,
                                     GError **error);
/* Writes the file at once; @value NULL removes the key (and an emptied group). */
TREE_API gboolean tree_repo_config_set (TreeRepo *self, const char *group, const char *key,
                                        const char *value, GError **error);

/* ---- Remotes ---- */

typedef enum {
  TREE_REMOTE_ADD_NEW,           /* an existing one is TREE_ERROR_EXISTS */
  TREE_REMOTE_ADD_IF_NOT_EXISTS, /* an existing one is left as it is */
  TREE_REMOTE_ADD_FORCE,         /* an existing one is replaced */
} TreeRemoteAdd;

/**
 * tree_repo_remote_add:
 * @url: (nullable): "metalink=URL" sets metalink; "mirrorlist=URL" stays as it is
 * @options: (nullable): `a{ss}`-like array of "KEY=VALUE", NULL-terminated
 *
 * Writes `[remote "NAME"]` to the repository's configuration.
 */
TREE_API gboolean tree_repo_remote_add (TreeRepo *self, const char *name, const char *url,
                                        const char *const *options, TreeRemoteAdd how,
                                        GError **error);
/* Removes the configuration, the keyring and the cookies. Absent is TREE_ERROR_NOT_FOUND unless
 * @if_exists. */
TREE_API gboolean tree_repo_remote_delete (TreeRepo *self, const char *name, gboolean if_exists,
                                           GError **error);
/* Returns: (transfer full): names, sorted, NULL-terminated; those of remotes.d included. */
TREE_API char **tree_repo_remote_list (const TreeRepo *self);
/* An option of a remote, from the repository, remotes.d or a parent repository. *@out is NULL when
 * it is not set. Errors: TREE_ERROR_NOT_FOUND (`Remote "X" not found`) */
TREE_API gboolean tree_repo_remote_option (const TreeRepo *self, const char *name, const char *key,
                                           char **out, GError **error);

typedef struct {
  char *domain; /* with a dot in front: its subdomains, too */
  char *path;
  char *name;
  char *value;
  gboolean secure; /* only over https */
  gint64 expires;  /* seconds since 1970; 0, when added: in 25 years */
} TreeCookie;
TREE_API void tree_cookie_free (gpointer cookie);
/* Cookies are sent with each request that a pull makes to their domain and path. One that is there
 * already is replaced. Errors: TREE_ERROR_NOT_FOUND for the remote; TREE_ERROR_INVALID */
TREE_API gboolean tree_repo_add_cookie (TreeRepo *self, const char *remote,
                                        const TreeCookie *cookie, GError **error);
/* Errors: TREE_ERROR_NOT_FOUND for the remote or the cookie */
TREE_API gboolean tree_repo_delete_cookie (TreeRepo *self, const char *remote, const char *domain,
                                           const char *path, const char *name, GError **error);
/* Returns: (transfer full): TreeCookie, in the order of the file; NULL on error */
TREE_API GPtrArray *tree_repo_list_cookies (const TreeRepo *self, const char *remote,
                                            GError **error);

/* ---- Refs ---- */

typedef struct {
  char *name; /* "os/stable", or "REMOTE:os/stable" */
  TreeChecksum checksum;
  char *alias_of; /* the ref that a link stands for, else NULL */
} TreeRef;

/**
 * tree_repo_list_refs:
 * @prefix: (nullable): only the ref of this name and those below it ("os" gives "os/stable";
 * "REMOTE:" and "REMOTE:PREFIX" those of a remote). NULL lists all, remotes included
 *
 * Returns: (transfer full): TreeRef, sorted by name; NULL on error
 */
TREE_API GPtrArray *tree_repo_list_refs (const TreeRepo *self, const char *prefix, GError **error);

/* A ref of refs/mirrors, of refs/heads for the repository's own collection, or of refs/remotes for
 * a remote whose collection is configured. */
typedef struct {
  char *collection;
  char *name;
  TreeChecksum checksum;
} TreeCollectionRef;
/* Without a checksum. */
TREE_API TreeCollectionRef *tree_collection_ref_new (const char *collection, const char *name);
TREE_API void tree_collection_ref_free (gpointer ref);
/* The one of this name in an array of TreeCollectionRef, borrowed; NULL when there is none. */
TREE_API TreeCollectionRef *tree_collection_refs_find (const GPtrArray *refs,
                                                       const char *collection, const char *name);
/* Returns: (transfer full): TreeCollectionRef, sorted by collection and name; NULL on error */
TREE_API GPtrArray *tree_repo_list_collection_refs (const TreeRepo *self, GError **error);

/**
 * tree_repo_resolve_rev:
 * @rev: a ref, REMOTE:REF, a checksum or the beginning of one, with any number of ^ behind
 *
 * Errors: TREE_ERROR_NOT_FOUND, `Refspec 'X' not found`
 */
TREE_API gboolean tree_repo_resolve_rev (const TreeRepo *self, const char *rev, TreeChecksum *out,
                                         GError **error);

/* Points "REF" or "REMOTE:REF" at a commit, or deletes it (@checksum NULL; absent is fine). Durable
 * on return. Errors: TREE_ERROR_NOT_FOUND when the commit is not here. */
TREE_API gboolean tree_repo_set_ref (TreeRepo *self, const char *refspec,
                                     const TreeChecksum *checksum, GError **error);
/* Deletes the refs that tree_repo_list_refs() would list, also those that cannot be read. */
TREE_API gboolean tree_repo_delete_refs (TreeRepo *self, const char *prefix, GError **error);
/* Is there a file for "REF" or "REMOTE:REF", be its content good or not? */
TREE_API gboolean tree_repo_has_ref (const TreeRepo *self, const char *refspec, gboolean *out,
                                     GError **error);
/* Like tree_repo_set_ref(), for a ref of a collection. */
TREE_API gboolean tree_repo_set_collection_ref (TreeRepo *self, const char *collection,
                                                const char *ref, const TreeChecksum *checksum,
                                                GError **error);
/* Makes local ref @alias a link to local ref @target. */
TREE_API gboolean tree_repo_set_alias (TreeRepo *self, const char *alias, const char *target,
                                       GError **error);

/* ---- Objects ---- */

/* The bytes of a metadata object, not checked against its name. Errors: TREE_ERROR_NOT_FOUND */
TREE_API gboolean tree_repo_load_metadata (const TreeRepo *self, TreeObjectType type,
                                           const TreeChecksum *checksum, GBytes **out,
                                           GError **error);
TREE_API gboolean tree_repo_has_object (const TreeRepo *self, TreeObjectType type,
                                        const TreeChecksum *checksum, gboolean *out,
                                        GError **error);

typedef struct {
  TreeChecksum checksum;
  TreeChecksum content_checksum; /* equal for equal trees */
  gboolean has_parent;
  TreeChecksum parent;
  TreeChecksum root;      /* dirtree */
  TreeChecksum root_meta; /* dirmeta */
  guint64 timestamp;      /* seconds since 1970 */
  const char *subject;    /* "" for none; borrowed from the variant, as is body */
  const char *body;
  char *version;       /* NULL for none */
  GVariant *variant;   /* the whole object, numbers as they are stored */
  GVariant *metadata;  /* `a{sv}` */
  GVariant *detached;  /* `a{sv}` or NULL */
  gboolean is_partial; /* what it points to may not be all there */
} TreeCommitInfo;

/* Errors: TREE_ERROR_NOT_FOUND; TREE_ERROR_CORRUPT. Returns: (transfer full), or NULL */
/* Reads a commit and what is known of it here. Returns: (transfer full): or NULL with an error;
 * TREE_ERROR_NOT_FOUND when it is not in the repository. */
TREE_API TreeCommitInfo *tree_repo_load_commit (const TreeRepo *self, const TreeChecksum *checksum,
                                                GError **error);
TREE_API void tree_commit_info_free (TreeCommitInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TreeCommitInfo, tree_commit_info_free)

/* What a commit says of the sizes of its objects, and how much of that is not here. */
typedef struct {
  guint64 n_objects;
  guint64 n_needed;
  guint64 archived; /* bytes, as a server has them */
  guint64 archived_needed;
  guint64 unpacked;
  guint64 unpacked_needed;
} TreeCommitSizes;

/* TREE_ERROR_NOT_FOUND when the commit says nothing. */
TREE_API gboolean tree_repo_commit_sizes (const TreeRepo *self, const TreeChecksum *commit,
                                          TreeCommitSizes *out, GError **error);

/* What a file object is, without its content. */
typedef struct {
  guint32 uid;
  guint32 gid;
  guint32 mode;     /* with type bits */
  guint64 size;     /* of a regular file */
  char *target;     /* of a symbolic link, else NULL */
  GVariant *xattrs; /* `a(ayay)` or NULL */
} TreeFileInfo;

/* Errors: TREE_ERROR_NOT_FOUND. Returns: (transfer full) */
TREE_API TreeFileInfo *tree_repo_load_file_info (const TreeRepo *self, const TreeChecksum *checksum,
                                                 GError **error);
TREE_API void tree_file_info_free (TreeFileInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TreeFileInfo, tree_file_info_free)

/* Every commit object of the repository (TreeChecksum), in no order. */
TREE_API GArray *tree_repo_list_commits (const TreeRepo *self, GError **error);

/* ---- Looking into trees ---- */

typedef struct {
  const char *path; /* absolute */
  guint32 uid;
  guint32 gid;
  guint32 mode;         /* with type bits */
  guint64 size;         /* of a regular file; 0 when not asked for */
  const char *target;   /* of a symbolic link, else NULL */
  TreeChecksum content; /* file object, or dirtree */
  TreeChecksum meta;    /* dirmeta of a directory */
  GVariant *xattrs;     /* `a(ayay)`; NULL for none, and perhaps when not asked for */
} TreeEntry;

typedef gboolean (*TreeEntryFunc) (const TreeEntry *entry, gpointer user_data, GError **error);

typedef enum {
  TREE_LS_DEFAULT = 0,
  TREE_LS_RECURSIVE = 1 << 0,
  TREE_LS_DIR_ONLY = 1 << 1, /* a directory itself and not what is in it */
  /* Files are not opened: of an entry only path, content, meta and the type in mode. */
  TREE_LS_NAMES_ONLY = 1 << 2,
  TREE_LS_XATTRS = 1 << 3, /* xattrs are read, which takes longer */
} TreeLsFlags;

/* Calls @func for @path in the commit and, when it is a directory, for what is in it: sorted, files
 * before directories. Errors: TREE_ERROR_NOT_FOUND for a path that is not there */
TREE_API gboolean tree_repo_ls (const TreeRepo *self, const TreeChecksum *commit, const char *path,
                                TreeLsFlags flags, TreeEntryFunc func, gpointer user_data,
                                GError **error);
/* Writes the content of a regular file of a commit to @fd. If @path is a symbolic link, the file
 * that it leads to in the tree. */
TREE_API gboolean tree_repo_cat (const TreeRepo *self, const TreeChecksum *commit, const char *path,
                                 int fd, GError **error);

/* ---- Looking after it ---- */

typedef struct {
  gboolean all;        /* go on after the first corrupt object */
  gboolean delete_bad; /* remove corrupt objects and mark their commits partial */
  gboolean verify_bindings;
  gboolean verify_back_refs;
  gboolean add_tombstones;
  TreeProgress progress; /* objects done of all */
  /* One line of what was found, without a line end. */
  void (*report) (const char *line, gboolean is_error, gpointer user_data);
  gpointer user_data;
} TreeFsckOptions;

typedef struct {
  guint n_commits;      /* verified */
  guint n_partial;      /* not verified */
  guint n_fsck_partial; /* partial because fsck deleted something */
  guint64 n_objects;
  guint n_repaired;          /* objects put in place */
  gboolean found_corruption; /* that is left */
} TreeFsckResult;

/* Verifies every object that a complete commit reaches, on all cores. What is missing is no error,
 * and neither is damage with all or delete_bad: see the result. Without them the first damaged
 * object is TREE_ERROR_CORRUPT. */
TREE_API gboolean tree_repo_fsck (TreeRepo *self, const TreeFsckOptions *options,
                                  TreeFsckResult *out, GError **error);

typedef struct {
  guint64 n_objects;   /* looked at */
  guint64 n_deleted;   /* or would be */
  guint64 freed_bytes; /* without files that are linked into checkouts: their space is in use */
  guint n_deltas;      /* static deltas deleted, or that would be */
  guint64 delta_bytes;
} TreePruneResult;

typedef struct {
  const char *branch; /* a ref as tree_repo_list_refs() names it */
  int depth;          /* parents kept behind it; -1: all */
} TreeBranchDepth;

/**
 * TreePruneOptions:
 * @refs_only: roots are the refs; else every commit object. The refs also with @has_since, @retain
 * and @only_branches
 * @depth: parents kept behind each root; -1: all
 * @has_since: instead of @depth, keep behind each ref what is not older than @since
 * @since: seconds since 1970
 * @retain: branches that have a depth of their own
 * @only_branches: (nullable): branches that @depth or @since is about, NULL-terminated; of all
 * others everything is kept
 * @delete_commits: commits to delete out of their history, which stays; no ref may point to them.
 * From then on the repository leaves tombstones
 * @commit_only: delete commits and not what they consist of
 * @static_deltas_only: delete the static deltas that lead to @delete_commits, and nothing else
 * @no_prune: delete nothing, only count
 * @found: (nullable): called with what will be deleted, before it is
 */
typedef struct {
  gboolean refs_only;
  int depth;
  gboolean has_since;
  gint64 since;
  const TreeBranchDepth *retain;
  guint n_retain;
  const char *const *only_branches;
  const TreeChecksum *delete_commits;
  guint n_delete_commits;
  gboolean commit_only;
  gboolean static_deltas_only;
  gboolean no_prune;
  void (*found) (const TreePruneResult *found, gpointer user_data);
  gpointer user_data;
} TreePruneOptions;

/* Deletes objects that no root reaches, and static deltas to commits that are gone. Others may
 * write to the repository while it looks; it is locked for the deletion alone. If interrupted,
 * every reachable object is still there.
 *
 * Errors: TREE_ERROR_LOCKED after `core.lock-timeout-secs`; TREE_ERROR_NOT_FOUND or
 * TREE_ERROR_CORRUPT when a root or its tree cannot be read: then nothing is deleted. */
TREE_API gboolean tree_repo_prune (TreeRepo *self, const TreePruneOptions *options,
                                   TreePruneResult *out, GError **error);

/* The repository's own summary, `(a(s(taya{sv}))a{sv})`; tree-sign.h has what writes it. Errors:
 * TREE_ERROR_NOT_FOUND */
TREE_API GVariant *tree_repo_load_summary (const TreeRepo *self, GError **error);

G_END_DECLS
