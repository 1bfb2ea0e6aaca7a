/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a tree in the store to a tar archive. */
#include "config.h"

#include "tree/export.h"

#include "base/error.h"

#ifdef HAVE_LIBARCHIVE

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "store/object-read.h"
#include "tree/archive-load.h"

enum {
  RECORD = 10240,      /* what tar calls one: archives are whole ones */
  BLOCK = 64 * RECORD, /* written at once */
};

typedef struct {
  const ArchiveApi *api;
  const TreeRepo *repo;
  const TreeExportOptions *options;
  struct archive *archive;
  struct archive_entry *entry;
  ModeWorker worker; /* buffers for reading objects */
  gint64 mtime;
  GString *path; /* of the entry, with the prefix */
} Exporter;

/* The library says "Write error", and nothing more. */
static gboolean
throw_archive (const Exporter *self, GError **error)
{
  int number = self->api->error_number (self->archive);
  if (number <= 0)
    return archive_throw (self->api, self->archive, TREE_ERROR_FAILED, error);
  errno = number;
  return throw_errno (error, "write the archive");
}

/* ---- Entries ---- */

static void
add_xattrs (const Exporter *self, GVariant *xattrs)
{
  gsize n = xattrs != NULL && !self->options->no_xattrs ? g_variant_n_children (xattrs) : 0;
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) name = NULL;
    g_autoptr (GVariant) value = NULL;
    g_variant_get_child (xattrs, i, "(@ay@ay)", &name, &value);
    gsize len = 0;
    const void *data = g_variant_get_fixed_array (value, &len, 1);
    self->api->entry_xattr_add_entry (self->entry, g_variant_get_bytestring (name), data, len);
  }
}

static gboolean
put_header (const Exporter *self, const FileMeta *meta, guint64 size, GError **error)
{
  const ArchiveApi *api = self->api;
  (void)api->entry_clear (self->entry);
  api->entry_set_pathname (self->entry, self->path->len > 0 ? self->path->str : "./");
  api->entry_set_mode (self->entry, (mode_t)meta->mode);
  api->entry_set_uid (self->entry, meta->uid);
  api->entry_set_gid (self->entry, meta->gid);
  api->entry_set_mtime (self->entry, self->mtime, 0);
  api->entry_set_size (self->entry, (gint64)size);
  if (meta->target != NULL)
    api->entry_set_symlink (self->entry, meta->target);
  add_xattrs (self, meta->xattrs);
  return api->write_header (self->archive, self->entry) == ARCHIVE_OK ||
         throw_archive (self, error);
}

static gboolean
put_bytes (const Exporter *self, const void *data, gsize len, GError **error)
{
  return len == 0 || self->api->write_data (self->archive, data, len) == (la_ssize_t)len ||
         throw_archive (self, error);
}

static gboolean
put_content (const Exporter *self, Source *content, GError **error)
{
  if (content->data != NULL)
    return put_bytes (self, content->data, content->data_len, error);
  for (;;) {
    gssize n = content->read (content, self->worker.buffer, MODE_BUFFER, error);
    if (n <= 0)
      return n == 0;
    if (!put_bytes (self, self->worker.buffer, (gsize)n, error))
      return FALSE;
  }
}

static gboolean
put_file (Exporter *self, const TreeChecksum *content, GError **error)
{
  g_auto (StoreFile) file = {.fd = -1};
  return object_open_file (self->repo, &self->worker, content, &file, error) &&
         put_header (self, &file.meta, file.content != NULL ? file.size : 0, error) &&
         (file.content == NULL || put_content (self, file.content, error));
}

/* ---- The tree ---- */

static gboolean put_children (Exporter *self, const TreeChecksum *tree, int depth, GError **error);

static gboolean
put_dir (Exporter *self, const TreeChecksum *tree, const TreeChecksum *meta_name, int depth,
         GError **error)
{
  g_auto (FileMeta) meta = {0};
  return object_load_dirmeta (self->repo, meta_name, &meta, error) &&
         put_header (self, &meta, 0, error) && put_children (self, tree, depth, error);
}

static gboolean
put_children (Exporter *self, const TreeChecksum *tree, int depth, GError **error)
{
  g_auto (DirTree) parsed = {0};
  DirTreeEntry child;
  if (depth > DIRTREE_MAX_DEPTH)
    return throw_error (error, TREE_ERROR_CORRUPT, "nested too deeply");
  if (!object_load_dirtree (self->repo, tree, &parsed, error))
    return FALSE;
  gsize len = self->path->len;
  for (guint i = 0; i < parsed.files.n; i++) {
    dirtree_file (&parsed, i, &child);
    g_string_append (self->path, child.name);
    if (!put_file (self, &child.content, error))
      return prefix_error (error, "'%s'", child.name);
    g_string_truncate (self->path, len);
  }
  for (guint i = 0; i < parsed.dirs.n; i++) {
    dirtree_dir (&parsed, i, &child);
    g_string_append_printf (self->path, "%s/", child.name);
    if (!put_dir (self, &child.content, &child.meta, depth + 1, error))
      return prefix_error (error, "'%s'", child.name);
    g_string_truncate (self->path, len);
  }
  return TRUE;
}

static gboolean
compress (const Exporter *self, GError **error)
{
  static const struct {
    int filter;
    const char *name;
  } filters[] = {
      [TREE_COMPRESSION_GZIP] = {ARCHIVE_FILTER_GZIP, "gzip"},
      [TREE_COMPRESSION_XZ] = {ARCHIVE_FILTER_XZ, "xz"},
      [TREE_COMPRESSION_ZSTD] = {ARCHIVE_FILTER_ZSTD, "zstd"},
  };
  const ArchiveApi *api = self->api;
  TreeCompression how = self->options->compression;
  if (how == TREE_COMPRESSION_NONE)
    return TRUE;
  /* It warns where it would start a program instead. */
  if (api->write_add_filter (self->archive, filters[how].filter) != ARCHIVE_OK)
    return throw_error (error, TREE_ERROR_UNSUPPORTED,
                        "the libarchive that is installed cannot compress with %s",
                        filters[how].name);
  /* Else the bytes would tell when they were written. */
  return how != TREE_COMPRESSION_GZIP ||
         api->write_set_filter_option (self->archive, "gzip", "timestamp", NULL) == ARCHIVE_OK ||
         throw_archive (self, error);
}

/* tar as every program reads it, and a pax header before the entries that need one. Attributes in
 * the form that GNU tar has: libarchive's own besides would make them come twice. */
static gboolean
open_archive (Exporter *self, int fd, GError **error)
{
  const ArchiveApi *api = self->api;
  self->archive = api->write_new ();
  self->entry = api->entry_new ();
  if (self->archive == NULL || self->entry == NULL)
    return throw_error (error, TREE_ERROR_FAILED, "libarchive: out of memory");
  if (!compress (self, error))
    return FALSE;
  /* Zeros behind compressed data are no part of it. */
  int last = self->options->compression == TREE_COMPRESSION_NONE ? RECORD : 1;
  return (api->write_set_format_pax_restricted (self->archive) == ARCHIVE_OK &&
          api->write_set_format_option (self->archive, "pax", "xattrheader", "SCHILY") ==
              ARCHIVE_OK &&
          api->write_set_bytes_per_block (self->archive, BLOCK) == ARCHIVE_OK &&
          api->write_set_bytes_in_last_block (self->archive, last) == ARCHIVE_OK &&
          api->write_open_fd (self->archive, fd) == ARCHIVE_OK) ||
         throw_archive (self, error);
}

gboolean
export_tar (const TreeRepo *repo, const ExportRoot *root, int fd, const TreeExportOptions *options,
            GError **error)
{
  Exporter work = {
      .repo = repo, .options = options, .mtime = root->time, .api = archive_load (error)};
  if (work.api == NULL)
    return FALSE;
  ArchiveLocale locale;
  archive_locale_begin (&locale);
  mode_worker_init (&work.worker, 1);
  work.path = g_string_new (options->prefix);
  gboolean ok = open_archive (&work, fd, error) &&
                put_dir (&work, &root->dir.tree, &root->dir.meta, 0, error) &&
                (work.api->write_close (work.archive) == ARCHIVE_OK ||
                 throw_archive (&work, error));
  if (work.archive != NULL)
    (void)work.api->write_free (work.archive);
  if (work.entry != NULL)
    work.api->entry_free (work.entry);
  g_string_free (work.path, TRUE);
  mode_worker_clear (&work.worker);
  archive_locale_end (&locale);
  return ok;
}

#else

gboolean
export_tar (const TreeRepo *repo, const ExportRoot *root, int fd, const TreeExportOptions *options,
            GError **error)
{
  return throw_error (error, TREE_ERROR_UNSUPPORTED,
                      "archives are not built in: build with libarchive, or check the commit out");
}

#endif
