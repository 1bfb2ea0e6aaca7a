/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making a sysroot, and a stateroot in it. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "deploy/sysroot.h"
#include "plain/bootpath.h"
#include "plain/layout.h"

typedef struct {
  const char *name;
  mode_t mode;
} Directory;

/* The mode is set whatever the umask says, but only on what is made here. */
static gboolean
make_directory (int dfd, const Directory *directory, GError **error)
{
  if (mkdirat (dfd, directory->name, directory->mode) < 0)
    return errno == EEXIST || throw_errno (error, "create directory '%s'", directory->name);
  if (fchmodat (dfd, directory->name, directory->mode, 0) < 0)
    return throw_errno (error, "set mode of '%s'", directory->name);
  return TRUE;
}

gboolean
tree_sysroot_init_fs (int dfd, const char *path, int epoch, GError **error)
{
  static const Directory root_directories[] = {
      {"dev", 0755}, {"home", 0755}, {"proc", 0755}, {"run", 0755},
      {"sys", 0755}, {"root", 0700}, {"tmp", 01777},
  };
  const Directory directories[] = {
      {SYSROOT_BOOT, 0755},
      {SYSROOT_OSTREE, epoch >= 2 ? 0700 : 0755},
      {SYSROOT_DEPLOY, 0755},
      {SYSROOT_REPO, 0755},
  };
  if (epoch < 0 || epoch > 2)
    return throw_error (error, TREE_ERROR_INVALID, "epoch %d is not one of 0, 1, 2", epoch);
  if (mkdirat (dfd, path, 0755) < 0 && errno != EEXIST)
    return throw_errno (error, "create directory '%s'", path);
  autofd int root = openat (dfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root < 0)
    return throw_errno (error, "open directory '%s'", path);
  for (gsize i = 0; epoch == 0 && i < G_N_ELEMENTS (root_directories); i++)
    if (!make_directory (root, &root_directories[i], error))
      return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (directories); i++)
    if (!make_directory (root, &directories[i], error))
      return FALSE;
  return tree_repo_create (root, SYSROOT_REPO, TREE_MODE_BARE, /* collection_id= */ NULL, error);
}

static gboolean
make_var (int stateroot_fd, GError **error)
{
  static const Directory directories[] = {{"tmp", 01777}, {"lib", 0755}, {"log", 0755}};
  static const struct {
    const char *name, *target;
  } links[] = {{"run", "../run"}, {"lock", "../run/lock"}};
  if (!make_directory (stateroot_fd, &(Directory){STATEROOT_VAR, 0755}, error))
    return FALSE;
  autofd int var = dir_open_at (stateroot_fd, STATEROOT_VAR, error);
  if (var < 0)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (directories); i++)
    if (!make_directory (var, &directories[i], error))
      return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (links); i++)
    if (symlinkat (links[i].target, var, links[i].name) < 0 && errno != EEXIST)
      return throw_errno (error, "create link '%s'", links[i].name);
  return TRUE;
}

gboolean
tree_sysroot_init_stateroot (TreeSysroot *self, const char *name, GError **error)
{
  if (!sysroot_check_locked (self, error))
    return FALSE;
  /* A blank or a line end in it would end up in boot entries. */
  if (!pathname_is_component (name) || name[0] == '-' || name[strcspn (name, " \t\r\n\"")] != '\0')
    return throw_error (error, TREE_ERROR_INVALID, "'%s' cannot be the name of a stateroot", name);
  g_autofree char *path = g_build_filename (SYSROOT_DEPLOY, name, NULL);
  if (!make_directory (self->dfd, &(Directory){SYSROOT_DEPLOY, 0755}, error))
    return FALSE;
  if (mkdirat (self->dfd, path, 0755) < 0)
    return throw_errno (error, "create stateroot '%s'", path);
  autofd int stateroot = dir_open_at (self->dfd, path, error);
  if (stateroot < 0)
    return FALSE;
  if (fchmod (stateroot, 0755) < 0)
    return throw_errno (error, "set mode of '%s'", path);
  if (!make_var (stateroot, error) ||
      !make_directory (stateroot, &(Directory){STATEROOT_DEPLOY, 0755}, error))
    return prefix_error (error, "'%s'", path);
  sysroot_touch (self);
  return TRUE;
}
