/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The size of an object that is staged or in the repository. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "store/txn-private.h"

static gboolean
measure (const StoreMode *mode, int dfd, const char *path, TreeObjectType type,
         const struct stat *st, guint64 *out_stored, guint64 *out_unpacked, GError **error)
{
  *out_stored = *out_unpacked = (guint64)st->st_size;
  if (type != TREE_OBJECT_FILE)
    return TRUE;
  g_auto (StoreFile) file = {.fd = -1};
  gboolean ok = mode->stat != NULL ? mode->stat (dfd, path, &file, error)
                                   : mode->open (NULL, dfd, path, &file, error);
  if (!ok)
    return FALSE;
  *out_unpacked = file.meta.target != NULL ? strlen (file.meta.target) : file.size;
  return TRUE;
}

gboolean
txn_object_size (Txn *self, TreeObjectType type, const TreeChecksum *checksum, guint64 *out_stored,
                 guint64 *out_unpacked, GError **error)
{
  const TreeRepo *repo = self->repo;
  int dfd = self->staging_dfd;
  char path[OBJECT_PATH_MAX];
  struct stat st;
  while (repo != NULL) {
    object_path (&(ObjectName){*checksum, type}, repo->mode->archive, path);
    if (fstatat (dfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
      return measure (repo->mode, dfd, path, type, &st, out_stored, out_unpacked, error);
    if (errno != ENOENT)
      return throw_errno (error, "stat '%s'", path);
    repo = dfd == self->staging_dfd ? self->repo : repo->parent;
    dfd = repo != NULL ? repo->objects_dfd : -1;
  }
  return throw_error (error, TREE_ERROR_NOT_FOUND, "no such object: '%s'", path);
}
