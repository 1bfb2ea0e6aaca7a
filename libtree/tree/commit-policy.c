/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/commit-policy.h"

#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/remove.h"
#include "plain/layout.h"
#include "store/repo.h"
#include "tree-checkout.h"

static SePolicy *
open_at (int dfd, const char *path, GError **error)
{
  autofd int root = openat (dfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root < 0)
    return throw_errno_null (error, "open '%s'", path);
  SePolicy *policy = sepolicy_open (root, error);
  return policy != NULL ? policy : prefix_null (error, "SELinux policy of '%s'", path);
}

/* libselinux reads files: those of the policy are checked out, and are gone when it has read them.
 */
static SePolicy *
open_checked_out (const TreeRepo *repo, const TreeChecksum *commit, int dfd, GError **error)
{
  static const char *const places[] = {"etc/selinux", "usr/etc/selinux"};
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++) {
    const TreeCheckoutOptions how = {
        .user_mode = TRUE, .allow_noent = TRUE, .no_cache = TRUE, .subpath = places[i]};
    g_autofree char *parent = g_path_get_dirname (places[i]);
    if (!dir_ensure_at (dfd, parent, 0700, error) ||
        !tree_repo_checkout (repo, commit, dfd, places[i], &how, error))
      return NULL;
  }
  return sepolicy_open (dfd, error);
}

static SePolicy *
open_of_commit (const TreeRepo *repo, const TreeChecksum *commit, GError **error)
{
  g_autofree char *name = g_strdup_printf (REPO_TMP "/pando-policy-%08x", g_random_int ());
  if (mkdirat (repo->dfd, name, 0700) < 0)
    return throw_errno_null (error, "create directory '%s'", name);
  autofd int dfd = dir_open_at (repo->dfd, name, error);
  SePolicy *policy = dfd >= 0 ? open_checked_out (repo, commit, dfd, error) : NULL;
  (void)dir_remove_all_at (repo->dfd, name, NULL); /* else it goes when tmp/ is cleaned */
  return policy != NULL ? policy : prefix_null (error, "SELinux policy of the base");
}

static SePolicy *
open_of_source (const TreeRepo *repo, const TreeSource *source, GError **error)
{
  switch (source->kind) {
  case TREE_SOURCE_DIR:
    return open_at (source->dfd, source->path, error);
  case TREE_SOURCE_COMMIT:
  case TREE_SOURCE_BASE:
    return open_of_commit (repo, &source->commit, error);
  case TREE_SOURCE_TAR:
  case TREE_SOURCE_EXT4:
    break;
  }
  return throw_null (error, TREE_ERROR_INVALID,
                     "an SELinux policy can be taken from a directory or a commit, not from an "
                     "archive or image");
}

gboolean
commit_policy_open (const TreeRepo *repo, const TreeSource *sources, guint n_sources,
                    const TreeCommitOptions *options, SePolicy **out, GError **error)
{
  *out = NULL;
  if (options->selinux_policy != NULL)
    *out = open_at (options->selinux_dfd, options->selinux_policy, error);
  else if (options->selinux_policy_from_base && n_sources > 0)
    *out = open_of_source (repo, &sources[0], error);
  else
    return !options->selinux_policy_from_base ||
           throw_error (error, TREE_ERROR_INVALID, "no tree is given that has an SELinux policy");
  return *out != NULL;
}
