/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/filter.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "plain/layout.h"
#include "store/repo.h"

#define USR_ETC "/" DEPLOYMENT_DEFAULT_ETC

typedef struct {
  const TreeModeRule *rule;
  gint used; /* atomic */
} ModeRule;

typedef struct {
  gint used; /* atomic */
} SkipRule;

static gboolean
check_path (const char *path, GError **error)
{
  return *path == '/' ||
         throw_error (error, TREE_ERROR_INVALID, "'%s' is not an absolute path in the tree", path);
}

gboolean
filter_init (Filter *self, const TreeRepo *repo, const TreeCommitOptions *options, SePolicy *policy,
             GError **error)
{
  /* Canonical permissions are those that any user can give to a file; attributes are not among
   * them. */
  gboolean canonical = options->canonical_permissions || repo->mode->canonical_only;
  *self = (Filter){.owner_uid = options->owner_uid,
                   .owner_gid = options->owner_gid,
                   .canonical_permissions = canonical,
                   .read_only_executables = options->read_only_executables,
                   .no_xattrs = options->no_xattrs || canonical || repo->disable_xattrs,
                   .policy = repo->mode->canonical_only ? NULL : policy,
                   .label_usr_etc_as_etc = options->selinux_usr_etc_as_etc};
  /* What a bare-user-only repository has is canonical already. */
  self->changes_stored = options->owner_uid >= 0 || options->owner_gid >= 0 ||
                         options->canonical_permissions || options->read_only_executables ||
                         options->no_xattrs || options->n_mode_rules > 0 ||
                         options->skip_paths != NULL || self->policy != NULL;
  if (options->n_mode_rules > 0)
    self->mode_rules = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  for (guint i = 0; i < options->n_mode_rules; i++) {
    const TreeModeRule *rule = &options->mode_rules[i];
    ModeRule *made = g_new0 (ModeRule, 1);
    made->rule = rule;
    g_hash_table_replace (self->mode_rules, (gpointer)rule->path, made);
    if (!check_path (rule->path, error))
      return FALSE;
  }
  if (options->skip_paths != NULL && options->skip_paths[0] != NULL)
    self->skips = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  for (gsize i = 0; self->skips != NULL && options->skip_paths[i] != NULL; i++) {
    g_hash_table_replace (self->skips, (gpointer)options->skip_paths[i], g_new0 (SkipRule, 1));
    if (!check_path (options->skip_paths[i], error))
      return FALSE;
  }
  return TRUE;
}

void
filter_clear (Filter *self)
{
  g_clear_pointer (&self->mode_rules, g_hash_table_unref);
  g_clear_pointer (&self->skips, g_hash_table_unref);
}

gboolean
filter_needs_paths (const Filter *self)
{
  return self->mode_rules != NULL || self->skips != NULL || self->policy != NULL;
}

static void
apply_rule (const Filter *self, const char *path, FileMeta *meta)
{
  ModeRule *found = g_hash_table_lookup (self->mode_rules, path);
  if (found == NULL)
    return;
  g_atomic_int_set (&found->used, 1);
  if (found->rule->replace)
    meta->mode = (meta->mode & S_IFMT) | (found->rule->mode & 07777);
  else
    meta->mode |= found->rule->mode & 07777;
}

void
filter_apply (const Filter *self, const char *path, FileMeta *meta)
{
  if (self->owner_uid >= 0)
    meta->uid = (guint32)self->owner_uid;
  if (self->owner_gid >= 0)
    meta->gid = (guint32)self->owner_gid;
  if (self->mode_rules != NULL)
    apply_rule (self, path, meta);
  if (self->read_only_executables && S_ISREG (meta->mode) && (meta->mode & 0111) != 0)
    meta->mode &= ~0222u;
  if (self->canonical_permissions) {
    meta->uid = meta->gid = 0;
    if (!S_ISLNK (meta->mode))
      meta->mode &= S_IFMT | 0755;
  }
}

gboolean
filter_skips (const Filter *self, const char *path)
{
  SkipRule *found = self->skips != NULL ? g_hash_table_lookup (self->skips, path) : NULL;
  if (found != NULL)
    g_atomic_int_set (&found->used, 1);
  return found != NULL;
}

gboolean
filter_has_mode_rule (const Filter *self, const char *path)
{
  return self->mode_rules != NULL && g_hash_table_contains (self->mode_rules, path);
}

gboolean
filter_goes_by_path (const Filter *self, const char *path)
{
  return self->policy != NULL || filter_has_mode_rule (self, path);
}

gboolean
filter_label (const Filter *self, const char *path, FileMeta *meta, GError **error)
{
  if (self->policy == NULL)
    return TRUE;
  gboolean in_usr_etc = g_str_has_prefix (path, USR_ETC) &&
                        (path[strlen (USR_ETC)] == '\0' || path[strlen (USR_ETC)] == '/');
  if (self->label_usr_etc_as_etc && in_usr_etc)
    path += strlen ("/usr");
  return sepolicy_label (self->policy, path, meta, error);
}

gboolean
filter_check_all_used (const Filter *self, GError **error)
{
  GHashTableIter iter;
  gpointer path;
  gpointer rule;
  if (self->mode_rules != NULL) {
    g_hash_table_iter_init (&iter, self->mode_rules);
    while (g_hash_table_iter_next (&iter, &path, &rule))
      if (!((ModeRule *)rule)->used)
        return throw_error (error, TREE_ERROR_NOT_FOUND, "Unmatched statoverride paths: %s",
                            (const char *)path);
  }
  if (self->skips != NULL) {
    g_hash_table_iter_init (&iter, self->skips);
    while (g_hash_table_iter_next (&iter, &path, &rule))
      if (!((SkipRule *)rule)->used)
        return throw_error (error, TREE_ERROR_NOT_FOUND, "Unmatched skip-list paths: %s",
                            (const char *)path);
  }
  return TRUE;
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

void
filter_hash (const Filter *self, Hasher *hasher)
{
  gint64 words[] = {self->owner_uid, self->owner_gid, self->canonical_permissions,
                    self->read_only_executables, self->no_xattrs};
  hasher_update (hasher, words, sizeof words);
  if (self->mode_rules == NULL)
    return;
  guint n = 0;
  g_autofree gpointer *paths = g_hash_table_get_keys_as_array (self->mode_rules, &n);
  qsort (paths, n, sizeof *paths, compare_paths);
  for (guint i = 0; i < n; i++) {
    const ModeRule *rule = g_hash_table_lookup (self->mode_rules, paths[i]);
    guint32 how[] = {rule->rule->mode, (guint32)rule->rule->replace};
    hasher_update (hasher, paths[i], strlen (paths[i]) + 1);
    hasher_update (hasher, how, sizeof how);
  }
}
