/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commits and other values as text on standard output: what `log` and `show` print, byte for byte
 * as ostree does. */
#pragma once

#include "src/show/json.h"
#include "tree-repo.h"

typedef enum {
  DUMP_TEXT,
  DUMP_RAW,           /* the whole object as GVariant text */
  DUMP_RAW_UNSWAPPED, /* the same, with the numbers as they are stored */
} DumpStyle;

/* "2023-11-14 22:13:20 +0000"; NULL for a time that no calendar has. Returns: (transfer full) */
char *dump_format_time (guint64 timestamp);

/* "commit CHECKSUM" and what is in it. */
gboolean dump_commit (const TreeCommitInfo *commit, DumpStyle style, GError **error);
/* An object in the form `({…}, …)`, one line. Numbers in objects are big-endian: a number that a
 * user put into metadata looks reversed, as it does with ostree. */
void dump_variant (GVariant *variant, gboolean swap);
/* A value's type and bytes as ostree prints them on every machine. Returns: (transfer full) */
GVariant *dump_swapped (GVariant *variant);
/* One JSON object for a commit. */
void dump_commit_json (const TreeCommitInfo *commit, ShowJson *json);
