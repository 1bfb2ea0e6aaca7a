/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/remove.h"
#include "base/xattr.h"
#include "core/object.h"
#include "store/object-read.h"
#include "store/unpacked.h"
#include "tree/checksum-path.h"
#include "tree-commit.h"

enum {
  LINK_TARGET_MAX = 4096,
};

#define DEVICE_WHITEOUT_PREFIX ".ostree-wh."

/* ---- Copies ---- */

/* In user mode nobody becomes root by a file of ours, and its owner can read it. */
static mode_t
checkout_mode (const Placer *self, const FileMeta *meta)
{
  return self->options->user_mode ? (meta->mode & 0777) | S_IRUSR : meta->mode & 07777;
}

static gboolean
set_attributes (const Placer *self, int fd, const FileMeta *meta, GError **error)
{
  if (!self->options->user_mode) {
    if (fchown (fd, meta->uid, meta->gid) < 0)
      return throw_errno (error, "set owner %u:%u (use -U to check out as yourself)", meta->uid,
                          meta->gid);
    if (!xattr_write_fd (fd, meta->xattrs, error))
      return FALSE;
  }
  if (fchmod (fd, checkout_mode (self, meta)) < 0)
    return throw_errno (error, "set mode");
  return !self->options->fsync || fsync (fd) == 0 || throw_errno (error, "sync");
}

static gboolean
copy_regular (const Placer *self, ModeWorker *worker, const TreeChecksum *checksum, StoreFile *file,
              int dfd, const char *name, GError **error)
{
  autofd int fd = openat (dfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return throw_errno (error, "create");
  if (!mode_copy_content (worker, fd, file->content, file->size, error) ||
      !set_attributes (self, fd, &file->meta, error)) {
    (void)unlinkat (dfd, name, 0);
    return FALSE;
  }
  if (self->cache_dfd >= 0 && file->size > 0)
    unpacked_keep (self->cache_dfd, checksum, dfd, name);
  return TRUE;
}

static gboolean
copy_link (const Placer *self, const StoreFile *file, int dfd, const char *name, GError **error)
{
  if (symlinkat (file->meta.target, dfd, name) < 0)
    return throw_errno (error, "create link");
  if (self->options->user_mode)
    return TRUE;
  gboolean ok = fchownat (dfd, name, file->meta.uid, file->meta.gid, AT_SYMLINK_NOFOLLOW) == 0 ||
                throw_errno (error, "set owner %u:%u (use -U to check out as yourself)",
                             file->meta.uid, file->meta.gid);
  ok = ok && xattr_write_at (dfd, name, file->meta.xattrs, error);
  if (!ok)
    (void)unlinkat (dfd, name, 0);
  return ok;
}

/* What has the name already: another layer's whiteout of it, what is kept, or what it replaces. */
static gboolean
make_room_for_whiteout (const Placer *self, int dfd, const char *hidden, gboolean *out_done,
                        GError **error)
{
  struct stat st;
  if (fstatat (dfd, hidden, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno (error, "stat '%s'", hidden);
  *out_done = (S_ISCHR (st.st_mode) && st.st_rdev == makedev (0, 0)) ||
              self->options->overwrite == TREE_OVERWRITE_ADD;
  if (*out_done)
    return TRUE;
  if (self->options->overwrite != TREE_OVERWRITE_UNION)
    return throw_error (error, TREE_ERROR_EXISTS,
                        "create whiteout '%s': another file has the name (use --union to replace "
                        "it)",
                        hidden);
  return unlinkat (dfd, hidden, 0) == 0 || throw_errno (error, "replace '%s'", hidden);
}

static gboolean
make_whiteout (const Placer *self, int dfd, const char *name, const FileMeta *meta, GError **error)
{
  const mode_t device = S_IFCHR | 0000;
  gboolean done = FALSE;
  const char *hidden = name + strlen (DEVICE_WHITEOUT_PREFIX);
  if (*hidden == '\0')
    return throw_error (error, TREE_ERROR_CORRUPT, "a whiteout without a name");
  int rc = mknodat (dfd, hidden, device, makedev (0, 0));
  if (rc < 0 && errno == EEXIST) {
    if (!make_room_for_whiteout (self, dfd, hidden, &done, error))
      return FALSE;
    if (done)
      return TRUE;
    rc = mknodat (dfd, hidden, device, makedev (0, 0));
  }
  if (rc < 0)
    return throw_errno (error, "create whiteout '%s'", hidden);
  if (fchownat (dfd, hidden, meta->uid, meta->gid, AT_SYMLINK_NOFOLLOW) < 0 ||
      fchmodat (dfd, hidden, meta->mode & 07777, 0) < 0)
    return throw_errno (error, "set owner and mode of whiteout '%s'", hidden);
  return TRUE;
}

static gboolean
copy_object (const Placer *self, ModeWorker *worker, const TreeChecksum *checksum, int dfd,
             const char *name, const char *path, GError **error)
{
  g_auto (StoreFile) file = {.fd = -1};
  if (!object_open_file (self->repo, worker, checksum, &file, error) ||
      (self->policy != NULL && !sepolicy_label (self->policy, path, &file.meta, error)))
    return FALSE;
  if (self->options->whiteouts_as_devices && g_str_has_prefix (name, DEVICE_WHITEOUT_PREFIX))
    return make_whiteout (self, dfd, name, &file.meta, error);
  return file.content != NULL ? copy_regular (self, worker, checksum, &file, dfd, name, error)
                              : copy_link (self, &file, dfd, name, error);
}

/* ---- Files that exist ---- */

/* Is there something to keep, to compare with or to replace? */
static gboolean
look (const Placer *self, int dfd, const char *name, gboolean *out_exists, GError **error)
{
  struct stat st;
  gboolean exists = self->options->overwrite != TREE_OVERWRITE_NONE &&
                    fstatat (dfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
  if (exists && S_ISDIR (st.st_mode) && self->options->whiteouts &&
      self->options->overwrite == TREE_OVERWRITE_UNION) {
    if (!dir_remove_all_at (dfd, name, error))
      return FALSE;
    exists = FALSE;
  }
  *out_exists = exists;
  return TRUE;
}

/* Is it a link to the object, here or in a parent repository? */
static gboolean
is_same_inode (const Placer *self, const TreeChecksum *checksum, const struct stat *found)
{
  for (const TreeRepo *repo = self->repo; repo != NULL; repo = repo->parent) {
    char path[OBJECT_PATH_MAX];
    struct stat object;
    object_path (&(ObjectName){*checksum, TREE_OBJECT_FILE}, repo->mode->archive, path);
    if (fstatat (repo->objects_dfd, path, &object, AT_SYMLINK_NOFOLLOW) == 0 &&
        object.st_dev == found->st_dev && object.st_ino == found->st_ino)
      return TRUE;
  }
  return FALSE;
}

static char *
temp_name (void)
{
  return g_strdup_printf (".tmp-checkout.%08x", g_random_int ());
}

/* A file of another content replaces the old one by rename, so that there is always one. */
static gboolean
copy_over (const Placer *self, ModeWorker *worker, const TreeChecksum *checksum, int dfd,
           const char *name, const char *path, GError **error)
{
  g_autofree char *temp = temp_name ();
  if (!copy_object (self, worker, checksum, dfd, temp, path, error))
    return FALSE;
  if (renameat (dfd, temp, dfd, name) == 0)
    return TRUE;
  (void)throw_errno (error, "replace");
  (void)unlinkat (dfd, temp, 0);
  return FALSE;
}

/* Would a checkout of the object have made this file? In user mode owners are not what they were,
 * so only its bytes and its mode are looked at. */
static gboolean
is_equal (const Placer *self, const TreeChecksum *checksum, const FileMeta *meta, int dfd,
          const char *name, const struct stat *st, gboolean *out, GError **error)
{
  if (S_ISLNK (meta->mode)) {
    g_autofree char *target = NULL;
    if (!link_read_at (dfd, name, &target, error))
      return FALSE;
    *out = g_strcmp0 (target, meta->target) == 0;
    return TRUE;
  }
  TreeChecksum actual;
  if (!self->options->user_mode) {
    if (!tree_checksum_path (dfd, name, self->repo->disable_xattrs, &actual, error))
      return FALSE;
  } else {
    autofd int fd = openat (dfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
      return throw_errno (error, "open '%s'", name);
    if (!checksum_content (fd, meta, (guint64)st->st_size, &actual, error))
      return FALSE;
  }
  *out = tree_checksum_equal (&actual, checksum);
  return TRUE;
}

static gboolean
check_identical (const Placer *self, ModeWorker *worker, const TreeChecksum *checksum, int dfd,
                 const char *name, GError **error)
{
  struct stat st;
  if (fstatat (dfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno (error, "stat '%s'", name);
  if (is_same_inode (self, checksum, &st))
    return TRUE;
  g_auto (StoreFile) file = {.fd = -1};
  if (!object_open_file (self->repo, worker, checksum, &file, error))
    return FALSE;
  gboolean same = FALSE;
  gboolean may_be = (st.st_mode & S_IFMT) == (file.meta.mode & S_IFMT) &&
                    (S_ISLNK (st.st_mode) ||
                     ((guint64)st.st_size == file.size &&
                      (st.st_mode & 07777) == checkout_mode (self, &file.meta)));
  if (may_be && !is_equal (self, checksum, &file.meta, dfd, name, &st, &same, error))
    return FALSE;
  return same ||
         throw_error (error, TREE_ERROR_EXISTS, "'%s': another file is there: File exists", name);
}

gboolean
place_copy (const Placer *self, ModeWorker *worker, const TreeChecksum *checksum, int dfd,
            const char *name, const char *path, GError **error)
{
  gboolean exists = FALSE;
  if (!look (self, dfd, name, &exists, error))
    return FALSE;
  if (!exists)
    return copy_object (self, worker, checksum, dfd, name, path, error);
  switch (self->options->overwrite) {
  case TREE_OVERWRITE_ADD:
    return TRUE;
  case TREE_OVERWRITE_IDENTICAL:
    return check_identical (self, worker, checksum, dfd, name, error);
  case TREE_OVERWRITE_UNION:
  case TREE_OVERWRITE_NONE:
    break;
  }
  return copy_over (self, worker, checksum, dfd, name, path, error);
}

/* ---- Links ---- */

/* Links from the cache of unpacked files, else of the repository or of a parent in the same mode.
 */
static LinkResult
link_object (const Placer *self, const TreeChecksum *checksum, int dfd, const char *name,
             GError **error)
{
  if (self->cache_dfd >= 0) {
    gboolean linked = FALSE;
    if (!unpacked_link (self->repo, self->cache_dfd, checksum, dfd, name, &linked, error))
      return LINK_FAILED;
    return linked ? LINKED : NEEDS_COPY;
  }
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
link_over (const Placer *self, const TreeChecksum *checksum, int dfd, const char *name,
           LinkResult *out, GError **error)
{
  g_autofree char *temp = temp_name ();
  *out = link_object (self, checksum, dfd, temp, error);
  if (*out != LINKED)
    return *out != LINK_FAILED;
  int rc = renameat (dfd, temp, dfd, name);
  if (rc < 0)
    (void)throw_errno (error, "replace '%s'", name);
  (void)unlinkat (dfd, temp, 0);
  return rc == 0;
}

gboolean
place_link (const Placer *self, const TreeChecksum *checksum, int dfd, const char *name,
            LinkResult *out, GError **error)
{
  gboolean exists = FALSE;
  if (!look (self, dfd, name, &exists, error))
    return FALSE;
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

/* A symbolic link may be a file in its mode, which only opening tells. */
gboolean
place_needs_copy (const Placer *self, const TreeChecksum *checksum, const char *name, gboolean *out,
                  GError **error)
{
  char path[OBJECT_PATH_MAX];
  struct stat st;
  *out = self->options->whiteouts_as_devices && g_str_has_prefix (name, DEVICE_WHITEOUT_PREFIX);
  if (*out || self->cache_dfd >= 0) /* which holds none of the others */
    return TRUE;
  object_path (&(ObjectName){*checksum, TREE_OBJECT_FILE}, self->repo->mode->archive, path);
  gboolean here = fstatat (self->repo->objects_dfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
  *out = here && S_ISREG (st.st_mode) && st.st_size == 0;
  if (*out || self->repo->mode->plain_files || (here && st.st_size > LINK_TARGET_MAX))
    return TRUE;
  g_auto (StoreFile) file = {.fd = -1};
  if (!object_open_file (self->repo, NULL, checksum, &file, error))
    return FALSE;
  *out = file.content == NULL;
  return TRUE;
}
