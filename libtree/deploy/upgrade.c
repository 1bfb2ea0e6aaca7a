/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Following an origin: pull, then deploy what came. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "core/commit.h"
#include "core/refspec.h"
#include "deploy/deploy.h"
#include "deploy/origin.h"
#include "deploy/plan.h"
#include "tree-pull.h"

/* A ref that says it has moved may lead to another that has. */
#define MAX_REBASES 8

typedef struct {
  TreeSysroot *sysroot;
  const TreeUpgradeOptions *options;
  Deployment *merge; /* owned */
  GKeyFile *origin;  /* owned: of the new deployment */
  char *refspec;     /* owned: followed now */
  TreeChecksum target;
} Upgrade;

static void
upgrade_clear (Upgrade *self)
{
  g_clear_pointer (&self->merge, deployment_unref);
  g_clear_pointer (&self->origin, g_key_file_unref);
  g_clear_pointer (&self->refspec, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Upgrade, upgrade_clear)

/* "REMOTE:REF", "REF" on the old remote, or "REMOTE:" with the old ref. */
static char *
switched_refspec (const char *old, const char *wanted, GError **error)
{
  g_autofree char *old_remote = NULL, *old_ref = NULL;
  if (old != NULL && !refspec_parse (old, &old_remote, &old_ref, error))
    return NULL;
  gsize len = strlen (wanted);
  g_autofree char *result = NULL;
  if (len > 1 && wanted[len - 1] == ':' && old_ref != NULL)
    result = g_strconcat (wanted, old_ref, NULL);
  else if (strchr (wanted, ':') == NULL && old_remote != NULL)
    result = g_strdup_printf ("%s:%s", old_remote, wanted);
  else
    result = g_strdup (wanted);
  g_autofree char *remote = NULL, *ref = NULL;
  if (!refspec_parse (result, &remote, &ref, error))
    return NULL;
  if (g_strcmp0 (old, result) == 0)
    return throw_null (error, TREE_ERROR_INVALID, "Old and new refs are equal: %s", result);
  return g_steal_pointer (&result);
}

static gboolean
choose_refspec (Upgrade *self, GError **error)
{
  const char *switch_to = self->options->switch_to;
  g_autofree char *old = origin_get_refspec (self->origin);
  if (switch_to != NULL) {
    self->refspec = switched_refspec (old, switch_to, error);
    if (self->refspec == NULL)
      return FALSE;
    origin_set_refspec (self->origin, self->refspec);
    return TRUE;
  }
  g_autofree char *refusal = origin_get_unconfigured_state (self->origin);
  if (refusal != NULL)
    return throw_error (error, TREE_ERROR_DENIED, "origin unconfigured-state: %s", refusal);
  if (old == NULL)
    return throw_error (error, TREE_ERROR_NOT_FOUND,
                        "deployment '%s' does not say where upgrades come from: `admin switch "
                        "REMOTE:REF` sets it",
                        self->merge->path);
  self->refspec = g_steal_pointer (&old);
  return TRUE;
}

static gboolean
begin (Upgrade *self, const char *stateroot, GError **error)
{
  TreeSysroot *sysroot = self->sysroot;
  Deployment *merge = plan_find_merge (sysroot->deployments, sysroot->booted, stateroot);
  if (merge == NULL)
    return throw_error (
        error, TREE_ERROR_NOT_FOUND,
        "stateroot '%s' has no deployment to upgrade: `admin deploy` makes the first", stateroot);
  self->merge = deployment_ref (merge);
  self->origin = origin_copy_for_successor (merge->origin);
  origin_set_override_commit (self->origin, self->options->override_commit);
  return choose_refspec (self, error);
}

static gboolean
may_go_back (const Upgrade *self)
{
  return self->options->allow_downgrade || self->options->switch_to != NULL;
}

static gboolean
pull (Upgrade *self, GError **error)
{
  g_autofree char *remote = NULL, *ref = NULL;
  if (!refspec_parse (self->refspec, &remote, &ref, error))
    return FALSE;
  if (remote == NULL || self->options->deploy_only)
    return TRUE; /* a local ref is as new as it gets */
  char current[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&self->merge->info.checksum, current);
  g_autofree char *wanted = self->options->override_commit != NULL
                                ? g_strdup_printf ("%s@%s", ref, self->options->override_commit)
                                : g_strdup (ref);
  const char *const refs[] = {wanted, NULL};
  TreePullOptions options = TREE_PULL_OPTIONS_INIT;
  options.refs = refs;
  options.progress = self->options->progress;
  options.user_data = self->options->user_data;
  options.interrupted = self->options->interrupted;
  /* Older than what runs: not even pulled. The ref itself may be ahead of an override. */
  options.timestamp_check_from_rev = may_go_back (self) ? NULL : current;
  TreePullResult result = {0};
  if (!tree_repo_pull (self->sysroot->repo, remote, &options, &result, error))
    return FALSE;
  if (self->options->pulled != NULL)
    self->options->pulled (&result, self->options->user_data);
  return TRUE;
}

static gboolean
resolve (Upgrade *self, GError **error)
{
  if (self->options->override_commit != NULL)
    return tree_checksum_from_hex (self->options->override_commit, &self->target, error);
  return tree_repo_resolve_rev (self->sysroot->repo, self->refspec, &self->target, error);
}

/* The ref that the newest commit points its users to; *@out is NULL when it does not. */
static gboolean
find_rebase (Upgrade *self, char **out, GError **error)
{
  *out = NULL;
  g_autoptr (TreeCommitInfo)
      info = tree_repo_load_commit (self->sysroot->repo, &self->target, error);
  if (info == NULL)
    return FALSE;
  const char *ref = NULL;
  if (!g_variant_lookup (info->metadata, COMMIT_KEY_ENDOFLIFE_REBASE, "&s", &ref))
    return TRUE;
  g_autofree char *remote = NULL, *old_ref = NULL;
  if (!refspec_check_ref (ref, error) || !refspec_parse (self->refspec, &remote, &old_ref, error))
    return prefix_error (error, "commit's endoflife-rebase");
  *out = remote != NULL ? g_strdup_printf ("%s:%s", remote, ref) : g_strdup (ref);
  return TRUE;
}

static gboolean
pull_and_resolve (Upgrade *self, GError **error)
{
  for (int i = 0; i < MAX_REBASES; i++) {
    g_autofree char *rebase = NULL;
    if (!pull (self, error) || !resolve (self, error) || !find_rebase (self, &rebase, error))
      return FALSE;
    if (rebase == NULL)
      return TRUE;
    sysroot_report (self->sysroot, "'%s' has ended: following '%s' instead", self->refspec, rebase);
    origin_set_refspec (self->origin, rebase);
    g_free (self->refspec);
    self->refspec = g_steal_pointer (&rebase);
  }
  return throw_error (error, TREE_ERROR_CORRUPT,
                      "'%s': refs point to each other as their successor", self->refspec);
}

static gboolean
check_time (Upgrade *self, GError **error)
{
  if (may_go_back (self))
    return TRUE;
  g_autoptr (GError) local = NULL;
  g_autoptr (TreeCommitInfo)
      current = tree_repo_load_commit (self->sysroot->repo, &self->merge->info.checksum, &local);
  g_autoptr (TreeCommitInfo)
      target = tree_repo_load_commit (self->sysroot->repo, &self->target, error);
  if (target == NULL)
    return FALSE;
  if (current == NULL || target->timestamp >= current->timestamp)
    return TRUE;
  char target_hex[TREE_CHECKSUM_HEX_LEN + 1], current_hex[TREE_CHECKSUM_HEX_LEN + 1];
  tree_checksum_to_hex (&self->target, target_hex);
  tree_checksum_to_hex (&self->merge->info.checksum, current_hex);
  return throw_error (error, TREE_ERROR_INVALID,
                      "Upgrade target revision '%s' is chronologically older than current revision "
                      "'%s': --allow-downgrade accepts it",
                      target_hex, current_hex);
}

/* What the next boot would run is it already? */
static gboolean
is_deployed (const Upgrade *self)
{
  const Deployment *first = plan_find_merge (self->sysroot->deployments, /* booted= */ NULL,
                                             self->merge->stateroot);
  return self->options->switch_to == NULL && first != NULL &&
         tree_checksum_equal (&first->info.checksum, &self->target);
}

/* The old branch of a switch is not followed by anybody here any more. */
static gboolean
forget_old_ref (Upgrade *self, GError **error)
{
  const char *old = self->merge->refspec;
  if (self->options->switch_to == NULL || old == NULL || strchr (old, ':') == NULL ||
      strcmp (old, self->refspec) == 0)
    return TRUE;
  sysroot_report (self->sysroot, "Deleting ref '%s'", old);
  return tree_repo_set_ref (self->sysroot->repo, old, NULL, error);
}

gboolean
tree_sysroot_upgrade (TreeSysroot *self, const TreeUpgradeOptions *options, gboolean *out_changed,
                      GError **error)
{
  g_auto (Upgrade) upgrade = {.sysroot = self, .options = options};
  if (!sysroot_check_locked (self, error))
    return FALSE;
  const char *stateroot = sysroot_pick_stateroot (self, options->stateroot, error);
  if (stateroot == NULL || !begin (&upgrade, stateroot, error) ||
      !pull_and_resolve (&upgrade, error) || !check_time (&upgrade, error))
    return FALSE;
  if (options->interrupted != NULL && *options->interrupted != 0)
    return throw_error (error, TREE_ERROR_FAILED, "interrupted: nothing was deployed");
  *out_changed = !is_deployed (&upgrade);
  if (!*out_changed || options->pull_only)
    return TRUE;
  DeployRequest request = {
      .stateroot = upgrade.merge->stateroot,
      .commit = upgrade.target,
      .merge = upgrade.merge,
      .kargs = upgrade.merge->kargs,
      .prune = TRUE,
  };
  return sysroot_deploy_commit (self, &request, g_steal_pointer (&upgrade.origin), error) &&
         forget_old_ref (&upgrade, error);
}
