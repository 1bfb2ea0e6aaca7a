/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The summary of a repository: `(a(s(taya{sv}))a{sv})`, its refs sorted by strcmp and global
 * metadata. It comes from servers: everything is checked before it is used.
 *
 * Byte orders are mixed: the size of a commit object is little endian, times are big endian.
 */
#pragma once

#include "tree-types.h"

#define SUMMARY_TYPE "(a(s(taya{sv}))a{sv})"
#define SUMMARY_REFS_TYPE "a(s(taya{sv}))"
/* A larger summary is refused. */
#define SUMMARY_MAX_BYTES ((gsize)128 * 1024 * 1024)

/* Keys of the global metadata. */
#define SUMMARY_KEY_MODE "ostree.summary.mode"
#define SUMMARY_KEY_LAST_MODIFIED "ostree.summary.last-modified"
#define SUMMARY_KEY_TOMBSTONES "ostree.summary.tombstone-commits"
#define SUMMARY_KEY_INDEXED_DELTAS "ostree.summary.indexed-deltas"
#define SUMMARY_KEY_COLLECTION_ID "ostree.summary.collection-id"
#define SUMMARY_KEY_COLLECTION_MAP "ostree.summary.collection-map"
#define SUMMARY_KEY_DELTAS "ostree.static-deltas"
/* Keys of the metadata of a ref. */
#define SUMMARY_KEY_COMMIT_TIMESTAMP "ostree.commit.timestamp"
#define SUMMARY_KEY_COMMIT_VERSION "ostree.commit.version"

typedef struct {
  GVariant *variant;  /* owned: the whole summary */
  GVariant *refs;     /* owned: SUMMARY_REFS_TYPE */
  GVariant *metadata; /* owned: `a{sv}`, numbers as they are stored */
} Summary;

typedef struct {
  const char *name; /* borrowed, as is version */
  guint64 commit_size;
  TreeChecksum checksum;
  guint64 timestamp;   /* of the commit, seconds since 1970; 0 when not given */
  const char *version; /* of the commit; NULL when not given */
} SummaryRef;

gboolean summary_parse (GBytes *bytes, Summary *out, GError **error);
void summary_clear (Summary *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Summary, summary_clear)

/* Of a list of refs: Summary.refs, or what summary_collection() gave. */
guint summary_n_refs (GVariant *refs);
void summary_ref (GVariant *refs, guint i, SummaryRef *out);
/* By binary search; FALSE when there is no such ref. */
gboolean summary_find (GVariant *refs, const char *name, SummaryRef *out);

/* The refs of a collection, (transfer full): the main list for the summary's own, else those of the
 * collection map; NULL when there are none. */
GVariant *summary_collection (const Summary *self, const char *collection);

/* A list of refs, which must be sorted by strcmp of their names. Floating. */
GVariant *summary_build_refs (const SummaryRef *refs, guint n);
/* @refs and @metadata: floating ones are sunk. */
GBytes *summary_build (GVariant *refs, GVariant *metadata);

/* ---- summary.sig, a dictionary ---- */

/* The bytes that it has under a key, (transfer full); NULL for nothing. @signature: (nullable):
 * hostile. */
GVariant *summary_sig_lookup (GBytes *signature, const char *key);
/* Adds an entry to *@signatures (nullable), which is replaced. @value: a floating one is sunk. */
void summary_sig_insert (GVariant **signatures, const char *key, GVariant *value);
