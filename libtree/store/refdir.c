/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/refdir.h"

#include <errno.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/refspec.h"
#include "plain/layout.h"

enum {
  /* 64 digits, a line end, and as much white space as an editor may add */
  REF_FILE_MAX = 256,
};

static const char *const kind_paths[] = {
    [REF_HEADS] = REPO_HEADS,
    [REF_REMOTES] = REPO_REMOTES,
    [REF_MIRRORS] = REPO_MIRRORS,
};

static gboolean
make_directory (int dfd, const char *name, gboolean durable, GError **error)
{
  if (mkdirat (dfd, name, 0775) < 0)
    return errno == EEXIST || throw_errno (error, "create directory '%s' below refs", name);
  if (durable && fsync (dfd) < 0)
    return throw_errno (error, "sync the directory of '%s'", name);
  return TRUE;
}

/* The directory @name in @dfd. *@out is -1 when there is none. */
static gboolean
enter (int dfd, const char *name, RefDirMake make, int *out, GError **error)
{
  *out = -1;
  if (make != REFDIR_FIND && !make_directory (dfd, name, make == REFDIR_MAKE_DURABLE, error))
    return FALSE;
  int fd = openat (dfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && make == REFDIR_FIND && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
    return TRUE;
  if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
    return throw_error (error, TREE_ERROR_EXISTS,
                        "'%s' is a ref itself and cannot have others below it", name);
  if (fd < 0)
    return throw_errno (error, "open directory '%s' below refs", name);
  *out = fd;
  return TRUE;
}

/* Enters each component of the first @len bytes of @path. */
static gboolean
walk (int dfd, const char *path, gsize len, RefDirMake make, int *out, GError **error)
{
  autofd int at = -1;
  const char *end = path + len;
  for (const char *start = path; start < end;) {
    const char *slash = memchr (start, '/', (gsize)(end - start));
    const char *stop = slash != NULL ? slash : end;
    g_autofree char *name = g_strndup (start, (gsize)(stop - start));
    int next = -1;
    if (!enter (at >= 0 ? at : dfd, name, make, &next, error))
      return FALSE;
    if (at >= 0)
      (void)close (at);
    at = next;
    if (at < 0)
      break;
    start = stop + 1;
  }
  *out = fd_steal (&at);
  return TRUE;
}

gboolean
refdir_open (const TreeRepo *repo, RefKind kind, const char *owner, RefDirMake make, int *out,
             GError **error)
{
  g_autofree char *path = owner != NULL ? g_strconcat (kind_paths[kind], "/", owner, NULL)
                                        : g_strdup (kind_paths[kind]);
  return walk (repo->dfd, path, strlen (path), make, out, error);
}

gboolean
refdir_open_parent (int dfd, const char *ref, RefDirMake make, int *out, const char **out_name,
                    GError **error)
{
  const char *slash = strrchr (ref, '/');
  *out_name = slash != NULL ? slash + 1 : ref;
  if (slash != NULL)
    return walk (dfd, ref, (gsize)(slash - ref), make, out, error);
  *out = fcntl (dfd, F_DUPFD_CLOEXEC, 0);
  return *out >= 0 || throw_errno (error, "duplicate a descriptor");
}

/* The ref that a link of text @text in the directory of @ref stands for; NULL when it leads out of
 * the namespace or to what cannot be a ref. */
static char *
resolve_link (const char *ref, const char *text)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);
  if (*text == '/')
    return NULL;
  const char *slash = strrchr (ref, '/');
  g_autofree char *parent = slash != NULL ? g_strndup (ref, (gsize)(slash - ref)) : NULL;
  g_autofree char *path = parent != NULL ? g_strconcat (parent, "/", text, NULL) : g_strdup (text);
  g_auto (GStrv) split = g_strsplit (path, "/", -1);
  for (char **part = split; *part != NULL; part++) {
    if (strcmp (*part, "..") == 0) {
      if (parts->len == 0)
        return NULL;
      g_ptr_array_set_size (parts, (int)parts->len - 1);
    } else if (**part != '\0' && strcmp (*part, ".") != 0)
      g_ptr_array_add (parts, g_strdup (*part));
  }
  g_ptr_array_add (parts, NULL);
  g_autofree char *target = g_strjoinv ("/", (char **)parts->pdata);
  return refspec_check_ref (target, NULL) ? g_steal_pointer (&target) : NULL;
}

static gboolean
read_link (int parent, const char *name, const char *ref, RefFile *out, char **out_target,
           GError **error)
{
  g_autofree char *text = NULL;
  if (!link_read_at (parent, name, &text, error))
    return FALSE;
  if (text == NULL) {
    *out = REF_FILE_ABSENT; /* gone meanwhile */
    return TRUE;
  }
  char *target = resolve_link (ref, text);
  if (target == NULL)
    return throw_error (error, TREE_ERROR_CORRUPT, "alias '%s' leads to '%s', which is no ref", ref,
                        text);
  *out = REF_FILE_LINK;
  *out_target = target;
  return TRUE;
}

gboolean
refdir_read (int parent, const char *name, const char *ref, RefFile *out,
             TreeChecksum *out_checksum, char **out_target, GError **error)
{
  autofd int fd = openat (parent, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0 && errno == ELOOP)
    return read_link (parent, name, ref, out, out_target, error);
  if (fd < 0 && errno != ENOENT)
    return throw_errno (error, "open ref '%s'", ref);
  char text[REF_FILE_MAX];
  ssize_t n = fd < 0 ? 0 : read (fd, text, sizeof text - 1);
  if (fd < 0 || (n < 0 && errno == EISDIR)) {
    *out = REF_FILE_ABSENT;
    return TRUE;
  }
  if (n < 0)
    return throw_errno (error, "read ref '%s'", ref);
  text[n] = '\0';
  g_strchomp (text);
  if (!tree_checksum_from_hex (text, out_checksum, NULL))
    return throw_error (error, TREE_ERROR_CORRUPT,
                        "ref '%s' holds no checksum: 'refs --delete' removes it, 'reset' points "
                        "it at a commit",
                        ref);
  *out = REF_FILE_CHECKSUM;
  return TRUE;
}

/* Removes a directory below which there are only directories. */
static gboolean
remove_empty (int dfd, const char *name, const char *ref, GError **error)
{
  autofd int fd = dir_open_at (dfd, name, error);
  g_autoptr (GPtrArray) entries = NULL;
  if (fd < 0 || !dir_list (fd, &entries, error))
    return FALSE;
  for (guint i = 0; i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    if (entry->type != DT_DIR)
      return throw_error (error, TREE_ERROR_EXISTS,
                          "Conflict: '%s' exists under '%s'; a ref cannot have others below it",
                          entry->name, ref);
    if (!remove_empty (fd, entry->name, ref, error))
      return FALSE;
  }
  if (unlinkat (dfd, name, AT_REMOVEDIR) < 0)
    return throw_errno (error, "remove the empty directory of ref '%s'", ref);
  return TRUE;
}

gboolean
refdir_publish (const TreeRepo *repo, const char *temp, int parent, const char *name,
                const char *ref, GError **error)
{
  int rc = renameat (repo->dfd, temp, parent, name);
  if (rc < 0 && errno == EISDIR) {
    if (!remove_empty (parent, name, ref, error))
      return FALSE;
    rc = renameat (repo->dfd, temp, parent, name);
  }
  return rc == 0 || throw_errno (error, "write ref '%s'", ref);
}
