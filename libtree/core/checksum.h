/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checksums as text and as keys. The public part is in tree-types.h. */
#pragma once

#include "tree-types.h"

/* 43 characters of base64 with '_' for '/' and no padding, and a NUL: names of static deltas. */
#define CHECKSUM_B64_LEN 43

void checksum_to_b64 (const TreeChecksum *checksum, char out[CHECKSUM_B64_LEN + 1]);
/* FALSE for anything that checksum_to_b64() does not write. */
gboolean checksum_from_b64 (const char *text, TreeChecksum *out);
/* 64 lower-case hexadecimal digits, nothing else. */
gboolean checksum_is_hex (const char *text);
/* For a hash table keyed by TreeChecksum pointers. */
guint checksum_hash (gconstpointer checksum);
gboolean checksum_equal (gconstpointer a, gconstpointer b);
/* From an `ay` of 32 bytes; FALSE for any other length. */
gboolean checksum_from_variant (GVariant *bytes, TreeChecksum *out);
GVariant *checksum_to_variant (const TreeChecksum *checksum); /* floating */
