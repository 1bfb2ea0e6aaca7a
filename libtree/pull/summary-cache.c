/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/summary-cache.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/http-date.h"
#include "base/xattr.h"
#include "core/summary.h"
#include "plain/layout.h"

#define ETAG_XATTR "user.etag"

void
cached_clear (Cached *self)
{
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_pointer (&self->etag, g_free);
  g_clear_pointer (&self->last_modified, g_free);
}

void
summary_cache_init (SummaryCache *self, const TreeRepo *repo, const TreePullOptions *options)
{
  *self = (SummaryCache){.dfd = options->cache_dir != NULL ? AT_FDCWD : repo->dfd};
  if (g_getenv ("OSTREE_SKIP_CACHE") == NULL)
    self->path = options->cache_dir != NULL
                     ? g_build_filename (options->cache_dir, "summaries", NULL)
                     : g_strdup (REPO_SUMMARY_CACHE);
}

void
summary_cache_clear (SummaryCache *self)
{
  g_clear_pointer (&self->path, g_free);
}

void
cached_load (const SummaryCache *self, const char *name, Cached *out)
{
  if (self->path == NULL)
    return;
  g_autofree char *path = g_build_filename (self->path, name, NULL);
  autofd int fd = openat (self->dfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat st;
  if (fd < 0 || fstat (fd, &st) < 0 || !S_ISREG (st.st_mode) ||
      !fd_read_all (fd, SUMMARY_MAX_BYTES, &out->bytes, NULL))
    return;
  g_autoptr (GBytes) etag = NULL;
  if (xattr_get_fd (fd, ETAG_XATTR, &etag, NULL) && etag != NULL)
    out->etag = g_strndup (g_bytes_get_data (etag, NULL), g_bytes_get_size (etag));
  if (out->etag != NULL && strpbrk (out->etag, "\r\n") != NULL)
    g_clear_pointer (&out->etag, g_free);
  if (st.st_mtim.tv_sec > 0) {
    out->last_modified = g_malloc (HTTP_DATE_LEN + 1);
    http_date_format (st.st_mtim.tv_sec, out->last_modified);
  }
}

static gboolean
write_answer (int dfd, const char *path, const PullAnswer *answer, GError **error)
{
  g_autofree char *temp = NULL;
  autofd int fd = file_open_temp (dfd, path, &temp, error);
  if (fd < 0)
    return FALSE;
  gsize len;
  const void *data = g_bytes_get_data (answer->bytes, &len);
  gboolean ok = fd_write_all (fd, data, len, error);
  if (answer->etag != NULL) /* a file system without attributes has Last-Modified still */
    (void)fsetxattr (fd, ETAG_XATTR, answer->etag, strlen (answer->etag), 0);
  gint64 time_s = 0;
  if (answer->last_modified == NULL || !http_date_parse (answer->last_modified, &time_s))
    time_s = 0;
  const struct timespec times[2] = {{0, UTIME_OMIT}, {(time_t)time_s, 0}};
  ok = ok && (futimens (fd, times) == 0 || throw_errno (error, "set mtime")) &&
       (fchmod (fd, 0644) == 0 || throw_errno (error, "set mode")) &&
       (renameat (dfd, temp, dfd, path) == 0 || throw_errno (error, "rename"));
  if (!ok)
    (void)unlinkat (dfd, temp, 0);
  return ok;
}

void
cached_store (const SummaryCache *self, const char *name, const PullAnswer *answer)
{
  g_autoptr (GError) error = NULL;
  if (self->path == NULL || answer->status == FETCH_NOT_MODIFIED)
    return;
  g_autofree char *path = g_build_filename (self->path, name, NULL);
  if (answer->status != FETCH_OK) {
    (void)unlinkat (self->dfd, path, 0);
    return;
  }
  if (!dir_ensure_at (self->dfd, self->path, 0775, &error) ||
      !write_answer (self->dfd, path, answer, &error))
    g_debug ("summary not cached: %s", error->message);
}
