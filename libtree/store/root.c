/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/root.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "plain/layout.h"

static gboolean
is_directory (int dfd, const char *path, const TreeRepo *repo)
{
  struct stat there;
  struct stat own;
  return fstatat (dfd, path, &there, 0) == 0 && fstat (repo->dfd, &own) == 0 &&
         there.st_dev == own.st_dev && there.st_ino == own.st_ino;
}

static gboolean
is_running (const TreeRepo *repo)
{
  return is_directory (AT_FDCWD, "/" SYSROOT_REPO, repo);
}

gboolean
root_is_deployment (const TreeRepo *repo)
{
  return repo->root_dfd >= 0 || is_running (repo);
}

/* In a booted system /ostree is that of the physical root, but etc is the deployment's. */
const char *
root_locate (const TreeRepo *repo, int *out_dfd)
{
  *out_dfd = repo->root_dfd;
  if (repo->root_dfd >= 0)
    return "";
  *out_dfd = AT_FDCWD;
  if (is_running (repo))
    return "/";
  *out_dfd = repo->dfd;
  struct stat st;
  if (is_directory (repo->dfd, "../../" SYSROOT_REPO, repo) &&
      fstatat (repo->dfd, "../deploy", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR (st.st_mode))
    return "../../";
  return NULL;
}
