/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths are walked one component at a time and no link is followed: where the new defaults have a
 * link to elsewhere, the local directory of that name replaces it. */
#include "config.h"

#include "deploy/etc-merge.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/remove.h"
#include "deploy/copy.h"

static int
open_directory (int dfd, const char *name)
{
  return openat (dfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* Opens directory @name of @new_dfd; makes it as the local one is, replacing what is no directory.
 */
static int
ensure_directory (int local_dfd, int new_dfd, const char *name, GError **error)
{
  int fd = open_directory (new_dfd, name);
  if (fd >= 0)
    return fd;
  if (errno != ENOENT && unlinkat (new_dfd, name, 0) < 0) {
    (void)throw_errno (error, "replace '%s' by a directory", name);
    return -1;
  }
  if (mkdirat (new_dfd, name, 0700) < 0) {
    (void)throw_errno (error, "create directory '%s'", name);
    return -1;
  }
  autofd int local = dir_open_at (local_dfd, name, error);
  if (local < 0)
    return -1;
  autofd int made = dir_open_at (new_dfd, name, error);
  if (made < 0 || !copy_directory_meta (local, made, error))
    return -1;
  return fd_steal (&made);
}

/* The directories that hold @path; *@out_name is its last component. */
static gboolean
open_parents (int local_dfd, int new_dfd, const char *path, int *out_local, int *out_new,
              const char **out_name, GError **error)
{
  autofd int local = fcntl (local_dfd, F_DUPFD_CLOEXEC, 3);
  autofd int fresh = fcntl (new_dfd, F_DUPFD_CLOEXEC, 3);
  if (local < 0 || fresh < 0)
    return throw_errno (error, "duplicate descriptor");
  const char *slash;
  for (; (slash = strchr (path, '/')) != NULL; path = slash + 1) {
    g_autofree char *name = g_strndup (path, (gsize)(slash - path));
    int next_new = ensure_directory (local, fresh, name, error);
    if (next_new < 0)
      return FALSE;
    (void)close (fresh);
    fresh = next_new;
    int next_local = dir_open_at (local, name, error);
    if (next_local < 0)
      return FALSE;
    (void)close (local);
    local = next_local;
  }
  *out_local = fd_steal (&local);
  *out_new = fd_steal (&fresh);
  *out_name = path;
  return TRUE;
}

static gboolean
take_directory (int local_dfd, int new_dfd, const char *name, gboolean with_children,
                GError **error)
{
  if (with_children)
    return dir_remove_all_at (new_dfd, name, error) &&
           copy_directory_at (local_dfd, name, new_dfd, name, error);
  autofd int fresh = ensure_directory (local_dfd, new_dfd, name, error);
  if (fresh < 0)
    return FALSE;
  autofd int local = dir_open_at (local_dfd, name, error);
  return local >= 0 && copy_directory_meta (local, fresh, error);
}

/* The local entry wins. @with_children: of a directory whose content is in no list, since it
 * replaced something else. */
static gboolean
take_local (int local_dfd, int new_dfd, const char *path, gboolean with_children, GError **error)
{
  autofd int local = -1, fresh = -1;
  const char *name = NULL;
  if (!open_parents (local_dfd, new_dfd, path, &local, &fresh, &name, error))
    return prefix_error (error, "'%s'", path);
  struct stat st, there;
  if (fstatat (local, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno (error, "stat '%s'", path);
  if (S_ISDIR (st.st_mode))
    return take_directory (local, fresh, name, with_children, error) ||
           prefix_error (error, "'%s'", path);
  if (!S_ISREG (st.st_mode) && !S_ISLNK (st.st_mode))
    return TRUE; /* a socket, fifo or device: made anew by whoever uses it */
  if (fstatat (fresh, name, &there, AT_SYMLINK_NOFOLLOW) == 0) {
    if (S_ISDIR (there.st_mode))
      return throw_error (
          error, TREE_ERROR_UNSUPPORTED,
          "Modified config file newly defaults to directory '%s', cannot merge: move "
          "the file away first",
          path);
    if (unlinkat (fresh, name, 0) < 0)
      return throw_errno (error, "replace '%s'", path);
  }
  return copy_file_at (local, name, fresh, name, error) || prefix_error (error, "'%s'", path);
}

/* What the new defaults do not have any more need not be removed. */
static gboolean
take_removal (int new_dfd, const char *path, GError **error)
{
  autofd int fresh = fcntl (new_dfd, F_DUPFD_CLOEXEC, 3);
  if (fresh < 0)
    return throw_errno (error, "duplicate descriptor");
  const char *slash;
  for (; (slash = strchr (path, '/')) != NULL; path = slash + 1) {
    g_autofree char *name = g_strndup (path, (gsize)(slash - path));
    int next = open_directory (fresh, name);
    if (next < 0)
      return TRUE;
    (void)close (fresh);
    fresh = next;
  }
  return dir_remove_all_at (fresh, path, error);
}

gboolean
etc_merge (const EtcDiff *diff, int default_dfd, int local_dfd, int new_dfd, GError **error)
{
  for (guint i = 0; i < diff->removed->len; i++)
    if (!take_removal (new_dfd, diff->removed->pdata[i], error))
      return prefix_error (error, "during /etc merge");
  for (guint i = 0; i < diff->modified->len; i++) {
    const char *path = diff->modified->pdata[i];
    struct stat old;
    gboolean was_directory = fstatat (default_dfd, path, &old, AT_SYMLINK_NOFOLLOW) == 0 &&
                             S_ISDIR (old.st_mode);
    if (!take_local (local_dfd, new_dfd, path, /* with_children= */ !was_directory, error))
      return prefix_error (error, "during /etc merge");
  }
  for (guint i = 0; i < diff->added->len; i++)
    if (!take_local (local_dfd, new_dfd, diff->added->pdata[i], /* with_children= */ FALSE, error))
      return prefix_error (error, "during /etc merge");
  return TRUE;
}
