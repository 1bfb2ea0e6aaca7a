/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a repository the world may see, and how to cache it.
 *
 * Only: summary, summary.sig, config (its [core] group: the rest may hold secrets), and the files
 * below refs, objects, deltas and delta-indexes. Nothing whose name begins with a dot, no
 * directories, and no symbolic link, but for the aliases in refs/heads, which may lead to other
 * refs there and nowhere else. */
#pragma once

#include <glib.h>

typedef enum {
  SITE_IMMUTABLE, /* named by its content: valid for ever */
  SITE_CHECK,     /* ask again each time */
} SiteCaching;

typedef struct {
  int fd;     /* owned; -1 when the content is in text */
  char *text; /* owned */
  guint64 size;
  gint64 mtime_s;
  char *etag; /* owned; quotes included */
  const char *content_type;
  SiteCaching caching;
} SiteFile;

void site_file_clear (SiteFile *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SiteFile, site_file_clear)

/* Opens what @url_path (with a leading slash, unescaped) stands for. FALSE when there is nothing
 * that may be seen; why is nobody's business out there. */
gboolean site_open (int repo_dfd, const char *url_path, SiteFile *out);
