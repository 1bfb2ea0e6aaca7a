/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/payload.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "plain/layout.h"
#include "store/txn-private.h"

enum {
  STEP = 16 * 1024 * 1024,     /* bytes that every file system shares in one call */
  TARGET_LEN = 3 + 3 + 62 + 5, /* "../YY/REST.file" */
};

/* ---- Is it possible? ---- */

/* Tried with the one file that every repository has. */
static gboolean
can_share (const TreeRepo *repo)
{
  autofd int config = openat (repo->dfd, REPO_CONFIG, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  autofd int temp = openat (repo->dfd, REPO_TMP, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  return config >= 0 && temp >= 0 && ioctl (temp, FICLONE, config) == 0;
}

gboolean
payload_threshold (const TreeRepo *repo, guint64 *out, GError **error)
{
  gint64 threshold = -1;
  *out = G_MAXUINT64;
  if (!repo_config_int (repo, "core", "payload-link-threshold", -1, &threshold, error))
    return FALSE;
  if (threshold >= 0 && !repo->mode->archive && can_share (repo))
    *out = (guint64)threshold;
  return TRUE;
}

/* ---- The link ---- */

gboolean
payload_read_link (int dfd, const char *path, ObjectName *out)
{
  char target[TARGET_LEN + 2];
  ssize_t n = readlinkat (dfd, path, target, sizeof target);
  if (n != TARGET_LEN || memcmp (target, "../", 3) != 0 || target[5] != '/')
    return FALSE;
  target[n] = '\0';
  target[5] = '\0';
  return object_from_path (target + 3, target + 6, /* archive= */ FALSE, out) &&
         out->type == TREE_OBJECT_FILE;
}

static int
open_file (int dfd, const char *path, guint64 size)
{
  struct stat st;
  autofd int fd = openat (dfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  return fd >= 0 && fstat (fd, &st) == 0 && S_ISREG (st.st_mode) && (guint64)st.st_size == size
             ? fd_steal (&fd)
             : -1;
}

/* A file with this content, here or staged; -1 if there is none. */
static int
find (const Txn *txn, const char *link, guint64 size)
{
  const int places[] = {txn->repo->objects_dfd, txn->staging_dfd};
  ObjectName name;
  char path[OBJECT_PATH_MAX];
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++) {
    if (!payload_read_link (places[i], link, &name))
      continue;
    object_path (&name, /* archive= */ FALSE, path);
    for (gsize k = 0; k < G_N_ELEMENTS (places); k++) {
      int fd = open_file (places[k], path, size);
      if (fd >= 0)
        return fd;
    }
  }
  return -1;
}

static void
make_link (Txn *txn, const char *link, const TreeChecksum *object)
{
  char path[OBJECT_PATH_MAX];
  object_path (&(ObjectName){*object, TREE_OBJECT_FILE}, /* archive= */ FALSE, path);
  g_autofree char *target = g_strconcat ("../", path, NULL);
  int rc = symlinkat (target, txn->staging_dfd, link);
  if (rc < 0 && errno == ENOENT && txn_make_dir_of (txn, link, NULL))
    rc = symlinkat (target, txn->staging_dfd, link);
  if (rc < 0 && errno != EEXIST)
    g_debug ("payload link '%s' not made: %s", link, g_strerror (errno));
}

/* ---- Sharing ---- */

static gboolean
share_range (int from, int to, guint64 offset, guint64 len)
{
  union {
    struct file_dedupe_range range;
    char room[sizeof (struct file_dedupe_range) + sizeof (struct file_dedupe_range_info)];
  } call = {0};
  struct file_dedupe_range_info *info = call.range.info;
  call.range.src_offset = info->dest_offset = offset;
  call.range.src_length = len;
  call.range.dest_count = 1;
  info->dest_fd = to;
  return ioctl (from, FIDEDUPERANGE, &call) == 0 && info->status == FILE_DEDUPE_RANGE_SAME &&
         info->bytes_deduped == len;
}

void
payload_share (Txn *txn, int fd, guint64 size, const TreeChecksum *payload,
               const TreeChecksum *object)
{
  char link[OBJECT_PATH_MAX];
  object_path (&(ObjectName){*payload, TREE_OBJECT_PAYLOAD_LINK}, /* archive= */ FALSE, link);
  autofd int other = find (txn, link, size);
  if (other < 0) {
    make_link (txn, link, object);
    return;
  }
  for (guint64 offset = 0; offset < size; offset += STEP)
    if (!share_range (other, fd, offset, MIN (STEP, size - offset))) {
      g_debug ("blocks of '%s' not shared", link);
      return;
    }
}
