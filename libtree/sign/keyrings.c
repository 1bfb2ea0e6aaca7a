/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bytes of keyrings from files: no gpg is needed to read them. */
#include "config.h"

#include "sign/gpg.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"

#define FILE_MAX_BYTES ((gsize)16 * 1024 * 1024)

static void
unref_bytes (gpointer bytes)
{
  g_bytes_unref (bytes);
}

GPtrArray *
gpg_keyrings_new (void)
{
  return g_ptr_array_new_with_free_func (unref_bytes);
}

gboolean
gpg_keyrings_add_fd (GPtrArray *keyrings, int fd, GError **error)
{
  GBytes *bytes = NULL;
  if (!fd_read_all (fd, FILE_MAX_BYTES, &bytes, error))
    return FALSE;
  g_ptr_array_add (keyrings, bytes);
  return TRUE;
}

gboolean
gpg_keyrings_add_file (GPtrArray *keyrings, int dfd, const char *path, GError **error)
{
  autofd int fd = openat (dfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat st;
  if (fd < 0 || fstat (fd, &st) < 0)
    return throw_errno (error, "open keyring '%s'", path);
  if (!S_ISREG (st.st_mode))
    return throw_error (error, TREE_ERROR_INVALID, "keyring '%s': not a regular file", path);
  return gpg_keyrings_add_fd (keyrings, fd, error) || prefix_error (error, "keyring '%s'", path);
}

/* What gpg itself keeps in such a folder and is no ring of public keys. */
static gboolean
is_keyring (const char *name)
{
  return (g_str_has_suffix (name, ".gpg") && strcmp (name, "secring.gpg") != 0 &&
          strcmp (name, "trustdb.gpg") != 0) ||
         g_str_has_suffix (name, ".asc");
}

gboolean
gpg_keyrings_add_folder (GPtrArray *keyrings, int dfd, const char *path, GError **error)
{
  autofd int fd = openat (dfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_autoptr (GPtrArray) entries = NULL;
  if (fd < 0)
    return errno == ENOENT || throw_errno (error, "open keyrings '%s'", path);
  if (!dir_list (fd, &entries, error))
    return prefix_error (error, "keyrings '%s'", path);
  for (guint i = 0; i < entries->len; i++) {
    const char *name = ((const DirEntry *)entries->pdata[i])->name;
    if (is_keyring (name) && !gpg_keyrings_add_file (keyrings, fd, name, error))
      return prefix_error (error, "'%s'", path);
  }
  return TRUE;
}
