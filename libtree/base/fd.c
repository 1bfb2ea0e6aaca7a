/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "base/error.h"

enum {
  LIST_BUFFER = 32 * 1024
};

void
fd_cleanup (int *fd)
{
  if (*fd >= 0)
    (void)close (*fd); /* nothing can be done about it in a destructor */
  *fd = -1;
}

gboolean
fd_write_all (int fd, const void *data, gsize len, GError **error)
{
  const char *at = data;
  while (len > 0) {
    ssize_t n = write (fd, at, len);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return throw_errno (error, "write");
    at += n;
    len -= (gsize)n;
  }
  return TRUE;
}

/* Newer than the headers of some systems that run such kernels. */
#ifndef RWF_DONTCACHE
#define RWF_DONTCACHE 0x80
#endif

/* Below this, starting to write each file at once costs more than the memory is worth. */
#define UNCACHED_MIN ((gsize)32 * 1024)

static ssize_t
write_uncached (int fd, const struct iovec *parts, int n_parts)
{
  static gint refused; /* atomic: the kernel or a file system does not have it */
  if (!g_atomic_int_get (&refused)) {
    ssize_t n = pwritev2 (fd, parts, n_parts, -1, RWF_DONTCACHE);
    if (n >= 0 || (errno != EOPNOTSUPP && errno != EINVAL && errno != ENOSYS))
      return n;
    g_atomic_int_set (&refused, TRUE);
  }
  return writev (fd, parts, n_parts);
}

gboolean
fd_write_bulk (int fd, const void *a, gsize a_len, const void *b, gsize b_len, GError **error)
{
  struct iovec parts[2] = {{(void *)a, a_len}, {(void *)b, b_len}};
  while (parts[0].iov_len + parts[1].iov_len > 0) {
    ssize_t n = a_len + b_len >= UNCACHED_MIN ? write_uncached (fd, parts, 2)
                                              : writev (fd, parts, 2);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return throw_errno (error, "write");
    for (int i = 0; i < 2; i++) {
      gsize step = MIN ((gsize)n, parts[i].iov_len);
      if (step == 0)
        continue; /* an empty part may be at NULL */
      parts[i].iov_base = (char *)parts[i].iov_base + step;
      parts[i].iov_len -= step;
      n -= (ssize_t)step;
    }
  }
  return TRUE;
}

gboolean
fd_read_all (int fd, gsize max_bytes, GBytes **out, GError **error)
{
  struct stat st;
  if (fstat (fd, &st) < 0)
    return throw_errno (error, "fstat");
  gsize room = S_ISREG (st.st_mode) && (guint64)st.st_size <= max_bytes ? (gsize)st.st_size : 4096;
  g_autoptr (GByteArray) data = g_byte_array_sized_new ((guint)MIN (room + 1, G_MAXUINT / 2));
  for (;;) {
    gsize have = data->len;
    gsize step = MAX (room > have ? room - have : 0, 1);
    if (have + step > max_bytes + 1)
      step = max_bytes + 1 - have;
    if (step == 1 && have > 0 && have < max_bytes)
      step = MIN (have, max_bytes + 1 - have);
    g_byte_array_set_size (data, (guint)(have + step));
    ssize_t n = read (fd, data->data + have, step);
    if (n < 0 && errno == EINTR)
      n = 0;
    else if (n < 0)
      return throw_errno (error, "read");
    else if (n == 0) {
      g_byte_array_set_size (data, (guint)have);
      break;
    }
    g_byte_array_set_size (data, (guint)(have + (gsize)n));
    if (data->len > max_bytes)
      return throw_error (error, TREE_ERROR_CORRUPT,
                          "larger than the limit of %" G_GSIZE_FORMAT " bytes", max_bytes);
  }
  *out = g_byte_array_free_to_bytes (g_steal_pointer (&data));
  return TRUE;
}

gboolean
stat_is_same (const struct stat *a, const struct stat *b)
{
  return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
         a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
         a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

int
dir_open_at (int dfd, const char *path, GError **error)
{
  int fd = openat (dfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0)
    (void)throw_errno (error, "open directory '%s'", path);
  return fd;
}

gboolean
dir_ensure_at (int dfd, const char *path, mode_t mode, GError **error)
{
  if (mkdirat (dfd, path, mode) == 0)
    return TRUE;
  if (errno == ENOENT) {
    g_autofree char *parent = g_path_get_dirname (path);
    if (strcmp (parent, path) == 0 || strcmp (parent, ".") == 0)
      return throw_errno (error, "create directory '%s'", path);
    if (!dir_ensure_at (dfd, parent, mode, error))
      return FALSE;
    if (mkdirat (dfd, path, mode) == 0)
      return TRUE;
  }
  if (errno != EEXIST)
    return throw_errno (error, "create directory '%s'", path);
  struct stat st;
  if (fstatat (dfd, path, &st, 0) < 0)
    return throw_errno (error, "stat '%s'", path);
  if (!S_ISDIR (st.st_mode))
    return throw_error (error, TREE_ERROR_EXISTS, "'%s' is in the way and not a directory", path);
  return TRUE;
}

static unsigned char
type_of_mode (mode_t mode)
{
  return (unsigned char)((mode & S_IFMT) >> 12); /* IFTODT, without its feature macro */
}

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const DirEntry *const *left = a;
  const DirEntry *const *right = b;
  return strcmp ((*left)->name, (*right)->name);
}

static void
add_entry (GPtrArray *entries, int dfd, const struct dirent64 *de)
{
  if (strcmp (de->d_name, ".") == 0 || strcmp (de->d_name, "..") == 0)
    return;
  gsize len = strlen (de->d_name) + 1;
  DirEntry *entry = g_malloc (sizeof (DirEntry) + len);
  entry->type = de->d_type;
  memcpy (entry->name, de->d_name, len);
  g_ptr_array_add (entries, entry);
  struct stat st;
  if (entry->type == DT_UNKNOWN && fstatat (dfd, entry->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
    entry->type = type_of_mode (st.st_mode);
}

gboolean
dir_list (int dfd, GPtrArray **out, GError **error)
{
  /* Without opendir(), which opens and closes a descriptor of its own for each directory of a tree.
   */
  union {
    struct dirent64 align;
    char bytes[LIST_BUFFER];
  } buffer;
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_free);
  for (gboolean is_begun = FALSE;; is_begun = TRUE) {
    ssize_t n = getdents64 (dfd, buffer.bytes, sizeof buffer.bytes);
    /* Even an empty directory has "." and "..": this one was read before, to its end. */
    if (n == 0 && !is_begun && lseek (dfd, 0, SEEK_SET) == 0)
      n = getdents64 (dfd, buffer.bytes, sizeof buffer.bytes);
    if (n < 0)
      return throw_errno (error, "list directory");
    if (n == 0)
      break;
    for (ssize_t at = 0; at < n;) {
      const struct dirent64 *de = (const struct dirent64 *)(buffer.bytes + at);
      add_entry (entries, dfd, de);
      at += de->d_reclen;
    }
  }
  g_ptr_array_sort (entries, compare_entries);
  *out = g_steal_pointer (&entries);
  return TRUE;
}

gboolean
file_read_at (int dfd, const char *path, gsize max_bytes, GBytes **out, GError **error)
{
  autofd int fd = openat (dfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0 && errno == ENOENT) {
    *out = NULL;
    return TRUE;
  }
  if (fd < 0)
    return throw_errno (error, "open '%s'", path);
  if (!fd_read_all (fd, max_bytes, out, error))
    return prefix_error (error, "'%s'", path);
  return TRUE;
}

int
file_open_temp (int dfd, const char *prefix, char **out_name, GError **error)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (int attempt = 0; attempt < 100; attempt++) {
    char suffix[7] = {0};
    for (int i = 0; i < 6; i++)
      suffix[i] = letters[g_random_int_range (0, sizeof letters - 1)];
    g_autofree char *name = g_strdup_printf ("%s.%s", prefix, suffix);
    int fd = openat (dfd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) {
      *out_name = g_steal_pointer (&name);
      return fd;
    }
    if (errno != EEXIST)
      break;
  }
  (void)throw_errno (error, "create a temporary file '%s.XXXXXX'", prefix);
  return -1;
}

int
file_open_unlinked (int dfd, const char *prefix, GError **error)
{
  int fd = openat (dfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
    g_autofree char *name = NULL;
    fd = file_open_temp (dfd, prefix, &name, error);
    if (fd >= 0)
      (void)unlinkat (dfd, name, 0); /* at worst a clean-up of the directory finds it */
    return fd;
  }
  if (fd < 0)
    (void)throw_errno (error, "create a temporary file");
  return fd;
}

static gboolean
sync_parent_of (int dfd, const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  autofd int fd = openat (dfd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || fsync (fd) < 0)
    return throw_errno (error, "sync directory '%s'", parent);
  return TRUE;
}

static gboolean
replace (int dfd, const char *path, const void *data, gsize len, mode_t mode, gboolean durable,
         GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *prefix = g_build_filename (parent, ".tmp", NULL);
  g_autofree char *temp = NULL;
  autofd int fd = file_open_temp (dfd, prefix, &temp, error);
  if (fd < 0)
    return prefix_error (error, "write '%s'", path);
  gboolean ok = fd_write_all (fd, data, len, error);
  if (ok && fchmod (fd, mode) < 0)
    ok = throw_errno (error, "set mode");
  if (ok && durable && fdatasync (fd) < 0)
    ok = throw_errno (error, "sync");
  if (ok && renameat (dfd, temp, dfd, path) < 0)
    ok = throw_errno (error, "rename");
  if (!ok) {
    (void)unlinkat (dfd, temp, 0);
    return prefix_error (error, "write '%s'", path);
  }
  return !durable || sync_parent_of (dfd, path, error);
}

gboolean
file_replace_at (int dfd, const char *path, const void *data, gsize len, mode_t mode,
                 GError **error)
{
  return replace (dfd, path, data, len, mode, /* durable= */ FALSE, error);
}

gboolean
file_replace_durable_at (int dfd, const char *path, const void *data, gsize len, mode_t mode,
                         GError **error)
{
  return replace (dfd, path, data, len, mode, /* durable= */ TRUE, error);
}

static gboolean
copy_by_buffer (int in, int out, GError **error)
{
  enum {
    BUFFER = 256 * 1024
  };
  g_autofree char *buffer = g_malloc (BUFFER);
  for (;;) {
    ssize_t n = read (in, buffer, BUFFER);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return throw_errno (error, "read");
    if (n == 0)
      return TRUE;
    if (!fd_write_all (out, buffer, (gsize)n, error))
      return FALSE;
  }
}

gboolean
file_copy_content (int in, int out, GError **error)
{
  if (ioctl (out, FICLONE, in) == 0)
    return TRUE;
  for (gboolean first = TRUE;; first = FALSE) {
    ssize_t n = copy_file_range (in, NULL, out, NULL, 1 << 30, 0);
    if (n < 0 && errno == EINTR)
      continue;
    /* 0 at the start may also be a file system that cannot do it (proc, some FUSE): the loop tells.
     */
    if (n < 0 || (n == 0 && first))
      return copy_by_buffer (in, out, error);
    if (n == 0)
      return TRUE;
  }
}

gboolean
link_read_at (int dfd, const char *path, char **out, GError **error)
{
  char target[4096];
  ssize_t n = readlinkat (dfd, path, target, sizeof target);
  if (n < 0 && errno == ENOENT) {
    *out = NULL;
    return TRUE;
  }
  if (n < 0)
    return throw_errno (error, "read link '%s'", path);
  if ((gsize)n == sizeof target)
    return throw_error (error, TREE_ERROR_CORRUPT, "target of link '%s' is too long", path);
  *out = g_strndup (target, (gsize)n);
  return TRUE;
}

gboolean
link_replace_at (int dfd, const char *path, const char *target, GError **error)
{
  for (int attempt = 0; attempt < 100; attempt++) {
    g_autofree char *temp = g_strdup_printf ("%s.tmp-%08x", path, g_random_int ());
    if (symlinkat (target, dfd, temp) < 0) {
      if (errno == EEXIST)
        continue;
      return throw_errno (error, "create link '%s'", path);
    }
    if (renameat (dfd, temp, dfd, path) == 0)
      return TRUE;
    (void)throw_errno (error, "replace link '%s'", path);
    (void)unlinkat (dfd, temp, 0);
    return FALSE;
  }
  return throw_error (error, TREE_ERROR_EXISTS, "no free name beside '%s'", path);
}
