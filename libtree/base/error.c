/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/error.h"

#include <errno.h>
#include <stdarg.h>

/* clang-format off */
G_DEFINE_QUARK (tree-error-quark, tree_error)
/* clang-format on */

static TreeErrorCode
code_of_errno (int err)
{
  switch (err) {
  case ENOENT:
    return TREE_ERROR_NOT_FOUND;
  case EEXIST:
    return TREE_ERROR_EXISTS;
  case ENOSPC:
  case EDQUOT:
    return TREE_ERROR_NO_SPACE;
  case EPERM:
  case EACCES:
  case EROFS:
    return TREE_ERROR_DENIED;
  default:
    return TREE_ERROR_FAILED;
  }
}

gboolean
throw_error (GError **error, TreeErrorCode code, const char *format, ...)
{
  if (error == NULL)
    return FALSE;
  va_list args;
  va_start (args, format);
  g_propagate_error (error, g_error_new_valist (TREE_ERROR, code, format, args));
  va_end (args);
  return FALSE;
}

gboolean
throw_errno (GError **error, const char *format, ...)
{
  int err = errno;
  if (error == NULL)
    return FALSE;
  va_list args;
  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, TREE_ERROR, code_of_errno (err), "%s: %s", what, g_strerror (err));
  return FALSE;
}

gboolean
prefix_error (GError **error, const char *format, ...)
{
  if (error == NULL || *error == NULL)
    return FALSE;
  va_list args;
  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);
  g_prefix_error (error, "%s: ", what);
  return FALSE;
}
