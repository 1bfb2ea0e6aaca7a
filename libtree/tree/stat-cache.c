/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/stat-cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/error.h"
#include "base/fd.h"
#include "plain/layout.h"

enum {
  RACY_SECS = 2
};

typedef struct {
  char magic[8];
  guint64 n_records;
  TreeChecksum of_records; /* of all bytes behind the header */
} Header;

static const char magic[8] = "PANDOST1";

typedef struct {
  guint64 dev;
  guint64 ino;
  guint64 size;
  gint64 mtime_ns;
  gint64 ctime_ns;
  TreeChecksum checksum;
} Record;

struct StatCache {
  int repo_dfd; /* borrowed */
  char *path;
  void *map;
  gsize map_len;
  const Record *records; /* in the map */
  gsize n_records;
  gint64 newest_ns;    /* younger files are not recorded */
  GMutex mutex;        /* guards the rest */
  GArray *fresh;       /* Record */
  gboolean has_learnt; /* some record is not in the file */
};

static gint64
to_ns (const struct timespec *at)
{
  return (gint64)at->tv_sec * 1000000000 + at->tv_nsec;
}

static void
use_map (StatCache *self)
{
  const Header *header = self->map;
  if (self->map_len < sizeof *header || memcmp (header->magic, magic, sizeof magic) != 0 ||
      header->n_records != (self->map_len - sizeof *header) / sizeof (Record) ||
      header->n_records * sizeof (Record) != self->map_len - sizeof *header)
    return;
  TreeChecksum found;
  hash_data (header + 1, self->map_len - sizeof *header, &found);
  if (!tree_checksum_equal (&found, &header->of_records))
    return;
  self->records = (const Record *)(header + 1);
  self->n_records = header->n_records;
}

StatCache *
stat_cache_open (const TreeRepo *repo, const TreeChecksum *key)
{
  StatCache *self = g_new0 (StatCache, 1);
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (key, hex);
  self->repo_dfd = repo->dfd;
  self->path = g_strconcat (REPO_STAT_CACHE "/", hex, NULL);
  self->newest_ns = ((gint64)time (NULL) - RACY_SECS) * 1000000000;
  self->fresh = g_array_new (FALSE, FALSE, sizeof (Record));
  g_mutex_init (&self->mutex);
  autofd int fd = openat (repo->dfd, self->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  struct stat st;
  if (fd < 0 || fstat (fd, &st) < 0 || st.st_size < (off_t)sizeof (Header))
    return self;
  void *map = mmap (NULL, (gsize)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (map == MAP_FAILED)
    return self;
  self->map = map;
  self->map_len = (gsize)st.st_size;
  use_map (self);
  (void)futimens (fd, NULL); /* what is not used for long is deleted */
  return self;
}

void
stat_cache_free (StatCache *self)
{
  if (self == NULL)
    return;
  if (self->map != NULL)
    (void)munmap (self->map, self->map_len);
  g_array_unref (self->fresh);
  g_mutex_clear (&self->mutex);
  g_free (self->path);
  g_free (self);
}

static int
compare_records (const void *a, const void *b)
{
  const Record *left = a;
  const Record *right = b;
  if (left->dev != right->dev)
    return left->dev < right->dev ? -1 : 1;
  if (left->ino != right->ino)
    return left->ino < right->ino ? -1 : 1;
  return 0;
}

static Record
record_of (const struct stat *st)
{
  return (Record){.dev = st->st_dev,
                  .ino = st->st_ino,
                  .size = (guint64)st->st_size,
                  .mtime_ns = to_ns (&st->st_mtim),
                  .ctime_ns = to_ns (&st->st_ctim)};
}

gboolean
stat_cache_lookup (const StatCache *self, const struct stat *st, TreeChecksum *out)
{
  Record key = record_of (st);
  const Record *found = self->n_records > 0 ? bsearch (&key, self->records, self->n_records,
                                                       sizeof key, compare_records)
                                            : NULL;
  if (found == NULL || found->size != key.size || found->mtime_ns != key.mtime_ns ||
      found->ctime_ns != key.ctime_ns)
    return FALSE;
  *out = found->checksum;
  return TRUE;
}

void
stat_cache_record (StatCache *self, const struct stat *st, const TreeChecksum *checksum,
                   gboolean was_hit)
{
  Record record = record_of (st);
  if (record.mtime_ns >= self->newest_ns || record.ctime_ns >= self->newest_ns)
    return;
  record.checksum = *checksum;
  g_mutex_lock (&self->mutex);
  g_array_append_val (self->fresh, record);
  self->has_learnt |= !was_hit;
  g_mutex_unlock (&self->mutex);
}

gboolean
stat_cache_save (StatCache *self, GError **error)
{
  GArray *fresh = self->fresh;
  /* What is in the file and was not asked for does no harm until the next change. */
  if (!self->has_learnt)
    return TRUE;
  if (fresh->len > 1)
    qsort (fresh->data, fresh->len, sizeof (Record), compare_records);
  /* A file with several links was recorded several times. */
  guint n = 0;
  for (guint i = 0; i < fresh->len; i++) {
    const Record *record = &g_array_index (fresh, Record, i);
    if (n == 0 || compare_records (&g_array_index (fresh, Record, n - 1), record) != 0)
      g_array_index (fresh, Record, n++) = *record;
  }
  g_array_set_size (fresh, n);
  Header header = {.n_records = n};
  memcpy (header.magic, magic, sizeof magic);
  hash_data (fresh->data, n * sizeof (Record), &header.of_records);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_byte_array_append (bytes, (const guint8 *)&header, sizeof header);
  g_byte_array_append (bytes, (const guint8 *)fresh->data, n * (guint)sizeof (Record));
  return dir_ensure_at (self->repo_dfd, REPO_STAT_CACHE, 0755, error) &&
         file_replace_at (self->repo_dfd, self->path, bytes->data, bytes->len, 0644, error);
}
