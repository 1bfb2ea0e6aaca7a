/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/object-list.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"

typedef struct {
  const TreeRepo *repo;
  const char *prefix; /* of what follows the two digits; "" for all */
  ObjectListFunc func;
  gpointer user_data;
} Listing;

static gboolean
list_entries (const Listing *self, DIR *dir, const char *digits, GError **error)
{
  gsize prefix_len = strlen (self->prefix);
  for (;;) {
    errno = 0;
    struct dirent *entry = readdir (dir);
    if (entry == NULL)
      return errno == 0 || throw_errno (error, "list 'objects/%s'", digits);
    ObjectName name;
    if (strncmp (entry->d_name, self->prefix, prefix_len) == 0 &&
        object_from_path (digits, entry->d_name, self->repo->mode->archive, &name) &&
        !self->func (&name, dirfd (dir), entry->d_name, self->user_data, error))
      return FALSE;
  }
}

static gboolean
list_directory (const Listing *self, const char *digits, GError **error)
{
  int fd = openat (self->repo->objects_dfd, digits,
                   O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0)
    return errno == ENOENT || throw_errno (error, "open 'objects/%s'", digits);
  DIR *dir = fdopendir (fd);
  if (dir == NULL) {
    (void)throw_errno (error, "list 'objects/%s'", digits);
    (void)close (fd);
    return FALSE;
  }
  gboolean ok = list_entries (self, dir, digits, error);
  (void)closedir (dir);
  return ok;
}

gboolean
object_list (const TreeRepo *repo, const char *hex_prefix, ObjectListFunc func, gpointer user_data,
             GError **error)
{
  if (hex_prefix == NULL)
    hex_prefix = "";
  gsize len = strlen (hex_prefix);
  Listing listing = {repo, len > 2 ? hex_prefix + 2 : "", func, user_data};
  for (guint i = 0; i < 256; i++) {
    char digits[3];
    (void)snprintf (digits, sizeof digits, "%02x", i);
    if (strncmp (digits, hex_prefix, MIN (len, 2)) == 0 &&
        !list_directory (&listing, digits, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
object_delete (const TreeRepo *repo, const ObjectName *name, GError **error)
{
  char path[OBJECT_PATH_MAX];
  object_path (name, repo->mode->archive, path);
  return unlinkat (repo->objects_dfd, path, 0) == 0 || errno == ENOENT ||
         throw_errno (error, "delete object '%s'", path);
}
