/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "deploy/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/checksum.h"
#include "deploy/origin.h"
#include "deploy/plan.h"
#include "plain/bootpath.h"
#include "plain/cmdline.h"
#include "plain/layout.h"

/* How often a reader without the lock begins again before it says what it found. */
#define LOAD_ATTEMPTS 10

typedef struct {
  char *name; /* of the file */
  BootEntry *entry;
} NamedEntry;

static void
named_entry_free (gpointer data)
{
  NamedEntry *self = data;
  g_free (self->name);
  bootentry_free (self->entry);
  g_free (self);
}

static int
compare_version (gconstpointer a, gconstpointer b)
{
  const NamedEntry *const *left = a;
  const NamedEntry *const *right = b;
  const char *left_version = bootentry_get ((*left)->entry, "version");
  const char *right_version = bootentry_get ((*right)->entry, "version");
  int order = strverscmp (right_version != NULL ? right_version : "",
                          left_version != NULL ? left_version : "");
  return order != 0 ? order : strcmp ((*left)->name, (*right)->name);
}

static gboolean
exists (int dfd, const char *path)
{
  struct stat st;
  return fstatat (dfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A list of nothing would let the next cleanup delete every deployment. */
static gboolean
check_boot_mounted (int dfd, GError **error)
{
  if (exists (dfd, SYSROOT_LOADER ".new"))
    return TRUE; /* a first deployment that was interrupted just before the switch */
  for (int version = 0; version <= 1; version++) {
    g_autofree char *link = g_strdup_printf (SYSROOT_BOOTLINK_FORMAT, version);
    if (exists (dfd, link))
      return throw_error (error, TREE_ERROR_NOT_FOUND,
                          "there is '%s', but no '" SYSROOT_LOADER
                          "': is /boot mounted, and is the link there?",
                          link);
  }
  return TRUE;
}

/* Which loader.B the switch points to. */
static gboolean
read_bootversion (int dfd, gboolean *out_has_loader, int *out_bootversion, GError **error)
{
  g_autofree char *target = NULL;
  if (!link_read_at (dfd, SYSROOT_LOADER, &target, error))
    return FALSE;
  if (target == NULL && !check_boot_mounted (dfd, error))
    return FALSE;
  *out_has_loader = target != NULL;
  *out_bootversion = g_strcmp0 (target, "loader.1") == 0;
  if (target != NULL && *out_bootversion == 0 && strcmp (target, "loader.0") != 0)
    return throw_error (error, TREE_ERROR_CORRUPT,
                        "link '" SYSROOT_LOADER "' points to '%s', expected loader.0 or loader.1",
                        target);
  return TRUE;
}

static gboolean
read_entries (int dfd, int bootversion, GPtrArray **out, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (named_entry_free);
  g_autofree char *path = g_strdup_printf (SYSROOT_LOADER_FORMAT "/entries", bootversion);
  autofd int entries_fd = openat (dfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (entries_fd < 0 && errno != ENOENT)
    return throw_errno (error, "open directory '%s'", path);
  g_autoptr (GPtrArray) names = NULL;
  if (entries_fd >= 0 && !dir_list (entries_fd, &names, error))
    return prefix_error (error, "'%s'", path);
  for (guint i = 0; names != NULL && i < names->len; i++) {
    const DirEntry *file = names->pdata[i];
    g_auto (BootEntryName) parsed = {0};
    if (!bootentry_name_parse (file->name, &parsed))
      continue;
    g_autoptr (GBytes) bytes = NULL;
    if (!file_read_at (entries_fd, file->name, BOOTENTRY_MAX_BYTES, &bytes, error))
      return FALSE;
    if (bytes == NULL)
      continue; /* gone since the listing: the list has changed, and the caller sees it */
    gsize len = 0;
    const char *text = g_bytes_get_data (bytes, &len);
    g_autoptr (BootEntry) entry = NULL;
    if (!bootentry_parse (text, len, &entry, error))
      return prefix_error (error, "'%s/%s'", path, file->name);
    NamedEntry *named = g_new0 (NamedEntry, 1);
    named->name = g_strdup (file->name);
    named->entry = g_steal_pointer (&entry);
    g_ptr_array_add (found, named);
  }
  g_ptr_array_sort (found, compare_version);
  *out = g_steal_pointer (&found);
  return TRUE;
}

/* A stateroot's running deployment may be unlocked by a mark that lives as long as the boot. */
static const char *
find_unlocked (const Deployment *deployment)
{
  static const char *const kinds[] = {"development", "transient"};
  if (origin_is_hotfix (deployment->origin))
    return "hotfix";
  g_autofree char *name = deployment_name (deployment);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autofree char *mark = g_strdup_printf (RUN_OSTREE "/deployment-state/%s/unlocked-%s", name,
                                             kinds[i]);
    struct stat st;
    if (stat (mark, &st) == 0)
      return kinds[i];
  }
  return NULL;
}

static Deployment *
load_deployment (int dfd, int bootversion, NamedEntry *named, GError **error)
{
  const char *options = bootentry_get (named->entry, "options");
  char target[CMDLINE_MAX] = "";
  BootPath path;
  /* By the boot helper's own parser: of several it must be the one that boots. */
  if (options == NULL ||
      cmdline_find (options, strlen (options), KARG_OSTREE, target, sizeof target) < 0 ||
      bootpath_parse (target, &path) < 0)
    return throw_null (error, TREE_ERROR_CORRUPT, "kernel argument ostree='%s' is no boot path",
                       target);
  if (path.bootversion != bootversion)
    return throw_null (error, TREE_ERROR_CORRUPT, "ostree='%s' is not of boot version %d", target,
                       bootversion);
  DeployPath where;
  int r = bootpath_resolve (dfd, &path, &where);
  if (r < 0) {
    errno = -r;
    return throw_errno_null (error, "follow the boot link '%s'", target);
  }
  TreeChecksum checksum;
  if (!tree_checksum_from_hex (where.csum, &checksum, error))
    return NULL;
  g_autoptr (Deployment) made = deployment_new (where.stateroot, &checksum, where.serial,
                                                path.bootcsum, g_key_file_new (), named->entry);
  named->entry = NULL;
  struct stat st;
  if (fstatat (dfd, made->path, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return throw_errno_null (error, "deployment '%s'", made->path);
  g_key_file_unref (g_steal_pointer (&made->origin));
  if (!origin_load (dfd, made->path, &made->origin, &made->info.has_origin, error)) {
    made->origin = g_key_file_new ();
    return NULL;
  }
  deployment_origin_changed (made);
  made->info.unlocked = find_unlocked (made);
  return g_steal_pointer (&made);
}

/* The running system's root is a mount of the deployment's directory, so it has its inode. */
static const Deployment *
find_booted (int dfd, const GPtrArray *list)
{
  struct stat mark, root, st;
  if (stat (OSTREE_BOOTED_FILE, &mark) < 0 || stat ("/", &root) < 0)
    return NULL;
  for (guint i = 0; i < list->len; i++) {
    const Deployment *have = list->pdata[i];
    if (fstatat (dfd, have->path, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_dev == root.st_dev &&
        st.st_ino == root.st_ino)
      return have;
  }
  return NULL;
}

static gboolean
load_once (int dfd, LoadedList *out, GError **error)
{
  LoadedList list = {0};
  if (!read_bootversion (dfd, &list.has_loader, &list.bootversion, error))
    return FALSE;
  int r = bootpath_read_subversion (dfd, list.bootversion, &list.subbootversion);
  if (r < 0 && r != -ENOENT) {
    errno = -r;
    return throw_errno (error, "read link 'ostree/boot.%d'", list.bootversion);
  }
  g_autoptr (GPtrArray) entries = NULL;
  if (list.has_loader && !read_entries (dfd, list.bootversion, &entries, error))
    return FALSE;
  g_autoptr (GPtrArray) deployments = deployment_list_new ();
  for (guint i = 0; entries != NULL && i < entries->len; i++) {
    NamedEntry *named = entries->pdata[i];
    Deployment *made = load_deployment (dfd, list.bootversion, named, error);
    if (made == NULL)
      return prefix_error (error, "boot entry '%s'", named->name);
    g_ptr_array_add (deployments, made);
  }
  list.booted = find_booted (dfd, deployments);
  plan_number (deployments, list.booted);
  list.deployments = g_steal_pointer (&deployments);
  *out = list;
  return TRUE;
}

/* Both switches as one text: differs when the list has changed in between. */
static char *
read_switches (int dfd)
{
  g_autofree char *loader = NULL, *zero = NULL, *one = NULL;
  if (!link_read_at (dfd, SYSROOT_LOADER, &loader, NULL) ||
      !link_read_at (dfd, "ostree/boot.0", &zero, NULL) ||
      !link_read_at (dfd, "ostree/boot.1", &one, NULL))
    return g_strdup ("");
  return g_strdup_printf ("%s %s %s", loader, zero, one);
}

gboolean
load_deployments (int sysroot_fd, LoadedList *out, GError **error)
{
  for (int attempt = 1;; attempt++) {
    g_autofree char *before = read_switches (sysroot_fd);
    g_autoptr (GError) local = NULL;
    LoadedList list = {0};
    gboolean ok = load_once (sysroot_fd, &list, &local);
    g_autofree char *after = read_switches (sysroot_fd);
    if (strcmp (before, after) == 0 || attempt == LOAD_ATTEMPTS) {
      if (ok)
        *out = list;
      else
        g_propagate_error (error, g_steal_pointer (&local));
      return ok;
    }
    g_clear_pointer (&list.deployments, g_ptr_array_unref);
  }
}
