/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "net/url.h"

#include <string.h>

#include "base/error.h"

gboolean
url_is_https (const char *url)
{
  return g_ascii_strncasecmp (url, "https://", 8) == 0;
}

gboolean
url_is_http (const char *url)
{
  return url_is_https (url) || g_ascii_strncasecmp (url, "http://", 7) == 0;
}

char *
url_to_file (const char *url, GError **error)
{
  if (g_ascii_strncasecmp (url, "file://", 7) != 0)
    return throw_null (error, TREE_ERROR_INVALID, "'%s' is not a file:// URL", url);
  const char *path = url + 7;
  if (g_str_has_prefix (path, "localhost/"))
    path += strlen ("localhost");
  if (*path != '/')
    return throw_null (error, TREE_ERROR_INVALID,
                       "'%s' names a host: a file URL has three slashes, as in file:///srv/repo",
                       url);
  char *decoded = g_uri_unescape_string (path, NULL);
  if (decoded == NULL)
    return throw_null (error, TREE_ERROR_INVALID, "'%s' has a bad percent escape", url);
  return decoded;
}

/* What may stand in a path as it is (RFC 3986: pchar, and the slash). */
static gboolean
is_path_char (unsigned char c)
{
  return g_ascii_isalnum (c) || strchr ("-._~!$&'()*+,;=:@/", c) != NULL;
}

char *
url_join (const char *base, const char *path)
{
  gsize base_len = strlen (base);
  while (base_len > 0 && base[base_len - 1] == '/')
    base_len--;
  while (*path == '/')
    path++;
  gsize path_len = strlen (path);
  char *url = g_malloc (base_len + 1 + path_len * 3 + 1);
  memcpy (url, base, base_len);
  char *at = url + base_len;
  *at++ = '/';
  for (const unsigned char *in = (const unsigned char *)path; *in != '\0'; in++) {
    static const char hex[] = "0123456789ABCDEF";
    if (is_path_char (*in)) {
      *at++ = (char)*in;
      continue;
    }
    *at++ = '%';
    *at++ = hex[*in >> 4];
    *at++ = hex[*in & 15];
  }
  *at = '\0';
  return url;
}

char *
url_for_display (const char *url)
{
  const char *scheme_end = strstr (url, "://");
  if (scheme_end == NULL)
    return g_strdup (url);
  const char *host = scheme_end + 3;
  const char *host_end = host + strcspn (host, "/?#");
  const char *at = NULL;
  for (const char *p = host; p < host_end; p++)
    if (*p == '@')
      at = p;
  if (at == NULL)
    return g_strdup (url);
  return g_strdup_printf ("%.*s%s", (int)(host - url), url, at + 1);
}
