/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "deploy/etc-merge.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"

/* Two descriptors a level are open; nobody nests /etc like this. */
#define ETC_DEPTH_MAX 200

void
etc_diff_free (EtcDiff *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->modified);
  g_ptr_array_unref (self->removed);
  g_ptr_array_unref (self->added);
  g_free (self);
}

static gssize
read_full (int fd, char *buffer, gsize len)
{
  gsize have = 0;
  while (have < len) {
    ssize_t n = read (fd, buffer + have, len - have);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -1;
    if (n == 0)
      break;
    have += (gsize)n;
  }
  return (gssize)have;
}

static gboolean
same_content (int a_dfd, int b_dfd, const char *name, gboolean *out_same, GError **error)
{
  autofd int a = openat (a_dfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  autofd int b = openat (b_dfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (a < 0 || b < 0)
    return throw_errno (error, "open '%s'", name);
  char left[16 * 1024], right[sizeof left];
  for (;;) {
    gssize n = read_full (a, left, sizeof left);
    gssize m = n < 0 ? -1 : read_full (b, right, sizeof right);
    if (m < 0)
      return throw_errno (error, "read '%s'", name);
    if (n != m || memcmp (left, right, (gsize)n) != 0) {
      *out_same = FALSE;
      return TRUE;
    }
    if (n == 0) {
      *out_same = TRUE;
      return TRUE;
    }
  }
}

/* Of two entries with the same name. For directories, their own metadata alone. */
static gboolean
same_entry (int a_dfd, const struct stat *a, int b_dfd, const struct stat *b, const char *name,
            gboolean *out_same, GError **error)
{
  *out_same = a->st_mode == b->st_mode && a->st_uid == b->st_uid && a->st_gid == b->st_gid;
  if (!*out_same || (a->st_dev == b->st_dev && a->st_ino == b->st_ino))
    return TRUE;
  if (S_ISREG (a->st_mode)) {
    *out_same = a->st_size == b->st_size;
    return !*out_same || same_content (a_dfd, b_dfd, name, out_same, error);
  }
  if (S_ISLNK (a->st_mode)) {
    g_autofree char *a_target = NULL, *b_target = NULL;
    if (!link_read_at (a_dfd, name, &a_target, error) ||
        !link_read_at (b_dfd, name, &b_target, error))
      return FALSE;
    *out_same = g_strcmp0 (a_target, b_target) == 0;
  }
  return TRUE;
}

static char *
join (const char *prefix, const char *name)
{
  return prefix[0] != '\0' ? g_strconcat (prefix, "/", name, NULL) : g_strdup (name);
}

static gboolean
add_below (EtcDiff *diff, int dfd, const char *prefix, int depth, GError **error)
{
  if (depth > ETC_DEPTH_MAX)
    return throw_error (error, TREE_ERROR_UNSUPPORTED,
                        "directories of /etc are nested too deep at '%s'", prefix);
  g_autoptr (GPtrArray) entries = NULL;
  if (!dir_list (dfd, &entries, error))
    return prefix_error (error, "'%s'", prefix);
  for (guint i = 0; i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    char *path = join (prefix, entry->name);
    g_ptr_array_add (diff->added, path);
    if (entry->type != DT_DIR)
      continue;
    autofd int child = dir_open_at (dfd, entry->name, error);
    if (child < 0 || !add_below (diff, child, path, depth + 1, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
add_entry (EtcDiff *diff, int local_dfd, const DirEntry *entry, char *path, int depth,
           GError **error)
{
  g_ptr_array_add (diff->added, path);
  if (entry->type != DT_DIR)
    return TRUE;
  autofd int child = dir_open_at (local_dfd, entry->name, error);
  return child >= 0 && add_below (diff, child, path, depth + 1, error);
}

static gboolean diff_directory (EtcDiff *diff, int default_dfd, int local_dfd, const char *prefix,
                                int depth, GError **error);

static gboolean
diff_both (EtcDiff *diff, int default_dfd, int local_dfd, const char *name, const char *path,
           int depth, GError **error)
{
  struct stat old, local;
  if (fstatat (default_dfd, name, &old, AT_SYMLINK_NOFOLLOW) < 0 ||
      fstatat (local_dfd, name, &local, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno (error, "stat '%s'", path);
  gboolean same = FALSE;
  if (!same_entry (default_dfd, &old, local_dfd, &local, name, &same, error))
    return prefix_error (error, "compare '%s'", path);
  if (!same)
    g_ptr_array_add (diff->modified, g_strdup (path));
  if (!S_ISDIR (old.st_mode) || !S_ISDIR (local.st_mode))
    return TRUE;
  autofd int old_child = dir_open_at (default_dfd, name, error);
  if (old_child < 0)
    return FALSE;
  autofd int local_child = dir_open_at (local_dfd, name, error);
  if (local_child < 0)
    return FALSE;
  return diff_directory (diff, old_child, local_child, path, depth + 1, error);
}

/* Both listings are sorted: walk them side by side. */
static gboolean
diff_directory (EtcDiff *diff, int default_dfd, int local_dfd, const char *prefix, int depth,
                GError **error)
{
  if (depth > ETC_DEPTH_MAX)
    return throw_error (error, TREE_ERROR_UNSUPPORTED,
                        "directories of /etc are nested too deep at '%s'", prefix);
  g_autoptr (GPtrArray) old = NULL, local = NULL;
  if (!dir_list (default_dfd, &old, error) || !dir_list (local_dfd, &local, error))
    return prefix_error (error, "'%s'", prefix);
  for (guint i = 0, j = 0; i < old->len || j < local->len;) {
    const DirEntry *a = i < old->len ? old->pdata[i] : NULL;
    const DirEntry *b = j < local->len ? local->pdata[j] : NULL;
    int order = a == NULL ? 1 : b == NULL ? -1 : strcmp (a->name, b->name);
    g_autofree char *path = join (prefix, order <= 0 ? a->name : b->name);
    i += order <= 0;
    j += order >= 0;
    if (order < 0)
      g_ptr_array_add (diff->removed, g_steal_pointer (&path));
    else if (order > 0) {
      if (!add_entry (diff, local_dfd, b, g_steal_pointer (&path), depth, error))
        return FALSE;
    } else if (!diff_both (diff, default_dfd, local_dfd, a->name, path, depth, error))
      return FALSE;
  }
  return TRUE;
}

EtcDiff *
etc_diff (int default_dfd, int local_dfd, GError **error)
{
  g_autoptr (EtcDiff) diff = g_new0 (EtcDiff, 1);
  diff->modified = g_ptr_array_new_with_free_func (g_free);
  diff->removed = g_ptr_array_new_with_free_func (g_free);
  diff->added = g_ptr_array_new_with_free_func (g_free);
  if (!diff_directory (diff, default_dfd, local_dfd, "", 0, error))
    return prefix_null (error, "compare /etc with its defaults");
  return g_steal_pointer (&diff);
}
