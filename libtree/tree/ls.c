/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking into committed trees (tree_repo_ls, tree_repo_cat). */
#include "config.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/checksum.h"
#include "store/object-read.h"
#include "tree/lookup.h"

enum {
  CAT_BUFFER = 256 * 1024,
  MAX_LINKS = 40, /* as many as the kernel follows */
};

typedef struct {
  const TreeRepo *repo;
  TreeLsFlags flags;
  TreeEntryFunc func;
  gpointer user_data;
  GHashTable *metas; /* owned TreeChecksum -> owned FileMeta: thousands of directories share one */
  GString *path;     /* of the entry that is shown */
} Lister;

static void
meta_free (gpointer data)
{
  filemeta_clear (data);
  g_free (data);
}

static const FileMeta *
load_meta (Lister *self, const TreeChecksum *checksum, GError **error)
{
  FileMeta *meta = g_hash_table_lookup (self->metas, checksum);
  if (meta != NULL)
    return meta;
  meta = g_new0 (FileMeta, 1);
  if (!object_load_dirmeta (self->repo, checksum, meta, error)) {
    g_free (meta);
    return NULL;
  }
  (void)g_hash_table_insert (self->metas, g_memdup2 (checksum, sizeof *checksum), meta);
  return meta;
}

static const char *
shown_path (const Lister *self)
{
  return self->path->len > 0 ? self->path->str : "/";
}

static gboolean
show_dir (Lister *self, const TreeChecksum *tree, const TreeChecksum *meta_name, GError **error)
{
  TreeEntry entry = {
      .path = shown_path (self), .mode = S_IFDIR, .content = *tree, .meta = *meta_name};
  if ((self->flags & TREE_LS_NAMES_ONLY) == 0) {
    const FileMeta *meta = load_meta (self, meta_name, error);
    if (meta == NULL)
      return prefix_error (error, "'%s'", entry.path);
    entry.uid = meta->uid;
    entry.gid = meta->gid;
    entry.mode = meta->mode;
    entry.xattrs = meta->xattrs;
  }
  return self->func (&entry, self->user_data, error);
}

static gboolean
show_file (Lister *self, const TreeChecksum *content, GError **error)
{
  TreeEntry entry = {.path = shown_path (self), .mode = S_IFREG, .content = *content};
  g_auto (StoreFile) file = {.fd = -1};
  if ((self->flags & TREE_LS_NAMES_ONLY) == 0) {
    gboolean ok = (self->flags & TREE_LS_XATTRS) != 0
                      ? object_open_file (self->repo, NULL, content, &file, error)
                      : object_stat_file (self->repo, content, &file, error);
    if (!ok)
      return prefix_error (error, "'%s'", entry.path);
    entry.uid = file.meta.uid;
    entry.gid = file.meta.gid;
    entry.mode = file.meta.mode;
    entry.size = file.size;
    entry.target = file.meta.target;
    entry.xattrs = file.meta.xattrs;
  }
  return self->func (&entry, self->user_data, error);
}

static gboolean show_children (Lister *self, const TreeChecksum *checksum, int depth,
                               GError **error);

static gboolean
show_child_dir (Lister *self, const DirTreeEntry *child, int depth, GError **error)
{
  if (!show_dir (self, &child->content, &child->meta, error))
    return FALSE;
  return (self->flags & TREE_LS_RECURSIVE) == 0 ||
         show_children (self, &child->content, depth + 1, error);
}

static gboolean
show_children (Lister *self, const TreeChecksum *checksum, int depth, GError **error)
{
  g_auto (DirTree) tree = {0};
  DirTreeEntry child;
  if (depth > DIRTREE_MAX_DEPTH)
    return throw_error (error, TREE_ERROR_CORRUPT, "'%s' is nested too deeply", shown_path (self));
  if (!object_load_dirtree (self->repo, checksum, &tree, error))
    return prefix_error (error, "'%s'", shown_path (self));
  gsize len = self->path->len;
  gboolean ok = TRUE;
  for (guint i = 0; i < tree.files.n + tree.dirs.n && ok; i++) {
    gboolean is_dir = i >= tree.files.n;
    if (is_dir)
      dirtree_dir (&tree, i - tree.files.n, &child);
    else
      dirtree_file (&tree, i, &child);
    g_string_append_c (self->path, '/');
    g_string_append (self->path, child.name);
    ok = is_dir ? show_child_dir (self, &child, depth, error)
                : show_file (self, &child.content, error);
    g_string_truncate (self->path, len);
  }
  return ok;
}

gboolean
tree_repo_ls (const TreeRepo *self, const TreeChecksum *commit, const char *path, TreeLsFlags flags,
              TreeEntryFunc func, gpointer user_data, GError **error)
{
  g_autoptr (GString) at = g_string_new (NULL);
  LookupResult found;
  if (!lookup_path (self, commit, path, &found, at, error))
    return FALSE;
  g_autoptr (GHashTable)
      metas = g_hash_table_new_full (checksum_hash, checksum_equal, g_free, meta_free);
  Lister lister = {.repo = self,
                   .flags = flags,
                   .func = func,
                   .user_data = user_data,
                   .metas = metas,
                   .path = at};
  gboolean ok = found.is_dir ? show_dir (&lister, &found.content, &found.meta, error)
                             : show_file (&lister, &found.content, error);
  if (!ok || !found.is_dir || (flags & TREE_LS_DIR_ONLY) != 0)
    return ok;
  return show_children (&lister, &found.content, 0, error);
}

/* By read and write: @fd may be a pipe, or a file that has content before ours. */
static gboolean
copy_to (Source *content, int fd, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (CAT_BUFFER);
  for (;;) {
    gssize n = content->read (content, buffer, CAT_BUFFER, error);
    if (n < 0)
      return FALSE;
    if (n == 0)
      return TRUE;
    if (!fd_write_all (fd, buffer, (gsize)n, error))
      return FALSE;
  }
}

/* @links: that have led here */
static gboolean
cat (const TreeRepo *self, const TreeChecksum *commit, const char *path, int links, int fd,
     GError **error)
{
  g_autoptr (GString) at = g_string_new (NULL);
  g_auto (StoreFile) file = {.fd = -1};
  LookupResult found;
  if (links > MAX_LINKS)
    return throw_error (error, TREE_ERROR_INVALID, "'%s': too many symbolic links", path);
  if (!lookup_path (self, commit, path, &found, at, error))
    return FALSE;
  if (found.is_dir)
    return throw_error (error, TREE_ERROR_INVALID, "Can't open directory '%s' as a file", path);
  if (!object_open_file (self, NULL, &found.content, &file, error))
    return prefix_error (error, "'%s'", path);
  if (file.content != NULL)
    return copy_to (file.content, fd, error) || prefix_error (error, "'%s'", path);
  /* Within the tree, of which no '..' leads out. */
  g_autofree char *directory = g_path_get_dirname (at->str);
  g_autofree char *target = g_canonicalize_filename (file.meta.target, directory);
  return cat (self, commit, target, links + 1, fd, error);
}

gboolean
tree_repo_cat (const TreeRepo *self, const TreeChecksum *commit, const char *path, int fd,
               GError **error)
{
  return cat (self, commit, path, /* links= */ 0, fd, error);
}
