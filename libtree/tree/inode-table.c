/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/inode-table.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/temp-file.h"

enum {
  RUN = 64 * 1024,         /* records that are sorted at once */
  BLOCK = 512,             /* records that are read or written at once */
  FINDS_UNTIL_DROP = 4096, /* neighbours on disk are asked for one after the other: few pages */
};

static int
compare_records (const void *a, const void *b)
{
  const InodeRecord *left = a;
  const InodeRecord *right = b;
  return left->ino < right->ino ? -1 : left->ino > right->ino ? 1 : 0;
}

/* ---- Writing ---- */

struct InodeWriter {
  int dfd;        /* borrowed */
  GMutex mutex;   /* guards all below */
  GArray *run;    /* InodeRecord: the last, in memory */
  TempFile full;  /* all runs before it, RUN records each */
  GError *failed; /* or NULL */
};

InodeWriter *
inode_writer_new (int dfd)
{
  InodeWriter *self = g_new0 (InodeWriter, 1);
  self->dfd = dfd;
  g_mutex_init (&self->mutex);
  self->run = g_array_new (FALSE, FALSE, sizeof (InodeRecord));
  self->full = (TempFile)TEMP_FILE_INIT;
  return self;
}

void
inode_writer_free (InodeWriter *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->run);
  temp_file_clear (&self->full);
  g_clear_error (&self->failed);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

static void
sort_run (InodeWriter *self)
{
  if (self->run->len > 1)
    qsort (self->run->data, self->run->len, sizeof (InodeRecord), compare_records);
}

static gboolean
spill (InodeWriter *self, GError **error)
{
  if (self->full.fd < 0 && !temp_file_open (&self->full, self->dfd, error))
    return FALSE;
  sort_run (self);
  gsize bytes = (gsize)self->run->len * sizeof (InodeRecord);
  g_array_set_size (self->run, 0);
  return temp_file_append (&self->full, self->run->data, bytes, error);
}

void
inode_writer_add (InodeWriter *self, const InodeRecord *record)
{
  g_mutex_lock (&self->mutex);
  if (self->failed == NULL) {
    g_array_append_val (self->run, *record);
    if (self->run->len == RUN)
      (void)spill (self, &self->failed);
  }
  g_mutex_unlock (&self->mutex);
}

/* One sorted run while it is merged. */
typedef struct {
  InodeRecord *records; /* owned, unless they are those in memory */
  gsize at;
  gsize n;      /* in records */
  off_t offset; /* in the file, of what follows */
  gsize n_left; /* in the file */
} Head;

/* The next record; *@out is NULL at the end of the run. */
static gboolean
peek (const InodeWriter *self, Head *head, const InodeRecord **out, GError **error)
{
  *out = NULL;
  if (head->at == head->n && head->n_left > 0) {
    head->n = MIN (head->n_left, BLOCK);
    head->at = 0;
    gsize bytes = head->n * sizeof (InodeRecord);
    if (pread (self->full.fd, head->records, bytes, head->offset) != (ssize_t)bytes)
      return throw_errno (error, "read a temporary file");
    head->offset += (off_t)bytes;
    head->n_left -= head->n;
  }
  if (head->at < head->n)
    *out = &head->records[head->at];
  return TRUE;
}

typedef struct {
  int fd;
  Hasher *hasher; /* or NULL */
  InodeRecord records[BLOCK];
  gsize n;
  guint64 n_written;
  guint64 last_ino;
} Output;

static gboolean
flush (Output *self, GError **error)
{
  gsize bytes = self->n * sizeof (InodeRecord);
  if (self->hasher != NULL)
    hasher_update (self->hasher, self->records, bytes);
  self->n_written += self->n;
  self->n = 0;
  return fd_write_all (self->fd, self->records, bytes, error);
}

static gboolean
put (Output *self, const InodeRecord *record, GError **error)
{
  gboolean first = self->n_written + self->n == 0;
  if (!first && record->ino == self->last_ino)
    return TRUE; /* a file with several names */
  self->last_ino = record->ino;
  self->records[self->n++] = *record;
  return self->n < BLOCK || flush (self, error);
}

/* There are few runs: 16 for a million records. */
static gboolean
merge (const InodeWriter *self, Head *heads, guint n_heads, Output *output, GError **error)
{
  for (;;) {
    const InodeRecord *least = NULL;
    Head *from = NULL;
    for (guint i = 0; i < n_heads; i++) {
      const InodeRecord *record = NULL;
      if (!peek (self, &heads[i], &record, error))
        return FALSE;
      if (record != NULL && (least == NULL || record->ino < least->ino)) {
        least = record;
        from = &heads[i];
      }
    }
    if (least == NULL)
      return flush (output, error);
    if (!put (output, least, error))
      return FALSE;
    from->at++;
  }
}

gboolean
inode_writer_finish (InodeWriter *self, int fd, Hasher *hasher, guint64 *out_n, GError **error)
{
  if (self->failed != NULL) {
    g_propagate_error (error, g_steal_pointer (&self->failed));
    return FALSE;
  }
  guint n_full = (guint)(self->full.size / (RUN * sizeof (InodeRecord)));
  g_autofree Head *heads = g_new0 (Head, n_full + 1);
  sort_run (self);
  heads[n_full] = (Head){.records = (InodeRecord *)(void *)self->run->data, .n = self->run->len};
  for (guint i = 0; i < n_full; i++)
    heads[i] = (Head){.records = g_new (InodeRecord, BLOCK),
                      .offset = (off_t)((gsize)i * RUN * sizeof (InodeRecord)),
                      .n_left = RUN};
  g_autofree Output *output = g_new0 (Output, 1);
  output->fd = fd;
  output->hasher = hasher;
  gboolean ok = merge (self, heads, n_full + 1, output, error);
  for (guint i = 0; i < n_full; i++)
    g_free (heads[i].records);
  *out_n = output->n_written;
  return ok;
}

/* ---- Reading ---- */

struct InodeTable {
  guint8 *map;
  gsize map_len;
  const InodeRecord *records; /* in the map */
  gsize n;
  guint n_finds; /* atomic; may wrap */
};

InodeTable *
inode_table_map (int fd, gsize at, guint64 n, GError **error)
{
  g_autoptr (InodeTable) self = g_new0 (InodeTable, 1);
  if (n > (G_MAXSIZE - at) / sizeof (InodeRecord))
    return throw_null (error, TREE_ERROR_UNSUPPORTED, "a table of %" G_GUINT64_FORMAT " files", n);
  if (n == 0)
    return g_steal_pointer (&self);
  gsize len = at + (gsize)n * sizeof (InodeRecord);
  void *map = mmap (NULL, len, PROT_READ, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED)
    return throw_errno_null (error, "map a table of files");
  self->map = map;
  self->map_len = len;
  self->records = (const InodeRecord *)(void *)(self->map + at);
  self->n = (gsize)n;
  return g_steal_pointer (&self);
}

void
inode_table_free (InodeTable *self)
{
  if (self == NULL)
    return;
  if (self->map != NULL)
    (void)munmap (self->map, self->map_len);
  g_free (self);
}

gboolean
inode_table_find (InodeTable *self, guint64 ino, guint64 mark, TreeChecksum *out)
{
  const InodeRecord key = {.ino = ino};
  const InodeRecord *found = self->n > 0 ? bsearch (&key, self->records, self->n, sizeof key,
                                                    compare_records)
                                         : NULL;
  gboolean same = found != NULL && found->mark == mark;
  if (same)
    *out = found->checksum;
  /* The pages stay in the kernel's cache; this process has them no longer. */
  if (self->n > 0 && g_atomic_int_add ((gint *)&self->n_finds, 1) % FINDS_UNTIL_DROP == 0)
    (void)madvise (self->map, self->map_len, MADV_DONTNEED);
  return same;
}
