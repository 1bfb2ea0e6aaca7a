/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/time-floor.h"

#include <string.h>

#include "base/fd.h"
#include "core/checksum.h"
#include "core/commit.h"
#include "core/object.h"
#include "plain/layout.h"
#include "store/build-time.h"

#define COMMIT_MAX_BYTES OBJECT_METADATA_MAX
/* Times of certificates and signatures are of 32 bits in many places. */
#define LATEST_S ((guint64)G_MAXUINT32)

/* Of a commit that runs, so that nothing of it needs to be checked: but a damaged one may say
 * anything. 0: unknown. A commit may be megabytes long, and only its ends are needed. */
static gint64
time_of_commit (int root, const TreeChecksum *checksum)
{
  const ObjectName name = {*checksum, TREE_OBJECT_COMMIT};
  char path[sizeof SYSROOT_REPO "/" REPO_OBJECTS "/" + OBJECT_PATH_MAX] = SYSROOT_REPO
      "/" REPO_OBJECTS "/";
  object_path (&name, /* archive= */ FALSE, path + strlen (path));
  autofd int fd = openat (root, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat st;
  if (fd < 0 || fstat (fd, &st) < 0 || !S_ISREG (st.st_mode) ||
      (guint64)st.st_size > COMMIT_MAX_BYTES)
    return 0;
  g_autoptr (GMappedFile) file = g_mapped_file_new_from_fd (fd, FALSE, NULL);
  if (file == NULL)
    return 0;
  g_autoptr (GBytes) bytes = g_mapped_file_get_bytes (file);
  g_autoptr (GVariant) commit = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE (COMMIT_TYPE), bytes, FALSE));
  guint64 timestamp = 0;
  g_variant_get_child (commit, 5, "t", &timestamp);
  timestamp = GUINT64_FROM_BE (timestamp);
  return timestamp <= LATEST_S ? (gint64)timestamp : 0;
}

/* Is this the directory that is mounted as the root? */
static gboolean
is_root (int dfd, const char *path)
{
  struct stat root;
  struct stat st;
  return stat ("/", &root) == 0 && fstatat (dfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
         st.st_dev == root.st_dev && st.st_ino == root.st_ino;
}

/* "CSUM.SERIAL" */
static gboolean
parse_name (const char *name, TreeChecksum *out)
{
  g_autofree char *hex = g_strndup (name, strcspn (name, "."));
  return checksum_is_hex (hex) && tree_checksum_from_hex (hex, out, NULL);
}

/* Looks for the deployment that runs among those of a stateroot. */
static gboolean
find_in (int deploy, const char *stateroot, TreeChecksum *out)
{
  g_autofree char *path = g_build_filename (stateroot, STATEROOT_DEPLOY, NULL);
  autofd int dfd = openat (deploy, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  g_autoptr (GPtrArray) entries = NULL;
  if (dfd < 0 || !dir_list (dfd, &entries, NULL))
    return FALSE;
  for (guint i = 0; i < entries->len; i++) {
    const char *name = ((const DirEntry *)entries->pdata[i])->name;
    if (is_root (dfd, name) && parse_name (name, out))
      return TRUE;
  }
  return FALSE;
}

static gint64
booted_time (void)
{
  struct stat st;
  TreeChecksum found;
  if (stat (OSTREE_BOOTED_FILE, &st) < 0)
    return 0;
  autofd int root = dir_open_at (AT_FDCWD, "/", NULL);
  autofd int deploy = root >= 0 ? dir_open_at (root, SYSROOT_DEPLOY, NULL) : -1;
  g_autoptr (GPtrArray) stateroots = NULL;
  if (deploy < 0 || !dir_list (deploy, &stateroots, NULL))
    return 0;
  for (guint i = 0; i < stateroots->len; i++)
    if (find_in (deploy, ((const DirEntry *)stateroots->pdata[i])->name, &found))
      return time_of_commit (root, &found);
  return 0;
}

gint64
time_floor_s (void)
{
  static gsize once;
  static gint64 floor_s;
  if (g_once_init_enter (&once)) {
    floor_s = MAX (BUILD_TIME_S, booted_time ());
    g_once_init_leave (&once, 1);
  }
  return floor_s;
}
