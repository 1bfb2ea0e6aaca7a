/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a commit to files: the caller's thread walks the tree, makes directories and hard links;
 * workers copy what must be copied (place.c does both). A directory gets its owner, mode and time
 * when all that is in it is done, by whoever finished the last part. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/pool.h"
#include "base/remove.h"
#include "base/xattr.h"
#include "core/checksum.h"
#include "store/object-read.h"
#include "store/unpacked.h"
#include "tree/place.h"

enum {
  MAX_QUEUED = 128,
};

/* In a layer of a container image: the file NAME of the layers below is gone … */
#define WHITEOUT_PREFIX ".wh."
/* … and so is all that they have in this directory. */
#define OPAQUE_WHITEOUT ".wh..wh..opq"

typedef struct Dir Dir;
struct Dir {
  Dir *parent;
  int dfd;
  gboolean made; /* by us: then it gets the commit's metadata */
  FileMeta meta;
  gint n_pending; /* atomic: copies, subdirectories, and one for the walk */
  char *name;     /* for messages */
  GList link;     /* in Checkout.unfinished */
};

typedef struct {
  Dir *dir;
  TreeChecksum checksum;
  char *name;
  char *path; /* in the file system of the policy; NULL without one */
} Copy;

typedef struct {
  Placer placer;
  Pool *pool;         /* started with the first copy */
  GHashTable *skips;  /* paths that are left out; NULL for none */
  GString *path;      /* of the directory that the walk is in, "" for the first */
  const char *prefix; /* of all paths, for the policy: "" or "/usr" */
  GMutex mutex;       /* guards the next */
  GQueue unfinished;  /* Dir: what is left when something failed */
} Checkout;

/* ---- Directories ---- */

static void
dir_free (Checkout *self, Dir *dir)
{
  g_mutex_lock (&self->mutex);
  g_queue_unlink (&self->unfinished, &dir->link);
  g_mutex_unlock (&self->mutex);
  fd_cleanup (&dir->dfd);
  filemeta_clear (&dir->meta);
  g_free (dir->name);
  g_free (dir);
}

/* Owner, mode and time, last of all: what is made in it needs to write, and changes the time. */
static gboolean
seal_made_dir (const Checkout *self, Dir *dir, GError **error)
{
  if (!self->placer.options->user_mode) {
    if (fchown (dir->dfd, dir->meta.uid, dir->meta.gid) < 0)
      return throw_errno (error,
                          "set owner %u:%u of directory '%s' (use -U to check out as yourself)",
                          dir->meta.uid, dir->meta.gid, dir->name);
    if (!xattr_write_fd (dir->dfd, dir->meta.xattrs, error))
      return prefix_error (error, "directory '%s'", dir->name);
  }
  /* A bare-user-only repository can have directories that it would not keep files like. */
  gboolean plain = self->placer.options->canonical_dirs || self->placer.repo->mode->canonical_only;
  mode_t mask = plain ? 0775 : 07777;
  if (fchmod (dir->dfd, dir->meta.mode & mask) < 0)
    return throw_errno (error, "set mode of directory '%s'", dir->name);
  const struct timespec zero[2] = {{0, UTIME_OMIT}, {0, 0}};
  if (!self->placer.options->force_copy && futimens (dir->dfd, zero) < 0)
    return throw_errno (error, "set time of directory '%s'", dir->name);
  return TRUE;
}

static gboolean
seal_dir (const Checkout *self, Dir *dir, GError **error)
{
  if (dir->made && !seal_made_dir (self, dir, error))
    return FALSE;
  /* One that was there has new names in it, too. */
  return !self->placer.options->fsync || fsync (dir->dfd) == 0 ||
         throw_errno (error, "sync '%s'", dir->name);
}

static gboolean
dir_done (Checkout *self, Dir *dir, GError **error)
{
  while (dir != NULL && g_atomic_int_dec_and_test (&dir->n_pending)) {
    Dir *parent = dir->parent;
    if (!seal_dir (self, dir, error))
      return FALSE;
    dir_free (self, dir);
    dir = parent;
  }
  return TRUE;
}

/* In a container's layer a directory takes the place of what else had its name. */
static gboolean
make_dir (const Checkout *self, int dfd, const char *name)
{
  if (mkdirat (dfd, name, 0700) == 0)
    return TRUE;
  const TreeCheckoutOptions *options = self->placer.options;
  if (errno != EEXIST || !options->whiteouts || options->overwrite != TREE_OVERWRITE_UNION)
    return FALSE;
  if (unlinkat (dfd, name, 0) == 0)
    return mkdirat (dfd, name, 0700) == 0;
  errno = EEXIST; /* it is a directory, or will not go: the caller finds out */
  return FALSE;
}

/* Makes or enters the directory. Until it is sealed it is ours alone. */
static Dir *
dir_open (Checkout *self, Dir *parent, int dfd, const char *name, const TreeChecksum *meta,
          gboolean may_exist, GError **error)
{
  gboolean made = make_dir (self, dfd, name);
  if (!made && errno == EEXIST && !may_exist && parent == NULL)
    return throw_null (
        error, TREE_ERROR_EXISTS,
        "create directory '%s': File exists (use --union or --union-add to check out "
        "into one that is there)",
        name);
  if (!made && (errno != EEXIST || !may_exist))
    return throw_errno_null (error, "create directory '%s'", name);
  int fd = dir_open_at (dfd, name, error);
  if (fd < 0)
    return NULL;
  Dir *dir = g_new0 (Dir, 1);
  dir->parent = parent;
  dir->dfd = fd;
  dir->made = made;
  dir->n_pending = 1;
  dir->name = g_strdup (name);
  dir->link.data = dir;
  if (parent != NULL)
    g_atomic_int_inc (&parent->n_pending);
  g_mutex_lock (&self->mutex);
  g_queue_push_tail_link (&self->unfinished, &dir->link);
  g_mutex_unlock (&self->mutex);
  return object_load_dirmeta (self->placer.repo, meta, &dir->meta, error) ? dir : NULL;
}

/* How the policy knows @name of the directory that the walk is in (NULL: that directory itself).
 * NULL without a policy. */
static char *
policy_path (const Checkout *self, const char *name)
{
  if (self->placer.policy == NULL)
    return NULL;
  g_autofree char *path = g_strconcat (self->prefix, self->path->str, name != NULL ? "/" : NULL,
                                       name, NULL);
  return *path != '\0' ? g_steal_pointer (&path) : g_strdup ("/");
}

static gboolean
label_dir (const Checkout *self, Dir *dir, GError **error)
{
  g_autofree char *path = policy_path (self, NULL);
  return path == NULL || sepolicy_label (self->placer.policy, path, &dir->meta, error);
}

/* ---- The pool of copies ---- */

static void
copy_free (gpointer job)
{
  Copy *copy = job;
  g_free (copy->name);
  g_free (copy->path);
  g_free (copy);
}

static gboolean
run_copy (gpointer job, gpointer worker, gpointer user_data, GError **error)
{
  Checkout *self = user_data;
  Copy *copy = job;
  gboolean ok = place_copy (&self->placer, worker, &copy->checksum, copy->dir->dfd, copy->name,
                            copy->path, error);
  if (!ok)
    (void)prefix_error (error, "'%s/%s'", copy->dir->name, copy->name);
  else
    ok = dir_done (self, copy->dir, error);
  copy_free (copy);
  return ok;
}

static gpointer
worker_new (gpointer user_data)
{
  ModeWorker *worker = g_new0 (ModeWorker, 1);
  mode_worker_init (worker, 1);
  return worker;
}

static void
worker_free (gpointer worker)
{
  mode_worker_clear (worker);
  g_free (worker);
}

static const PoolFuncs copy_funcs = {worker_new, worker_free, run_copy, copy_free};

static gboolean
push_copy (Checkout *self, Dir *dir, const DirTreeEntry *file)
{
  if (self->pool == NULL)
    self->pool = pool_new (&copy_funcs, pool_default_workers (0), MAX_QUEUED, self);
  Copy *copy = g_new0 (Copy, 1);
  *copy = (Copy){dir, file->content, g_strdup (file->name), policy_path (self, file->name)};
  g_atomic_int_inc (&dir->n_pending);
  return pool_push (self->pool, copy);
}

static gboolean
place_file (Checkout *self, Dir *dir, const DirTreeEntry *file, GError **error)
{
  gboolean copy = !self->placer.hardlinks && self->placer.cache_dfd < 0;
  if (!copy && !place_needs_copy (&self->placer, &file->content, file->name, &copy, error))
    return FALSE;
  if (copy)
    return push_copy (self, dir, file);
  LinkResult result = LINK_FAILED;
  if (!place_link (&self->placer, &file->content, dir->dfd, file->name, &result, error))
    return prefix_error (error, "in '%s'", dir->name);
  if (result == LINKED)
    return TRUE;
  if (self->placer.options->require_hardlinks)
    return throw_error (
        error, TREE_ERROR_UNSUPPORTED,
        "'%s' cannot be hard-linked into this checkout (another file system?); leave "
        "out -H to copy",
        file->name);
  return push_copy (self, dir, file);
}

/* ---- The walk ---- */

static gboolean
is_skipped (const Checkout *self, const char *name)
{
  if (self->skips == NULL)
    return FALSE;
  g_autofree char *path = g_strconcat (self->path->str, "/", name, NULL);
  return g_hash_table_contains (self->skips, path);
}

static gboolean
is_whiteout (const Checkout *self, const DirTreeEntry *file, gboolean *out, GError **error)
{
  g_auto (StoreFile) object = {.fd = -1};
  *out = FALSE;
  if (!self->placer.options->whiteouts || !g_str_has_prefix (file->name, WHITEOUT_PREFIX))
    return TRUE;
  if (!object_stat_file (self->placer.repo, &file->content, &object, error))
    return FALSE;
  *out = S_ISREG (object.meta.mode);
  return TRUE;
}

static gboolean
remove_contents (int dfd, GError **error)
{
  g_autoptr (GPtrArray) entries = NULL;
  if (!dir_list (dfd, &entries, error))
    return FALSE;
  for (guint i = 0; i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    if (!dir_remove_all_at (dfd, entry->name, error))
      return FALSE;
  }
  return TRUE;
}

/* Removes what whiteouts of this directory name, before any of its files is there: a layer may
 * have a file and the whiteout of one of that name below. */
static gboolean
apply_whiteouts (const Checkout *self, Dir *dir, const DirTree *tree, GError **error)
{
  DirTreeEntry file;
  for (guint i = 0; i < tree->files.n; i++) {
    gboolean yes = FALSE;
    dirtree_file (tree, i, &file);
    if (!is_whiteout (self, &file, &yes, error))
      return FALSE;
    if (!yes)
      continue;
    const char *hidden = file.name + strlen (WHITEOUT_PREFIX);
    if (strcmp (file.name, OPAQUE_WHITEOUT) == 0) {
      if (!remove_contents (dir->dfd, error))
        return FALSE;
      dir->made = TRUE; /* anew */
    } else if (*hidden == '\0' || strcmp (hidden, ".") == 0 || strcmp (hidden, "..") == 0)
      return throw_error (error, TREE_ERROR_CORRUPT, "whiteout '%s' names no file", file.name);
    else if (!dir_remove_all_at (dir->dfd, hidden, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
place_files (Checkout *self, Dir *dir, const DirTree *tree, GError **error)
{
  DirTreeEntry file;
  for (guint i = 0; i < tree->files.n; i++) {
    gboolean whiteout = FALSE;
    dirtree_file (tree, i, &file);
    if (is_skipped (self, file.name))
      continue;
    if (!is_whiteout (self, &file, &whiteout, error) ||
        (!whiteout && !place_file (self, dir, &file, error)))
      return FALSE;
  }
  return TRUE;
}

/* FALSE without an error when a worker failed: pool_finish() has its error. */
static gboolean
walk_dir (Checkout *self, Dir *dir, const TreeChecksum *dirtree, GError **error)
{
  g_auto (DirTree) tree = {0};
  if (!object_load_dirtree (self->placer.repo, dirtree, &tree, error))
    return FALSE;
  if (self->placer.options->whiteouts && !apply_whiteouts (self, dir, &tree, error))
    return prefix_error (error, "in '%s'", dir->name);
  if (!place_files (self, dir, &tree, error))
    return FALSE;
  gboolean may_exist = self->placer.options->overwrite != TREE_OVERWRITE_NONE;
  gsize len = self->path->len;
  DirTreeEntry entry;
  for (guint i = 0; i < tree.dirs.n; i++) {
    dirtree_dir (&tree, i, &entry);
    if (is_skipped (self, entry.name))
      continue;
    Dir *child = dir_open (self, dir, dir->dfd, entry.name, &entry.meta, may_exist, error);
    if (child == NULL)
      return prefix_error (error, "in '%s'", dir->name);
    g_string_append_printf (self->path, "/%s", entry.name);
    if (!label_dir (self, child, error) || !walk_dir (self, child, &entry.content, error))
      return FALSE;
    g_string_truncate (self->path, len);
  }
  return dir_done (self, dir, error);
}

/* ---- Where to begin ---- */

typedef struct {
  gboolean found;
  gboolean is_file;
  DirTreeEntry entry; /* of a directory; or the file, whose name is in parts */
} Start;

static gboolean
find_start (const TreeRepo *repo, const TreeChecksum *commit, char **parts, Start *out,
            GError **error)
{
  g_auto (Commit) parsed = {0};
  if (!object_load_commit (repo, commit, &parsed, error))
    return FALSE;
  out->found = TRUE;
  out->entry = (DirTreeEntry){.name = "/", .content = parsed.root, .meta = parsed.root_meta};
  for (guint i = 0; parts[i] != NULL; i++) {
    if (*parts[i] == '\0')
      continue;
    g_auto (DirTree) tree = {0};
    if (!object_load_dirtree (repo, &out->entry.content, &tree, error))
      return FALSE;
    gboolean is_last = parts[i + 1] == NULL;
    out->is_file = is_last && dirtree_find_file (&tree, parts[i], &out->entry);
    out->found = out->is_file || dirtree_find_dir (&tree, parts[i], &out->entry);
    if (!out->found)
      return TRUE;
    out->entry.name = parts[i];
  }
  return TRUE;
}

static gboolean
run (Checkout *self, const Start *start, int dfd, const char *path, GError **error)
{
  gboolean may_exist = self->placer.options->overwrite != TREE_OVERWRITE_NONE;
  if (!start->is_file) {
    Dir *root = dir_open (self, NULL, dfd, path, &start->entry.meta, may_exist, error);
    return root != NULL && label_dir (self, root, error) &&
           walk_dir (self, root, &start->entry.content, error);
  }
  /* One file: into a directory of the caller's making or a plain one. */
  if (mkdirat (dfd, path, 0777) < 0 && errno != EEXIST)
    return throw_errno (error, "create directory '%s'", path);
  Dir *holder = g_new0 (Dir, 1);
  *holder = (Dir){.dfd = dir_open_at (dfd, path, error), .n_pending = 1, .name = g_strdup (path)};
  holder->link.data = holder;
  g_queue_push_tail_link (&self->unfinished, &holder->link);
  return holder->dfd >= 0 && place_file (self, holder, &start->entry, error) &&
         dir_done (self, holder, error);
}

static gboolean
check_options (const Placer *self, GError **error)
{
  if (self->options->selinux_policy != NULL &&
      (!self->options->force_copy || self->options->user_mode))
    return throw_error (error, TREE_ERROR_INVALID,
                        "labels are for copies, and not for those of user mode");
  if (self->options->require_hardlinks && self->options->force_copy)
    return throw_error (error, TREE_ERROR_INVALID,
                        "hard links cannot be both required and forbidden");
  if (self->options->require_hardlinks && !self->hardlinks && !self->options->user_mode &&
      self->repo->mode->hardlink_user_checkout)
    return throw_error (error, TREE_ERROR_UNSUPPORTED,
                        "User repository mode requires user checkout mode to hardlink");
  if (self->options->require_hardlinks && !self->hardlinks)
    return throw_error (error, TREE_ERROR_UNSUPPORTED,
                        "a repository of mode %s has nothing to hard-link into %s checkout",
                        self->repo->mode->name, self->options->user_mode ? "a user-mode" : "this");
  return TRUE;
}

/* Says at once, and not at the first file, that nothing can be linked there. The destination, or
 * the directory that it will be made in; that neither is there is found out later. */
static gboolean
check_device (const TreeRepo *repo, int dfd, const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  struct stat objects;
  struct stat target;
  if (fstat (repo->objects_dfd, &objects) < 0)
    return throw_errno (error, "stat the objects");
  if (fstatat (dfd, path, &target, 0) < 0 && fstatat (dfd, parent, &target, 0) < 0)
    return TRUE;
  return objects.st_dev == target.st_dev ||
         throw_error (error, TREE_ERROR_UNSUPPORTED,
                      "Unable to do hardlink checkout across devices: '%s' is on another file "
                      "system than the repository; without -H its files are copied",
                      path);
}

/* With or without a slash behind; "/" is "". */
static GHashTable *
read_skips (const char *const *paths)
{
  if (paths == NULL || *paths == NULL)
    return NULL;
  GHashTable *skips = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (; *paths != NULL; paths++) {
    gsize len = strlen (*paths);
    while (len > 0 && (*paths)[len - 1] == '/')
      len--;
    (void)g_hash_table_add (skips, g_strndup (*paths, len));
  }
  return skips;
}

/* "usr//etc/" is "/usr/etc", and "/" is "". Of a file, which gets the destination for itself, the
 * directory. */
static char *
label_prefix (const TreeCheckoutOptions *options, gboolean is_file)
{
  const char *path = options->selinux_prefix != NULL ? options->selinux_prefix : options->subpath;
  g_auto (GStrv) parts = g_strsplit (path != NULL ? path : "", "/", -1);
  GString *clean = g_string_new (NULL);
  for (char **part = parts; *part != NULL; part++)
    if (**part != '\0')
      g_string_append_printf (clean, "/%s", *part);
  const char *slash = strrchr (clean->str, '/');
  if (is_file && options->selinux_prefix == NULL && slash != NULL)
    g_string_truncate (clean, (gsize)(slash - clean->str));
  return g_string_free (clean, FALSE);
}

static SePolicy *
open_policy (const TreeCheckoutOptions *options, GError **error)
{
  autofd int dfd = openat (options->selinux_dfd, options->selinux_policy,
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dfd < 0)
    return throw_errno_null (error, "open '%s'", options->selinux_policy);
  SePolicy *policy = sepolicy_open (dfd, error);
  return policy != NULL ? policy
                        : prefix_null (error, "SELinux policy of '%s'", options->selinux_policy);
}

static gboolean
placer_init (Placer *self, const TreeRepo *repo, const TreeCheckoutOptions *options, GError **error)
{
  gboolean hardlinks = options->user_mode ? repo->mode->hardlink_user_checkout
                                          : repo->mode->hardlink_checkout;
  *self = (Placer){repo, options, hardlinks && !options->force_copy, -1, NULL};
  if (!check_options (self, error))
    return FALSE;
  if (options->selinux_policy != NULL && (self->policy = open_policy (options, error)) == NULL)
    return FALSE;
  gboolean cache = options->user_mode && !options->force_copy && !options->no_cache;
  return !cache || unpacked_open (repo, &self->cache_dfd, error);
}

/* The destination's own name. */
static gboolean
sync_parent (int dfd, const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  autofd int fd = openat (dfd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return (fd >= 0 && fsync (fd) == 0) || throw_errno (error, "sync directory '%s'", parent);
}

static gboolean
checkout_all (Checkout *self, const Start *start, int dfd, const char *path, GError **error)
{
  g_mutex_init (&self->mutex);
  g_autoptr (GError) walk_error = NULL;
  gboolean walked = run (self, start, dfd, path, &walk_error);
  gboolean copied = self->pool == NULL || pool_finish (self->pool, error);
  while (self->unfinished.head != NULL)
    dir_free (self, self->unfinished.head->data);
  g_mutex_clear (&self->mutex);
  if (copied && !walked)
    g_propagate_error (error, g_steal_pointer (&walk_error));
  return (copied && walked && (!self->placer.options->fsync || sync_parent (dfd, path, error))) ||
         prefix_error (error, "checkout to '%s'", path);
}

gboolean
tree_repo_checkout (const TreeRepo *self, const TreeChecksum *commit, int dfd, const char *path,
                    const TreeCheckoutOptions *options, GError **error)
{
  g_autoptr (GHashTable) skips = read_skips (options->skip_paths);
  g_autoptr (GString) at = g_string_new (NULL);
  g_auto (GStrv) parts = g_strsplit (options->subpath != NULL ? options->subpath : "", "/", -1);
  Start start = {0};
  if (!find_start (self, commit, parts, &start, error))
    return FALSE;
  if (!start.found)
    return options->allow_noent || throw_error (error, TREE_ERROR_NOT_FOUND,
                                                "No such file or directory: %s", options->subpath);
  if (skips != NULL && g_hash_table_contains (skips, ""))
    return TRUE;
  if (options->require_hardlinks && !check_device (self, dfd, path, error))
    return FALSE;
  g_autofree char *prefix = label_prefix (options, start.is_file);
  Checkout checkout = {.unfinished = G_QUEUE_INIT, .skips = skips, .path = at, .prefix = prefix};
  gboolean ok = placer_init (&checkout.placer, self, options, error) &&
                checkout_all (&checkout, &start, dfd, path, error);
  fd_cleanup (&checkout.placer.cache_dfd);
  sepolicy_free (checkout.placer.policy);
  return ok;
}
