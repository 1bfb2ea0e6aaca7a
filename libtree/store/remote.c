/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/remote.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/refspec.h"
#include "plain/layout.h"
#include "store/remotes-dir.h"
#include "store/root.h"

/* Options whose default is not "unset". */
static const struct {
  const char *key;
  gboolean value;
} true_by_default[] = {
    {REMOTE_GPG_VERIFY, TRUE},
    {REMOTE_HTTP2, TRUE},
};

#define KEYRING_MAX_BYTES ((gsize)16 * 1024 * 1024)

/* Where a remote is configured. */
typedef struct {
  const TreeRepo *repo; /* the repository itself or one of its parents; NULL: nowhere */
  GKeyFile *keys;
  char *file; /* in remotes.d; NULL for the repository's config */
} RemotePlace;

static void
remote_place_clear (RemotePlace *self)
{
  g_clear_pointer (&self->keys, g_key_file_unref);
  g_clear_pointer (&self->file, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RemotePlace, remote_place_clear)

static char *
group_name (const char *name)
{
  return g_strdup_printf ("remote \"%s\"", name);
}

/* Looks in one repository; parents are not asked. */
static gboolean
find_here (const TreeRepo *repo, const char *name, RemotePlace *out, GError **error)
{
  g_autofree char *group = group_name (name);
  g_autoptr (GPtrArray) files = NULL;
  if (!remotes_dir_load (repo, &files, error))
    return FALSE;
  g_auto (RemotePlace) place = {0};
  if (g_key_file_has_group (repo->config, group)) {
    place.repo = repo;
    place.keys = g_key_file_ref (repo->config);
  }
  for (guint i = 0; i < files->len; i++) {
    const RemotesFile *file = files->pdata[i];
    if (!g_key_file_has_group (file->keys, group))
      continue;
    if (place.repo != NULL)
      return throw_error (error, TREE_ERROR_INVALID,
                          "remote '%s' is defined twice, in '%s' and in '%s'; remove one", name,
                          place.file != NULL ? place.file : "config", file->name);
    place.repo = repo;
    place.keys = g_key_file_ref (file->keys);
    place.file = g_strdup (file->name);
  }
  *out = place;
  place = (RemotePlace){0};
  return TRUE;
}

static gboolean
find (const TreeRepo *repo, const char *name, RemotePlace *out, GError **error)
{
  if (!refspec_check_remote (name, error))
    return FALSE;
  for (const TreeRepo *at = repo; at != NULL; at = at->parent) {
    g_auto (RemotePlace) place = {0};
    if (!find_here (at, name, &place, error))
      return FALSE;
    if (place.repo != NULL) {
      *out = place;
      place = (RemotePlace){0};
      return TRUE;
    }
  }
  return throw_error (error, TREE_ERROR_NOT_FOUND, "Remote \"%s\" not found", name);
}

gboolean
tree_repo_remote_option (const TreeRepo *self, const char *name, const char *key, char **out,
                         GError **error)
{
  g_auto (RemotePlace) place = {0};
  if (!find (self, name, &place, error))
    return FALSE;
  g_autofree char *group = group_name (name);
  *out = g_key_file_get_string (place.keys, group, key, NULL);
  return TRUE;
}

gboolean
remote_parse_boolean (const char *text, gboolean *out)
{
  static const char *const yes[] = {"true", "1", "yes", NULL};
  static const char *const no[] = {"false", "0", "no", "", NULL};
  *out = g_strv_contains (yes, text);
  return *out || g_strv_contains (no, text);
}

gboolean
remote_option_boolean (const TreeRepo *repo, const char *name, const char *key, gboolean *out,
                       GError **error)
{
  g_auto (RemotePlace) place = {0};
  if (!find (repo, name, &place, error))
    return FALSE;
  g_autofree char *group = group_name (name);
  gboolean value = FALSE;
  if (g_key_file_has_key (place.keys, group, key, NULL)) {
    g_autoptr (GError) local = NULL;
    value = g_key_file_get_boolean (place.keys, group, key, &local);
    if (local != NULL)
      return throw_error (error, TREE_ERROR_INVALID,
                          "remote '%s': option '%s' must be true or false", name, key);
  } else
    for (gsize i = 0; i < G_N_ELEMENTS (true_by_default); i++)
      if (strcmp (true_by_default[i].key, key) == 0)
        value = true_by_default[i].value;
  *out = value;
  return TRUE;
}

gboolean
remote_option_list (const TreeRepo *repo, const char *name, const char *key, char ***out,
                    GError **error)
{
  g_autofree char *text = NULL;
  if (!tree_repo_remote_option (repo, name, key, &text, error))
    return FALSE;
  g_autoptr (GPtrArray) list = g_ptr_array_new ();
  g_auto (GStrv) parts = g_strsplit_set (text != NULL ? text : "", ";,", -1);
  for (char **part = parts; *part != NULL; part++)
    if (*g_strstrip (*part) != '\0')
      g_ptr_array_add (list, g_strdup (*part));
  g_ptr_array_add (list, NULL);
  *out = (char **)g_ptr_array_free (g_steal_pointer (&list), FALSE);
  return TRUE;
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static void
add_names (GHashTable *names, GKeyFile *keys)
{
  g_auto (GStrv) groups = g_key_file_get_groups (keys, NULL);
  for (char **group = groups; *group != NULL; group++) {
    gsize len = strlen (*group);
    if (!g_str_has_prefix (*group, "remote \"") || (*group)[len - 1] != '"' || len < 10)
      continue;
    g_autofree char *name = g_strndup (*group + 8, len - 9);
    if (refspec_check_remote (name, NULL))
      (void)g_hash_table_add (names, g_steal_pointer (&name));
  }
}

char **
tree_repo_remote_list (const TreeRepo *self)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (const TreeRepo *repo = self; repo != NULL; repo = repo->parent) {
    add_names (names, repo->config);
    g_autoptr (GPtrArray) files = NULL;
    /* A list cannot fail; who uses one of these remotes gets the error. */
    if (!remotes_dir_load (repo, &files, NULL))
      continue;
    for (guint i = 0; i < files->len; i++)
      add_names (names, ((const RemotesFile *)files->pdata[i])->keys);
  }
  GPtrArray *list = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer name;
  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (list, g_strdup (name));
  g_ptr_array_sort (list, compare_strings);
  g_ptr_array_add (list, NULL);
  return (char **)g_ptr_array_free (list, FALSE);
}

/* ---- Changing ---- */

static gboolean
set_option (GKeyFile *keys, const char *group, const char *option, GError **error)
{
  const char *equals = strchr (option, '=');
  if (equals == NULL)
    return throw_error (error, TREE_ERROR_INVALID, "Missing '=' in KEY=VALUE for --set");
  g_autofree char *key = g_strndup (option, (gsize)(equals - option));
  g_strstrip (key);
  if (*key == '\0' || strpbrk (key, "[]\n\r") != NULL || *key == '#')
    return throw_error (error, TREE_ERROR_INVALID, "'%s' cannot be the name of an option", key);
  if (!g_utf8_validate (option, -1, NULL))
    return throw_error (error, TREE_ERROR_INVALID, "option '%s' is not UTF-8", key);
  g_key_file_set_string (keys, group, key, equals + 1);
  return TRUE;
}

static gboolean
fill_group (GKeyFile *keys, const char *name, const char *url, const char *const *options,
            GError **error)
{
  g_autofree char *group = group_name (name);
  if (url != NULL && g_str_has_prefix (url, REMOTE_METALINK_PREFIX))
    g_key_file_set_string (keys, group, REMOTE_METALINK, url + strlen (REMOTE_METALINK_PREFIX));
  else if (url != NULL)
    g_key_file_set_string (keys, group, REMOTE_URL, url);
  for (; options != NULL && *options != NULL; options++)
    if (!set_option (keys, group, *options, error))
      return FALSE;
  return g_key_file_has_group (keys, group) ||
         throw_error (error, TREE_ERROR_INVALID, "remote '%s' needs a URL", name);
}

/* Of one that is defined twice both are removed: it is the way out of that. */
static gboolean
remove_definitions (TreeRepo *self, const char *name, gboolean *out_found, GError **error)
{
  g_autofree char *group = group_name (name);
  g_autoptr (GPtrArray) files = NULL;
  gboolean in_config = g_key_file_has_group (self->config, group);
  *out_found = in_config;
  if (!remotes_dir_load (self, &files, error))
    return FALSE;
  for (guint i = 0; i < files->len; i++) {
    const RemotesFile *file = files->pdata[i];
    if (!g_key_file_has_group (file->keys, group))
      continue;
    *out_found = TRUE;
    if (!remotes_dir_remove_group (self, file->name, group, error))
      return FALSE;
  }
  if (!in_config)
    return TRUE;
  (void)g_key_file_remove_group (self->config, group, NULL);
  return repo_config_save (self, error);
}

/* A remote that must go or may stay before @name is added: *@out_add says whether to go on, and
 * *@out_in_config that the new one takes the place of one in the repository's config. */
static gboolean
make_room (TreeRepo *self, const char *name, TreeRemoteAdd how, gboolean *out_add,
           gboolean *out_in_config, GError **error)
{
  g_auto (RemotePlace) place = {0};
  if (!find_here (self, name, &place, error))
    return FALSE;
  *out_in_config = place.repo != NULL && place.file == NULL;
  *out_add = place.repo == NULL || how == TREE_REMOTE_ADD_FORCE;
  if (place.repo == NULL || how == TREE_REMOTE_ADD_IF_NOT_EXISTS)
    return TRUE;
  if (how == TREE_REMOTE_ADD_NEW)
    return throw_error (error, TREE_ERROR_EXISTS,
                        "Remote configuration for \"%s\" already exists: %s; --force replaces it",
                        name, place.file != NULL ? place.file : "(in config)");
  g_autofree char *group = group_name (name);
  return place.file == NULL || remotes_dir_remove_group (self, place.file, group, error);
}

gboolean
tree_repo_remote_add (TreeRepo *self, const char *name, const char *url, const char *const *options,
                      TreeRemoteAdd how, GError **error)
{
  g_autofree char *group = group_name (name);
  g_autoptr (GKeyFile) keys = g_key_file_new ();
  gboolean add = FALSE;
  gboolean in_config = FALSE;
  gboolean in_dir = FALSE;
  /* Into a file of its own first: a mistake in one option leaves the configuration as it was. */
  if (!refspec_check_remote (name, error) || !fill_group (keys, name, url, options, error))
    return FALSE;
  autofd int lock = repo_config_begin (self, error);
  if (lock < 0 || !make_room (self, name, how, &add, &in_config, error))
    return FALSE;
  if (!add)
    return TRUE;
  if (!repo_config_boolean (self, "core", "add-remotes-config-dir", root_is_deployment (self),
                            &in_dir, error))
    return FALSE;
  if (in_dir && !in_config)
    return remotes_dir_write (self, name, group, keys, error);
  remotes_copy_group (keys, self->config, group);
  return repo_config_save (self, error);
}

gboolean
tree_repo_remote_delete (TreeRepo *self, const char *name, gboolean if_exists, GError **error)
{
  gboolean found = FALSE;
  if (!refspec_check_remote (name, error))
    return FALSE;
  autofd int lock = repo_config_begin (self, error);
  if (lock < 0 || !remove_definitions (self, name, &found, error))
    return FALSE;
  if (!found)
    return if_exists || throw_error (error, TREE_ERROR_NOT_FOUND, "Remote \"%s\" not found", name);
  static const char *const suffixes[] = {REMOTE_KEYRING_SUFFIX, REMOTE_COOKIES_SUFFIX};
  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++) {
    g_autofree char *file = g_strconcat (name, suffixes[i], NULL);
    if (unlinkat (self->dfd, file, 0) < 0 && errno != ENOENT)
      return throw_errno (error, "remove '%s'", file);
  }
  return TRUE;
}

/* ---- Keyrings ---- */

gboolean
remote_keyring_read (const TreeRepo *repo, const char *name, GBytes **out, GError **error)
{
  g_autofree char *file = g_strconcat (name, REMOTE_KEYRING_SUFFIX, NULL);
  *out = NULL;
  if (!refspec_check_remote (name, error))
    return FALSE;
  for (const TreeRepo *at = repo; at != NULL && *out == NULL; at = at->parent)
    if (!file_read_at (at->dfd, file, KEYRING_MAX_BYTES, out, error) ||
        (*out == NULL && !remotes_dir_read (at, file, KEYRING_MAX_BYTES, out, error)))
      return FALSE;
  return TRUE;
}

gboolean
remote_keyring_write (TreeRepo *repo, const char *name, GBytes *keyring, GError **error)
{
  g_autofree char *file = g_strconcat (name, REMOTE_KEYRING_SUFFIX, NULL);
  gsize len;
  const void *data = g_bytes_get_data (keyring, &len);
  return refspec_check_remote (name, error) &&
         file_replace_durable_at (repo->dfd, file, data, len, 0644, error);
}

/* ---- What is cached of them ---- */

/* "NAME", and with what is kept of the remote behind it. */
static gboolean
is_of_any (const char *const *names, const char *file)
{
  static const char *const suffixes[] = {"", ".sig", "." REPO_REVOKED, "." REPO_REVOKED_SIG};
  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++) {
    if (!g_str_has_suffix (file, suffixes[i]))
      continue;
    g_autofree char *name = g_strndup (file, strlen (file) - strlen (suffixes[i]));
    if (g_strv_contains (names, name))
      return TRUE;
  }
  return FALSE;
}

gboolean
remote_prune_cache (const TreeRepo *repo, GError **error)
{
  g_auto (GStrv) names = tree_repo_remote_list (repo);
  g_autoptr (GPtrArray) entries = NULL;
  autofd int dfd = openat (repo->dfd, REPO_SUMMARY_CACHE,
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (dfd < 0)
    return errno == ENOENT || throw_errno (error, "open '%s'", REPO_SUMMARY_CACHE);
  if (!dir_list (dfd, &entries, error))
    return FALSE;
  for (guint i = 0; i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    if (entry->type == DT_REG && !is_of_any ((const char *const *)names, entry->name) &&
        unlinkat (dfd, entry->name, 0) < 0 && errno != ENOENT)
      return throw_errno (error, "remove '%s/%s'", REPO_SUMMARY_CACHE, entry->name);
  }
  return TRUE;
}
