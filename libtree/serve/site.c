/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "serve/site.h"

#include <errno.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/fd.h"
#include "core/checksum.h"
#include "core/object.h"
#include "plain/layout.h"

#define CONFIG_MAX_BYTES ((gsize)1024 * 1024)

void
site_file_clear (SiteFile *self)
{
  if (self->fd >= 0)
    (void)close (self->fd);
  self->fd = -1;
  g_clear_pointer (&self->text, g_free);
  g_clear_pointer (&self->etag, g_free);
}

/* openat2 by hand, for kernels (or emulators) that lack it: each component without following links.
 */
static int
open_by_components (int dfd, const char *path)
{
  autofd int at = -1;
  for (;;) {
    gsize len = strcspn (path, "/");
    gboolean last = path[len] == '\0';
    g_autofree char *name = g_strndup (path, len);
    int fd = openat (at >= 0 ? at : dfd, name,
                     O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (last ? 0 : O_DIRECTORY));
    if (fd < 0 || last)
      return fd;
    fd_cleanup (&at);
    at = fd;
    path += len + 1;
  }
}

static int
open_without_links (int dfd, const char *path)
{
  static gboolean missing; /* set once, and racing threads set the same */
  if (!missing) {
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    int fd = (int)syscall (SYS_openat2, dfd, path, &how, sizeof how);
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
      return fd;
    missing = TRUE;
  }
  return open_by_components (dfd, path);
}

/* Every component is a name that a repository publishes: not empty, not hidden, so not ".." either.
 */
static gboolean
path_is_plain (const char *path)
{
  for (const char *at = path;; at += strcspn (at, "/") + 1) {
    if (*at == '\0' || *at == '/' || *at == '.')
      return FALSE;
    if (strchr (at, '/') == NULL)
      return TRUE;
  }
}

/* Where an alias at @ref (below refs/heads) leads, below refs/heads: NULL when it leads out of it.
 */
static char *
alias_target (const char *ref, const char *link)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new ();
  g_auto (GStrv) from = g_strsplit (ref, "/", -1);
  g_auto (GStrv) to = g_strsplit (link, "/", -1);
  for (guint i = 0; from[i] != NULL && from[i + 1] != NULL; i++)
    g_ptr_array_add (parts, from[i]);
  for (guint i = 0; to[i] != NULL; i++) {
    if (strcmp (to[i], "..") != 0)
      g_ptr_array_add (parts, to[i]);
    else if (parts->len == 0)
      return NULL;
    else
      g_ptr_array_set_size (parts, (gint)parts->len - 1);
  }
  g_ptr_array_add (parts, NULL);
  char *target = g_strjoinv ("/", (char **)parts->pdata);
  if (!path_is_plain (target))
    g_clear_pointer (&target, g_free);
  return target;
}

static int
open_ref (int repo_dfd, const char *path)
{
  int fd = open_without_links (repo_dfd, path);
  if (fd >= 0 || errno != ELOOP || !g_str_has_prefix (path, REPO_HEADS "/"))
    return fd;
  g_autofree char *link = NULL;
  if (!link_read_at (repo_dfd, path, &link, NULL) || link == NULL)
    return -1;
  g_autofree char *target = alias_target (path + strlen (REPO_HEADS "/"), link);
  autofd int heads = target != NULL ? open_without_links (repo_dfd, REPO_HEADS) : -1;
  return heads >= 0 ? open_without_links (heads, target) : -1;
}

/* The [core] group of the configuration, as a file of its own. */
static gboolean
core_of_config (int fd, char **out)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GKeyFile) all = g_key_file_new ();
  g_autoptr (GKeyFile) core = g_key_file_new ();
  if (!fd_read_all (fd, CONFIG_MAX_BYTES, &bytes, NULL) ||
      !g_key_file_load_from_bytes (all, bytes, G_KEY_FILE_NONE, NULL))
    return FALSE;
  g_auto (GStrv) keys = g_key_file_get_keys (all, "core", NULL, NULL);
  for (char **key = keys; key != NULL && *key != NULL; key++) {
    g_autofree char *value = g_key_file_get_value (all, "core", *key, NULL);
    if (value != NULL)
      g_key_file_set_value (core, "core", *key, value);
  }
  *out = g_key_file_to_data (core, NULL, NULL);
  return TRUE;
}

/* Objects are named by their content, but for the metadata that can be replaced. */
static gboolean
is_immutable_object (const char *path)
{
  const char *below = path + strlen (REPO_OBJECTS "/");
  if (strlen (below) < 4 || below[2] != '/')
    return FALSE;
  const char two[] = {below[0], below[1], '\0'};
  ObjectName name;
  return object_from_path (two, below + 3, /* archive= */ TRUE, &name) &&
         name.type != TREE_OBJECT_COMMIT_META && name.type != TREE_OBJECT_TOMBSTONE;
}

static gboolean
is_below (const char *path, const char *folder)
{
  gsize len = strlen (folder);
  return strncmp (path, folder, len) == 0 && path[len] == '/';
}

gboolean
site_open (int repo_dfd, const char *url_path, SiteFile *out)
{
  const char *path = url_path + strspn (url_path, "/");
  gboolean is_config = strcmp (path, REPO_CONFIG) == 0;
  gboolean is_ref = is_below (path, REPO_REFS);
  gboolean is_object = is_below (path, REPO_OBJECTS);
  gboolean is_generation = is_below (path, REPO_SUMMARIES) &&
                           checksum_is_hex (path + strlen (REPO_SUMMARIES "/"));
  gboolean is_other = strcmp (path, REPO_SUMMARY) == 0 || strcmp (path, REPO_SUMMARY_SIG) == 0 ||
                      strcmp (path, REPO_REVOKED) == 0 || strcmp (path, REPO_REVOKED_SIG) == 0 ||
                      is_below (path, "deltas") || is_below (path, "delta-indexes");
  if (!path_is_plain (path) || !(is_config || is_ref || is_object || is_generation || is_other))
    return FALSE;
  g_auto (SiteFile)
      file = {.fd = is_ref ? open_ref (repo_dfd, path) : open_without_links (repo_dfd, path)};
  struct stat st;
  if (file.fd < 0 || fstat (file.fd, &st) < 0 || !S_ISREG (st.st_mode))
    return FALSE;
  file.size = (guint64)st.st_size;
  file.mtime_s = st.st_mtim.tv_sec;
  file.caching = is_generation || (is_object && is_immutable_object (path)) ? SITE_IMMUTABLE
                                                                            : SITE_CHECK;
  file.content_type = is_config || is_ref ? "text/plain; charset=utf-8"
                                          : "application/octet-stream";
  if (is_generation)
    file.etag = g_strdup_printf ("\"%s\"", path + strlen (REPO_SUMMARIES "/"));
  else if (file.caching == SITE_IMMUTABLE)
    file.etag = g_strdup_printf ("\"%.2s%s\"", path + strlen (REPO_OBJECTS "/"),
                                 path + strlen (REPO_OBJECTS "/XX/"));
  else
    file.etag = g_strdup_printf (
        "\"%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x.%09lx\"",
        (guint64)st.st_ino, file.size, (guint64)file.mtime_s, (unsigned long)st.st_mtim.tv_nsec);
  if (is_config) {
    if (!core_of_config (file.fd, &file.text))
      return FALSE;
    file.size = strlen (file.text);
    fd_cleanup (&file.fd);
  }
  *out = file;
  file = (SiteFile){.fd = -1};
  return TRUE;
}
