/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a tree in the store to an image of an ext4 file system, in two walks: what is needed, then
 * all of it. Memory holds the names of the directories on the way from the root to the walk. */
#include "config.h"

#include "tree/export.h"

#include "base/error.h"

#ifdef HAVE_EXT2FS

#include <string.h>
#include <sys/stat.h>

#include "store/object-read.h"
#include "tree/ext4-image.h"

typedef struct {
  const TreeRepo *repo;
  const TreeExportOptions *options;
  ModeWorker worker; /* buffers for reading objects */
  Ext4Need need;
  Ext4Image *image;
} Exporter;

static void
drop_xattrs (const Exporter *self, FileMeta *meta)
{
  if (self->options->no_xattrs)
    g_clear_pointer (&meta->xattrs, g_variant_unref);
}

static gboolean
load_dirmeta (const Exporter *self, const TreeChecksum *name, FileMeta *out, GError **error)
{
  if (!object_load_dirmeta (self->repo, name, out, error))
    return FALSE;
  drop_xattrs (self, out);
  return TRUE;
}

static gboolean
load_dirtree (const Exporter *self, const TreeChecksum *name, int depth, DirTree *out,
              GError **error)
{
  return (depth <= DIRTREE_MAX_DEPTH ||
          throw_error (error, TREE_ERROR_CORRUPT, "nested too deeply")) &&
         object_load_dirtree (self->repo, name, out, error);
}

/* ---- What is needed ---- */

static gboolean
measure_file (Exporter *self, const TreeChecksum *content, GError **error)
{
  g_auto (StoreFile) file = {.fd = -1};
  if (!object_open_file (self->repo, NULL, content, &file, error))
    return FALSE;
  drop_xattrs (self, &file.meta);
  return ext4_need_file (&self->need, &file.meta, file.content != NULL ? file.size : 0, error);
}

static gboolean measure_dir (Exporter *self, const TreeRoot *dir, int depth, GError **error);

static gboolean
measure_children (Exporter *self, const DirTree *tree, int depth, Ext4NamesNeed *names,
                  GError **error)
{
  DirTreeEntry child;
  for (guint i = 0; i < tree->files.n; i++) {
    dirtree_file (tree, i, &child);
    if (!ext4_need_name (names, child.name, error) || !measure_file (self, &child.content, error))
      return prefix_error (error, "'%s'", child.name);
  }
  for (guint i = 0; i < tree->dirs.n; i++) {
    dirtree_dir (tree, i, &child);
    const TreeRoot below = {child.content, child.meta};
    if (!ext4_need_name (names, child.name, error) || !measure_dir (self, &below, depth + 1, error))
      return prefix_error (error, "'%s'", child.name);
  }
  return TRUE;
}

static gboolean
measure_dir (Exporter *self, const TreeRoot *dir, int depth, GError **error)
{
  g_auto (FileMeta) meta = {0};
  g_auto (DirTree) tree = {0};
  Ext4NamesNeed names = {0};
  if (!load_dirmeta (self, &dir->meta, &meta, error) ||
      !load_dirtree (self, &dir->tree, depth, &tree, error) ||
      !measure_children (self, &tree, depth, &names, error))
    return FALSE;
  ext4_need_dir (&self->need, &meta, &names);
  return TRUE;
}

/* ---- Writing ---- */

static gboolean
write_file (Exporter *self, const TreeChecksum *content, Ext4Name *out, GError **error)
{
  g_auto (StoreFile) file = {.fd = -1};
  if (!object_open_file (self->repo, &self->worker, content, &file, error))
    return FALSE;
  drop_xattrs (self, &file.meta);
  out->mode = file.meta.mode;
  return ext4_image_add_file (self->image, &file.meta, file.content, file.size, &out->ino, error);
}

static gboolean write_dir (Exporter *self, const TreeRoot *dir, guint32 ino, guint32 parent,
                           int depth, GError **error);

static gboolean
write_children (Exporter *self, const DirTree *tree, guint32 ino, int depth, Ext4Name *names,
                GError **error)
{
  DirTreeEntry child;
  for (guint i = 0; i < tree->files.n; i++, names++) {
    dirtree_file (tree, i, &child);
    names->name = child.name;
    if (!write_file (self, &child.content, names, error))
      return prefix_error (error, "'%s'", child.name);
  }
  for (guint i = 0; i < tree->dirs.n; i++, names++) {
    dirtree_dir (tree, i, &child);
    const TreeRoot below = {child.content, child.meta};
    *names = (Ext4Name){.name = child.name, .mode = S_IFDIR};
    if (!ext4_image_begin_dir (self->image, &names->ino, error) ||
        !write_dir (self, &below, names->ino, ino, depth + 1, error))
      return prefix_error (error, "'%s'", child.name);
  }
  return TRUE;
}

static gboolean
write_dir (Exporter *self, const TreeRoot *dir, guint32 ino, guint32 parent, int depth,
           GError **error)
{
  g_auto (FileMeta) meta = {0};
  g_auto (DirTree) tree = {0};
  if (!load_dirmeta (self, &dir->meta, &meta, error) ||
      !load_dirtree (self, &dir->tree, depth, &tree, error))
    return FALSE;
  guint n = tree.files.n + tree.dirs.n;
  g_autofree Ext4Name *names = g_new0 (Ext4Name, n);
  return write_children (self, &tree, ino, depth, names, error) &&
         ext4_image_end_dir (self->image, ino, parent, &meta, names, n, error);
}

/* ---- The image ---- */

/* The first half of the commit's checksum, marked as a UUID of one's own making (version 8), and
 * the second. */
static void
identify (const TreeChecksum *commit, gint64 time, guint64 size, Ext4Identity *out)
{
  const guint8 *bytes = commit->bytes;
  memcpy (out->uuid, bytes, sizeof out->uuid);
  memcpy (out->hash_seed, bytes + sizeof out->uuid, sizeof out->hash_seed);
  out->uuid[6] = (out->uuid[6] & 0x0f) | 0x80;
  out->uuid[8] = (out->uuid[8] & 0x3f) | 0x80;
  out->time = time;
  out->size_bytes = size;
}

static gboolean
write_image (Exporter *self, const ExportRoot *root, int fd, GError **error)
{
  Ext4Identity identity;
  identify (root->commit, root->time, self->options->size_bytes, &identity);
  if (!measure_dir (self, &root->dir, 0, error))
    return FALSE;
  g_autoptr (Ext4Image) image = ext4_image_new (fd, &self->need, &identity, error);
  self->image = image;
  return image != NULL && write_dir (self, &root->dir, EXT4_ROOT, EXT4_ROOT, 0, error) &&
         ext4_image_finish (image, error);
}

gboolean
export_ext4 (const TreeRepo *repo, const ExportRoot *root, int fd, const TreeExportOptions *options,
             GError **error)
{
  Exporter work = {.repo = repo, .options = options};
  mode_worker_init (&work.worker, 1);
  gboolean ok = write_image (&work, root, fd, error);
  mode_worker_clear (&work.worker);
  return ok;
}

#else

gboolean
export_ext4 (const TreeRepo *repo, const ExportRoot *root, int fd, const TreeExportOptions *options,
             GError **error)
{
  return throw_error (error, TREE_ERROR_UNSUPPORTED,
                      "images of file systems are not built in: build with libext2fs, or check the "
                      "commit out and use mke2fs -d");
}

#endif
