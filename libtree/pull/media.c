/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/media.h"

#include <errno.h>
#include <string.h>

#include "base/beneath.h"
#include "base/error.h"
#include "base/fd.h"

#define MOUNTINFO "/proc/self/mountinfo"
#define MOUNTINFO_MAX_BYTES ((gsize)16 * 1024 * 1024)
#define MAX_LINKS 256

static const char *const known_places[] = {MEDIUM_REPO, "ostree/repo", "var/lib/flatpak/repo",
                                           NULL};

gboolean
media_is_known_place (const char *path)
{
  return g_strv_contains (known_places, path) || g_str_has_prefix (path, MEDIUM_LINKS "/");
}

/* ---- What is mounted ---- */

static gboolean
is_medium (const char *mount)
{
  static const char *const folders[] = {"/media/", "/run/media/", "/mnt/"};
  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    if (g_str_has_prefix (mount, folders[i]))
      return TRUE;
  return strcmp (mount, "/mnt") == 0;
}

/* In mountinfo spaces and the like are octal: "\040". */
static char *
unescape (const char *text)
{
  GString *out = g_string_new (NULL);
  for (const char *at = text; *at != '\0'; at++) {
    gboolean octal = at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' &&
                     at[2] <= '7' && at[3] >= '0' && at[3] <= '7';
    if (!octal) {
      g_string_append_c (out, *at);
      continue;
    }
    g_string_append_c (out, (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0')));
    at += 3;
  }
  return g_string_free (out, FALSE);
}

GPtrArray *
media_parse_mounts (const char *mountinfo)
{
  GPtrArray *mounts = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) lines = g_strsplit (mountinfo, "\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    /* "36 35 98:0 /root /mount/point rw,noatime …" */
    g_auto (GStrv) fields = g_strsplit (*line, " ", 6);
    if (g_strv_length (fields) < 6)
      continue;
    g_autofree char *mount = unescape (fields[4]);
    if (is_medium (mount))
      g_ptr_array_add (mounts, g_steal_pointer (&mount));
  }
  return mounts;
}

GPtrArray *
media_list_mounts (GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  autofd int fd = open (MOUNTINFO, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return throw_errno_null (error, "open '" MOUNTINFO "'");
  if (!fd_read_all (fd, MOUNTINFO_MAX_BYTES, &bytes, error))
    return prefix_null (error, MOUNTINFO);
  gsize len;
  const char *data = g_bytes_get_data (bytes, &len);
  g_autofree char *text = g_strndup (data, len);
  return media_parse_mounts (text);
}

/* ---- What is on it ---- */

typedef struct {
  const char *mount;
  int dfd;
  GPtrArray *repos; /* TreeRepo */
} Medium;

static gboolean
is_found (const Medium *self, int dfd)
{
  struct stat st;
  if (fstat (dfd, &st) < 0)
    return FALSE;
  for (guint i = 0; i < self->repos->len; i++) {
    struct stat other;
    if (fstat (((const TreeRepo *)self->repos->pdata[i])->dfd, &other) == 0 &&
        other.st_dev == st.st_dev && other.st_ino == st.st_ino)
      return TRUE;
  }
  return FALSE;
}

/* What is no repository, or leads away, is none of ours. */
static void
try_place (Medium *self, const char *path)
{
  g_autoptr (GError) local = NULL;
  autofd int dfd = dir_open_beneath (self->dfd, path);
  if (dfd < 0) {
    if (errno != ENOENT)
      g_debug ("'%s/%s' is not looked into: %s", self->mount, path, g_strerror (errno));
    return;
  }
  if (is_found (self, dfd))
    return;
  TreeRepo *repo = repo_open_alone (dfd, ".", &local);
  if (repo == NULL) {
    g_debug ("'%s/%s': %s", self->mount, path, local->message);
    return;
  }
  g_free (repo->path);
  repo->path = g_build_filename (self->mount, path, NULL);
  g_ptr_array_add (self->repos, repo);
}

static gboolean
try_links (Medium *self, GError **error)
{
  g_autoptr (GPtrArray) entries = NULL;
  autofd int dfd = dir_open_beneath (self->dfd, MEDIUM_LINKS);
  if (dfd < 0)
    return TRUE;
  if (!dir_list (dfd, &entries, error))
    return FALSE;
  for (guint i = 0; i < MIN (entries->len, MAX_LINKS); i++) {
    g_autofree char *path = g_build_filename (MEDIUM_LINKS,
                                              ((const DirEntry *)entries->pdata[i])->name, NULL);
    try_place (self, path);
  }
  return TRUE;
}

static void
unref_repo (gpointer repo)
{
  tree_repo_unref (repo);
}

GPtrArray *
media_find_repos (const char *mount, GError **error)
{
  g_autoptr (GPtrArray) repos = g_ptr_array_new_with_free_func (unref_repo);
  autofd int dfd = open (mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dfd < 0)
    return throw_errno_null (error, "open '%s'", mount);
  Medium medium = {mount, dfd, repos};
  if (!try_links (&medium, error))
    return prefix_null (error, "'%s'", mount);
  for (const char *const *place = known_places; *place != NULL; place++)
    try_place (&medium, *place);
  return g_steal_pointer (&repos);
}
