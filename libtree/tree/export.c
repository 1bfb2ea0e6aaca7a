/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trees as one file. It is written beside its name, synced and renamed: a power cut or a full disk
 * leaves the old file or the new one, never a part of it. */
#include "config.h"

#include "tree/export.h"

#include <errno.h>
#include <stdio.h>

#include "base/error.h"
#include "base/fd.h"
#include "store/object-read.h"
#include "tree/lookup.h"

static gboolean
check_options (TreeExportFormat format, const TreeExportOptions *options, GError **error)
{
  if (format == TREE_EXPORT_TAR && options->size_bytes > 0)
    return throw_error (error, TREE_ERROR_INVALID,
                        "a size is for images, not for archives: use --format=ext4");
  if (format == TREE_EXPORT_EXT4 && options->prefix != NULL)
    return throw_error (error, TREE_ERROR_INVALID, "the names of an image cannot have a prefix");
  if (format == TREE_EXPORT_EXT4 && options->compression != TREE_COMPRESSION_NONE)
    return throw_error (
        error, TREE_ERROR_INVALID,
        "an image is not compressed, whatever its name promises: it is a sparse file; "
        "compress it afterwards");
  return TRUE;
}

static gboolean
find_root (const TreeRepo *repo, const TreeChecksum *commit, const TreeExportOptions *options,
           ExportRoot *out, GError **error)
{
  const char *subpath = options->subpath != NULL ? options->subpath : "/";
  g_auto (Commit) parsed = {0};
  g_autoptr (GString) at = g_string_new (NULL);
  LookupResult found;
  if (!object_load_commit (repo, commit, &parsed, error) ||
      !lookup_path (repo, commit, subpath, &found, at, error))
    return FALSE;
  if (!found.is_dir)
    return throw_error (error, TREE_ERROR_INVALID, "Not a directory: %s", subpath);
  *out = (ExportRoot){commit, {found.content, found.meta}, (gint64)parsed.timestamp};
  return TRUE;
}

gboolean
tree_repo_export_tar (const TreeRepo *self, const TreeChecksum *commit, int fd,
                      const TreeExportOptions *options, GError **error)
{
  ExportRoot root;
  return check_options (TREE_EXPORT_TAR, options, error) &&
         find_root (self, commit, options, &root, error) &&
         export_tar (self, &root, fd, options, error);
}

/* The new file, in the directory of the old one. It has no name until it is whole, where the file
 * system can do that: then nothing is left of it if we are killed. */
typedef struct {
  int dfd;          /* that the path is relative to */
  const char *path; /* of the file that it becomes */
  int fd;
  char *name; /* that it has meanwhile, or NULL */
} NewFile;

static void
new_file_clear (NewFile *self)
{
  if (self->name != NULL)
    (void)unlinkat (self->dfd, self->name, 0);
  g_free (self->name);
  fd_cleanup (&self->fd);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NewFile, new_file_clear)

/* Each time another. */
static char *
free_name (const NewFile *self)
{
  return g_strdup_printf ("%s.%08x", self->path, g_random_int ());
}

enum {
  MAX_TRIES = 100,
};

static gboolean
open_named (NewFile *self, GError **error)
{
  for (int i = 0; i < MAX_TRIES && self->fd < 0; i++) {
    g_free (self->name);
    self->name = free_name (self);
    self->fd = openat (self->dfd, self->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                       0666);
    if (self->fd < 0 && errno != EEXIST)
      break;
  }
  if (self->fd >= 0)
    return TRUE;
  g_clear_pointer (&self->name, g_free);
  return throw_errno (error, "create '%s'", self->path);
}

static gboolean
new_file_open (NewFile *self, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (self->path);
  self->fd = openat (self->dfd, parent, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
  return self->fd >= 0 || open_named (self, error);
}

static gboolean
give_name (NewFile *self, GError **error)
{
  g_autofree char *self_path = g_strdup_printf ("/proc/self/fd/%d", self->fd);
  for (int i = 0; i < MAX_TRIES && self->name == NULL; i++) {
    g_autofree char *name = free_name (self);
    if (linkat (AT_FDCWD, self_path, self->dfd, name, AT_SYMLINK_FOLLOW) == 0)
      self->name = g_steal_pointer (&name);
    else if (errno != EEXIST)
      break;
  }
  return self->name != NULL || throw_errno (error, "give the file a name");
}

static gboolean
new_file_put_in_place (NewFile *self, GError **error)
{
  if (fsync (self->fd) < 0)
    return throw_errno (error, "sync");
  if (!give_name (self, error))
    return FALSE;
  if (renameat (self->dfd, self->name, self->dfd, self->path) < 0)
    return throw_errno (error, "rename");
  g_clear_pointer (&self->name, g_free);
  g_autofree char *parent = g_path_get_dirname (self->path);
  autofd int parent_dfd = openat (self->dfd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return (parent_dfd >= 0 && fsync (parent_dfd) == 0) ||
         throw_errno (error, "sync directory '%s'", parent);
}

/* A pipe or a device has no content that could be replaced: an archive goes into it. */
static gboolean
write_through (const TreeRepo *self, const ExportRoot *root, TreeExportFormat format, int dfd,
               const char *path, const TreeExportOptions *options, GError **error)
{
  if (format != TREE_EXPORT_TAR)
    return throw_error (error, TREE_ERROR_INVALID, "'%s' is not a regular file", path);
  autofd int fd = openat (dfd, path, O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return throw_errno (error, "open '%s'", path);
  return export_tar (self, root, fd, options, error) || prefix_error (error, "write '%s'", path);
}

gboolean
tree_repo_export_file (const TreeRepo *self, const TreeChecksum *commit, TreeExportFormat format,
                       int dfd, const char *path, const TreeExportOptions *options, GError **error)
{
  struct stat st;
  ExportRoot root;
  if (!check_options (format, options, error) || !find_root (self, commit, options, &root, error))
    return FALSE;
  if (fstatat (dfd, path, &st, 0) == 0 && !S_ISREG (st.st_mode) && !S_ISDIR (st.st_mode))
    return write_through (self, &root, format, dfd, path, options, error);
  g_auto (NewFile) file = {dfd, path, -1, NULL};
  if (!new_file_open (&file, error))
    return FALSE;
  gboolean ok = format == TREE_EXPORT_TAR ? export_tar (self, &root, file.fd, options, error)
                                          : export_ext4 (self, &root, file.fd, options, error);
  return (ok && new_file_put_in_place (&file, error)) || prefix_error (error, "write '%s'", path);
}
