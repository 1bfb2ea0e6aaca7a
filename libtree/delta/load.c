/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "delta/load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "plain/layout.h"
#include "sign/judge.h"

/* A file up to this size is read into memory. */
#define SMALL_MAX (1024 * 1024)
#define SIGNATURES_MAX ((gsize)16 * 1024 * 1024)

void
delta_clear (Delta *self)
{
  fd_cleanup (&self->dfd);
  g_clear_pointer (&self->file, g_bytes_unref);
  g_clear_pointer (&self->plain, g_bytes_unref);
  delta_superblock_clear (&self->superblock);
  g_clear_pointer (&self->signatures, g_variant_unref);
}

/* A copy of our own, which stays as it is while it is verified and used: in memory, or in a file
 * that shares its blocks with the original where the file system can. */
static GBytes *
take_copy (int fd, guint64 size, const TreeRepo *repo, GError **error)
{
  GBytes *bytes = NULL;
  if (size <= SMALL_MAX)
    return fd_read_all (fd, SMALL_MAX, &bytes, error) ? bytes : NULL;
  autofd int tmp_dfd = dir_open_at (repo->dfd, REPO_TMP, error);
  g_auto (TempFile) temp = TEMP_FILE_INIT;
  struct stat st;
  if (tmp_dfd < 0 || !temp_file_open (&temp, tmp_dfd, error) ||
      !file_copy_content (fd, temp.fd, error))
    return NULL;
  if (fstat (temp.fd, &st) < 0)
    return throw_errno_null (error, "stat a temporary file");
  temp.size = (guint64)st.st_size;
  return temp_file_take_bytes (&temp, error);
}

/* Signatures that are damaged are none. */
static gboolean
load_signatures (Delta *self, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  if (self->signatures != NULL)
    return TRUE;
  if (!file_read_at (self->dfd, DELTA_SIGNATURES, SIGNATURES_MAX, &bytes, error))
    return FALSE;
  self->signatures = sign_dict_parse (bytes);
  return TRUE;
}

static gboolean
load (Delta *self, const TreeRepo *repo, const char *file, GError **error)
{
  autofd int fd = openat (self->dfd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat st;
  if (fd < 0 || fstat (fd, &st) < 0)
    return throw_errno (error, "open '%s'", file);
  if (!S_ISREG (st.st_mode))
    return throw_error (error, TREE_ERROR_INVALID, "'%s' is not a regular file", file);
  self->file = take_copy (fd, (guint64)st.st_size, repo, error);
  return self->file != NULL && delta_unwrap (self->file, &self->plain, &self->signatures, error) &&
         delta_superblock_parse (self->plain, &self->superblock, error) &&
         (strcmp (file, DELTA_SUPERBLOCK) != 0 || load_signatures (self, error));
}

gboolean
delta_open_path (Delta *self, const TreeRepo *repo, const char *path, GError **error)
{
  struct stat st;
  *self = (Delta)DELTA_INIT;
  if (stat (path, &st) < 0)
    return throw_errno (error, "open '%s'", path);
  gboolean is_dir = S_ISDIR (st.st_mode);
  g_autofree char *dir = is_dir ? g_strdup (path) : g_path_get_dirname (path);
  g_autofree char *file = is_dir ? g_strdup (DELTA_SUPERBLOCK) : g_path_get_basename (path);
  self->dfd = openat (AT_FDCWD, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (self->dfd < 0)
    return throw_errno (error, "open '%s'", dir);
  if (load (self, repo, file, error))
    return TRUE;
  delta_clear (self);
  return prefix_error (error, "static delta '%s'", path);
}

gboolean
delta_open_name (Delta *self, const TreeRepo *repo, const TreeRepo *source, const DeltaName *name,
                 GError **error)
{
  char text[DELTA_NAME_MAX];
  g_autofree char *path = delta_name_to_path (name);
  delta_name_to_text (name, text);
  *self = (Delta)DELTA_INIT;
  self->dfd = openat (source->dfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (self->dfd < 0 && errno == ENOENT)
    return throw_error (error, TREE_ERROR_NOT_FOUND, "Can't find delta %s", text);
  if (self->dfd < 0)
    return throw_errno (error, "open '%s'", path);
  gboolean ok = load (self, repo, DELTA_SUPERBLOCK, error);
  if (ok && delta_name_compare (&self->superblock.name, name) != 0)
    ok = throw_error (error, TREE_ERROR_CORRUPT, "the superblock is that of another delta");
  if (ok)
    return TRUE;
  delta_clear (self);
  return prefix_error (error, "static delta %s", text);
}

void
delta_part_file_clear (DeltaPartFile *self)
{
  g_clear_pointer (&self->bytes, g_bytes_unref);
  fd_cleanup (&self->fd);
}

gboolean
delta_open_part (const Delta *self, guint i, DeltaPartFile *out, GError **error)
{
  *out = (DeltaPartFile)DELTA_PART_FILE_INIT;
  out->bytes = delta_superblock_inline_part (&self->superblock, i);
  if (out->bytes != NULL) {
    gsize len = 0;
    const void *data = g_bytes_get_data (out->bytes, &len);
    memory_source_init (&out->memory, data, len);
    out->source = &out->memory.source;
    return TRUE;
  }
  char file[16];
  (void)g_snprintf (file, sizeof file, "%u", i);
  out->fd = openat (self->dfd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (out->fd < 0)
    return throw_errno (error, "open '%s', which is neither beside the superblock nor in it", file);
  fd_source_init (&out->from_fd, out->fd, G_MAXUINT64);
  out->source = &out->from_fd.source;
  return TRUE;
}
