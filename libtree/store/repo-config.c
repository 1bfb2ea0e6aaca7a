/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The repository's config file: typed reading, and writing it back. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "plain/layout.h"
#include "store/repo.h"

enum {
  CONFIG_MAX_BYTES = 16 * 1024 * 1024
};

/* GKeyFile's own errors, as ours. */
static gboolean
throw_key_file (GError **error, const GError *local)
{
  gboolean missing = g_error_matches (local, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_KEY_NOT_FOUND) ||
                     g_error_matches (local, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_GROUP_NOT_FOUND);
  return throw_error (error, missing ? TREE_ERROR_NOT_FOUND : TREE_ERROR_INVALID, "%s",
                      local->message);
}

char *
tree_repo_config_get (const TreeRepo *self, const char *group, const char *key, GError **error)
{
  g_autoptr (GError) local = NULL;
  char *value = g_key_file_get_string (self->config, group, key, &local);
  if (value == NULL)
    (void)throw_key_file (error, local);
  return value;
}

/* URLs and headers may have passwords in them: a file that somebody hid stays hidden. */
gboolean
config_replace_at (int dfd, const char *path, const char *text, gsize len, GError **error)
{
  struct stat st;
  mode_t mode = 0644;
  if (fstatat (dfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
    mode = st.st_mode & 0777;
  else if (errno != ENOENT)
    return throw_errno (error, "stat '%s'", path);
  return file_replace_durable_at (dfd, path, text, len, mode, error);
}

gboolean
repo_config_load (TreeRepo *self, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  if (!file_read_at (self->dfd, REPO_CONFIG, CONFIG_MAX_BYTES, &bytes, error))
    return FALSE;
  if (bytes == NULL)
    return throw_error (error, TREE_ERROR_NOT_FOUND,
                        "'%s' is not a repository: it has no '" REPO_CONFIG "'", self->path);
  g_autoptr (GKeyFile) keys = g_key_file_new ();
  g_autoptr (GError) local = NULL;
  if (!g_key_file_load_from_bytes (keys, bytes, G_KEY_FILE_KEEP_COMMENTS, &local))
    return throw_error (error, TREE_ERROR_CORRUPT, REPO_CONFIG ": %s", local->message);
  g_clear_pointer (&self->config, g_key_file_unref);
  self->config = g_steal_pointer (&keys);
  return TRUE;
}

int
repo_config_begin (TreeRepo *self, GError **error)
{
  autofd int lock = repo_lock_file (self, REPO_CONFIG_LOCK, error);
  if (lock < 0 || !repo_config_load (self, error))
    return -1;
  return fd_steal (&lock);
}

gboolean
repo_config_save (TreeRepo *self, GError **error)
{
  gsize len = 0;
  g_autofree char *text = g_key_file_to_data (self->config, &len, NULL);
  if (!config_replace_at (self->dfd, REPO_CONFIG, text, len, error)) {
    (void)repo_config_load (self, NULL);
    return FALSE;
  }
  repo_touch (self);
  return TRUE;
}

gboolean
tree_repo_config_set (TreeRepo *self, const char *group, const char *key, const char *value,
                      GError **error)
{
  autofd int lock = repo_config_begin (self, error);
  if (lock < 0)
    return FALSE;
  if (value != NULL)
    g_key_file_set_string (self->config, group, key, value);
  else {
    (void)g_key_file_remove_key (self->config, group, key, NULL); /* absent is fine */
    g_auto (GStrv) left = g_key_file_get_keys (self->config, group, NULL, NULL);
    if (left != NULL && left[0] == NULL)
      (void)g_key_file_remove_group (self->config, group, NULL);
  }
  return repo_config_save (self, error);
}

gboolean
repo_config_boolean (const TreeRepo *self, const char *group, const char *key, gboolean fallback,
                     gboolean *out, GError **error)
{
  g_autofree char *text = g_key_file_get_string (self->config, group, key, NULL);
  if (text == NULL) {
    *out = fallback;
    return TRUE;
  }
  g_autoptr (GError) local = NULL;
  gboolean value = g_key_file_get_boolean (self->config, group, key, &local);
  if (local != NULL)
    return throw_error (error, TREE_ERROR_INVALID,
                        "config: %s.%s is '%s', but must be true or false", group, key, text);
  *out = value;
  return TRUE;
}

gboolean
repo_config_int (const TreeRepo *self, const char *group, const char *key, gint64 fallback,
                 gint64 *out, GError **error)
{
  g_autofree char *text = g_key_file_get_string (self->config, group, key, NULL);
  if (text == NULL) {
    *out = fallback;
    return TRUE;
  }
  char *end = NULL;
  errno = 0;
  gint64 value = g_ascii_strtoll (text, &end, 10);
  if (errno != 0 || end == text || *g_strchug (end) != '\0')
    return throw_error (error, TREE_ERROR_INVALID, "config: %s.%s is '%s', but must be a number",
                        group, key, text);
  *out = value;
  return TRUE;
}
