/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bare-split-xattrs: as bare, but attributes lie beside the file, so that the file system needs
 * none:
 *
 *   XX/REST.file                 owner, mode and content; a link is a link
 *   XX/REST.file-xattrs-link     its attributes, the bytes of `a(ayay)`, a hard link to
 *   YY/REST.file-xattrs          the same, named by the SHA-256 of the bytes
 *
 * The name of the last serves writers alone. A file without attributes has the empty ones. Such
 * repositories are written only when the environment says so: other programs hardly know them. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "core/object.h"
#include "store/mode.h"

#define WRITE_VARIABLE "OSTREE_EXP_WRITE_BARE_SPLIT_XATTRS"

enum {
  LIST_MODE = 0644,
};

static void
link_path (const char *file_path, char out[OBJECT_PATH_MAX])
{
  (void)g_snprintf (out, OBJECT_PATH_MAX, "%s-xattrs-link", file_path);
}

/* ---- Reading ---- */

static gboolean
read_list (int dfd, const char *file_path, GVariant **out, GError **error)
{
  char path[OBJECT_PATH_MAX];
  g_autoptr (GBytes) bytes = NULL;
  link_path (file_path, path);
  if (!file_read_at (dfd, path, FILEMETA_HEADER_MAX, &bytes, error))
    return FALSE;
  if (bytes == NULL)
    return throw_error (error, TREE_ERROR_CORRUPT, "its attributes '%s' are missing", path);
  return filemeta_parse_xattrs (bytes, out, error) || prefix_error (error, "'%s'", path);
}

static gboolean
split_open (ModeWorker *worker, int dfd, const char *path, StoreFile *out, GError **error)
{
  if (!bare_stat (dfd, path, out, error))
    return FALSE;
  gboolean ok = read_list (dfd, path, &out->meta.xattrs, error) &&
                (S_ISLNK (out->meta.mode) || bare_open_content (dfd, path, out, error));
  if (!ok)
    store_file_clear (out);
  return ok;
}

/* ---- Writing ---- */

static gboolean
check_writable (GError **error)
{
  const char *value = g_getenv (WRITE_VARIABLE);
  return (value != NULL && *value != '\0') ||
         throw_error (error, TREE_ERROR_UNSUPPORTED,
                      "Not allowed to write to a bare-split-xattrs repository: few programs can "
                      "read it; set " WRITE_VARIABLE " in the environment to do it anyway");
}

static gboolean
split_write (ModeWorker *worker, int fd, const FileMeta *meta, Source *content, guint64 size,
             GError **error)
{
  if (!mode_copy_content (worker, fd, content, size, error) || !bare_own (worker, fd, meta, error))
    return FALSE;
  return fchmod (fd, meta->mode & 07777) == 0 || throw_errno (error, "set mode");
}

/* What could not be linked, such as the empty list of a million files, is one more file. */
static gboolean
write_list (int dfd, const char *path, GBytes *bytes, GError **error)
{
  gsize len = 0;
  const void *data = g_bytes_get_data (bytes, &len);
  return file_replace_at (dfd, path, data, len, LIST_MODE, error);
}

static gboolean
make_dir_of (int dfd, const char *path, GError **error)
{
  const char dir[3] = {path[0], path[1], '\0'};
  return mkdirat (dfd, dir, 0755) == 0 || errno == EEXIST ||
         throw_errno (error, "create '%s'", dir);
}

/* A damaged one shall not spread. */
static gboolean
link_list (int from, const char *list, GBytes *bytes, int dfd, const char *link)
{
  g_autoptr (GBytes) there = NULL;
  return file_read_at (from, list, FILEMETA_HEADER_MAX, &there, NULL) && there != NULL &&
         g_bytes_equal (there, bytes) &&
         (linkat (from, list, dfd, link, 0) == 0 || errno == EEXIST);
}

/* Links the list from where it is: the repository, else here. Two threads may write the same one
 * here, each by a rename of the whole: either may be linked. */
static gboolean
split_write_beside (int objects_dfd, int dfd, const char *file_path, const FileMeta *meta,
                    GError **error)
{
  g_autoptr (GBytes) bytes = meta->xattrs != NULL ? g_variant_get_data_as_bytes (meta->xattrs)
                                                  : g_bytes_new_static ("", 0);
  ObjectName name = {.type = TREE_OBJECT_FILE_XATTRS};
  char list[OBJECT_PATH_MAX];
  char link[OBJECT_PATH_MAX];
  hash_data (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &name.checksum);
  object_path (&name, /* archive= */ FALSE, list);
  link_path (file_path, link);
  if (!make_dir_of (dfd, file_path, error))
    return FALSE;
  if (link_list (objects_dfd, list, bytes, dfd, link) || link_list (dfd, list, bytes, dfd, link))
    return TRUE;
  if (!make_dir_of (dfd, list, error) || !write_list (dfd, list, bytes, error))
    return FALSE;
  return link_list (dfd, list, bytes, dfd, link) || write_list (dfd, link, bytes, error);
}

const StoreMode store_mode_bare_split_xattrs = {
    .id = TREE_MODE_BARE_SPLIT_XATTRS,
    .name = "bare-split-xattrs",
    .plain_files = TRUE,
    .check_writable = check_writable,
    .write = split_write,
    .write_beside = split_write_beside,
    .open = split_open,
};
