/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/object.h"

#include <string.h>

#include "base/error.h"
#include "core/checksum.h"

static const char *const type_names[] = {
    [TREE_OBJECT_FILE] = "file",
    [TREE_OBJECT_DIR_TREE] = "dirtree",
    [TREE_OBJECT_DIR_META] = "dirmeta",
    [TREE_OBJECT_COMMIT] = "commit",
    [TREE_OBJECT_TOMBSTONE] = "tombstone-commit",
    [TREE_OBJECT_COMMIT_META] = "commitmeta",
    [TREE_OBJECT_PAYLOAD_LINK] = "payload-link",
    [TREE_OBJECT_FILE_XATTRS] = "file-xattrs",
    [TREE_OBJECT_FILE_XATTRS_LINK] = "file-xattrs-link",
};

gboolean
object_type_is_metadata (TreeObjectType type)
{
  return type >= TREE_OBJECT_DIR_TREE && type <= TREE_OBJECT_COMMIT_META;
}

const char *
object_type_to_string (TreeObjectType type)
{
  return (guint)type < G_N_ELEMENTS (type_names) ? type_names[type] : NULL;
}

TreeObjectType
object_type_from_string (const char *suffix)
{
  for (guint i = 0; i < G_N_ELEMENTS (type_names); i++)
    if (type_names[i] != NULL && strcmp (type_names[i], suffix) == 0)
      return (TreeObjectType)i;
  return (TreeObjectType)0;
}

void
object_path (const ObjectName *name, gboolean archive, char out[OBJECT_PATH_MAX])
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&name->checksum, hex);
  char *at = out;
  *at++ = hex[0];
  *at++ = hex[1];
  *at++ = '/';
  memcpy (at, hex + 2, TREE_CHECKSUM_HEX_LEN - 2);
  at += TREE_CHECKSUM_HEX_LEN - 2;
  *at++ = '.';
  const char *suffix = type_names[name->type];
  gsize len = strlen (suffix);
  memcpy (at, suffix, len);
  at += len;
  if (archive && name->type == TREE_OBJECT_FILE)
    *at++ = 'z';
  *at = '\0';
}

gboolean
object_check_sum (const ObjectName *name, const TreeChecksum *actual, GError **error)
{
  if (tree_checksum_equal (&name->checksum, actual))
    return TRUE;
  char expected_hex[TREE_CHECKSUM_HEX_LEN + 1];
  char actual_hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&name->checksum, expected_hex);
  tree_checksum_to_hex (actual, actual_hex);
  return throw_error (error, TREE_ERROR_CORRUPT,
                      "Corrupted %s object; checksum expected='%s' actual='%s'",
                      type_names[name->type], expected_hex, actual_hex);
}

char *
object_to_string (const ObjectName *name)
{
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&name->checksum, hex);
  return g_strconcat (hex, ".", type_names[name->type], NULL);
}

gboolean
object_from_path (const char *two_digits, const char *file_name, gboolean archive, ObjectName *out)
{
  const char *dot = strchr (file_name, '.');
  if (strlen (two_digits) != 2 || dot == NULL || dot - file_name != TREE_CHECKSUM_HEX_LEN - 2)
    return FALSE;
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  memcpy (hex, two_digits, 2);
  memcpy (hex + 2, file_name, TREE_CHECKSUM_HEX_LEN - 2);
  hex[TREE_CHECKSUM_HEX_LEN] = '\0';
  ObjectName name = {.type = object_type_from_string (dot + 1)};
  if (archive && strcmp (dot, ".filez") == 0)
    name.type = TREE_OBJECT_FILE;
  else if (archive && name.type == TREE_OBJECT_FILE)
    return FALSE;
  if (name.type == 0 || !checksum_is_hex (hex) ||
      !tree_checksum_from_hex (hex, &name.checksum, NULL))
    return FALSE;
  *out = name;
  return TRUE;
}

guint
object_hash (gconstpointer name)
{
  const ObjectName *self = name;
  return checksum_hash (&self->checksum) ^ (guint)self->type;
}

gboolean
object_equal (gconstpointer a, gconstpointer b)
{
  const ObjectName *left = a;
  const ObjectName *right = b;
  return left->type == right->type && tree_checksum_equal (&left->checksum, &right->checksum);
}
