/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/stat-cache.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/source.h"
#include "plain/layout.h"
#include "tree/inode-table.h"

enum {
  RACY_SECS = 2
};

typedef struct {
  char magic[8];
  guint64 n_records;
  guint64 salt;            /* of the records' marks */
  TreeChecksum of_records; /* of all bytes behind the header */
} Header;

static const char magic[8] = "PANDOST2";

struct StatCache {
  int dfd; /* of the folder; -1: it cannot be written */
  char *name;
  guint64 salt;
  InodeTable *table;   /* of the file; or NULL */
  InodeWriter *writer; /* of the next; NULL where it cannot be written */
  gint64 newest_ns;    /* younger files are not recorded */
  gint has_learnt;     /* atomic: some record is not in the file */
};

static gint64
to_ns (const struct timespec *at)
{
  return (gint64)at->tv_sec * 1000000000 + at->tv_nsec;
}

/* Device, size and times in one word. Each step is reversible: a file of which one of them changed
 * never has the mark that it had. */
static guint64
mark_of (const StatCache *self, const struct stat *st)
{
  const guint64 words[] = {st->st_dev, (guint64)st->st_size, (guint64)to_ns (&st->st_mtim),
                           (guint64)to_ns (&st->st_ctim)};
  guint64 mark = self->salt;
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++) {
    mark = (mark ^ words[i]) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
    mark ^= mark >> 32;
  }
  return mark;
}

/* ---- The file ---- */

/* By reading: what is mapped counts as memory of the process. */
static gboolean
hash_rest (int fd, TreeChecksum *out)
{
  guint64 n = 0;
  g_autoptr (Hasher) hasher = hasher_new ();
  gboolean ok = fd_hash (fd, hasher, &n, NULL);
  hasher_final (hasher, out);
  return ok;
}

static void
use_file (StatCache *self)
{
  Header header;
  struct stat st;
  TreeChecksum found;
  autofd int fd = openat (self->dfd, self->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 || fstat (fd, &st) < 0 || read (fd, &header, sizeof header) != sizeof header ||
      memcmp (header.magic, magic, sizeof magic) != 0)
    return;
  guint64 bytes = (guint64)st.st_size - sizeof header;
  if (header.n_records != bytes / sizeof (InodeRecord) || bytes % sizeof (InodeRecord) != 0 ||
      !hash_rest (fd, &found) || !tree_checksum_equal (&found, &header.of_records))
    return;
  self->table = inode_table_map (fd, sizeof header, header.n_records, NULL);
  if (self->table != NULL)
    self->salt = header.salt;
  (void)futimens (fd, NULL); /* what is not used for long is deleted */
}

StatCache *
stat_cache_open (const TreeRepo *repo, const TreeChecksum *key)
{
  StatCache *self = g_new0 (StatCache, 1);
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (key, hex);
  self->name = g_strdup (hex);
  self->salt = (guint64)g_random_int () << 32 | g_random_int ();
  self->newest_ns = ((gint64)time (NULL) - RACY_SECS) * 1000000000;
  self->dfd = dir_ensure_at (repo->dfd, REPO_STAT_CACHE, 0755, NULL)
                  ? dir_open_at (repo->dfd, REPO_STAT_CACHE, NULL)
                  : -1;
  if (self->dfd < 0)
    return self;
  self->writer = inode_writer_new (self->dfd);
  use_file (self);
  return self;
}

void
stat_cache_free (StatCache *self)
{
  if (self == NULL)
    return;
  inode_table_free (self->table);
  inode_writer_free (self->writer);
  fd_cleanup (&self->dfd);
  g_free (self->name);
  g_free (self);
}

/* ---- Its records ---- */

gboolean
stat_cache_lookup (const StatCache *self, const struct stat *st, TreeChecksum *out)
{
  return self->table != NULL && inode_table_find (self->table, st->st_ino, mark_of (self, st), out);
}

void
stat_cache_record (StatCache *self, const struct stat *st, const TreeChecksum *checksum,
                   gboolean was_hit)
{
  if (self->writer == NULL || to_ns (&st->st_mtim) >= self->newest_ns ||
      to_ns (&st->st_ctim) >= self->newest_ns)
    return;
  inode_writer_add (self->writer, &(InodeRecord){st->st_ino, mark_of (self, st), *checksum});
  if (!was_hit)
    g_atomic_int_set (&self->has_learnt, TRUE);
}

static gboolean
write_file (StatCache *self, int fd, GError **error)
{
  Header header = {.salt = self->salt};
  g_autoptr (Hasher) hasher = hasher_new ();
  memcpy (header.magic, magic, sizeof magic);
  if (lseek (fd, sizeof header, SEEK_SET) < 0)
    return throw_errno (error, "seek");
  if (!inode_writer_finish (self->writer, fd, hasher, &header.n_records, error))
    return FALSE;
  hasher_final (hasher, &header.of_records);
  return (pwrite (fd, &header, sizeof header, 0) == sizeof header && fchmod (fd, 0644) == 0) ||
         throw_errno (error, "write");
}

gboolean
stat_cache_save (StatCache *self, GError **error)
{
  /* What is in the file and was not asked for does no harm until the next change. */
  if (!self->has_learnt)
    return TRUE;
  g_autofree char *temp = NULL;
  autofd int fd = file_open_temp (self->dfd, ".tmp", &temp, error);
  if (fd < 0)
    return FALSE;
  gboolean ok = write_file (self, fd, error) ||
                prefix_error (error, "write '" REPO_STAT_CACHE "/%s'", self->name);
  if (ok && renameat (self->dfd, temp, self->dfd, self->name) < 0)
    ok = throw_errno (error, "rename to '" REPO_STAT_CACHE "/%s'", self->name);
  if (!ok)
    (void)unlinkat (self->dfd, temp, 0); /* else it goes when it was not used for long */
  return ok;
}
