/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of objects and where they lie in a repository. */
#pragma once

#include "tree-types.h"

typedef struct {
  TreeChecksum checksum;
  TreeObjectType type;
} ObjectName;

/* A metadata object larger than this is refused, whoever sends it. */
#define OBJECT_METADATA_MAX ((gsize)128 * 1024 * 1024)

/* "XX/" 62 digits "." suffix NUL, of the longest suffix */
#define OBJECT_PATH_MAX (3 + 62 + 1 + 20)

gboolean object_type_is_metadata (TreeObjectType type);
/* "file", "dirtree", … ; NULL for a number that is no type. */
const char *object_type_to_string (TreeObjectType type);
/* 0 when @suffix names no type. */
TreeObjectType object_type_from_string (const char *suffix);

/* The path below objects/. @archive: file objects end in ".filez" there. */
void object_path (const ObjectName *name, gboolean archive, char out[OBJECT_PATH_MAX]);
/* The bytes that should be the object @name have checksum @actual: TREE_ERROR_CORRUPT if that is
 * another one. */
gboolean object_check_sum (const ObjectName *name, const TreeChecksum *actual, GError **error);
/* "HEX.type", for messages; owned by the caller. */
char *object_to_string (const ObjectName *name);
/* The name behind a file in objects/XX/; FALSE for files that are no objects. */
gboolean object_from_path (const char *two_digits, const char *file_name, gboolean archive,
                           ObjectName *out);

guint object_hash (gconstpointer name);
gboolean object_equal (gconstpointer a, gconstpointer b);
