/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/xattr.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"

/* The kernel's limit for the list of names, and for one value. */
#define XATTR_MAX_BYTES 65536
/* … and for one name. */
#define XATTR_MAX_NAME 255
/* No file system keeps as much for one file; a header of an object must have room for it. */
#define XATTR_MAX_LIST (512 * 1024)

/* A file by descriptor or, for what cannot be opened, by its path below /proc/self/fd. */
typedef struct {
  int fd;
  const char *path;
} Target;

static ssize_t
list_names (const Target *at, char *buffer, gsize len)
{
  return at->path != NULL ? llistxattr (at->path, buffer, len) : flistxattr (at->fd, buffer, len);
}

static ssize_t
get_value (const Target *at, const char *name, void *buffer, gsize len)
{
  return at->path != NULL ? lgetxattr (at->path, name, buffer, len)
                          : fgetxattr (at->fd, name, buffer, len);
}

static int
set_value (const Target *at, const char *name, const void *value, gsize len)
{
  return at->path != NULL ? lsetxattr (at->path, name, value, len, 0)
                          : fsetxattr (at->fd, name, value, len, 0);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static GVariant *
bytestring (const void *data, gsize len)
{
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, len, 1);
}

static gboolean
read_values (const Target *at, const char *names, gsize names_len, const char *skip, GVariant **out,
             GError **error)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();
  for (gsize i = 0; i < names_len; i += strlen (names + i) + 1)
    if (skip == NULL || strcmp (names + i, skip) != 0)
      g_ptr_array_add (sorted, (gpointer)(names + i));
  g_ptr_array_sort (sorted, compare_names);
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(ayay)"));
  g_autofree guint8 *value = g_malloc (XATTR_MAX_BYTES);
  guint n = 0;
  for (guint i = 0; i < sorted->len; i++) {
    const char *name = sorted->pdata[i];
    ssize_t len = get_value (at, name, value, XATTR_MAX_BYTES);
    if (len < 0 && errno == ENODATA)
      continue; /* removed meanwhile */
    if (len < 0)
      return throw_errno (error, "read attribute '%s'", name);
    if (len == 0)
      continue;
    g_variant_builder_add (&builder, "(@ay@ay)", bytestring (name, strlen (name) + 1),
                           bytestring (value, (gsize)len));
    n++;
  }
  *out = n > 0 ? g_variant_ref_sink (g_variant_builder_end (&builder)) : NULL;
  return TRUE;
}

static gboolean
read_all (const Target *at, const char *skip, GVariant **out, GError **error)
{
  char few[512];
  ssize_t len = list_names (at, few, sizeof few);
  if (len == 0 || (len < 0 && errno == ENOTSUP)) {
    *out = NULL;
    return TRUE;
  }
  if (len > 0)
    return read_values (at, few, (gsize)len, skip, out, error);
  if (errno != ERANGE)
    return throw_errno (error, "list attributes");
  g_autofree char *many = g_malloc (XATTR_MAX_BYTES);
  len = list_names (at, many, XATTR_MAX_BYTES);
  if (len < 0)
    return throw_errno (error, "list attributes");
  return read_values (at, many, (gsize)len, skip, out, error);
}

gboolean
xattr_read_fd (int fd, const char *skip, GVariant **out, GError **error)
{
  Target at = {fd, NULL};
  return read_all (&at, skip, out, error);
}

static char *
proc_path (int dfd, const char *name)
{
  return dfd == AT_FDCWD ? g_strdup (name) : g_strdup_printf ("/proc/self/fd/%d/%s", dfd, name);
}

gboolean
xattr_read_at (int dfd, const char *name, GVariant **out, GError **error)
{
  g_autofree char *path = proc_path (dfd, name);
  Target at = {-1, path};
  return read_all (&at, NULL, out, error);
}

static gboolean
write_all (const Target *at, GVariant *xattrs, GError **error)
{
  if (xattrs == NULL)
    return TRUE;
  gsize n = g_variant_n_children (xattrs);
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) name = NULL;
    g_autoptr (GVariant) value = NULL;
    g_variant_get_child (xattrs, i, "(@ay@ay)", &name, &value);
    const char *text = g_variant_get_bytestring (name);
    gsize len = 0;
    const void *data = g_variant_get_fixed_array (value, &len, 1);
    if (set_value (at, text, data, len) < 0)
      return throw_errno (error, "set attribute '%s'", text);
  }
  return TRUE;
}

gboolean
xattr_write_fd (int fd, GVariant *xattrs, GError **error)
{
  Target at = {fd, NULL};
  return write_all (&at, xattrs, error);
}

gboolean
xattr_write_at (int dfd, const char *name, GVariant *xattrs, GError **error)
{
  if (xattrs == NULL)
    return TRUE;
  g_autofree char *path = proc_path (dfd, name);
  Target at = {-1, path};
  return write_all (&at, xattrs, error);
}

gboolean
xattr_get_fd (int fd, const char *name, GBytes **out, GError **error)
{
  char few[512];
  ssize_t len = fgetxattr (fd, name, few, sizeof few);
  if (len >= 0) {
    *out = g_bytes_new (few, (gsize)len);
    return TRUE;
  }
  if (errno == ENODATA || errno == ENOTSUP) {
    *out = NULL;
    return TRUE;
  }
  if (errno != ERANGE)
    return throw_errno (error, "read attribute '%s'", name);
  g_autofree char *many = g_malloc (XATTR_MAX_BYTES);
  len = fgetxattr (fd, name, many, XATTR_MAX_BYTES);
  if (len < 0)
    return throw_errno (error, "read attribute '%s'", name);
  *out = g_bytes_new_take (g_steal_pointer (&many), (gsize)len);
  return TRUE;
}

gboolean
xattr_is_canonical (GVariant *xattrs)
{
  if (xattrs == NULL)
    return TRUE;
  g_autofree char *previous = NULL;
  gsize n = g_variant_n_children (xattrs);
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) name = NULL;
    g_variant_get_child (xattrs, i, "(@ay@ay)", &name, NULL);
    gsize len = 0;
    const char *text = g_variant_get_fixed_array (name, &len, 1);
    if (len < 2 || memchr (text, '\0', len) != text + len - 1)
      return FALSE;
    if (previous != NULL && strcmp (previous, text) >= 0)
      return FALSE;
    g_free (previous);
    previous = g_strdup (text);
  }
  return TRUE;
}

/* ---- One by one ---- */

typedef struct {
  GBytes *value;
  char name[];
} ListEntry;

static void
list_entry_free (gpointer entry)
{
  g_bytes_unref (((ListEntry *)entry)->value);
  g_free (entry);
}

static gboolean
check_entry (const XattrList *self, const char *name, gsize len, GError **error)
{
  gsize name_len = strlen (name);
  if (name_len == 0 || name_len > XATTR_MAX_NAME)
    return throw_error (error, TREE_ERROR_INVALID,
                        "the name of an extended attribute has %" G_GSIZE_FORMAT " bytes, not 1 "
                        "to %d",
                        name_len, XATTR_MAX_NAME);
  if (len > XATTR_MAX_BYTES)
    return throw_error (error, TREE_ERROR_INVALID,
                        "extended attribute '%s' has %" G_GSIZE_FORMAT " bytes; %d are allowed",
                        name, len, XATTR_MAX_BYTES);
  if (self->n_bytes + name_len + len > XATTR_MAX_LIST)
    return throw_error (error, TREE_ERROR_INVALID,
                        "its extended attributes are more than %d bytes in all", XATTR_MAX_LIST);
  return TRUE;
}

gboolean
xattr_list_add (XattrList *self, const char *name, const void *value, gsize len, GError **error)
{
  if (!check_entry (self, name, len, error))
    return FALSE;
  if (self->entries == NULL)
    self->entries = g_ptr_array_new_with_free_func (list_entry_free);
  gsize size = strlen (name) + 1;
  ListEntry *entry = g_malloc (sizeof *entry + size);
  entry->value = g_bytes_new (value, len);
  memcpy (entry->name, name, size);
  g_ptr_array_add (self->entries, entry);
  self->n_bytes += size + len;
  return TRUE;
}

static int
compare_list_entries (gconstpointer a, gconstpointer b)
{
  const ListEntry *one = *(ListEntry *const *)a;
  const ListEntry *two = *(ListEntry *const *)b;
  return strcmp (one->name, two->name);
}

gboolean
xattr_list_end (XattrList *self, GVariant **out, GError **error)
{
  *out = NULL;
  if (self->entries == NULL)
    return TRUE;
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(ayay)"));
  g_ptr_array_sort (self->entries, compare_list_entries);
  const ListEntry *last = NULL;
  for (guint i = 0; i < self->entries->len; i++) {
    const ListEntry *entry = self->entries->pdata[i];
    gboolean again = last != NULL && strcmp (last->name, entry->name) == 0;
    if (again && !g_bytes_equal (last->value, entry->value))
      return throw_error (error, TREE_ERROR_INVALID, "extended attribute '%s' has two values",
                          entry->name);
    last = entry;
    gsize len = 0;
    const void *value = g_bytes_get_data (entry->value, &len);
    if (!again)
      g_variant_builder_add (&builder, "(@ay@ay)",
                             bytestring (entry->name, strlen (entry->name) + 1),
                             bytestring (value, len));
  }
  *out = g_variant_ref_sink (g_variant_builder_end (&builder));
  xattr_list_clear (self);
  return TRUE;
}

void
xattr_list_clear (XattrList *self)
{
  g_clear_pointer (&self->entries, g_ptr_array_unref);
  self->n_bytes = 0;
}

gboolean
xattr_replace (GVariant **xattrs, const char *name, const void *value, gsize len, GError **error)
{
  g_auto (XattrList) list = {0};
  gsize n = *xattrs != NULL ? g_variant_n_children (*xattrs) : 0;
  if (!xattr_list_add (&list, name, value, len, error))
    return FALSE;
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) other = NULL;
    g_autoptr (GVariant) kept = NULL;
    g_variant_get_child (*xattrs, i, "(@ay@ay)", &other, &kept);
    const char *text = g_variant_get_bytestring (other);
    gsize kept_len = 0;
    const void *data = g_variant_get_fixed_array (kept, &kept_len, 1);
    if (strcmp (text, name) != 0 && !xattr_list_add (&list, text, data, kept_len, error))
      return FALSE;
  }
  g_clear_pointer (xattrs, g_variant_unref);
  return xattr_list_end (&list, xattrs, error);
}
