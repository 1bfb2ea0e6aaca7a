/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Metalinks: XML that says which file is the current one, by size and checksum, and where mirrors
 * have it. Of version 3, which mirror managers speak, and of RFC 5854. It comes from a server:
 * bounded, and what is not known is skipped.
 *
 *   <metalink> … <file name="summary">
 *     <size>…</size>
 *     <verification> <hash type="sha256">…</hash> </verification>     RFC 5854: hash without it
 *     <resources> <url preference="100">…</url> </resources>          RFC 5854: url with priority
 *   </file> … </metalink>
 *
 * Only these places count: a file may also hold the sizes and checksums of older versions. */
#pragma once

#include <glib.h>

#define METALINK_MAX_BYTES ((guint64)1024 * 1024)

typedef struct {
  gboolean has_size;
  guint64 size;
  GChecksumType hash_type; /* SHA-512 if it has one, else SHA-256 */
  char *hash;              /* lower-case hexadecimal */
  char **urls;             /* http and https, the best first; never empty */
} Metalink;

/* What it says of the file @name. Errors: TREE_ERROR_CORRUPT */
gboolean metalink_parse (GBytes *text, const char *name, Metalink *out, GError **error);
void metalink_clear (Metalink *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Metalink, metalink_clear)

/* Is this the file? Errors: TREE_ERROR_CORRUPT */
gboolean metalink_check (const Metalink *self, GBytes *file, GError **error);
