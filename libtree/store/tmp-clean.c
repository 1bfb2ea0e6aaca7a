/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/tmp-clean.h"

#include <dirent.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "base/lock.h"
#include "base/remove.h"
#include "plain/layout.h"
#include "store/txn-private.h"

/* Since its last use. Longer than tmp-expiry-secs, a day: that is for what a killed process left,
 * and a tree that is built once a month should still find its cache. */
#define STAT_CACHE_EXPIRY_SECS (31 * 24 * 60 * 60)

typedef void (*ExpireFunc) (int dfd, const DirEntry *entry);

/* Calls @func for what is in the folder @path and has not changed for so long. */
static void
expire (const TreeRepo *repo, const char *path, guint64 age_secs, ExpireFunc func)
{
  autofd int dfd = dir_open_at (repo->dfd, path, NULL);
  g_autoptr (GPtrArray) entries = NULL;
  if (dfd < 0 || !dir_list (dfd, &entries, NULL))
    return;
  gint64 now = time (NULL);
  for (guint i = 0; i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    struct stat st;
    if (fstatat (dfd, entry->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        now - (gint64)st.st_mtime >= (gint64)age_secs)
      func (dfd, entry);
  }
}

/* The time of the two folders that are kept says nothing about what is in them. */
static void
expire_any (int dfd, const DirEntry *entry)
{
  if (strcmp (entry->name, "cache") == 0 ||
      strcmp (entry->name, strrchr (REPO_PARTIAL, '/') + 1) == 0)
    return;
  if (staging_is_name (entry->name))
    staging_expire (dfd, entry->name);
  else
    (void)dir_remove_all_at (dfd, entry->name, NULL);
}

/* Whoever downloads holds the lock of the file itself. */
static void
expire_partial (int dfd, const DirEntry *entry)
{
  autofd int fd = openat (dfd, entry->name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0 || lock_try_fd (fd, LOCK_EXCLUSIVE))
    (void)dir_remove_all_at (dfd, entry->name, NULL);
}

static void
expire_cache (int dfd, const DirEntry *entry)
{
  (void)dir_remove_all_at (dfd, entry->name, NULL);
}

void
tmp_clean (const TreeRepo *repo)
{
  expire (repo, REPO_TMP, repo->tmp_expiry_secs, expire_any);
  expire (repo, REPO_PARTIAL, repo->tmp_expiry_secs, expire_partial);
  expire (repo, REPO_STAT_CACHE, STAT_CACHE_EXPIRY_SECS, expire_cache);
}
