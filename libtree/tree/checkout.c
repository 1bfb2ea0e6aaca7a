/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a commit to files: the caller's thread walks the tree, makes directories and hard links;
 * workers copy what must be copied. A directory gets its owner, mode and time when all that is in
 * it is done, by whoever finished the last part. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/pool.h"
#include "base/xattr.h"
#include "core/checksum.h"
#include "core/object.h"
#include "store/object-read.h"
#include "tree-checkout.h"

enum {
  MAX_QUEUED = 128,
  LINK_TARGET_MAX = 4096,
};

#define WHITEOUT_PREFIX ".ostree-wh."

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
} Copy;

typedef struct {
  const TreeRepo *repo;
  const TreeCheckoutOptions *options;
  gboolean hardlinks; /* the objects of this repository may be linked into this checkout */
  Pool *pool;         /* started with the first copy */
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

static gboolean
seal_dir (const Checkout *self, Dir *dir, GError **error)
{
  if (!dir->made)
    return TRUE;
  if (!self->options->user_mode) {
    if (fchown (dir->dfd, dir->meta.uid, dir->meta.gid) < 0)
      return throw_errno (error,
                          "set owner %u:%u of directory '%s' (use -U to check out as yourself)",
                          dir->meta.uid, dir->meta.gid, dir->name);
    if (!xattr_write_fd (dir->dfd, dir->meta.xattrs, error))
      return prefix_error (error, "directory '%s'", dir->name);
  }
  if (fchmod (dir->dfd, dir->meta.mode & 07777) < 0)
    return throw_errno (error, "set mode of directory '%s'", dir->name);
  const struct timespec zero[2] = {{0, UTIME_OMIT}, {0, 0}};
  if (!self->options->force_copy && futimens (dir->dfd, zero) < 0)
    return throw_errno (error, "set time of directory '%s'", dir->name);
  return !self->options->fsync || fsync (dir->dfd) == 0 ||
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

/* Makes or enters the directory. Until it is sealed it is ours alone. */
static Dir *
dir_open (Checkout *self, Dir *parent, int dfd, const char *name, const TreeChecksum *meta,
          gboolean may_exist, GError **error)
{
  gboolean made = mkdirat (dfd, name, 0700) == 0;
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
  return object_load_dirmeta (self->repo, meta, &dir->meta, error) ? dir : NULL;
}

/* ---- Copies ---- */

static gboolean
set_attributes (const Checkout *self, int fd, const FileMeta *meta, GError **error)
{
  mode_t mode = meta->mode & 07777;
  if (self->options->user_mode)
    /* Nobody becomes root by a file of ours, and its owner can read it. */
    mode = (mode & 0777) | S_IRUSR;
  else {
    if (fchown (fd, meta->uid, meta->gid) < 0)
      return throw_errno (error, "set owner %u:%u (use -U to check out as yourself)", meta->uid,
                          meta->gid);
    if (!xattr_write_fd (fd, meta->xattrs, error))
      return FALSE;
  }
  if (fchmod (fd, mode) < 0)
    return throw_errno (error, "set mode");
  return !self->options->fsync || fsync (fd) == 0 || throw_errno (error, "sync");
}

static gboolean
write_content (ModeWorker *worker, StoreFile *file, int fd, GError **error)
{
  if (file->fd_is_content && file->size > 0)
    return file_copy_content (file->fd, fd, error);
  return mode_copy_content (worker, fd, file->content, file->size, error);
}

static gboolean
copy_regular (const Checkout *self, ModeWorker *worker, StoreFile *file, int dfd, const char *name,
              GError **error)
{
  autofd int fd = openat (dfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return throw_errno (error, "create");
  if (write_content (worker, file, fd, error) && set_attributes (self, fd, &file->meta, error))
    return TRUE;
  (void)unlinkat (dfd, name, 0);
  return FALSE;
}

static gboolean
copy_link (const Checkout *self, const StoreFile *file, int dfd, const char *name, GError **error)
{
  if (symlinkat (file->meta.target, dfd, name) < 0)
    return throw_errno (error, "create link");
  if (self->options->user_mode)
    return TRUE;
  if (fchownat (dfd, name, file->meta.uid, file->meta.gid, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno (error, "set owner %u:%u (use -U to check out as yourself)", file->meta.uid,
                        file->meta.gid);
  return xattr_write_at (dfd, name, file->meta.xattrs, error);
}

static gboolean
make_whiteout (int dfd, const char *name, const FileMeta *meta, GError **error)
{
  const char *hidden = name + strlen (WHITEOUT_PREFIX);
  if (*hidden == '\0')
    return throw_error (error, TREE_ERROR_CORRUPT, "a whiteout without a name");
  if (mknodat (dfd, hidden, S_IFCHR | 0000, makedev (0, 0)) < 0)
    return errno == EEXIST || throw_errno (error, "create whiteout '%s'", hidden);
  if (fchownat (dfd, hidden, meta->uid, meta->gid, AT_SYMLINK_NOFOLLOW) < 0 ||
      fchmodat (dfd, hidden, meta->mode & 07777, 0) < 0)
    return throw_errno (error, "set owner and mode of whiteout '%s'", hidden);
  return TRUE;
}

static gboolean
copy_object (const Checkout *self, ModeWorker *worker, const TreeChecksum *checksum, int dfd,
             const char *name, GError **error)
{
  g_auto (StoreFile) file = {.fd = -1};
  if (!object_open_file (self->repo, worker, checksum, &file, error))
    return FALSE;
  if (self->options->whiteouts_as_devices && g_str_has_prefix (name, WHITEOUT_PREFIX))
    return make_whiteout (dfd, name, &file.meta, error);
  return file.content != NULL ? copy_regular (self, worker, &file, dfd, name, error)
                              : copy_link (self, &file, dfd, name, error);
}

/* ---- Files that exist ---- */

static gboolean
is_same_file (const Checkout *self, const TreeChecksum *checksum, int dfd, const char *name,
              gboolean *out, GError **error)
{
  char path[OBJECT_PATH_MAX];
  object_path (&(ObjectName){*checksum, TREE_OBJECT_FILE}, self->repo->mode->archive, path);
  struct stat object;
  struct stat found;
  if (fstatat (dfd, name, &found, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno (error, "stat");
  *out = fstatat (self->repo->objects_dfd, path, &object, AT_SYMLINK_NOFOLLOW) == 0 &&
         object.st_dev == found.st_dev && object.st_ino == found.st_ino;
  return TRUE;
}

/* A file of another content replaces the old one by rename, so that there is always one. */
static gboolean
copy_over (const Checkout *self, ModeWorker *worker, const TreeChecksum *checksum, int dfd,
           const char *name, GError **error)
{
  g_autofree char *temp = g_strdup_printf (".%s.%08x", "tmp-checkout", g_random_int ());
  if (!copy_object (self, worker, checksum, dfd, temp, error))
    return FALSE;
  if (renameat (dfd, temp, dfd, name) == 0)
    return TRUE;
  (void)throw_errno (error, "replace");
  (void)unlinkat (dfd, temp, 0);
  return FALSE;
}

/* What a checkout of an equal file would have made: compared with it after the fact. */
static gboolean
check_identical (const Checkout *self, ModeWorker *worker, const TreeChecksum *checksum, int dfd,
                 const char *name, GError **error)
{
  gboolean same = FALSE;
  if (!is_same_file (self, checksum, dfd, name, &same, error))
    return FALSE;
  if (same)
    return TRUE;
  g_auto (StoreFile) file = {.fd = -1};
  if (!object_open_file (self->repo, worker, checksum, &file, error))
    return FALSE;
  if (file.content == NULL) {
    g_autofree char *target = NULL;
    struct stat st;
    if (fstatat (dfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK (st.st_mode) &&
        link_read_at (dfd, name, &target, NULL))
      same = g_strcmp0 (target, file.meta.target) == 0;
  } else if (file.size == 0) {
    struct stat st;
    same = fstatat (dfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG (st.st_mode) &&
           st.st_size == 0;
  }
  return same ||
         throw_error (error, TREE_ERROR_EXISTS, "'%s': another file is there: File exists", name);
}

static gboolean
copy_with_rule (const Checkout *self, ModeWorker *worker, const TreeChecksum *checksum, int dfd,
                const char *name, GError **error)
{
  struct stat st;
  gboolean exists = self->options->overwrite != TREE_OVERWRITE_NONE &&
                    fstatat (dfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
  if (!exists)
    return copy_object (self, worker, checksum, dfd, name, error);
  switch (self->options->overwrite) {
  case TREE_OVERWRITE_ADD:
    return TRUE;
  case TREE_OVERWRITE_IDENTICAL:
    return check_identical (self, worker, checksum, dfd, name, error);
  case TREE_OVERWRITE_UNION:
  case TREE_OVERWRITE_NONE:
    break;
  }
  return copy_over (self, worker, checksum, dfd, name, error);
}

/* ---- The pool of copies ---- */

static void
copy_free (gpointer job)
{
  Copy *copy = job;
  g_free (copy->name);
  g_free (copy);
}

static gboolean
run_copy (gpointer job, gpointer worker, gpointer user_data, GError **error)
{
  Checkout *self = user_data;
  Copy *copy = job;
  gboolean ok = copy_with_rule (self, worker, &copy->checksum, copy->dir->dfd, copy->name, error);
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
  *copy = (Copy){dir, file->content, g_strdup (file->name)};
  g_atomic_int_inc (&dir->n_pending);
  return pool_push (self->pool, copy);
}

/* ---- The walk ---- */

typedef enum {
  LINKED,
  NEEDS_COPY,
  LINK_FAILED
} LinkResult;

/* Links, of the repository or of a parent in the same mode. */
static LinkResult
link_object (const Checkout *self, const TreeChecksum *checksum, int dfd, const char *name,
             GError **error)
{
  char path[OBJECT_PATH_MAX];
  object_path (&(ObjectName){*checksum, TREE_OBJECT_FILE}, self->repo->mode->archive, path);
  for (const TreeRepo *repo = self->repo; repo != NULL && repo->mode == self->repo->mode;
       repo = repo->parent) {
    if (linkat (repo->objects_dfd, path, dfd, name, 0) == 0)
      return LINKED;
    if (errno == ENOENT)
      continue;
    if (errno == EMLINK || errno == EXDEV || errno == EPERM)
      return NEEDS_COPY;
    (void)throw_errno (error, "link '%s'", name);
    return LINK_FAILED;
  }
  return NEEDS_COPY; /* and the copy says that the object is missing */
}

/* An existing file, replaced by a link of another name and rename; rename of two links to one inode
 * does nothing. */
static gboolean
link_over (const Checkout *self, const TreeChecksum *checksum, int dfd, const char *name,
           LinkResult *out, GError **error)
{
  g_autofree char *temp = g_strdup_printf (".tmp-checkout.%08x", g_random_int ());
  *out = link_object (self, checksum, dfd, temp, error);
  if (*out != LINKED)
    return *out != LINK_FAILED;
  int rc = renameat (dfd, temp, dfd, name);
  if (rc < 0)
    (void)throw_errno (error, "replace '%s'", name);
  (void)unlinkat (dfd, temp, 0);
  return rc == 0;
}

static gboolean
link_with_rule (const Checkout *self, const TreeChecksum *checksum, int dfd, const char *name,
                LinkResult *out, GError **error)
{
  struct stat st;
  gboolean exists = self->options->overwrite != TREE_OVERWRITE_NONE &&
                    fstatat (dfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
  if (!exists) {
    *out = link_object (self, checksum, dfd, name, error);
    return *out != LINK_FAILED;
  }
  if (self->options->overwrite == TREE_OVERWRITE_UNION)
    return link_over (self, checksum, dfd, name, out, error);
  *out = LINKED;
  return self->options->overwrite == TREE_OVERWRITE_ADD ||
         check_identical (self, NULL, checksum, dfd, name, error);
}

/* In these cases a copy is right, even where links are required: an empty file, which a link would
 * only tie to strangers; a symbolic link of a mode that keeps it as a file; a whiteout. */
static gboolean
is_always_copied (const Checkout *self, const TreeChecksum *checksum, const char *name,
                  gboolean *out, GError **error)
{
  char path[OBJECT_PATH_MAX];
  struct stat st;
  object_path (&(ObjectName){*checksum, TREE_OBJECT_FILE}, self->repo->mode->archive, path);
  gboolean here = fstatat (self->repo->objects_dfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
  *out = (here && S_ISREG (st.st_mode) && st.st_size == 0) ||
         (self->options->whiteouts_as_devices && g_str_has_prefix (name, WHITEOUT_PREFIX));
  if (*out || self->repo->mode->plain_files || (here && st.st_size > LINK_TARGET_MAX))
    return TRUE;
  g_auto (StoreFile) file = {.fd = -1};
  if (!object_open_file (self->repo, NULL, checksum, &file, error))
    return FALSE;
  *out = file.content == NULL;
  return TRUE;
}

static gboolean
place_file (Checkout *self, Dir *dir, const DirTreeEntry *file, GError **error)
{
  gboolean copy = !self->hardlinks;
  if (!copy && !is_always_copied (self, &file->content, file->name, &copy, error))
    return FALSE;
  if (copy)
    return push_copy (self, dir, file);
  LinkResult result = LINK_FAILED;
  if (!link_with_rule (self, &file->content, dir->dfd, file->name, &result, error))
    return prefix_error (error, "in '%s'", dir->name);
  if (result == LINKED)
    return TRUE;
  if (self->options->require_hardlinks)
    return throw_error (
        error, TREE_ERROR_UNSUPPORTED,
        "'%s' cannot be hard-linked into this checkout (another file system?); leave "
        "out -H to copy",
        file->name);
  return push_copy (self, dir, file);
}

/* FALSE without an error when a worker failed: pool_finish() has its error. */
static gboolean
walk_dir (Checkout *self, Dir *dir, const TreeChecksum *dirtree, GError **error)
{
  g_auto (DirTree) tree = {0};
  if (!object_load_dirtree (self->repo, dirtree, &tree, error))
    return FALSE;
  DirTreeEntry entry;
  for (guint i = 0; i < tree.files.n; i++) {
    dirtree_file (&tree, i, &entry);
    if (!place_file (self, dir, &entry, error))
      return FALSE;
  }
  gboolean may_exist = self->options->overwrite != TREE_OVERWRITE_NONE;
  for (guint i = 0; i < tree.dirs.n; i++) {
    dirtree_dir (&tree, i, &entry);
    Dir *child = dir_open (self, dir, dir->dfd, entry.name, &entry.meta, may_exist, error);
    if (child == NULL)
      return prefix_error (error, "in '%s'", dir->name);
    if (!walk_dir (self, child, &entry.content, error))
      return FALSE;
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
  gboolean may_exist = self->options->overwrite != TREE_OVERWRITE_NONE;
  if (!start->is_file) {
    Dir *root = dir_open (self, NULL, dfd, path, &start->entry.meta, may_exist, error);
    return root != NULL && walk_dir (self, root, &start->entry.content, error);
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
check_options (const Checkout *self, GError **error)
{
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

gboolean
tree_repo_checkout (const TreeRepo *self, const TreeChecksum *commit, int dfd, const char *path,
                    const TreeCheckoutOptions *options, GError **error)
{
  Checkout checkout = {.repo = self, .options = options, .unfinished = G_QUEUE_INIT};
  checkout.hardlinks = !options->force_copy &&
                       (options->user_mode ? self->mode->hardlink_user_checkout
                                           : self->mode->hardlink_checkout);
  g_auto (GStrv) parts = g_strsplit (options->subpath != NULL ? options->subpath : "", "/", -1);
  Start start = {0};
  if (!check_options (&checkout, error) || !find_start (self, commit, parts, &start, error))
    return FALSE;
  if (!start.found)
    return options->allow_noent || throw_error (error, TREE_ERROR_NOT_FOUND,
                                                "No such file or directory: %s", options->subpath);
  g_mutex_init (&checkout.mutex);
  g_autoptr (GError) walk_error = NULL;
  gboolean walked = run (&checkout, &start, dfd, path, &walk_error);
  gboolean copied = checkout.pool == NULL || pool_finish (checkout.pool, error);
  while (checkout.unfinished.head != NULL)
    dir_free (&checkout, checkout.unfinished.head->data);
  g_mutex_clear (&checkout.mutex);
  if (copied && !walked)
    g_propagate_error (error, g_steal_pointer (&walk_error));
  return (copied && walked) || prefix_error (error, "checkout to '%s'", path);
}
