/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tree/sepolicy.h"

#include "base/error.h"

#ifdef HAVE_SELINUX

#include <errno.h>
#include <selinux/label.h>
#include <selinux/selinux.h>
#include <string.h>

#include "base/fd.h"
#include "base/lazylib.h"
#include "base/xattr.h"

#define LABEL_XATTR "security.selinux"

enum {
  CONFIG_MAX = 64 * 1024,
};

/* Each member has the type and meaning of the function of its name. */
typedef struct {
  __typeof__ (selabel_open) *open;
  __typeof__ (selabel_close) *close;
  __typeof__ (selabel_lookup_raw) *lookup_raw;
  __typeof__ (freecon) *freecon;
  __typeof__ (selinux_set_callback) *set_callback;
} SelinuxApi;

struct SePolicy {
  const SelinuxApi *api;
  struct selabel_handle *handle; /* NULL: the policy is disabled */
  GMutex mutex;                  /* the library compiles patterns when they are first needed */
};

/* ---- The library ---- */

/* Else it prints to standard error. */
static int
ignore_message (int type, const char *format, ...)
{
  return 0;
}

static const SelinuxApi *
selinux_load (GError **error)
{
  static GMutex lock;
  static SelinuxApi api;
  static gboolean loaded;
  static const LazySymbol symbols[] = {
      {"selabel_open", &api.open},
      {"selabel_close", &api.close},
      {"selabel_lookup_raw", &api.lookup_raw},
      {"freecon", &api.freecon},
      {"selinux_set_callback", &api.set_callback},
      {NULL, NULL},
  };
  g_mutex_lock (&lock);
  if (!loaded) {
    loaded = lazylib_load ("libselinux.so.1", symbols, error);
    if (loaded)
      api.set_callback (SELINUX_CB_LOG, (union selinux_callback){.func_log = ignore_message});
  }
  gboolean ok = loaded;
  g_mutex_unlock (&lock);
  return ok ? &api : NULL;
}

/* ---- The policy's files ---- */

/* Down the path, no part of which is a link: -1 with an error. */
static int
enter (int dfd, const char *path, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  autofd int at = dir_open_at (dfd, ".", error);
  for (char **part = parts; *part != NULL && at >= 0; part++) {
    int next = dir_open_at (at, *part, error);
    fd_cleanup (&at);
    at = next;
  }
  return fd_steal (&at);
}

/* The first of the two that is there: -1 with an error. */
static int
enter_selinux (int dfd, GError **error)
{
  static const char *const places[] = {"etc/selinux", "usr/etc/selinux"};
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++) {
    g_autoptr (GError) local = NULL;
    int at = enter (dfd, places[i], &local);
    if (at >= 0)
      return at;
    if (!g_error_matches (local, TREE_ERROR, TREE_ERROR_NOT_FOUND)) {
      g_propagate_error (error, g_steal_pointer (&local));
      return -1;
    }
  }
  (void)throw_error (error, TREE_ERROR_NOT_FOUND,
                     "it has no SELinux policy: neither etc/selinux nor usr/etc/selinux is there");
  return -1;
}

/* Lines "SELINUX=enforcing" and "SELINUXTYPE=targeted". */
static gboolean
read_config (int dfd, gboolean *out_enabled, char **out_type, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  if (!file_read_at (dfd, "config", CONFIG_MAX, &bytes, error))
    return FALSE;
  if (bytes == NULL)
    return throw_error (error, TREE_ERROR_NOT_FOUND, "'selinux/config' is not there");
  g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autofree char *type = NULL;
  *out_enabled = FALSE;
  for (char **line = lines; *line != NULL; line++) {
    g_strstrip (*line);
    if (g_str_has_prefix (*line, "SELINUXTYPE=")) {
      g_free (type);
      type = g_strdup (g_strstrip (strchr (*line, '=') + 1));
    } else if (g_str_has_prefix (*line, "SELINUX=")) {
      const char *mode = g_strstrip (strchr (*line, '=') + 1);
      *out_enabled = g_ascii_strcasecmp (mode, "enforcing") == 0 ||
                     g_ascii_strcasecmp (mode, "permissive") == 0;
    }
  }
  if (type == NULL || *type == '\0' || *type == '.' || strchr (type, '/') != NULL)
    return throw_error (error, TREE_ERROR_INVALID, "'selinux/config' names no SELINUXTYPE");
  *out_type = g_steal_pointer (&type);
  return TRUE;
}

/* The library opens the files by name; a link in the place of one leads out of the policy. */
static gboolean
check_files (int dfd, GError **error)
{
  static const char *const endings[] = {"",       ".bin",       ".homedirs", ".homedirs.bin",
                                        ".local", ".local.bin", ".subs",     ".subs_dist"};
  for (gsize i = 0; i < G_N_ELEMENTS (endings); i++) {
    struct stat st;
    g_autofree char *name = g_strconcat ("file_contexts", endings[i], NULL);
    if (fstatat (dfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
      if (errno != ENOENT)
        return throw_errno (error, "stat '%s'", name);
    } else if (!S_ISREG (st.st_mode))
      return throw_error (error, TREE_ERROR_INVALID, "'%s' is not a regular file", name);
  }
  return TRUE;
}

static gboolean
open_contexts (SePolicy *self, int selinux_dfd, const char *type, GError **error)
{
  g_autofree char *below = g_strconcat (type, "/contexts/files", NULL);
  autofd int dfd = enter (selinux_dfd, below, error);
  if (dfd < 0 || !check_files (dfd, error))
    return FALSE;
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d/file_contexts", dfd);
  const struct selinux_opt options[] = {{SELABEL_OPT_PATH, path}};
  self->handle = self->api->open (SELABEL_CTX_FILE, options, G_N_ELEMENTS (options));
  return self->handle != NULL || throw_errno (error, "read the 'file_contexts' of '%s'", type);
}

static gboolean
open_policy (SePolicy *self, int dfd, GError **error)
{
  gboolean enabled = FALSE;
  g_autofree char *type = NULL;
  autofd int selinux_dfd = enter_selinux (dfd, error);
  return selinux_dfd >= 0 && read_config (selinux_dfd, &enabled, &type, error) &&
         (!enabled || open_contexts (self, selinux_dfd, type, error));
}

SePolicy *
sepolicy_open (int dfd, GError **error)
{
  g_autoptr (SePolicy) self = g_new0 (SePolicy, 1);
  g_mutex_init (&self->mutex);
  self->api = selinux_load (error);
  return self->api != NULL && open_policy (self, dfd, error) ? g_steal_pointer (&self) : NULL;
}

void
sepolicy_free (SePolicy *self)
{
  if (self == NULL)
    return;
  if (self->handle != NULL)
    self->api->close (self->handle);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

/* ---- Labels ---- */

gboolean
sepolicy_label (SePolicy *self, const char *path, FileMeta *meta, GError **error)
{
  char *label = NULL;
  if (self->handle == NULL)
    return TRUE;
  g_mutex_lock (&self->mutex);
  int rc = self->api->lookup_raw (self->handle, &label, path, (int)meta->mode);
  int lookup_errno = errno;
  g_mutex_unlock (&self->mutex);
  if (rc < 0 && lookup_errno == ENOENT)
    return throw_error (error, TREE_ERROR_NOT_FOUND, "the SELinux policy has no label for '%s'",
                        path);
  if (rc < 0) {
    errno = lookup_errno;
    return throw_errno (error, "look up the SELinux label of '%s'", path);
  }
  /* The value of the attribute ends with a NUL. */
  gboolean ok = xattr_replace (&meta->xattrs, LABEL_XATTR, label, strlen (label) + 1, error);
  self->api->freecon (label);
  return ok;
}

#else

struct SePolicy {
  int unused;
};

SePolicy *
sepolicy_open (int dfd, GError **error)
{
  return throw_null (error, TREE_ERROR_UNSUPPORTED,
                     "SELinux policies are not built in: build with libselinux");
}

void
sepolicy_free (SePolicy *self)
{
}

gboolean
sepolicy_label (SePolicy *self, const char *path, FileMeta *meta, GError **error)
{
  return TRUE;
}

#endif
