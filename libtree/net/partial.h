/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Downloads that outlive their transfer, and their process.
 *
 * A directory holds the raw bytes of large files that did not come to their end, each under a name
 * that the caller chose, with the URL and the entity tag that they belong to as attributes. Another
 * try asks for what is behind them ("Range"), if the server has that very file still ("If-Range").
 * A file is locked while somebody fills it; another process that wants the same one does without.
 *
 * What is there may be damaged, when the machine stopped while it was written: whoever uses the
 * whole file verifies it, and forgets it if it is bad. */
#pragma once

#include <glib.h>

/* Files smaller than this are fetched anew: that costs less than to keep them. */
#define PARTIAL_MIN_BYTES (1024 * 1024)

typedef struct PartialDir PartialDir;

/* @dfd: borrowed. @sync: what came is to survive a power cut. */
PartialDir *partial_dir_new (int dfd, gboolean sync);
void partial_dir_free (PartialDir *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PartialDir, partial_dir_free)

/* One of them, open and locked. */
typedef struct {
  PartialDir *dir; /* borrowed */
  char *name;
  int fd; /* -1: there is none */
  /* Bytes that are built on; what comes goes behind them. The last byte of what is there comes
   * again: a range behind the end would be an error, and a download may have been cut when all but
   * the end of it was through. */
  guint64 len;
  guint64 unsynced; /* written since the last sync */
  char *etag;       /* as the server sent it, with its quotes */
} Partial;

#define PARTIAL_INIT ((Partial){.fd = -1})

/* Finds what came of @url under @name; FALSE when there is nothing that can be used. */
gboolean partial_find (PartialDir *dir, const char *name, const char *url, Partial *out);
/* Begins a new one, in the place of what is under @name. FALSE when it cannot be kept: @etag is
 * NULL or weak, another process has it, the file system has no attributes, … */
gboolean partial_begin (PartialDir *dir, const char *name, const char *url, const char *etag,
                        Partial *out);
gboolean partial_append (Partial *self, const void *data, gsize len, GError **error);
/* Deletes the file; what is open of it can be read still. */
void partial_forget (Partial *self);
/* Leaves the file for another try. */
void partial_close (Partial *self);
