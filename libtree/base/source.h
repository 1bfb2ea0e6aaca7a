/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where bytes come from: memory, a file, an inflater over another source, a hasher over another
 * source. */
#pragma once

#include <glib.h>

#include "base/hash.h"

typedef struct Source Source;
struct Source {
  /* At most @len bytes into @buffer; 0 at the end, -1 with an error set. */
  gssize (*read) (Source *self, void *buffer, gsize len, GError **error);
  /* Frees what the source holds, not what it was given. NULL where there is nothing. */
  void (*close) (Source *self);
  /* When all that is left is in memory: the bytes. Consumers that take whole buffers look here
   * first. */
  const guint8 *data;
  gsize data_len;
};

void source_close (Source *self);

typedef struct {
  Source source;
} MemorySource;
void memory_source_init (MemorySource *self, const void *data, gsize len);

typedef struct {
  Source source;
  int fd;       /* borrowed */
  guint64 left; /* read no more than this */
} FdSource;
void fd_source_init (FdSource *self, int fd, guint64 max_bytes);
/* The descriptor when the source is all of a file, not read from yet and without a limit
 * (G_MAXUINT64); else -1. */
int fd_source_whole (const Source *source);

/* Passes bytes through and hashes them. */
typedef struct {
  Source source;
  Source *inner;  /* borrowed */
  Hasher *hasher; /* borrowed; has been given what goes before the bytes */
  guint64 n_bytes;
} HashSource;
void hash_source_init (HashSource *self, Source *inner, Hasher *hasher);

/* Reads until @len bytes are there or the source ends; *@out_len says how many. */
gboolean source_read_full (Source *self, void *buffer, gsize len, gsize *out_len, GError **error);
/* Reads the source to its end and hashes it, through a buffer of the caller; *@out_n_bytes
 * (nullable) says how much there was. */
gboolean source_hash (Source *self, Hasher *hasher, void *buffer, gsize len, guint64 *out_n_bytes,
                      GError **error);
/* The same of a file, from where it is read now. */
gboolean fd_hash (int fd, Hasher *hasher, guint64 *out_n_bytes, GError **error);
