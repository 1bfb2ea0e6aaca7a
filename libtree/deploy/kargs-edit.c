/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernel arguments as commands give them. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "boot/kargs.h"
#include "plain/cmdline.h"
#include "tree-sysroot.h"

/* An entry is a file of lines, and each argument must come back as one. */
static gboolean
check_argument (const char *argument, GError **error)
{
  g_autoptr (Kargs) parsed = kargs_parse (argument);
  gboolean has_line_end = argument[strcspn (argument, "\r\n")] != '\0';
  if (kargs_count (parsed) == 1 && kargs_contains (parsed, argument) && !has_line_end &&
      argument[0] != '=')
    return TRUE;
  return throw_error (error, TREE_ERROR_INVALID,
                      "'%s' is not one kernel argument: put a value with blanks into double quotes",
                      argument);
}

char *
tree_kargs_edit (const char *kargs, const char *const *replace, const char *const *append,
                 const char *const *remove, GError **error)
{
  g_autoptr (Kargs) list = kargs_parse (kargs);
  for (gsize i = 0; replace != NULL && replace[i] != NULL; i++) {
    if (!check_argument (replace[i], error))
      return NULL;
    kargs_replace (list, replace[i]);
  }
  for (gsize i = 0; append != NULL && append[i] != NULL; i++) {
    if (!check_argument (append[i], error))
      return NULL;
    kargs_append (list, append[i]);
  }
  for (gsize i = 0; remove != NULL && remove[i] != NULL; i++)
    if (!kargs_delete (list, remove[i], error))
      return NULL;
  return kargs_to_text (list);
}

char *
tree_kargs_running (GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  if (!file_read_at (AT_FDCWD, "/proc/cmdline", CMDLINE_MAX, &bytes, error))
    return NULL;
  if (bytes == NULL)
    return throw_null (error, TREE_ERROR_NOT_FOUND, "no '/proc/cmdline': is /proc mounted?");
  g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_autoptr (Kargs) list = kargs_new ();
  kargs_append_cmdline (list, text);
  return kargs_to_text (list);
}
