/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/commit-file.h"

#include <dirent.h>
#include <errno.h>
#include <sys/xattr.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/xattr.h"
#include "plain/layout.h"
#include "store/object-read.h"

/* What is known of a file while it is committed. */
typedef struct {
  int dfd;
  const char *name;
  const char *path; /* for rules, or NULL */
  struct stat st;
  gboolean is_cached; /* the stat cache told the checksum */
} File;

static gboolean
changed (GError **error)
{
  return throw_error (error, TREE_ERROR_CHANGED,
                      "the file changed while it was read; commit a tree that nobody writes to");
}

static FileMeta
filtered_meta (const CommitFiles *self, const File *file)
{
  FileMeta meta = {file->st.st_uid, file->st.st_gid, file->st.st_mode, NULL, NULL};
  filter_apply (self->filter, file->path, &meta);
  return meta;
}

static gboolean
is_as_found (const File *file, const FileMeta *meta)
{
  return meta->uid == file->st.st_uid && meta->gid == file->st.st_gid &&
         meta->mode == file->st.st_mode;
}

/* ---- Files that need not be read ---- */

/* Neither table knows of objects that were deleted since: the object must still be there. */
static gboolean
take_known (CommitFiles *self, const TreeChecksum *checksum, gboolean *out_known, GError **error)
{
  if (!txn_has_object (self->txn, TREE_OBJECT_FILE, checksum, out_known, error))
    return FALSE;
  if (*out_known)
    g_atomic_int_inc (&self->n_hits);
  return TRUE;
}

static gboolean
has_no_xattrs (const CommitFiles *self, const TreeChecksum *checksum)
{
  g_auto (StoreFile) file = {.fd = -1};
  return object_open_file (txn_get_repo (self->txn), NULL, checksum, &file, NULL) &&
         file.meta.xattrs == NULL;
}

/* A file that shares its inode with an object is that object, if the commit would make the same of
 * it. */
static gboolean
is_linked (const CommitFiles *self, const File *file, TreeChecksum *out)
{
  if (self->devino == NULL || !devino_lookup (self->devino, &file->st, out))
    return FALSE;
  FileMeta meta = filtered_meta (self, file);
  return self->trust_canonical ||
         (is_as_found (file, &meta) && (!self->filter->no_xattrs || has_no_xattrs (self, out)));
}

/* A file with a rule of its own is always read: the tables know inodes, and rules go by the path.
 */
static gboolean
has_rule (const CommitFiles *self, const File *file)
{
  return file->path != NULL && filter_goes_by_path (self->filter, file->path);
}

static gboolean
find_known (CommitFiles *self, File *file, TreeChecksum *out, gboolean *out_known, GError **error)
{
  *out_known = FALSE;
  if ((self->stat_cache == NULL && self->devino == NULL) || has_rule (self, file))
    return TRUE;
  if (fstatat (file->dfd, file->name, &file->st, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno (error, "stat");
  gboolean cached = self->stat_cache != NULL &&
                    stat_cache_lookup (self->stat_cache, &file->st, out);
  if (!cached && !is_linked (self, file, out))
    return TRUE;
  if (!take_known (self, out, out_known, error))
    return FALSE;
  file->is_cached = cached && *out_known;
  return TRUE;
}

/* ---- Files that are read ---- */

/* A file that its owner gives up may become the object, if it is just what the object should be.
 * It may have other names, as files of a checkout by hard links have; scripts count on that. */
static gboolean
may_adopt (const CommitFiles *self, const File *file, const FileMeta *meta, int fd)
{
  return self->adopt && is_as_found (file, meta) && meta->xattrs == NULL &&
         flistxattr (fd, NULL, 0) <= 0;
}

static gboolean
commit_regular (CommitFiles *self, ObjectWriter *writer, File *file, TreeChecksum *out,
                GError **error)
{
  autofd int fd = openat (file->dfd, file->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0)
    return throw_errno (error, "open");
  if (fstat (fd, &file->st) < 0)
    return throw_errno (error, "stat");
  if (!S_ISREG (file->st.st_mode))
    return changed (error);
  g_auto (FileMeta) meta = filtered_meta (self, file);
  if (!self->filter->no_xattrs && !xattr_read_fd (fd, BARE_USER_XATTR, &meta.xattrs, error))
    return FALSE;
  if (!filter_label (self->filter, file->path, &meta, error))
    return FALSE;
  gboolean offer = may_adopt (self, file, &meta, fd);
  if (offer)
    object_writer_offer (writer, file->dfd, file->name, &file->st);
  if (!object_writer_put_fd (writer, &meta, fd, (guint64)file->st.st_size, out, error))
    return FALSE;
  struct stat after;
  if (fstat (fd, &after) < 0)
    return throw_errno (error, "stat");
  /* Adopting is itself a change. */
  return (offer && object_writer_adopted (writer)) || stat_is_same (&file->st, &after) ||
         changed (error);
}

static gboolean
commit_link (CommitFiles *self, ObjectWriter *writer, File *file, TreeChecksum *out, GError **error)
{
  if (fstatat (file->dfd, file->name, &file->st, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno (error, "stat");
  if (!S_ISLNK (file->st.st_mode))
    return changed (error);
  g_auto (FileMeta) meta = filtered_meta (self, file);
  if (!link_read_at (file->dfd, file->name, &meta.target, error))
    return FALSE;
  if (meta.target == NULL)
    return changed (error);
  if (!g_utf8_validate (meta.target, -1, NULL))
    return throw_error (error, TREE_ERROR_INVALID, "the target of the link is not UTF-8");
  if (!self->filter->no_xattrs && !xattr_read_at (file->dfd, file->name, &meta.xattrs, error))
    return FALSE;
  if (!filter_label (self->filter, file->path, &meta, error))
    return FALSE;
  return object_writer_put_data (writer, &meta, NULL, 0, NULL, out, error);
}

gboolean
commit_file (CommitFiles *self, ObjectWriter *writer, int dfd, const char *name, const char *path,
             unsigned char type, TreeChecksum *out, GError **error)
{
  File file = {.dfd = dfd, .name = name, .path = path};
  gboolean known = FALSE;
  if (!find_known (self, &file, out, &known, error))
    return FALSE;
  if (!known && !(type == DT_LNK ? commit_link (self, writer, &file, out, error)
                                 : commit_regular (self, writer, &file, out, error)))
    return FALSE;
  if (self->stat_cache != NULL && !has_rule (self, &file))
    stat_cache_record (self->stat_cache, &file.st, out, file.is_cached);
  return TRUE;
}
