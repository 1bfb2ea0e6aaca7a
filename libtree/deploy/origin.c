/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "deploy/origin.h"

#include "base/error.h"
#include "base/fd.h"
#include "plain/layout.h"

#define GROUP_ORIGIN "origin"
#define GROUP_TRANSIENT "libostree-transient"
#define ORIGIN_MAX_BYTES (1024 * 1024)

GKeyFile *
origin_new (const char *refspec)
{
  GKeyFile *origin = g_key_file_new ();
  g_key_file_set_string (origin, GROUP_ORIGIN, "refspec", refspec);
  return origin;
}

gboolean
origin_parse (const char *text, gsize len, GKeyFile **out, GError **error)
{
  g_autoptr (GKeyFile) origin = g_key_file_new ();
  g_autoptr (GError) local = NULL;
  if (len > 0 && !g_key_file_load_from_data (origin, text, len, G_KEY_FILE_KEEP_COMMENTS, &local))
    return throw_error (error, TREE_ERROR_CORRUPT, "%s", local->message);
  *out = g_steal_pointer (&origin);
  return TRUE;
}

static char *
origin_path (const char *deployment_path)
{
  return g_strconcat (deployment_path, ORIGIN_SUFFIX, NULL);
}

gboolean
origin_load (int sysroot_fd, const char *deployment_path, GKeyFile **out, gboolean *out_found,
             GError **error)
{
  g_autofree char *path = origin_path (deployment_path);
  g_autoptr (GBytes) bytes = NULL;
  if (!file_read_at (sysroot_fd, path, ORIGIN_MAX_BYTES, &bytes, error))
    return FALSE;
  *out_found = bytes != NULL;
  if (bytes == NULL) {
    *out = g_key_file_new ();
    return TRUE;
  }
  gsize len = 0;
  const char *text = g_bytes_get_data (bytes, &len);
  if (!origin_parse (text, len, out, error))
    return prefix_error (error, "origin file '%s'", path);
  return TRUE;
}

gboolean
origin_save (int sysroot_fd, const char *deployment_path, GKeyFile *origin, gboolean durable,
             GError **error)
{
  g_autofree char *path = origin_path (deployment_path);
  gsize len = 0;
  g_autofree char *text = g_key_file_to_data (origin, &len, NULL);
  return durable ? file_replace_durable_at (sysroot_fd, path, text, len, 0644, error)
                 : file_replace_at (sysroot_fd, path, text, len, 0644, error);
}

GKeyFile *
origin_copy_for_successor (GKeyFile *origin)
{
  gsize len = 0;
  g_autofree char *text = g_key_file_to_data (origin, &len, NULL);
  GKeyFile *copy = NULL;
  if (!origin_parse (text, len, &copy, NULL))
    g_assert_not_reached (); /* GLib reads what it has written */
  (void)g_key_file_remove_group (copy, GROUP_TRANSIENT, NULL);
  (void)g_key_file_remove_key (copy, GROUP_ORIGIN, "unlocked", NULL);
  return copy;
}

char *
origin_get_refspec (GKeyFile *origin)
{
  return g_key_file_get_string (origin, GROUP_ORIGIN, "refspec", NULL);
}

void
origin_set_refspec (GKeyFile *origin, const char *refspec)
{
  g_key_file_set_string (origin, GROUP_ORIGIN, "refspec", refspec);
  /* Both were about the old one. */
  (void)g_key_file_remove_key (origin, GROUP_ORIGIN, "unconfigured-state", NULL);
  origin_set_override_commit (origin, NULL);
}

void
origin_set_override_commit (GKeyFile *origin, const char *checksum)
{
  if (checksum != NULL)
    g_key_file_set_string (origin, GROUP_ORIGIN, "override-commit", checksum);
  else
    (void)g_key_file_remove_key (origin, GROUP_ORIGIN, "override-commit", NULL);
}

char *
origin_get_unconfigured_state (GKeyFile *origin)
{
  return g_key_file_get_string (origin, GROUP_ORIGIN, "unconfigured-state", NULL);
}

gboolean
origin_is_hotfix (GKeyFile *origin)
{
  g_autofree char *unlocked = g_key_file_get_string (origin, GROUP_ORIGIN, "unlocked", NULL);
  return g_strcmp0 (unlocked, "hotfix") == 0;
}

gboolean
origin_is_pinned (GKeyFile *origin)
{
  return g_key_file_get_boolean (origin, GROUP_TRANSIENT, "pinned", NULL);
}

void
origin_set_pinned (GKeyFile *origin, gboolean pinned)
{
  if (pinned) {
    g_key_file_set_boolean (origin, GROUP_TRANSIENT, "pinned", TRUE);
    return;
  }
  (void)g_key_file_remove_key (origin, GROUP_TRANSIENT, "pinned", NULL);
  gsize n_keys = 0;
  g_strfreev (g_key_file_get_keys (origin, GROUP_TRANSIENT, &n_keys, NULL));
  if (n_keys == 0)
    (void)g_key_file_remove_group (origin, GROUP_TRANSIENT, NULL);
}
