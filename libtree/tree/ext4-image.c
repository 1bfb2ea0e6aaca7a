/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/ext4-image.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "tree/ext2-load.h"
#include "tree/ext4-dir.h"

enum {
  BLOCK = 4096,
  LOG_BLOCK = 2, /* 1024 << 2 */
  CHUNK_BLOCKS = 64,
  FIRST_INO = 11, /* those before are reserved */
  LOG_GROUPS_PER_FLEX = 4,
  LEAST_BLOCKS = 64,    /* besides inodes and content: the library wants a group to be worth it */
  BLOCKS_PER_INODE = 4, /* as mke2fs has it, where there is more room than needed */
  MAX_LINKS = 65000,    /* a directory that has more says 1 */
  MAX_RUN = 32768,      /* blocks in one extent */
  INODE_BYTES = 256,
  EXTRA_BYTES = sizeof (Ext2Inode) - EXT2_GOOD_OLD_INODE_SIZE,
  XATTR_ENTRY = sizeof (struct ext2_ext_attr_entry),
  XATTR_ENDS = 8, /* magic in front, zero behind */
  /* A larger file may have more extents than an inode has room for, though it has no holes. */
  MANY_EXTENTS_BLOCKS = 65536,
  FEATURES = EXT2_FEATURE_COMPAT_EXT_ATTR | EXT2_FEATURE_COMPAT_DIR_INDEX,
  FEATURES_INCOMPAT = EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_EXTENTS |
                      EXT4_FEATURE_INCOMPAT_64BIT | EXT4_FEATURE_INCOMPAT_FLEX_BG,
  FEATURES_RO = EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | EXT2_FEATURE_RO_COMPAT_LARGE_FILE |
                EXT4_FEATURE_RO_COMPAT_HUGE_FILE | EXT4_FEATURE_RO_COMPAT_DIR_NLINK |
                EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE | EXT4_FEATURE_RO_COMPAT_METADATA_CSUM,
};

#define MAX_FILE_BYTES (((guint64)G_MAXUINT32 - 1) * BLOCK)
#define MAX_BLOCKS ((guint64)1 << 48)

struct Ext4Image {
  const Ext2Api *api;
  ext2_filsys fs;
  struct struct_io_manager io; /* the library's, but for one function */
  gint64 time;
  guint32 next_ino;
  guint64 next_block; /* all before are taken */
  guint8 *chunk;      /* CHUNK_BLOCKS */
};

static gboolean
throw_image (const Ext4Image *self, errcode_t code, const char *what, GError **error)
{
  return ext2_throw (self->api, code, TREE_ERROR_FAILED, what, error);
}

/* ---- What is needed ---- */

static guint64
blocks_of (guint64 size)
{
  return size / BLOCK + (size % BLOCK > 0 ? 1 : 0);
}

/* Do they have room in the inode? The library then puts them there. Names are counted with their
 * prefixes, which the format leaves out. */
static void
need_xattrs (Ext4Need *self, const FileMeta *meta)
{
  gsize n = meta->xattrs != NULL ? g_variant_n_children (meta->xattrs) : 0;
  gsize bytes = XATTR_ENDS;
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) name = NULL;
    g_autoptr (GVariant) value = NULL;
    g_variant_get_child (meta->xattrs, i, "(@ay@ay)", &name, &value);
    bytes += XATTR_ENTRY + ((g_variant_get_size (name) + 3) & ~(gsize)3) +
             ((g_variant_get_size (value) + 3) & ~(gsize)3);
  }
  if (n > 0 && bytes > INODE_BYTES - sizeof (Ext2Inode))
    self->n_blocks++;
}

gboolean
ext4_need_file (Ext4Need *self, const FileMeta *meta, guint64 size, GError **error)
{
  guint64 n_blocks = blocks_of (size);
  if (size > MAX_FILE_BYTES)
    return throw_error (error, TREE_ERROR_UNSUPPORTED, "it is too large for ext4");
  if (meta->target != NULL)
    n_blocks = strlen (meta->target) < EXT2_N_BLOCKS * sizeof (guint32) ? 0 : 1;
  if (n_blocks > MANY_EXTENTS_BLOCKS)
    n_blocks += 2 + n_blocks / (guint64)(MAX_RUN * 32);
  self->n_inodes++;
  self->n_blocks += n_blocks;
  need_xattrs (self, meta);
  return TRUE;
}

gboolean
ext4_need_name (Ext4NamesNeed *self, const char *name, GError **error)
{
  if (strlen (name) > EXT2_NAME_LEN)
    return throw_error (error, TREE_ERROR_UNSUPPORTED, "the name is longer than %d bytes",
                        EXT2_NAME_LEN);
  self->n_bytes += ext4_dir_name_bytes (name);
  return TRUE;
}

void
ext4_need_dir (Ext4Need *self, const FileMeta *meta, const Ext4NamesNeed *names)
{
  self->n_inodes++;
  self->n_blocks += ext4_dir_max_blocks (names->n_bytes);
  need_xattrs (self, meta);
}

/* ---- Geometry ---- */

static gboolean
make_groups (Ext4Image *self, const char *name, guint64 n_blocks, guint64 n_inodes, GError **error)
{
  const Ext2Api *api = self->api;
  if (n_inodes > G_MAXUINT32 || n_blocks > MAX_BLOCKS)
    return throw_error (error, TREE_ERROR_UNSUPPORTED, "it is too large for ext4");
  struct ext2_super_block wanted = {
      .s_blocks_count = (guint32)n_blocks,
      .s_blocks_count_hi = (guint32)(n_blocks >> 32),
      .s_inodes_count = (guint32)n_inodes,
      .s_log_block_size = LOG_BLOCK,
      .s_log_cluster_size = LOG_BLOCK,
      .s_rev_level = EXT2_DYNAMIC_REV,
      .s_inode_size = INODE_BYTES,
      .s_desc_size = EXT2_MIN_DESC_SIZE_64BIT,
      .s_log_groups_per_flex = LOG_GROUPS_PER_FLEX,
      .s_feature_compat = FEATURES,
      .s_feature_incompat = FEATURES_INCOMPAT,
      .s_feature_ro_compat = FEATURES_RO,
  };
  errcode_t code = api->initialize (name, EXT2_FLAG_64BITS, &wanted, *api->unix_io_manager,
                                    &self->fs);
  if (code == 0)
    code = api->allocate_tables (self->fs);
  return code == 0 || throw_image (self, code, "lay out the file system", error);
}

/* Blocks of the journal; 0: the file system is too small for one. */
static guint
journal_blocks (const Ext4Image *self)
{
  int n = self->api->default_journal_size (self->api->blocks_count (self->fs->super));
  return n > 0 ? (guint)n : 0;
}

/* How many blocks are missing? What the journal's own index takes is counted in. */
static guint64
missing_blocks (const Ext4Image *self, const Ext4Need *need)
{
  guint journal = journal_blocks (self);
  guint64 wanted = need->n_blocks + journal + (journal > 0 ? 1 : 0);
  guint64 free_blocks = self->api->free_blocks_count (self->fs->super);
  return wanted > free_blocks ? wanted - free_blocks : 0;
}

static void
drop_groups (Ext4Image *self)
{
  if (self->fs != NULL)
    self->api->free (self->fs);
  self->fs = NULL;
}

/* The smallest that has room. What the format itself takes depends on the size in steps, and the
 * library may leave out a last group that is too small for its own tables: it is tried. */
static gboolean
fit_groups (Ext4Image *self, const char *name, const Ext4Need *need, GError **error)
{
  guint64 n_blocks = need->n_blocks + need->n_inodes * INODE_BYTES / BLOCK + LEAST_BLOCKS;
  for (;;) {
    if (!make_groups (self, name, n_blocks, need->n_inodes + FIRST_INO, error))
      return FALSE;
    guint64 missing = missing_blocks (self, need);
    if (missing == 0)
      return TRUE;
    drop_groups (self);
    n_blocks += missing;
  }
}

/* With more inodes than needed, as is usual, or at least with those. */
static gboolean
told_groups (Ext4Image *self, const char *name, const Ext4Need *need, guint64 size, GError **error)
{
  guint64 n_blocks = size / BLOCK;
  guint64 needed = need->n_inodes + FIRST_INO;
  guint64 usual = MIN (n_blocks / BLOCKS_PER_INODE, G_MAXUINT32);
  const guint64 n_inodes[] = {MAX (needed, usual), needed};
  gboolean may_fit = n_blocks > needed * INODE_BYTES / BLOCK + LEAST_BLOCKS &&
                     n_blocks > need->n_blocks;
  for (gsize i = 0; may_fit && i < G_N_ELEMENTS (n_inodes); i++) {
    drop_groups (self);
    if (!make_groups (self, name, n_blocks, n_inodes[i], error))
      return FALSE;
    if (missing_blocks (self, need) == 0)
      return TRUE;
  }
  drop_groups (self);
  if (!fit_groups (self, name, need, error))
    return FALSE;
  return throw_error (error, TREE_ERROR_NO_SPACE,
                      "the tree does not fit into %" G_GUINT64_FORMAT
                      " bytes; an image for it has about %" G_GUINT64_FORMAT,
                      size, (guint64)self->api->blocks_count (self->fs->super) * BLOCK);
}

/* ---- The file system ---- */

/* What the library takes for now. Where it is 0, the library asks the clock. */
static time_t
fake_now (gint64 seconds)
{
  return (time_t)CLAMP (seconds, 1, (gint64)G_MAXUINT32);
}

static void
identify (const Ext4Image *self, const Ext4Identity *identity)
{
  struct ext2_super_block *super = self->fs->super;
  guint32 now = (guint32)fake_now (identity->time);
  memcpy (super->s_uuid, identity->uuid, sizeof super->s_uuid);
  for (gsize i = 0; i < G_N_ELEMENTS (super->s_hash_seed); i++) {
    guint32 word;
    memcpy (&word, identity->hash_seed + i * sizeof word, sizeof word);
    super->s_hash_seed[i] = GUINT32_FROM_LE (word);
  }
  self->fs->now = fake_now (identity->time);
  super->s_mkfs_time = super->s_lastcheck = super->s_wtime = now;
  super->s_max_mnt_count = -1;
  super->s_checkinterval = 0;
  super->s_def_hash_version = EXT2_HASH_HALF_MD4;
  super->s_flags = EXT2_FLAGS_UNSIGNED_HASH; /* on every machine */
  super->s_default_mount_opts = EXT2_DEFM_XATTR_USER | EXT2_DEFM_ACL;
  super->s_min_extra_isize = super->s_want_extra_isize = EXTRA_BYTES;
  super->s_r_blocks_count = super->s_r_blocks_count_hi = 0;
  super->s_checksum_type = EXT2_CRC32C_CHKSUM;
  self->api->init_csum_seed (self->fs);
}

/* The file is new, and all zeros: what the library would do takes room on the disk. */
static errcode_t
leave_zero (io_channel channel, unsigned long long block, unsigned long long count)
{
  return 0;
}

static void
keep_sparse (Ext4Image *self)
{
  self->io = *self->fs->io->manager;
  self->io.zeroout = leave_zero;
  self->fs->io->manager = &self->io;
}

/* The inodes that every file system has, and the journal. */
static gboolean
add_reserved (Ext4Image *self, GError **error)
{
  for (ext2_ino_t ino = 1; ino < FIRST_INO; ino++)
    self->api->inode_alloc_stats2 (self->fs, ino, 1, ino == EXT4_ROOT);
  errcode_t code = self->api->update_bb_inode (self->fs, NULL);
  guint journal = journal_blocks (self);
  if (code == 0 && journal > 0)
    code = self->api->add_journal_inode (self->fs, journal, 0);
  return code == 0 || throw_image (self, code, "write the journal", error);
}

Ext4Image *
ext4_image_new (int fd, const Ext4Need *need, const Ext4Identity *identity, GError **error)
{
  g_autoptr (Ext4Image) self = g_new0 (Ext4Image, 1);
  g_autofree char *name = g_strdup_printf ("/proc/self/fd/%d", fd);
  self->api = ext2_load (error);
  if (self->api == NULL)
    return NULL;
  self->time = identity->time;
  self->next_ino = FIRST_INO;
  self->chunk = g_malloc (CHUNK_BLOCKS * BLOCK);
  gboolean ok = identity->size_bytes > 0
                    ? told_groups (self, name, need, identity->size_bytes, error)
                    : fit_groups (self, name, need, error);
  if (!ok)
    return NULL;
  guint64 size = MAX (identity->size_bytes, self->api->blocks_count (self->fs->super) * BLOCK);
  if (ftruncate (fd, (off_t)size) < 0)
    return throw_errno_null (error, "make the image %" G_GUINT64_FORMAT " bytes large", size);
  identify (self, identity);
  keep_sparse (self);
  if (!add_reserved (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

gboolean
ext4_image_finish (Ext4Image *self, GError **error)
{
  errcode_t code = self->api->close_free (&self->fs);
  return code == 0 || throw_image (self, code, "write the file system", error);
}

void
ext4_image_free (Ext4Image *self)
{
  if (self == NULL)
    return;
  drop_groups (self);
  g_free (self->chunk);
  g_free (self);
}

/* ---- Inodes ---- */

static gboolean
take_ino (Ext4Image *self, gboolean is_dir, guint32 *out, GError **error)
{
  if (self->next_ino > self->fs->super->s_inodes_count)
    return throw_error (error, TREE_ERROR_NO_SPACE, "the file system has no inodes left");
  *out = self->next_ino++;
  self->api->inode_alloc_stats2 (self->fs, *out, 1, is_dir);
  return TRUE;
}

/* Seconds have 34 bits, two of them beside the nanoseconds, and begin in 1901. */
static void
set_times (const Ext4Image *self, Ext2Inode *inode)
{
  const gint64 first = G_MININT32;
  gint64 seconds = CLAMP (self->time, first, first + ((gint64)1 << 34) - 1);
  guint32 low = (guint32)seconds;
  guint32 extra = (guint32)((seconds - (gint32)low) >> 32) & 3;
  inode->i_atime = inode->i_ctime = inode->i_mtime = inode->i_crtime = low;
  inode->i_atime_extra = inode->i_ctime_extra = inode->i_mtime_extra = inode
                                                                           ->i_crtime_extra = extra;
}

static void
init_inode (const Ext4Image *self, const FileMeta *meta, Ext2Inode *out)
{
  *out = (Ext2Inode){
      .i_mode = (guint16)meta->mode,
      .i_uid = (guint16)meta->uid,
      .i_gid = (guint16)meta->gid,
      .i_links_count = 1,
      .i_extra_isize = EXTRA_BYTES,
  };
  out->osd2.linux2.l_i_uid_high = (guint16)(meta->uid >> 16);
  out->osd2.linux2.l_i_gid_high = (guint16)(meta->gid >> 16);
  set_times (self, out);
}

static void
set_size (Ext2Inode *inode, guint64 size)
{
  inode->i_size = (guint32)size;
  inode->i_size_high = (guint32)(size >> 32);
}

static gboolean
write_inode (const Ext4Image *self, guint32 ino, Ext2Inode *inode, GError **error)
{
  errcode_t code = self->api->write_inode_full (self->fs, ino, (struct ext2_inode *)inode,
                                                sizeof *inode);
  return code == 0 || throw_image (self, code, "write inode", error);
}

static gboolean
throw_xattr (const Ext4Image *self, errcode_t code, const char *name, GError **error)
{
  if (code == EXT2_ET_EA_NO_SPACE)
    return throw_error (error, TREE_ERROR_UNSUPPORTED,
                        "its extended attributes are more than ext4 has room for, an inode and a "
                        "block of %d bytes; leave them out with --no-xattrs",
                        BLOCK);
  g_autofree char *what = g_strdup_printf ("set attribute '%s'", name);
  return throw_image (self, code, what, error);
}

static gboolean
set_xattrs (const Ext4Image *self, struct ext2_xattr_handle *handle, GVariant *xattrs,
            GError **error)
{
  gsize n = g_variant_n_children (xattrs);
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) name = NULL;
    g_autoptr (GVariant) value = NULL;
    g_variant_get_child (xattrs, i, "(@ay@ay)", &name, &value);
    gsize len = 0;
    const void *data = g_variant_get_fixed_array (value, &len, 1);
    const char *text = g_variant_get_bytestring (name);
    errcode_t code = self->api->xattr_set (handle, text, data, len);
    if (code != 0)
      return throw_xattr (self, code, text, error);
  }
  return TRUE;
}

/* Once the inode is written, which this changes. */
static gboolean
write_xattrs (const Ext4Image *self, guint32 ino, GVariant *xattrs, GError **error)
{
  struct ext2_xattr_handle *handle = NULL;
  if (xattrs == NULL)
    return TRUE;
  errcode_t code = self->api->xattrs_open (self->fs, ino, &handle);
  if (code == 0)
    code = self->api->xattrs_read (handle);
  gboolean ok = code == 0 ? set_xattrs (self, handle, xattrs, error)
                          : throw_image (self, code, "prepare attributes", error);
  if (handle != NULL)
    (void)self->api->xattrs_close (&handle);
  return ok;
}

/* ---- Blocks of an inode ---- */

/* Appends blocks to an inode. What goes on where the last block ended is one extent. */
typedef struct {
  Ext4Image *image;
  guint32 ino;
  Ext2Inode *inode;
  ext2_extent_handle_t handle;
  struct ext2fs_extent run; /* not in the inode yet; empty: e_len is 0 */
  guint64 n_blocks;         /* of the file, holes included */
} Stream;

static gboolean
stream_begin (Stream *self, Ext4Image *image, guint32 ino, Ext2Inode *inode, GError **error)
{
  *self = (Stream){.image = image, .ino = ino, .inode = inode};
  inode->i_flags |= EXT4_EXTENTS_FL;
  errcode_t code = image->api->extent_open2 (image->fs, ino, (struct ext2_inode *)inode,
                                             &self->handle);
  return code == 0 || throw_image (image, code, "begin a file", error);
}

static gboolean
stream_put_run (Stream *self, GError **error)
{
  if (self->run.e_len == 0)
    return TRUE;
  const Ext4Image *image = self->image;
  errcode_t code = image->api->extent_insert (self->handle, EXT2_EXTENT_INSERT_AFTER, &self->run);
  if (code == 0)
    code = image->api->iblk_add_blocks (image->fs, (struct ext2_inode *)self->inode,
                                        self->run.e_len);
  self->run.e_len = 0;
  return code == 0 || throw_image (image, code, "write extent", error);
}

static gboolean
stream_end (Stream *self, GError **error)
{
  gboolean ok = stream_put_run (self, error);
  self->image->api->extent_free (self->handle);
  self->handle = NULL;
  return ok;
}

/* Takes up to @wanted free blocks behind those that are taken. */
static gboolean
take_blocks (Ext4Image *self, guint wanted, blk64_t *out_first, guint *out_n, GError **error)
{
  blk64_t last = self->api->blocks_count (self->fs->super) - 1;
  blk64_t first = 0;
  errcode_t code = self->next_block > last
                       ? ENOENT
                       : self->api->find_first_zero_block_bitmap2 (self->fs->block_map,
                                                                   self->next_block, last, &first);
  if (code != 0)
    return throw_error (error, TREE_ERROR_NO_SPACE, "the file system is full");
  blk64_t end = MIN (last, first + wanted - 1) + 1;
  blk64_t taken;
  if (self->api->find_first_set_block_bitmap2 (self->fs->block_map, first, end - 1, &taken) == 0)
    end = taken;
  *out_first = first;
  *out_n = (guint)(end - first);
  self->api->block_alloc_stats_range (self->fs, first, (blk_t)*out_n, 1);
  self->next_block = end;
  return TRUE;
}

/* The next @n blocks of the file are at @first. */
static gboolean
stream_map (Stream *self, blk64_t first, guint n, GError **error)
{
  struct ext2fs_extent *run = &self->run;
  if (run->e_len > 0 && run->e_pblk + run->e_len == first &&
      run->e_lblk + run->e_len == self->n_blocks && run->e_len + n <= MAX_RUN)
    run->e_len += n;
  else {
    if (!stream_put_run (self, error))
      return FALSE;
    *run = (struct ext2fs_extent){.e_pblk = first, .e_lblk = self->n_blocks, .e_len = n};
  }
  self->n_blocks += n;
  return TRUE;
}

static gboolean
stream_write (Stream *self, const guint8 *data, guint n, GError **error)
{
  Ext4Image *image = self->image;
  while (n > 0) {
    blk64_t first;
    guint step;
    if (!take_blocks (image, n, &first, &step, error))
      return FALSE;
    errcode_t code = image->api->io_write (image->fs->io, first, (int)step, data);
    if (code != 0)
      return throw_image (image, code, "write", error);
    if (!stream_map (self, first, step, error))
      return FALSE;
    data += (gsize)step * BLOCK;
    n -= step;
  }
  return TRUE;
}

static gboolean
is_zero (const guint8 *block)
{
  return block[0] == 0 && memcmp (block, block + 1, BLOCK - 1) == 0;
}

/* Blocks of zeros become holes. */
static gboolean
stream_write_sparse (Stream *self, const guint8 *data, guint n, GError **error)
{
  for (guint from = 0; from < n;) {
    guint to = from;
    gboolean zero = is_zero (data + (gsize)from * BLOCK);
    while (to < n && is_zero (data + (gsize)to * BLOCK) == zero)
      to++;
    if (zero)
      self->n_blocks += to - from;
    else if (!stream_write (self, data + (gsize)from * BLOCK, to - from, error))
      return FALSE;
    from = to;
  }
  return TRUE;
}

/* ---- Files ---- */

static gboolean
copy_content (Stream *self, Source *content, guint64 size, GError **error)
{
  guint8 *chunk = self->image->chunk;
  guint64 done = 0;
  gsize n = 0;
  do {
    if (!source_read_full (content, chunk, CHUNK_BLOCKS * BLOCK, &n, error))
      return FALSE;
    done += n;
    guint n_blocks = (guint)blocks_of (n);
    memset (chunk + n, 0, (gsize)n_blocks * BLOCK - n);
    if (done <= size && !stream_write_sparse (self, chunk, n_blocks, error))
      return FALSE;
  } while (n == CHUNK_BLOCKS * BLOCK && done <= size);
  return done == size ||
         throw_error (error, TREE_ERROR_CORRUPT,
                      "its object has other than the %" G_GUINT64_FORMAT " bytes that it claims",
                      size);
}

static gboolean
write_content (Ext4Image *self, guint32 ino, Ext2Inode *inode, Source *content, guint64 size,
               GError **error)
{
  Stream stream;
  if (!stream_begin (&stream, self, ino, inode, error))
    return FALSE;
  gboolean ok = copy_content (&stream, content, size, error);
  return stream_end (&stream, ok ? error : NULL) && ok;
}

/* A short target lies where a file has its extents. */
static gboolean
write_target (Ext4Image *self, guint32 ino, Ext2Inode *inode, const char *target, GError **error)
{
  gsize len = strlen (target);
  if (len >= PATH_MAX)
    return throw_error (error, TREE_ERROR_UNSUPPORTED, "the target of the link is too long");
  set_size (inode, len);
  if (len < sizeof inode->i_block) {
    memcpy (inode->i_block, target, len);
    return TRUE;
  }
  MemorySource source;
  memory_source_init (&source, target, len);
  return write_content (self, ino, inode, &source.source, len, error);
}

gboolean
ext4_image_add_file (Ext4Image *self, const FileMeta *meta, Source *content, guint64 size,
                     guint32 *out_ino, GError **error)
{
  Ext2Inode inode;
  guint32 ino = 0;
  if (!take_ino (self, FALSE, &ino, error))
    return FALSE;
  init_inode (self, meta, &inode);
  if (content != NULL)
    set_size (&inode, size);
  if (!(content != NULL ? write_content (self, ino, &inode, content, size, error)
                        : write_target (self, ino, &inode, meta->target, error)) ||
      !write_inode (self, ino, &inode, error) || !write_xattrs (self, ino, meta->xattrs, error))
    return FALSE;
  *out_ino = ino;
  return TRUE;
}

/* ---- Directories ---- */

gboolean
ext4_image_begin_dir (Ext4Image *self, guint32 *out_ino, GError **error)
{
  return take_ino (self, TRUE, out_ino, error);
}

static gboolean
put_dir_block (gpointer user_data, void *block, GError **error)
{
  Stream *stream = user_data;
  Ext4Image *image = stream->image;
  blk64_t at;
  guint n;
  if (!take_blocks (image, 1, &at, &n, error))
    return FALSE;
  errcode_t code = image->api->write_dir_block4 (image->fs, at, block, 0, stream->ino);
  if (code != 0)
    return throw_image (image, code, "write directory", error);
  return stream_map (stream, at, n, error);
}

static guint
count_dirs (const Ext4Name *names, guint n)
{
  guint n_dirs = 0;
  for (guint i = 0; i < n; i++)
    n_dirs += S_ISDIR (names[i].mode) ? 1 : 0;
  return n_dirs;
}

gboolean
ext4_image_end_dir (Ext4Image *self, guint32 ino, guint32 parent, const FileMeta *meta,
                    const Ext4Name *names, guint n_names, GError **error)
{
  Ext2Inode inode;
  Stream stream;
  guint n_links = 2 + count_dirs (names, n_names);
  init_inode (self, meta, &inode);
  inode.i_links_count = n_links < MAX_LINKS ? (guint16)n_links : 1;
  if (!stream_begin (&stream, self, ino, &inode, error))
    return FALSE;
  Ext4DirWriter writer = {self->api, self->fs, ino, parent, put_dir_block, &stream};
  gboolean indexed = FALSE;
  gboolean ok = ext4_dir_write (&writer, names, n_names, &indexed, error);
  if (!stream_end (&stream, ok ? error : NULL) || !ok)
    return FALSE;
  set_size (&inode, stream.n_blocks * BLOCK);
  if (indexed)
    inode.i_flags |= EXT2_INDEX_FL;
  return write_inode (self, ino, &inode, error) && write_xattrs (self, ino, meta->xattrs, error);
}
