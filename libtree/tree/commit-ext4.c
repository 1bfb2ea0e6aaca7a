/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/commit-ext4.h"

#include "base/error.h"

#ifdef HAVE_EXT2FS

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xattr.h"
#include "plain/layout.h"
#include "tree/ext2-load.h"
#include "tree/mtree.h"
#include "tree/put-pool.h"

enum {
  BUFFER = 256 * 1024,
  /* Of the superblock (struct ext2_super_block). */
  SUPER_AT = 1024,
  SUPER_BYTES = 1024,
};

/* A name of a directory, and the inode that it leads to. */
typedef struct {
  ext2_ino_t ino;
  char *name;
} Name;

/* Another name of a file that was read: its checksum is known at the end. */
typedef struct {
  TreeChecksum *slot;
  const TreeChecksum *from;
} Link;

typedef struct {
  const Ext2Api *api;
  ext2_filsys fs;
  Txn *txn;
  const CommitExt4Options *options;
  Mtree *tree;
  PutPool *pool;
  GHashTable *dirs;  /* inodes of directories that were met */
  GHashTable *files; /* inode -> slot, of files with more than one name */
  GArray *links;     /* Link */
  GString *path;     /* of the inode that is read; "" for the root */
  guint8 *buffer;
} Image;

static gboolean
throw_ext2 (const Image *self, errcode_t code, const char *what, GError **error)
{
  return throw_error (error, TREE_ERROR_CORRUPT,
                      "%s: %s; if the image is damaged, run e2fsck -p on it", what,
                      self->api->error_message (code));
}

/* ---- Opening ---- */

static const struct {
  guint32 bit;
  const char *name; /* as mke2fs spells it */
  gboolean known;
} features[] = {
    {EXT2_FEATURE_INCOMPAT_COMPRESSION, "compression", FALSE},
    {EXT2_FEATURE_INCOMPAT_FILETYPE, "filetype", TRUE},
    {EXT3_FEATURE_INCOMPAT_JOURNAL_DEV, "journal_dev", FALSE},
    {EXT2_FEATURE_INCOMPAT_META_BG, "meta_bg", TRUE},
    {EXT3_FEATURE_INCOMPAT_EXTENTS, "extent", TRUE},
    {EXT4_FEATURE_INCOMPAT_64BIT, "64bit", TRUE},
    {EXT4_FEATURE_INCOMPAT_MMP, "mmp", TRUE},
    {EXT4_FEATURE_INCOMPAT_FLEX_BG, "flex_bg", TRUE},
    {EXT4_FEATURE_INCOMPAT_EA_INODE, "ea_inode", TRUE},
    {EXT4_FEATURE_INCOMPAT_DIRDATA, "dirdata", FALSE},
    {EXT4_FEATURE_INCOMPAT_CSUM_SEED, "metadata_csum_seed", TRUE},
    {EXT4_FEATURE_INCOMPAT_LARGEDIR, "large_dir", TRUE},
    {EXT4_FEATURE_INCOMPAT_INLINE_DATA, "inline_data", TRUE},
    {EXT4_FEATURE_INCOMPAT_ENCRYPT, "encrypt", FALSE},
    {EXT4_FEATURE_INCOMPAT_CASEFOLD, "casefold", TRUE},
};

static gboolean
check_features (guint32 incompatible, GError **error)
{
  if ((incompatible & EXT3_FEATURE_INCOMPAT_RECOVER) != 0)
    return throw_error (error, TREE_ERROR_INVALID,
                        "its journal holds changes that are not in the file system yet; run "
                        "e2fsck -p on the image");
  guint32 left = incompatible;
  for (gsize i = 0; i < G_N_ELEMENTS (features); i++) {
    left &= ~features[i].bit;
    if ((incompatible & features[i].bit) != 0 && !features[i].known)
      return throw_error (error, TREE_ERROR_UNSUPPORTED,
                          "the file system has feature '%s', which cannot be read",
                          features[i].name);
  }
  return left == 0 || throw_error (error, TREE_ERROR_UNSUPPORTED,
                                   "the file system has a feature that is not known: incompatible "
                                   "0x%x",
                                   left);
}

/* What the library reads by, such as the number of groups, it believes: none of it may be more than
 * there is. */
static gboolean
check_length (int fd, const struct ext2_super_block *super, GError **error)
{
  enum {
    MAX_LOG_BLOCK = 6, /* 64 KiB */
  };
  guint32 log_block = GUINT32_FROM_LE (super->s_log_block_size);
  guint64 n_blocks = GUINT32_FROM_LE (super->s_blocks_count);
  if ((GUINT32_FROM_LE (super->s_feature_incompat) & EXT4_FEATURE_INCOMPAT_64BIT) != 0)
    n_blocks |= (guint64)GUINT32_FROM_LE (super->s_blocks_count_hi) << 32;
  off_t length = lseek (fd, 0, SEEK_END);
  if (length < 0)
    return throw_errno (error, "seek");
  if (log_block > MAX_LOG_BLOCK)
    return throw_error (error, TREE_ERROR_CORRUPT, "its blocks are larger than 64 KiB");
  guint64 block = (guint64)1024 << log_block;
  return n_blocks <= (guint64)length / block ||
         throw_error (error, TREE_ERROR_CORRUPT,
                      "it is cut off: its file system has %" G_GUINT64_FORMAT
                      " blocks of %" G_GUINT64_FORMAT " bytes, and it %" G_GUINT64_FORMAT " bytes",
                      n_blocks, block, (guint64)length);
}

/* Before the library looks: it says less, and opens what it should not. */
static gboolean
check_super (int fd, GError **error)
{
  guint8 bytes[SUPER_BYTES];
  struct ext2_super_block super;
  ssize_t n = pread (fd, bytes, sizeof bytes, SUPER_AT);
  if (n < 0)
    return throw_errno (error, "read");
  memcpy (&super, bytes, sizeof super);
  if (n < (ssize_t)sizeof super || GUINT16_FROM_LE (super.s_magic) != EXT2_SUPER_MAGIC)
    return throw_error (error, TREE_ERROR_INVALID,
                        "it is no image of an ext2, ext3 or ext4 file "
                        "system");
  guint16 state = GUINT16_FROM_LE (super.s_state);
  if (!check_features (GUINT32_FROM_LE (super.s_feature_incompat), error) ||
      !check_length (fd, &super, error))
    return FALSE;
  return ((state & EXT2_VALID_FS) != 0 && (state & EXT2_ERROR_FS) == 0) ||
         throw_error (error, TREE_ERROR_INVALID,
                      "the file system was not unmounted, or has errors; run e2fsck -p on the "
                      "image");
}

static gboolean
open_image (Image *self, int fd, GError **error)
{
  g_autofree char *name = g_strdup_printf ("/proc/self/fd/%d", fd);
  if (!check_super (fd, error))
    return FALSE;
  errcode_t code = self->api->open2 (name, NULL, EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP, 0, 0,
                                     *self->api->unix_io_manager, &self->fs);
  return code == 0 || throw_ext2 (self, code, "open the file system", error);
}

/* ---- Inodes ---- */

typedef struct {
  XattrList list;
  gboolean is_regular;
  GError *error;
} XattrReader;

/* As a mounted file system lists them: the attribute that holds the bytes of a small file is none,
 * and those without a value do not count (base/xattr.h). */
static int
add_xattr (char *name, char *value, size_t len, void *data)
{
  XattrReader *self = data;
  if (len == 0 || strcmp (name, "system.data") == 0 ||
      (self->is_regular && strcmp (name, BARE_USER_XATTR) == 0))
    return 0;
  return xattr_list_add (&self->list, name, value, len, &self->error) ? 0 : XATTR_ABORT;
}

static gboolean
read_xattrs (const Image *self, ext2_ino_t ino, gboolean is_regular, GVariant **out, GError **error)
{
  const Ext2Api *api = self->api;
  struct ext2_xattr_handle *handle = NULL;
  XattrReader reader = {.is_regular = is_regular};
  errcode_t code = api->xattrs_open (self->fs, ino, &handle);
  if (code == 0)
    code = api->xattrs_read (handle);
  if (code == 0)
    code = api->xattrs_iterate (handle, add_xattr, &reader);
  if (handle != NULL)
    (void)api->xattrs_close (&handle);
  gboolean ok = FALSE;
  if (reader.error != NULL)
    g_propagate_error (error, reader.error);
  else if (code != 0)
    (void)throw_ext2 (self, code, "read extended attributes", error);
  else
    ok = xattr_list_end (&reader.list, out, error);
  xattr_list_clear (&reader.list);
  return ok;
}

static gboolean
read_inode (const Image *self, ext2_ino_t ino, Ext2Inode *out, GError **error)
{
  memset (out, 0, sizeof *out);
  errcode_t code = self->api->read_inode_full (self->fs, ino, (struct ext2_inode *)out,
                                               sizeof *out);
  if (code != 0)
    return throw_ext2 (self, code, "read inode", error);
  if (out->i_links_count == 0)
    return throw_error (error, TREE_ERROR_CORRUPT,
                        "inode %u is not in use; run e2fsck -p on the image", ino);
  if ((out->i_flags & EXT4_ENCRYPT_FL) != 0)
    return throw_error (error, TREE_ERROR_UNSUPPORTED, "it is encrypted");
  return TRUE;
}

static gboolean
read_meta (const Image *self, ext2_ino_t ino, const Ext2Inode *inode, FileMeta *out, GError **error)
{
  g_autofree char *rule = g_strdup (self->path->len > 0 ? self->path->str : "/");
  out->uid = inode->i_uid | ((guint32)inode->osd2.linux2.l_i_uid_high << 16);
  out->gid = inode->i_gid | ((guint32)inode->osd2.linux2.l_i_gid_high << 16);
  out->mode = inode->i_mode;
  filter_apply (self->options->filter, rule, out);
  return (self->options->filter->no_xattrs ||
          read_xattrs (self, ino, S_ISREG (inode->i_mode), &out->xattrs, error)) &&
         filter_label (self->options->filter, rule, out, error);
}

/* ---- Files ---- */

static gboolean
read_bytes (const Image *self, ext2_file_t file, gboolean is_inline, guint64 size, Spool *out,
            GError **error)
{
  while (out->size < size) {
    unsigned int n = 0;
    errcode_t code = self->api->file_read (file, self->buffer, BUFFER, &n);
    if (code != 0)
      return throw_ext2 (self, code, "read", error);
    if (n == 0 && is_inline) {
      /* mke2fs writes a large file of nothing but a hole like this, and Linux reads zeros. */
      n = (unsigned int)MIN (size - out->size, BUFFER);
      memset (self->buffer, 0, n);
    }
    if (n == 0)
      return throw_error (error, TREE_ERROR_CORRUPT,
                          "it ends before its %" G_GUINT64_FORMAT " bytes; run e2fsck -p on the "
                          "image",
                          size);
    /* Of an inline file the library gives all that the inode has room for. */
    if (!spool_write (out, self->buffer, (gsize)MIN (n, size - out->size), error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_content (const Image *self, ext2_ino_t ino, Ext2Inode *inode, guint64 size, Spool *out,
              GError **error)
{
  ext2_file_t file = NULL;
  if (!spool_expect (out, size, error))
    return FALSE;
  errcode_t code = self->api->file_open2 (self->fs, ino, (struct ext2_inode *)inode, 0, &file);
  if (code != 0)
    return throw_ext2 (self, code, "open", error);
  gboolean is_inline = (inode->i_flags & EXT4_INLINE_DATA_FL) != 0;
  gboolean ok = read_bytes (self, file, is_inline, size, out, error);
  (void)self->api->file_close (file);
  return ok;
}

/* A short target lies in the inode where other files have their blocks. */
static gboolean
read_target (const Image *self, ext2_ino_t ino, Ext2Inode *inode, char **out, GError **error)
{
  guint64 size = inode->i_size;
  g_autofree char *target = NULL;
  if (size == 0 || size >= PATH_MAX)
    return throw_error (error, TREE_ERROR_CORRUPT, "the target of the link is empty or too long");
  if (size < sizeof inode->i_block && (inode->i_flags & EXT4_INLINE_DATA_FL) == 0) {
    target = g_strndup ((const char *)inode->i_block, size);
  } else {
    g_auto (Spool) content;
    spool_init (&content, self->txn);
    if (!read_content (self, ino, inode, size, &content, error))
      return FALSE;
    target = g_strndup ((const char *)content.data->data, size);
  }
  if (strlen (target) != size || !g_utf8_validate (target, -1, NULL))
    return throw_error (error, TREE_ERROR_INVALID, "the target of the link is not UTF-8");
  *out = g_steal_pointer (&target);
  return TRUE;
}

/* A file with several names is read once, unless a rule changes it at this one. */
static gboolean
is_known (Image *self, MtreeDir *parent, ext2_ino_t ino, const Ext2Inode *inode, TreeChecksum *slot)
{
  if (inode->i_links_count < 2 || filter_goes_by_path (self->options->filter, self->path->str))
    return FALSE;
  mtree_pin (parent);
  TreeChecksum *before = g_hash_table_lookup (self->files, GUINT_TO_POINTER (ino));
  if (before == NULL) {
    g_hash_table_insert (self->files, GUINT_TO_POINTER (ino), slot);
    return FALSE;
  }
  Link link = {slot, before};
  g_array_append_val (self->links, link);
  return TRUE;
}

static gboolean
add_file (Image *self, MtreeDir *parent, const Name *name, Ext2Inode *inode, GError **error)
{
  g_auto (FileMeta) meta = {0};
  TreeChecksum *slot;
  if (!S_ISREG (inode->i_mode) && !S_ISLNK (inode->i_mode))
    return throw_error (error, TREE_ERROR_UNSUPPORTED,
                        "Not a regular file or symlink: devices, sockets and pipes cannot be "
                        "committed; remove it first");
  if (!mtree_put_file (self->tree, parent, name->name, &slot, error))
    return FALSE;
  if (is_known (self, parent, name->ino, inode, slot))
    return TRUE;
  if (!read_meta (self, name->ino, inode, &meta, error))
    return FALSE;
  g_auto (Spool) content;
  spool_init (&content, self->txn);
  guint64 size = inode->i_size | ((guint64)inode->i_size_high << 32);
  if (S_ISLNK (inode->i_mode) ? !read_target (self, name->ino, inode, &meta.target, error)
                              : !read_content (self, name->ino, inode, size, &content, error))
    return FALSE;
  (void)put_pool_push (self->pool, &meta, &content, self->path->str, slot);
  return TRUE;
}

/* ---- Directories ---- */

static void
name_clear (gpointer name)
{
  g_free (((Name *)name)->name);
}

static int
collect_name (ext2_ino_t dir, int entry, struct ext2_dir_entry *dirent, int offset, int block_size,
              char *block, void *data)
{
  gsize len = dirent->name_len & 0xff; /* the rest is the type */
  if (dirent->inode == 0 || (len == 1 && dirent->name[0] == '.') ||
      (len == 2 && memcmp (dirent->name, "..", 2) == 0))
    return 0;
  Name name = {dirent->inode, g_strndup (dirent->name, len)};
  g_array_append_val ((GArray *)data, name);
  return 0;
}

static gboolean add_dir (Image *self, MtreeDir *dir, ext2_ino_t ino, const Ext2Inode *inode,
                         int depth, GError **error);

static gboolean
add_name (Image *self, MtreeDir *parent, const Name *name, int depth, GError **error)
{
  Ext2Inode inode;
  MtreeDir *dir = NULL;
  if (filter_skips (self->options->filter, self->path->str))
    return TRUE;
  if (!dirtree_check_name (name->name, error) || !read_inode (self, name->ino, &inode, error))
    return FALSE;
  if (!S_ISDIR (inode.i_mode))
    return add_file (self, parent, name, &inode, error);
  return mtree_ensure_dir (self->tree, parent, name->name, &dir, error) &&
         add_dir (self, dir, name->ino, &inode, depth + 1, error);
}

static gboolean
add_names (Image *self, MtreeDir *dir, ext2_ino_t ino, int depth, GError **error)
{
  g_autoptr (GArray) names = g_array_new (FALSE, FALSE, sizeof (Name));
  g_array_set_clear_func (names, name_clear);
  errcode_t code = self->api->dir_iterate2 (self->fs, ino, 0, NULL, collect_name, names);
  if (code != 0)
    return throw_ext2 (self, code, "read directory", error);
  gsize len = self->path->len;
  for (guint i = 0; i < names->len && !put_pool_failed (self->pool); i++) {
    const Name *name = &g_array_index (names, Name, i);
    g_string_append_printf (self->path, "/%s", name->name);
    if (!add_name (self, dir, name, depth, error))
      return FALSE; /* the path stays, for the message */
    g_string_truncate (self->path, len);
    if (mtree_is_large (self->tree) &&
        (!put_pool_wait (self->pool, error) || !mtree_unload (self->tree, dir, error)))
      return FALSE;
    put_pool_show_progress (self->pool, self->options->progress, self->options->user_data);
  }
  return TRUE;
}

static gboolean
add_dir (Image *self, MtreeDir *dir, ext2_ino_t ino, const Ext2Inode *inode, int depth,
         GError **error)
{
  g_auto (FileMeta) meta = {0};
  TreeChecksum checksum;
  if (!g_hash_table_add (self->dirs, GUINT_TO_POINTER (ino)))
    return throw_error (error, TREE_ERROR_CORRUPT,
                        "the directory is in another one, too; run e2fsck -p on the image");
  if (depth > DIRTREE_MAX_DEPTH)
    return throw_error (error, TREE_ERROR_CORRUPT, "directories are nested too deeply");
  if (!read_meta (self, ino, inode, &meta, error))
    return FALSE;
  g_autoptr (GBytes) bytes = filemeta_to_dirmeta (&meta);
  if (!txn_put_metadata (self->txn, TREE_OBJECT_DIR_META, bytes, NULL, &checksum, error))
    return FALSE;
  mtree_dir_set_meta (dir, &checksum);
  return add_names (self, dir, ino, depth, error);
}

/* ---- The image ---- */

static gboolean
read_root (Image *self, int fd, GError **error)
{
  Ext2Inode inode;
  if (!open_image (self, fd, error) || !read_inode (self, EXT2_ROOT_INO, &inode, error))
    return FALSE;
  if (!S_ISDIR (inode.i_mode))
    return throw_error (error, TREE_ERROR_CORRUPT, "its root is no directory");
  return add_dir (self, mtree_root (self->tree), EXT2_ROOT_INO, &inode, 0, error) ||
         prefix_error (error, "'%s'", self->path->len > 0 ? self->path->str : "/");
}

static gboolean
read_tree (Image *self, int fd, TreeRoot *out, GError **error)
{
  g_autoptr (GError) local = NULL;
  gboolean read = read_root (self, fd, &local);
  if (!put_pool_finish (g_steal_pointer (&self->pool), error))
    return FALSE;
  if (!read) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  for (guint i = 0; i < self->links->len; i++) {
    const Link *link = &g_array_index (self->links, Link, i);
    *link->slot = *link->from;
  }
  return mtree_write (self->tree, out, error);
}

gboolean
commit_ext4_write (Txn *txn, int fd, const CommitExt4Options *options, const TreeRoot *base,
                   TreeRoot *out, GError **error)
{
  Image self = {.txn = txn, .options = options, .api = ext2_load (error)};
  if (self.api == NULL)
    return FALSE;
  self.tree = mtree_new (txn, base);
  self.pool = put_pool_new (txn);
  self.dirs = g_hash_table_new (NULL, NULL);
  self.files = g_hash_table_new (NULL, NULL);
  self.links = g_array_new (FALSE, FALSE, sizeof (Link));
  self.path = g_string_new (NULL);
  self.buffer = g_malloc (BUFFER);
  gboolean ok = read_tree (&self, fd, out, error);
  if (self.fs != NULL)
    (void)self.api->close_free (&self.fs);
  g_free (self.buffer);
  g_string_free (self.path, TRUE);
  g_array_unref (self.links);
  g_hash_table_unref (self.files);
  g_hash_table_unref (self.dirs);
  mtree_free (self.tree);
  return ok;
}

#else

gboolean
commit_ext4_write (Txn *txn, int fd, const CommitExt4Options *options, const TreeRoot *base,
                   TreeRoot *out, GError **error)
{
  return throw_error (error, TREE_ERROR_UNSUPPORTED,
                      "images of file systems are not built in: build with libext2fs, or mount it "
                      "and commit the directory");
}

#endif
