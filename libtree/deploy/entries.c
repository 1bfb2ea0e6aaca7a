/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "deploy/entries.h"

#include <errno.h>
#include <string.h>

#include "base/beneath.h"
#include "base/error.h"
#include "base/fd.h"
#include "deploy/plan.h"
#include "plain/bootpath.h"
#include "plain/layout.h"

#define OS_RELEASE_MAX_BYTES (1024 * 1024)
#define OUR_INIT_PREFIX "/ostree/boot."

BootEntry *
entries_new_entry (void)
{
  BootEntry *entry = bootentry_new ();
  bootentry_set (entry, "title", "");
  bootentry_set (entry, "version", "");
  bootentry_set (entry, "options", "");
  return entry;
}

char *
entries_boot_directory (const Deployment *deployment)
{
  return g_strdup_printf (SYSROOT_BOOT_OSTREE "/%s-%s", deployment->stateroot,
                          deployment->bootcsum);
}

/* The value of KEY=VALUE in the text of an os-release file, unquoted; NULL if it is not there. */
static char *
os_release_value (const char *text, const char *key)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gsize key_len = strlen (key);
  for (guint i = 0; lines[i] != NULL; i++)
    if (strncmp (lines[i], key, key_len) == 0 && lines[i][key_len] == '=') {
      const char *value = lines[i] + key_len + 1;
      char *unquoted = g_shell_unquote (value, NULL);
      return unquoted != NULL ? unquoted : g_strdup (value);
    }
  return NULL;
}

/* Paths of a commit may be links within it (etc/os-release -> ../usr/lib/os-release): only the
 * usual two places are read, neither through a link. */
static gboolean
read_os_name (int deployment_fd, const char *fallback, char **out, GError **error)
{
  static const char *const directories[] = {"usr/lib", "etc"};
  static const char *const keys[] = {"PRETTY_NAME", "NAME", "ID"};
  for (gsize i = 0; i < G_N_ELEMENTS (directories); i++) {
    g_autoptr (GBytes) bytes = NULL;
    g_autoptr (GError) local = NULL;
    autofd int dfd = dir_open_beneath (deployment_fd, directories[i]);
    if (dfd < 0 || !file_read_at (dfd, "os-release", OS_RELEASE_MAX_BYTES, &bytes, &local) ||
        bytes == NULL)
      continue; /* a title is no reason not to deploy */
    g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
    for (gsize k = 0; k < G_N_ELEMENTS (keys); k++) {
      g_autofree char *value = os_release_value (text, keys[k]);
      if (value != NULL && value[0] != '\0') {
        *out = g_steal_pointer (&value);
        return TRUE;
      }
    }
  }
  *out = g_strdup (fallback);
  return TRUE;
}

static char *
commit_version (TreeRepo *repo, const TreeChecksum *checksum)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (TreeCommitInfo) info = tree_repo_load_commit (repo, checksum, &local);
  return info != NULL ? g_strdup (info->version)
                      : NULL; /* pruned by hand: the tree is there still */
}

static gboolean
has_several_stateroots (const GPtrArray *list)
{
  for (guint i = 1; i < list->len; i++)
    if (strcmp (((const Deployment *)list->pdata[i])->stateroot,
                ((const Deployment *)list->pdata[0])->stateroot) != 0)
      return TRUE;
  return FALSE;
}

static char *
make_title (const TreeSysroot *sysroot, const GPtrArray *list, guint index, GError **error)
{
  const Deployment *deployment = list->pdata[index];
  autofd int dfd = dir_open_at (sysroot->dfd, deployment->path, error);
  g_autofree char *name = NULL;
  if (dfd < 0 || !read_os_name (dfd, deployment->stateroot, &name, error))
    return NULL;
  g_autofree char *version = commit_version (sysroot->repo, &deployment->info.checksum);
  GString *title = g_string_new (name);
  if (version != NULL && strstr (name, version) == NULL)
    g_string_append_printf (title, " %s", version);
  if (has_several_stateroots (list))
    g_string_append_printf (title, " (ostree:%s:%u)", deployment->stateroot, index);
  else
    g_string_append_printf (title, " (ostree:%u)", index);
  /* Both come from outside, and an entry is a file of lines. */
  for (char *c = title->str; *c != '\0'; c++)
    if ((guchar)*c < ' ' || *c == 0x7f)
      *c = ' ';
  return g_string_free (title, FALSE);
}

static char *
make_options (const GPtrArray *list, guint index, int bootversion, gboolean has_initramfs,
              GError **error)
{
  const Deployment *deployment = list->pdata[index];
  g_autoptr (Kargs) kargs = kargs_parse (deployment->kargs);
  BootPath path = {.bootversion = bootversion, .serial = plan_bootserial (list, index)};
  g_strlcpy (path.stateroot, deployment->stateroot, sizeof path.stateroot);
  g_strlcpy (path.bootcsum, deployment->bootcsum, sizeof path.bootcsum);
  char target[BOOTPATH_TEXT_MAX];
  if (bootpath_format (&path, target, sizeof target) < 0)
    return throw_null (error, TREE_ERROR_INVALID, "name of stateroot '%s' is too long",
                       deployment->stateroot);

  const char *init = kargs_get (kargs, KARG_INIT);
  if (init != NULL && g_str_has_prefix (init, OUR_INIT_PREFIX))
    kargs_remove_key (kargs, KARG_INIT);
  /* Without an initramfs the kernel starts the boot helper of the deployment itself. */
  if (!has_initramfs) {
    g_autofree char *argument = g_strconcat (KARG_INIT "=", target, "/" DEPLOYMENT_PREPARE_ROOT,
                                             NULL);
    kargs_replace (kargs, argument);
  }
  g_autofree char *argument = g_strconcat (KARG_OSTREE_PREFIX, target, NULL);
  kargs_replace (kargs, argument);
  return kargs_to_text (kargs);
}

GPtrArray *
entries_build (const TreeSysroot *sysroot, const GPtrArray *list, int bootversion, GError **error)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func ((GDestroyNotify)bootentry_free);
  for (guint i = 0; i < list->len; i++) {
    const Deployment *deployment = list->pdata[i];
    g_autoptr (BootEntry) entry = bootentry_copy (deployment->entry);
    g_autofree char *title = make_title (sysroot, list, i, error);
    if (title == NULL)
      return NULL;
    g_autofree char *version = g_strdup_printf ("%u", list->len - i);
    g_autofree char *options = make_options (list, i, bootversion,
                                             bootentry_get (entry, "initrd") != NULL, error);
    if (options == NULL)
      return NULL;
    bootentry_set (entry, "title", title);
    bootentry_set (entry, "version", version);
    bootentry_set (entry, "options", options);
    g_ptr_array_add (entries, g_steal_pointer (&entry));
  }
  return g_steal_pointer (&entries);
}
