/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Deployments: commits that a machine can boot. */
#pragma once

#include "tree-pull.h"
#include "tree-repo.h"

G_BEGIN_DECLS

/* A sysroot: the file system that holds /ostree and /boot. Counted; for one thread at a time. */
typedef struct TreeSysroot TreeSysroot;

TREE_API TreeSysroot *tree_sysroot_ref (TreeSysroot *self);
TREE_API void tree_sysroot_unref (TreeSysroot *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TreeSysroot, tree_sysroot_unref)

/* One bootable tree, as it was when the sysroot was last read. */
typedef struct {
  int index; /* in boot order; 0 is the default */
  const char *stateroot;
  TreeChecksum checksum; /* of the commit */
  int serial;            /* tells deployments of one commit apart */
  const char *path;      /* relative to the sysroot */
  const char *bootcsum;  /* names kernel and initramfs, 64 hexadecimal digits */
  const char *kargs;     /* kernel arguments, "" for none */
  const char *refspec;   /* where upgrades come from; NULL when the origin says none */
  gboolean has_origin;   /* there is an origin file */
  gboolean is_booted;    /* the running system */
  gboolean is_pending;   /* the next of the running system's stateroot */
  gboolean is_rollback;  /* the previous of the running system's stateroot */
  gboolean is_pinned;    /* never dropped by deploying */
  const char *unlocked;  /* "hotfix", "development", "transient", or NULL */
} TreeDeployment;

/* ---- Making and opening ---- */

/**
 * tree_sysroot_init_fs:
 * @dfd: directory that @path is relative to, or AT_FDCWD
 * @path: a directory; made if it is not there, but not its parents
 * @epoch: 0 makes the directories of a root file system too; 1 only boot and ostree; 2 is 1 with
 * ostree readable by root alone
 *
 * Makes a directory a sysroot with an empty repository of mode bare. What exists is left as it is.
 */
TREE_API gboolean tree_sysroot_init_fs (int dfd, const char *path, int epoch, GError **error);

/**
 * tree_sysroot_open:
 * @path: (nullable): NULL is /. A running system whose /boot is on the physical root is found at
 * /sysroot then
 *
 * Reads the list of deployments; takes no lock, so that it works for everybody.
 *
 * Errors: TREE_ERROR_NOT_FOUND when @path is no sysroot; TREE_ERROR_CORRUPT for boot entries that
 * lead nowhere. Returns: (transfer full): the sysroot, or NULL
 */
TREE_API TreeSysroot *tree_sysroot_open (const char *path, GError **error);

/**
 * tree_sysroot_lock:
 * @on_wait: (nullable): called once if another process holds the lock
 *
 * Waits for the lock that every change needs, and reads the deployments again. Held until the last
 * reference is gone.
 */
TREE_API gboolean tree_sysroot_lock (TreeSysroot *self, void (*on_wait) (void), GError **error);

/* A line about a step that others may want to see, without a line end. */
typedef void (*TreeReport) (const char *line, gpointer user_data);
TREE_API void tree_sysroot_set_report (TreeSysroot *self, TreeReport report, gpointer user_data);

/* Absolute; borrowed. */
TREE_API const char *tree_sysroot_get_path (const TreeSysroot *self);
/* Borrowed. */
TREE_API TreeRepo *tree_sysroot_get_repo (const TreeSysroot *self);

/* ---- Looking ---- */

/* How many there are; 0 in a new sysroot. */
TREE_API guint tree_sysroot_n_deployments (const TreeSysroot *self);
/* Borrowed, until the next change. */
TREE_API const TreeDeployment *tree_sysroot_get_deployment (const TreeSysroot *self, guint index);
/* NULL unless this sysroot is the running system; borrowed. */
TREE_API const TreeDeployment *tree_sysroot_get_booted (const TreeSysroot *self);
/* Whose /etc and kernel arguments a new deployment of @stateroot (NULL: the booted one) takes over:
 * the booted deployment, else the first of the stateroot. NULL if there is none; borrowed. */
TREE_API const TreeDeployment *tree_sysroot_get_merge (const TreeSysroot *self,
                                                       const char *stateroot);

typedef enum {
  TREE_ETC_MODIFIED,
  TREE_ETC_REMOVED,
  TREE_ETC_ADDED,
} TreeEtcChange;

/* Calls @func for what differs between /etc of a deployment and the defaults of its commit:
 * modified, then removed, then added, each in order of the path, which is relative to /etc. */
TREE_API gboolean tree_sysroot_diff_etc (TreeSysroot *self, guint index,
                                         void (*func) (TreeEtcChange change, const char *path,
                                                       gpointer user_data),
                                         gpointer user_data, GError **error);

/* ---- Changing: all need the lock ---- */

/* A stateroot is a place for deployments that share one /var. Errors: TREE_ERROR_EXISTS */
TREE_API gboolean tree_sysroot_init_stateroot (TreeSysroot *self, const char *name, GError **error);

typedef struct {
  const char *stateroot;            /* NULL: that of the booted deployment */
  const char *origin;               /* text of an origin file; NULL: one with the refspec */
  gboolean no_merge;                /* fresh /etc and kernel arguments */
  gboolean no_prune;                /* keep unreachable objects in the repository */
  gboolean retain;                  /* drop no deployment */
  gboolean retain_pending;          /* keep those before the booted one */
  gboolean retain_rollback;         /* keep those behind the booted one */
  gboolean not_as_default;          /* put it behind the booted one */
  gboolean kargs_none;              /* begin with no kernel arguments */
  gboolean kargs_running;           /* begin with those of the running kernel */
  const char *const *kargs_replace; /* "KEY=VALUE", NULL-terminated, or NULL; in this order: */
  const char *const *kargs_append;
  const char *const *kargs_delete;
} TreeDeployOptions;

/**
 * tree_sysroot_deploy:
 * @rev: a ref, REMOTE:REF or checksum of a commit that is complete in the sysroot's repository
 *
 * Makes the commit a deployment and, unless said otherwise, the default of the next boot. The
 * change happens in one rename: a power cut leaves either the old list or the new one, each
 * bootable.
 *
 * Errors: TREE_ERROR_NOT_FOUND for an unknown stateroot, rev or kernel argument;
 * TREE_ERROR_UNSUPPORTED for a tree without kernel or default /etc; TREE_ERROR_NO_SPACE. Nothing
 * has changed then.
 */
TREE_API gboolean tree_sysroot_deploy (TreeSysroot *self, const char *rev,
                                       const TreeDeployOptions *options, GError **error);

typedef struct {
  const char *stateroot;       /* NULL: that of the booted deployment */
  const char *switch_to;       /* a new refspec, "REMOTE:" or "REF"; NULL follows the origin */
  const char *override_commit; /* deploy this commit instead of the newest; NULL: newest */
  gboolean allow_downgrade;    /* accept a commit that is older than the deployed one */
  gboolean pull_only;
  gboolean deploy_only;
  TreePullProgressFunc progress;   /* of the pull, as the next two */
  const volatile int *interrupted; /* as in TreePullOptions */
  /* Called after each pull, before anything is deployed; NULL for nobody. */
  void (*pulled) (const TreePullResult *result, gpointer user_data);
  gpointer user_data;
} TreeUpgradeOptions;

/**
 * tree_sysroot_upgrade:
 * @out_changed: FALSE when the newest commit is deployed already
 *
 * Pulls what the origin of the merge deployment names, and deploys it.
 */
TREE_API gboolean tree_sysroot_upgrade (TreeSysroot *self, const TreeUpgradeOptions *options,
                                        gboolean *out_changed, GError **error);

/**
 * tree_sysroot_check_stage:
 *
 * Whether a deployment could be staged, which means finished when the system shuts down. That needs
 * a booted deployment, and is not built in yet, so that this always fails and says which it is.
 */
TREE_API gboolean tree_sysroot_check_stage (const TreeSysroot *self, GError **error);

/* Drops a deployment. Errors: TREE_ERROR_INVALID for the booted one */
TREE_API gboolean tree_sysroot_undeploy (TreeSysroot *self, guint index, GError **error);
/* Makes a deployment the default of the next boot. */
TREE_API gboolean tree_sysroot_set_default (TreeSysroot *self, guint index, GError **error);
/**
 * tree_sysroot_rollback:
 *
 * Takes back the last step: with a pending deployment, the booted one becomes the default again;
 * else the one behind it; without a booted one, the second becomes the first. Files of no
 * deployment change.
 */
TREE_API gboolean tree_sysroot_rollback (TreeSysroot *self, GError **error);
TREE_API gboolean tree_sysroot_set_pinned (TreeSysroot *self, guint index, gboolean pinned,
                                           GError **error);
/* Replaces the kernel arguments of a deployment; a list of its own with `ostree=` regenerated. */
TREE_API gboolean tree_sysroot_set_kargs (TreeSysroot *self, guint index, const char *kargs,
                                          GError **error);
/* Appends to every deployment each argument that it does not have; their files stay as they are. */
TREE_API gboolean tree_sysroot_append_kargs (TreeSysroot *self, const char *const *kargs,
                                             GError **error);
/* Where the next upgrade of a deployment comes from. */
TREE_API gboolean tree_sysroot_set_refspec (TreeSysroot *self, guint index, const char *refspec,
                                            GError **error);

/**
 * tree_sysroot_cleanup:
 * @prune: also delete objects that no ref or deployment needs
 *
 * Deletes what interrupted or superseded work left behind. Deployments of the list are never
 * touched.
 */
TREE_API gboolean tree_sysroot_cleanup (TreeSysroot *self, gboolean prune, GError **error);

/* Applies --replace, --append and such to a text of kernel arguments; see TreeDeployOptions.
 * Returns: (transfer full): the new text, or NULL with TREE_ERROR_NOT_FOUND */
TREE_API char *tree_kargs_edit (const char *kargs, const char *const *replace,
                                const char *const *append, const char *const *remove,
                                GError **error);
/* The arguments of the running kernel without those that a boot loader adds. */
TREE_API char *tree_kargs_running (GError **error);

G_END_DECLS
