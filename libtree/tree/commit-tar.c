/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/commit-tar.h"

#include "base/error.h"

#ifdef HAVE_LIBARCHIVE

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xattr.h"
#include "tree/archive-load.h"
#include "tree/mtree.h"
#include "tree/put-pool.h"

enum {
  BLOCK = 256 * 1024,
};

/* A name that shares the file of another. */
typedef struct {
  char *path;
  char *target;
  TreeChecksum *slot; /* borrowed from the tree */
} Link;

/* An empty file that has other names: in a cpio archive the bytes come with the last of them. */
typedef struct {
  FileMeta meta;
  TreeChecksum *slot;
} Hollow;

typedef struct {
  const ArchiveApi *api;
  struct archive *archive;
  Txn *txn;
  const CommitTarOptions *options;
  int fd;
  guint8 *block; /* what was read last from fd */
  guint8 *bytes; /* of the entry */
  GRegex *regex; /* or NULL */
  Mtree *tree;
  PutPool *pool;
  GPtrArray *links;   /* Link, in the order of the archive */
  GHashTable *hollow; /* owned path -> owned Hollow */
  char *parent_path;  /* of the last entry: most have the same */
  MtreeDir *parent;
} Reader;

static void
link_free (gpointer data)
{
  Link *self = data;
  g_free (self->path);
  g_free (self->target);
  g_free (self);
}

static void
hollow_free (gpointer data)
{
  Hollow *self = data;
  filemeta_clear (&self->meta);
  g_free (self);
}

static gboolean
throw_archive (const Reader *self, GError **error)
{
  return archive_throw (self->api, self->archive, TREE_ERROR_CORRUPT, error);
}

/* ---- Opening ---- */

static la_ssize_t
read_block (struct archive *archive, void *user_data, const void **out)
{
  Reader *self = user_data;
  ssize_t n;
  do
    n = read (self->fd, self->block, BLOCK);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    self->api->set_error (archive, errno, "read: %s", g_strerror (errno));
  *out = self->block;
  return n;
}

static la_int64_t
seek_to (struct archive *archive, void *user_data, la_int64_t offset, int whence)
{
  Reader *self = user_data;
  off_t at = lseek (self->fd, offset, whence);
  if (at < 0)
    self->api->set_error (archive, errno, "seek: %s", g_strerror (errno));
  return at >= 0 ? at : ARCHIVE_FATAL;
}

/* All but mtree, which is no archive: it lists names of this machine, whose bytes would be read. */
static void
support_formats (const Reader *self)
{
  static const int formats[] = {
      ARCHIVE_FORMAT_TAR, ARCHIVE_FORMAT_CPIO,    ARCHIVE_FORMAT_ZIP,  ARCHIVE_FORMAT_7ZIP,
      ARCHIVE_FORMAT_AR,  ARCHIVE_FORMAT_ISO9660, ARCHIVE_FORMAT_CAB,  ARCHIVE_FORMAT_LHA,
      ARCHIVE_FORMAT_RAR, ARCHIVE_FORMAT_RAR_V5,  ARCHIVE_FORMAT_WARC, ARCHIVE_FORMAT_XAR,
  };
  /* Those that this build of the library lacks are refused as unknown when one comes. */
  (void)self->api->read_support_filter_all (self->archive);
  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++)
    (void)self->api->read_support_format_by_code (self->archive, formats[i]);
}

static gboolean
open_archive (Reader *self, GError **error)
{
  const ArchiveApi *api = self->api;
  self->archive = api->read_new ();
  if (self->archive == NULL)
    return throw_error (error, TREE_ERROR_FAILED, "libarchive: out of memory");
  support_formats (self);
  (void)api->read_set_read_callback (self->archive, read_block);
  (void)api->read_set_callback_data (self->archive, self);
  if (lseek (self->fd, 0, SEEK_CUR) >= 0)
    (void)api->read_set_seek_callback (self->archive, seek_to);
  return api->read_open1 (self->archive) == ARCHIVE_OK || throw_archive (self, error);
}

/* ---- Names ---- */

/* "./usr//bin/" is "usr/bin"; the root is "". */
static char *
clean_path (const char *raw, GError **error)
{
  if (strlen (raw) >= PATH_MAX)
    return throw_null (error, TREE_ERROR_INVALID, "the name is longer than %d bytes", PATH_MAX - 1);
  GString *path = g_string_new (NULL);
  g_auto (GStrv) parts = g_strsplit (raw, "/", -1);
  for (char **part = parts; *part != NULL; part++) {
    if (**part == '\0' || strcmp (*part, ".") == 0)
      continue;
    if (!dirtree_check_name (*part, error)) {
      g_string_free (path, TRUE);
      return NULL;
    }
    if (path->len > 0)
      g_string_append_c (path, '/');
    g_string_append (path, *part);
  }
  return g_string_free (path, FALSE);
}

/* Where the name begins behind all "/" and "./": what a filter of names sees. */
static const char *
skip_start (const char *raw)
{
  for (;;) {
    if (*raw == '/' || (*raw == '.' && raw[1] == '\0'))
      raw++;
    else if (raw[0] == '.' && raw[1] == '/')
      raw += 2;
    else
      return raw;
  }
}

/* What a name of the archive is in the tree. */
static char *
tree_path (const Reader *self, const char *raw, GError **error)
{
  if (raw == NULL)
    return throw_null (error, TREE_ERROR_INVALID, "it has no name that can be read");
  if (self->regex == NULL)
    return clean_path (raw, error);
  if (!g_utf8_validate (raw, -1, NULL))
    return throw_null (error, TREE_ERROR_INVALID, "the name is not UTF-8");
  g_autoptr (GError) local = NULL;
  g_autofree char *replaced = g_regex_replace (self->regex, skip_start (raw), -1, 0,
                                               self->options->path_replacement, 0, &local);
  if (replaced == NULL)
    return throw_null (error, TREE_ERROR_INVALID, "--tar-pathname-filter: %s", local->message);
  return clean_path (replaced, error);
}

/* Is it, or a directory above it, to be left out? */
static gboolean
is_skipped (const Reader *self, const char *path)
{
  const Filter *filter = self->options->filter;
  if (filter->skips == NULL)
    return FALSE;
  g_autofree char *absolute = g_strconcat ("/", path, NULL);
  gboolean skipped = FALSE;
  for (char *at = absolute + 1; *at != '\0' && !skipped; at++) {
    if (*at != '/')
      continue;
    *at = '\0';
    skipped = filter_skips (filter, absolute);
    *at = '/';
  }
  return filter_skips (filter, absolute) || skipped;
}

/* ---- Directories ---- */

static gboolean
put_dirmeta (const Reader *self, const char *path, FileMeta *meta, TreeChecksum *out,
             GError **error)
{
  g_autofree char *rule = g_strconcat ("/", path, NULL);
  filter_apply (self->options->filter, rule, meta);
  if (!filter_label (self->options->filter, rule, meta, error))
    return FALSE;
  g_autoptr (GBytes) bytes = filemeta_to_dirmeta (meta);
  return txn_put_metadata (self->txn, TREE_OBJECT_DIR_META, bytes, NULL, out, error);
}

/* A directory for which the archive had no entry so far. As ostree has it, the options of the
 * commit do not touch it, but for its label; the root alone, when there was no reason to make it up
 * before the end, they do.
 */
static gboolean
make_up_meta (const Reader *self, MtreeDir *dir, const char *path, GError **error)
{
  g_auto (FileMeta) meta = {.mode = S_IFDIR | 0755};
  g_autofree char *rule = g_strconcat ("/", path, NULL);
  if (!filter_label (self->options->filter, rule, &meta, error))
    return FALSE;
  g_autoptr (GBytes) bytes = filemeta_to_dirmeta (&meta);
  TreeChecksum checksum;
  if (!txn_put_metadata (self->txn, TREE_OBJECT_DIR_META, bytes, NULL, &checksum, error))
    return FALSE;
  mtree_dir_set_meta (dir, &checksum);
  return TRUE;
}

static gboolean
make_up_dir (const Reader *self, MtreeDir *parent, const char *name, const char *path,
             MtreeDir **out, GError **error)
{
  MtreeDir *root = mtree_root (self->tree);
  return mtree_ensure_dir (self->tree, parent, name, out, error) &&
         make_up_meta (self, *out, path, error) &&
         (mtree_dir_has_meta (root) || make_up_meta (self, root, "", error));
}

static gboolean
finish_root (const Reader *self, GError **error)
{
  MtreeDir *root = mtree_root (self->tree);
  if (mtree_dir_has_meta (root))
    return TRUE;
  if (!self->options->autocreate_parents)
    return throw_error (error, TREE_ERROR_INVALID,
                        "Can't commit an empty tree: the archive has no entry for its root; use "
                        "--tar-autocreate-parents");
  FileMeta meta = {.mode = S_IFDIR | 0755};
  TreeChecksum checksum;
  if (!put_dirmeta (self, "", &meta, &checksum, error))
    return FALSE;
  mtree_dir_set_meta (root, &checksum);
  return TRUE;
}

/* @path ("" for the root), all of whose parts must be there, or are made up. */
static gboolean
enter_dir (const Reader *self, const char *path, MtreeDir **out, GError **error)
{
  MtreeDir *dir = mtree_root (self->tree);
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  g_autoptr (GString) so_far = g_string_new (NULL);
  for (char **part = parts; *part != NULL && **part != '\0'; part++) {
    MtreeDir *child = NULL;
    g_string_append_printf (so_far, "%s%s", so_far->len > 0 ? "/" : "", *part);
    if (!mtree_find_dir (self->tree, dir, *part, &child, error))
      return FALSE;
    if (child == NULL) {
      if (!self->options->autocreate_parents)
        return throw_error (error, TREE_ERROR_NOT_FOUND,
                            "No such file or directory: %s: the archive has no entry for it before "
                            "this; use --tar-autocreate-parents",
                            so_far->str);
      if (!make_up_dir (self, dir, *part, so_far->str, &child, error))
        return FALSE;
    }
    dir = child;
  }
  *out = dir;
  return TRUE;
}

/* The directory that @path is in, and the name that it has there. */
static gboolean
enter_parent (Reader *self, const char *path, MtreeDir **out, const char **out_name, GError **error)
{
  const char *slash = strrchr (path, '/');
  gsize len = slash != NULL ? (gsize)(slash - path) : 0;
  *out_name = slash != NULL ? slash + 1 : path;
  if (self->parent == NULL || strlen (self->parent_path) != len ||
      strncmp (self->parent_path, path, len) != 0) {
    g_autofree char *parent = g_strndup (path, len);
    if (!enter_dir (self, parent, &self->parent, error)) {
      self->parent = NULL;
      return FALSE;
    }
    g_free (self->parent_path);
    self->parent_path = g_steal_pointer (&parent);
  }
  *out = self->parent;
  return TRUE;
}

static gboolean
add_dir (Reader *self, const char *path, FileMeta *meta, GError **error)
{
  TreeChecksum checksum;
  MtreeDir *dir = mtree_root (self->tree);
  if (*path != '\0') {
    MtreeDir *parent;
    const char *name;
    if (!enter_parent (self, path, &parent, &name, error) ||
        !mtree_ensure_dir (self->tree, parent, name, &dir, error))
      return FALSE;
  }
  if (!put_dirmeta (self, path, meta, &checksum, error))
    return FALSE;
  mtree_dir_set_meta (dir, &checksum);
  return TRUE;
}

/* ---- Files ---- */

static gboolean
read_xattrs (const Reader *self, struct archive_entry *entry, GVariant **out, GError **error)
{
  g_auto (XattrList) list = {0};
  const char *name;
  const void *value;
  size_t len;
  (void)self->api->entry_xattr_reset (entry);
  while (self->api->entry_xattr_next (entry, &name, &value, &len) == ARCHIVE_OK)
    if (!xattr_list_add (&list, name, value, len, error))
      return FALSE;
  return xattr_list_end (&list, out, error);
}

static gboolean
read_owner (const char *what, gint64 id, guint32 *out, GError **error)
{
  if (id < 0 || id >= G_MAXUINT32)
    return throw_error (error, TREE_ERROR_INVALID, "%s %" G_GINT64_FORMAT " is not one", what, id);
  *out = (guint32)id;
  return TRUE;
}

static gboolean
read_meta (const Reader *self, struct archive_entry *entry, FileMeta *out, GError **error)
{
  const ArchiveApi *api = self->api;
  out->mode = (guint32)api->entry_mode (entry);
  /* Formats that keep a hard link as a name have no type for it. */
  if (api->entry_hardlink (entry) != NULL)
    out->mode = S_IFREG | (out->mode & 07777);
  if ((out->mode & ~(guint32)(S_IFMT | 07777)) != 0)
    return throw_error (error, TREE_ERROR_INVALID, "mode %o has bits that no file has", out->mode);
  return read_owner ("owner", api->entry_uid (entry), &out->uid, error) &&
         read_owner ("group", api->entry_gid (entry), &out->gid, error) &&
         (self->options->filter->no_xattrs || read_xattrs (self, entry, &out->xattrs, error));
}

static gboolean
read_content (const Reader *self, struct archive_entry *entry, Spool *out, GError **error)
{
  gboolean sized = self->api->entry_size_is_set (entry) != 0;
  gint64 size = sized ? self->api->entry_size (entry) : 0;
  if (size < 0)
    return throw_error (error, TREE_ERROR_CORRUPT, "its size is negative");
  if (!spool_expect (out, (guint64)size, error))
    return FALSE;
  gboolean fits = TRUE;
  for (;;) {
    la_ssize_t n = self->api->read_data (self->archive, self->bytes, BLOCK);
    if (n < 0)
      return throw_archive (self, error);
    fits = !sized || out->size + (guint64)n <= (guint64)size;
    if (n == 0 || !fits)
      break;
    if (!spool_write (out, self->bytes, (gsize)n, error))
      return FALSE;
  }
  return !sized || (fits && out->size == (guint64)size) ||
         throw_error (error, TREE_ERROR_CORRUPT,
                      "its bytes are not the %" G_GINT64_FORMAT " that it claims", size);
}

static gboolean
add_regular (Reader *self, struct archive_entry *entry, const char *path, FileMeta *meta,
             GError **error)
{
  MtreeDir *parent;
  const char *name;
  TreeChecksum *slot;
  if (!enter_parent (self, path, &parent, &name, error) ||
      !mtree_put_file (self->tree, parent, name, &slot, error))
    return FALSE;
  g_auto (Spool) content;
  spool_init (&content, self->txn);
  if (!read_content (self, entry, &content, error))
    return FALSE;
  (void)g_hash_table_remove (self->hollow, path);
  if (content.size > 0 || self->api->entry_nlink (entry) < 2) {
    (void)put_pool_push (self->pool, meta, &content, path, slot);
    return TRUE;
  }
  Hollow *hollow = g_new0 (Hollow, 1);
  hollow->meta = *meta;
  hollow->slot = slot;
  *meta = (FileMeta){0};
  mtree_pin (parent);
  g_hash_table_insert (self->hollow, g_strdup (path), hollow);
  return TRUE;
}

static gboolean
add_symlink (Reader *self, struct archive_entry *entry, const char *path, FileMeta *meta,
             GError **error)
{
  MtreeDir *parent;
  const char *name;
  TreeChecksum *slot;
  const char *target = self->api->entry_symlink (entry);
  if (target == NULL || *target == '\0' || strlen (target) >= PATH_MAX)
    return throw_error (error, TREE_ERROR_INVALID, "the target of the link is empty or too long");
  if (!g_utf8_validate (target, -1, NULL))
    return throw_error (error, TREE_ERROR_INVALID, "the target of the link is not UTF-8");
  if (!enter_parent (self, path, &parent, &name, error) ||
      !mtree_put_file (self->tree, parent, name, &slot, error))
    return FALSE;
  meta->target = g_strdup (target);
  (void)put_pool_push (self->pool, meta, NULL, path, slot);
  return TRUE;
}

/* ---- Hard links ---- */

/* The bytes of a hollow file come with one of its other names. */
static gboolean
fill_hollow (Reader *self, struct archive_entry *entry, const char *target, GError **error)
{
  if (!self->api->entry_size_is_set (entry) || self->api->entry_size (entry) == 0)
    return TRUE;
  Hollow *hollow = g_hash_table_lookup (self->hollow, target);
  if (hollow == NULL)
    return TRUE; /* it has its bytes, and these are the same */
  g_auto (Spool) content;
  spool_init (&content, self->txn);
  if (!read_content (self, entry, &content, error))
    return FALSE;
  (void)put_pool_push (self->pool, &hollow->meta, &content, target, hollow->slot);
  (void)g_hash_table_remove (self->hollow, target);
  return TRUE;
}

static gboolean
add_link (Reader *self, struct archive_entry *entry, const char *path, const char *rule,
          GError **error)
{
  MtreeDir *parent;
  const char *name;
  const char *raw = self->api->entry_hardlink (entry);
  if (filter_has_mode_rule (self->options->filter, rule))
    return throw_error (error, TREE_ERROR_UNSUPPORTED,
                        "it is a hard link: change the mode of '%s' instead", raw);
  g_autofree char *target = tree_path (self, raw, error);
  if (target == NULL)
    return prefix_error (error, "hard link to '%s'", raw);
  TreeChecksum *slot;
  if (!fill_hollow (self, entry, target, error) ||
      !enter_parent (self, path, &parent, &name, error) ||
      !mtree_put_file (self->tree, parent, name, &slot, error))
    return FALSE;
  Link *link = g_new0 (Link, 1);
  link->path = g_strdup (path);
  link->target = g_steal_pointer (&target);
  link->slot = slot;
  mtree_pin (parent);
  g_ptr_array_add (self->links, link);
  return TRUE;
}

static gboolean
put_hollow (Reader *self)
{
  GHashTableIter iter;
  gpointer path;
  gpointer value;
  g_hash_table_iter_init (&iter, self->hollow);
  while (g_hash_table_iter_next (&iter, &path, &value)) {
    Hollow *hollow = value;
    if (!put_pool_push (self->pool, &hollow->meta, NULL, path, hollow->slot))
      return FALSE;
  }
  return TRUE;
}

/* The slot of the file at @path; NULL without an error when there is none. */
static gboolean
find_target (const Reader *self, const char *path, TreeChecksum **out, GError **error)
{
  MtreeDir *dir = mtree_root (self->tree);
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  *out = NULL;
  for (char **part = parts; *part != NULL; part++) {
    if (part[1] == NULL)
      return mtree_find_file (self->tree, dir, *part, out, error);
    if (!mtree_find_dir (self->tree, dir, *part, &dir, error))
      return FALSE;
    if (dir == NULL)
      return TRUE;
  }
  return TRUE;
}

/* Once every other file has its checksum. */
static gboolean
resolve_links (Reader *self, GError **error)
{
  g_autoptr (GHashTable) open = g_hash_table_new (NULL, NULL); /* slots that have no checksum yet */
  for (guint i = 0; i < self->links->len; i++)
    (void)g_hash_table_add (open, ((Link *)self->links->pdata[i])->slot);
  for (guint i = 0; i < self->links->len; i++) {
    const Link *link = self->links->pdata[i];
    TreeChecksum *found = NULL;
    if (!find_target (self, link->target, &found, error))
      return prefix_error (error, "'%s': hard link to '%s'", link->path, link->target);
    if (found == NULL || g_hash_table_contains (open, found))
      return throw_error (error, TREE_ERROR_INVALID,
                          "'%s': hard link to '%s', which is not a file of the archive", link->path,
                          link->target);
    *link->slot = *found;
    (void)g_hash_table_remove (open, link->slot);
  }
  return TRUE;
}

/* ---- The archive ---- */

static gboolean
add_entry (Reader *self, struct archive_entry *entry, const char *path, GError **error)
{
  g_auto (FileMeta) meta = {0};
  if (!read_meta (self, entry, &meta, error))
    return FALSE;
  if (S_ISDIR (meta.mode))
    return add_dir (self, path, &meta, error);
  if (!S_ISREG (meta.mode) && !S_ISLNK (meta.mode))
    return throw_error (error, TREE_ERROR_UNSUPPORTED,
                        "Not a regular file or symlink: devices, sockets and pipes cannot be "
                        "committed; leave it out of the archive");
  if (*path == '\0')
    return throw_error (error, TREE_ERROR_INVALID, "a file cannot be the root of the tree");
  g_autofree char *rule = g_strconcat ("/", path, NULL);
  if (self->api->entry_hardlink (entry) != NULL)
    return add_link (self, entry, path, rule, error);
  filter_apply (self->options->filter, rule, &meta);
  if (!filter_label (self->options->filter, rule, &meta, error))
    return FALSE;
  return S_ISLNK (meta.mode) ? add_symlink (self, entry, path, &meta, error)
                             : add_regular (self, entry, path, &meta, error);
}

/* Behind the last entry of a tar archive come blocks of zeros. The library ends without them as
 * well: it has then read nothing since the end of the last entry, and an archive that was cut off
 * there looks whole. What was compressed is counted as it was before. */
static gboolean
check_end (const Reader *self, GError **error)
{
  const ArchiveApi *api = self->api;
  gboolean is_tar = (api->format (self->archive) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
  return !is_tar ||
         api->filter_bytes (self->archive, 0) > api->read_header_position (self->archive) ||
         throw_error (
             error, TREE_ERROR_CORRUPT,
             "it was cut off behind an entry: the blocks of zeros at its end are missing; "
             "if whoever wrote it left them out, add them (head -c 1024 /dev/zero >>FILE)");
}

static gboolean
bound_memory (const Reader *self, GError **error)
{
  return !mtree_is_large (self->tree) ||
         (put_pool_wait (self->pool, error) && mtree_unload (self->tree, self->parent, error));
}

static gboolean
read_entries (Reader *self, GError **error)
{
  while (!put_pool_failed (self->pool)) {
    struct archive_entry *entry = NULL;
    int rc = self->api->read_next_header (self->archive, &entry);
    if (rc == ARCHIVE_EOF)
      return check_end (self, error);
    const char *raw = entry != NULL ? self->api->entry_pathname (entry) : NULL;
    if (rc != ARCHIVE_OK) {
      (void)throw_archive (self, error);
      return raw != NULL ? prefix_error (error, "'%s'", raw) : FALSE;
    }
    g_autofree char *path = tree_path (self, raw, error);
    if (path == NULL || (!is_skipped (self, path) && !add_entry (self, entry, path, error)))
      return prefix_error (error, "'%s'", raw != NULL ? raw : "?");
    if (!bound_memory (self, error))
      return FALSE;
    put_pool_show_progress (self->pool, self->options->progress, self->options->user_data);
  }
  return TRUE; /* put_pool_finish() has the error */
}

static gboolean
read_tree (Reader *self, TreeRoot *out, GError **error)
{
  g_autoptr (GError) local = NULL;
  gboolean read = open_archive (self, &local) && read_entries (self, &local);
  if (read)
    (void)put_hollow (self);
  if (!put_pool_finish (g_steal_pointer (&self->pool), error))
    return FALSE;
  if (!read) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  return finish_root (self, error) && resolve_links (self, error) &&
         mtree_write (self->tree, out, error);
}

gboolean
commit_tar_write (Txn *txn, int fd, const CommitTarOptions *options, const TreeRoot *base,
                  TreeRoot *out, GError **error)
{
  Reader self = {.txn = txn, .options = options, .fd = fd, .api = archive_load (error)};
  if (self.api == NULL)
    return FALSE;
  if (options->path_regex != NULL) {
    self.regex = g_regex_new (options->path_regex, 0, 0, error);
    if (self.regex == NULL)
      return prefix_error (error, "--tar-pathname-filter");
  }
  ArchiveLocale locale;
  archive_locale_begin (&locale);
  self.block = g_malloc (BLOCK);
  self.bytes = g_malloc (BLOCK);
  self.tree = mtree_new (txn, base);
  self.pool = put_pool_new (txn);
  self.links = g_ptr_array_new_with_free_func (link_free);
  self.hollow = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, hollow_free);
  gboolean ok = read_tree (&self, out, error);
  if (self.archive != NULL)
    (void)self.api->read_free (self.archive);
  g_hash_table_unref (self.hollow);
  g_ptr_array_unref (self.links);
  mtree_free (self.tree);
  g_clear_pointer (&self.regex, g_regex_unref);
  g_free (self.parent_path);
  g_free (self.bytes);
  g_free (self.block);
  archive_locale_end (&locale);
  return ok;
}

#else

gboolean
commit_tar_write (Txn *txn, int fd, const CommitTarOptions *options, const TreeRoot *base,
                  TreeRoot *out, GError **error)
{
  return throw_error (error, TREE_ERROR_UNSUPPORTED,
                      "archives are not built in: build with libarchive, or unpack it and commit "
                      "the directory");
}

#endif
