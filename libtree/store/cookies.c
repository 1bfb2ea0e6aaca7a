/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cookie jars of remotes: REMOTE.cookies.txt in the repository, a line a cookie, as browsers used
 * to write them and libcurl reads them:
 *
 *   DOMAIN \t TRUE if its subdomains, too \t PATH \t TRUE if only encrypted \t EXPIRES \t NAME \t
 * VALUE
 *
 * A cookie may be all that a server asks for, so a new jar is its owner's alone to read. Lines that
 * are none, such as comments, stay as they are. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/refspec.h"
#include "store/remote.h"

enum {
  JAR_MODE = 0600,
  LIFE_SECS = 25 * 365 * 24 * 60 * 60,
  MAX_FIELD = 4096, /* what libcurl reads of a line is little more */
};

#define JAR_MAX ((gsize)1024 * 1024)

enum {
  FIELD_DOMAIN,
  FIELD_SUBDOMAINS,
  FIELD_PATH,
  FIELD_SECURE,
  FIELD_EXPIRES,
  FIELD_NAME,
  FIELD_VALUE,
  N_FIELDS,
};

void
tree_cookie_free (gpointer data)
{
  TreeCookie *self = data;
  g_free (self->domain);
  g_free (self->path);
  g_free (self->name);
  g_free (self->value);
  g_free (self);
}

/* NULL for a line that is no cookie. */
static TreeCookie *
parse (const char *line)
{
  g_auto (GStrv) fields = g_strsplit (line, "\t", -1);
  if (*line == '#' || g_strv_length (fields) != N_FIELDS)
    return NULL;
  TreeCookie *cookie = g_new0 (TreeCookie, 1);
  cookie->domain = g_strdup (fields[FIELD_DOMAIN]);
  cookie->path = g_strdup (fields[FIELD_PATH]);
  cookie->name = g_strdup (fields[FIELD_NAME]);
  cookie->value = g_strdup (fields[FIELD_VALUE]);
  cookie->secure = strcmp (fields[FIELD_SECURE], "TRUE") == 0;
  cookie->expires = g_ascii_strtoll (fields[FIELD_EXPIRES], NULL, 10);
  return cookie;
}

static gboolean
is_at (const char *line, const char *domain, const char *path, const char *name)
{
  TreeCookie *cookie = parse (line);
  if (cookie == NULL)
    return FALSE;
  gboolean same = strcmp (cookie->domain, domain) == 0 && strcmp (cookie->path, path) == 0 &&
                  strcmp (cookie->name, name) == 0;
  tree_cookie_free (cookie);
  return same;
}

/* ---- The file ---- */

/* *@out_lines: without their ends, NULL-terminated. */
static gboolean
read_jar (const TreeRepo *repo, const char *remote, char **out_jar, char ***out_lines,
          GError **error)
{
  g_autofree char *known = NULL;
  g_autoptr (GBytes) bytes = NULL;
  /* Only of a remote that there is. */
  if (!tree_repo_remote_option (repo, remote, REMOTE_URL, &known, error))
    return FALSE;
  g_autofree char *jar = g_strconcat (remote, REMOTE_COOKIES_SUFFIX, NULL);
  if (!file_read_at (repo->dfd, jar, JAR_MAX, &bytes, error))
    return prefix_error (error, "cookies of remote '%s'", remote);
  gsize len = 0;
  const char *data = bytes != NULL ? g_bytes_get_data (bytes, &len) : "";
  g_autofree char *text = g_strndup (data, len);
  *out_lines = g_strsplit (g_strchomp (text), "\n", -1);
  *out_jar = g_steal_pointer (&jar);
  return TRUE;
}

/* Drops the cookie that is there, and adds @line (may be NULL). */
static gboolean
write_jar (const TreeRepo *repo, const char *jar, char **lines, const TreeCookie *drop,
           const char *line, gboolean *out_dropped, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  *out_dropped = FALSE;
  for (; *lines != NULL; lines++) {
    gboolean drops = is_at (*lines, drop->domain, drop->path, drop->name);
    *out_dropped |= drops;
    if (!drops)
      g_string_append_printf (text, "%s\n", *lines);
  }
  if (line != NULL)
    g_string_append (text, line);
  struct stat st;
  mode_t mode = fstatat (repo->dfd, jar, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_mode & 0777
                                                                        : JAR_MODE;
  return file_replace_durable_at (repo->dfd, jar, text->str, text->len, mode, error);
}

/* ---- The calls ---- */

static gboolean
check_field (const char *what, const char *text, GError **error)
{
  gsize len = strlen (text);
  for (const char *at = text; *at != '\0'; at++)
    if (g_ascii_iscntrl (*at))
      return throw_error (error, TREE_ERROR_INVALID, "%s of a cookie: has a control character",
                          what);
  return len <= MAX_FIELD || throw_error (error, TREE_ERROR_INVALID,
                                          "%s of a cookie: longer than %d bytes", what, MAX_FIELD);
}

static gboolean
check_cookie (const TreeCookie *cookie, GError **error)
{
  if (*cookie->domain == '\0' || *cookie->domain == '#')
    return throw_error (error, TREE_ERROR_INVALID, "'%s' is not the domain of a cookie",
                        cookie->domain);
  if (*cookie->path != '/')
    return throw_error (error, TREE_ERROR_INVALID,
                        "path '%s' of a cookie does not begin with '/', which is all paths",
                        cookie->path);
  if (*cookie->name == '\0')
    return throw_error (error, TREE_ERROR_INVALID, "a cookie needs a name");
  return check_field ("domain", cookie->domain, error) &&
         check_field ("path", cookie->path, error) && check_field ("name", cookie->name, error) &&
         check_field ("value", cookie->value, error);
}

gboolean
tree_repo_add_cookie (TreeRepo *self, const char *remote, const TreeCookie *cookie, GError **error)
{
  g_autofree char *jar = NULL;
  g_auto (GStrv) lines = NULL;
  gboolean dropped = FALSE;
  if (!check_cookie (cookie, error))
    return FALSE;
  autofd int lock = repo_config_begin (self, error);
  if (lock < 0 || !read_jar (self, remote, &jar, &lines, error))
    return FALSE;
  gint64 expires = cookie->expires != 0 ? cookie->expires : (gint64)time (NULL) + LIFE_SECS;
  g_autofree char *line = g_strdup_printf (
      "%s\t%s\t%s\t%s\t%" G_GINT64_FORMAT "\t%s\t%s\n", cookie->domain,
      *cookie->domain == '.' ? "TRUE" : "FALSE", cookie->path, cookie->secure ? "TRUE" : "FALSE",
      expires, cookie->name, cookie->value);
  return write_jar (self, jar, lines, cookie, line, &dropped, error);
}

gboolean
tree_repo_delete_cookie (TreeRepo *self, const char *remote, const char *domain, const char *path,
                         const char *name, GError **error)
{
  const TreeCookie drop = {.domain = (char *)domain, .path = (char *)path, .name = (char *)name};
  g_autofree char *jar = NULL;
  g_auto (GStrv) lines = NULL;
  gboolean dropped = FALSE;
  autofd int lock = repo_config_begin (self, error);
  if (lock < 0 || !read_jar (self, remote, &jar, &lines, error))
    return FALSE;
  for (char **line = lines; *line != NULL && !dropped; line++)
    dropped = is_at (*line, domain, path, name);
  if (!dropped)
    return throw_error (error, TREE_ERROR_NOT_FOUND, "Cookie not found in jar '%s'", jar);
  return write_jar (self, jar, lines, &drop, NULL, &dropped, error);
}

GPtrArray *
tree_repo_list_cookies (const TreeRepo *self, const char *remote, GError **error)
{
  g_autofree char *jar = NULL;
  g_auto (GStrv) lines = NULL;
  if (!read_jar (self, remote, &jar, &lines, error))
    return NULL;
  GPtrArray *cookies = g_ptr_array_new_with_free_func (tree_cookie_free);
  for (char **line = lines; *line != NULL; line++) {
    TreeCookie *cookie = parse (*line);
    if (cookie != NULL)
      g_ptr_array_add (cookies, cookie);
  }
  return cookies;
}
