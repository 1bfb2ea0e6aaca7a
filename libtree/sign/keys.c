/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sign/keys.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"

#define FILE_MAX_BYTES ((gsize)1024 * 1024)
/* A device trusts a handful; each is tried with each signature. */
#define MAX_KEYS 10000
#define PEM_BEGIN "-----BEGIN "
#define PEM_END "-----END "
#define PEM_DASHES "-----"

static void
unref_bytes (gpointer bytes)
{
  g_bytes_unref (bytes);
}

SignKeys *
sign_keys_new (const SignEngine *engine)
{
  SignKeys *self = g_new0 (SignKeys, 1);
  self->engine = engine;
  self->trusted = g_ptr_array_new_with_free_func (unref_bytes);
  self->revoked = g_ptr_array_new_with_free_func (unref_bytes);
  return self;
}

void
sign_keys_free (SignKeys *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->trusted);
  g_ptr_array_unref (self->revoked);
  g_free (self);
}

static gboolean
has_key (const GPtrArray *keys, GBytes *key)
{
  for (guint i = 0; i < keys->len; i++)
    if (g_bytes_equal (keys->pdata[i], key))
      return TRUE;
  return FALSE;
}

void
sign_keys_revoke (SignKeys *self, GBytes *key)
{
  if (!has_key (self->revoked, key))
    g_ptr_array_add (self->revoked, g_bytes_ref (key));
}

gboolean
sign_keys_is_revoked (const SignKeys *self, GBytes *key)
{
  return has_key (self->revoked, key);
}

gboolean
sign_keys_any (const SignKeys *self)
{
  for (guint i = 0; i < self->trusted->len; i++)
    if (!sign_keys_is_revoked (self, self->trusted->pdata[i]))
      return TRUE;
  return FALSE;
}

static gboolean
add_key (SignKeys *self, GPtrArray *keys, const char *text, GError **error)
{
  g_autoptr (GBytes) key = self->engine->parse_public (text, error);
  if (key == NULL)
    return FALSE;
  if (keys->len >= MAX_KEYS)
    return throw_error (error, TREE_ERROR_INVALID, "more than %d keys", MAX_KEYS);
  if (!has_key (keys, key))
    g_ptr_array_add (keys, g_steal_pointer (&key));
  return TRUE;
}

gboolean
sign_keys_add_text (SignKeys *self, const char *text, GError **error)
{
  return add_key (self, self->trusted, text, error);
}

/* ---- Files ---- */

/* The next PEM block behind *@at, without white space; NULL with an error, or when there is none.
 */
static char *
next_block (const char **at, const char *label, GError **error)
{
  const char *begin = strstr (*at, PEM_BEGIN);
  if (begin == NULL) {
    *at += strlen (*at);
    return NULL;
  }
  const char *name = begin + strlen (PEM_BEGIN);
  const char *body = strstr (name, PEM_DASHES);
  const char *end = body != NULL ? strstr (body, "\n" PEM_END) : NULL;
  if (end == NULL)
    return throw_null (error, TREE_ERROR_INVALID, "a PEM block does not end");
  if ((gsize)(body - name) != strlen (label) || memcmp (name, label, strlen (label)) != 0)
    return throw_null (error, TREE_ERROR_INVALID, "a PEM block is '%.*s', not '%s'",
                       (int)MIN (body - name, 64), name, label);
  g_autoptr (GString) text = g_string_new (NULL);
  for (const char *c = body + strlen (PEM_DASHES); c < end; c++)
    if (!g_ascii_isspace (*c))
      g_string_append_c (text, *c);
  *at = end + strlen ("\n" PEM_END);
  return g_strdup (text->str);
}

static gboolean
split_pem (const char *text, const char *label, GPtrArray *out, GError **error)
{
  for (;;) {
    g_autoptr (GError) local = NULL;
    char *block = next_block (&text, label, &local);
    if (local != NULL) {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
    if (block == NULL)
      return TRUE;
    g_ptr_array_add (out, block);
  }
}

GPtrArray *
sign_keys_split (GBytes *file, const char *pem, GError **error)
{
  gsize len;
  const char *data = g_bytes_get_data (file, &len);
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  if (len > 0 && memchr (data, '\0', len) != NULL)
    return throw_null (error, TREE_ERROR_INVALID, "not a file of keys: it holds bytes of zero");
  g_autofree char *text = g_strndup (data != NULL ? data : "", len);
  if (pem != NULL && strstr (text, PEM_BEGIN) != NULL)
    return split_pem (text, pem, keys, error) ? g_steal_pointer (&keys) : NULL;
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    if (*g_strstrip (*line) != '\0' && **line != '#')
      g_ptr_array_add (keys, g_strdup (*line));
  return g_steal_pointer (&keys);
}

/* Keys may be links: an administrator put them there. */
static gboolean
read_file (SignKeys *self, GPtrArray *keys, int dfd, const char *path, GError **error)
{
  autofd int fd = openat (dfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat st;
  g_autoptr (GBytes) bytes = NULL;
  if (fd < 0 || fstat (fd, &st) < 0)
    return throw_errno (error, "open keys '%s'", path);
  if (!S_ISREG (st.st_mode))
    return throw_error (error, TREE_ERROR_INVALID, "keys '%s': not a regular file", path);
  if (!fd_read_all (fd, FILE_MAX_BYTES, &bytes, error))
    return prefix_error (error, "keys '%s'", path);
  g_autoptr (GPtrArray) texts = sign_keys_split (bytes, self->engine->pem_public, error);
  if (texts == NULL)
    return prefix_error (error, "keys '%s'", path);
  for (guint i = 0; i < texts->len; i++)
    if (!add_key (self, keys, texts->pdata[i], error))
      return prefix_error (error, "keys '%s', key %u", path, i + 1);
  return TRUE;
}

gboolean
sign_keys_add_file (SignKeys *self, int dfd, const char *path, GError **error)
{
  return read_file (self, self->trusted, dfd, path, error);
}

/* ---- Folders ---- */

static gboolean
read_files (SignKeys *self, GPtrArray *keys, int dfd, const char *path, GError **error)
{
  autofd int fd = openat (dfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_autoptr (GPtrArray) entries = NULL;
  if (fd < 0)
    return errno == ENOENT || throw_errno (error, "open keys '%s'", path);
  if (!dir_list (fd, &entries, error))
    return prefix_error (error, "keys '%s'", path);
  for (guint i = 0; i < entries->len; i++)
    if (!read_file (self, keys, fd, ((const DirEntry *)entries->pdata[i])->name, error))
      return prefix_error (error, "'%s'", path);
  return TRUE;
}

/* "KIND.TYPE" and "KIND.TYPE.d". */
static gboolean
add_kind (SignKeys *self, GPtrArray *keys, int dfd, const char *kind, GError **error)
{
  g_autofree char *file = g_strconcat (kind, ".", self->engine->name, NULL);
  g_autofree char *folder = g_strconcat (file, ".d", NULL);
  struct stat st;
  gboolean there = fstatat (dfd, file, &st, AT_SYMLINK_NOFOLLOW) == 0;
  if (!there && errno != ENOENT)
    return throw_errno (error, "stat '%s'", file);
  return (!there || read_file (self, keys, dfd, file, error)) &&
         read_files (self, keys, dfd, folder, error);
}

gboolean
sign_keys_add_folder (SignKeys *self, int dfd, const char *path, SignKeysKind kinds, GError **error)
{
  autofd int fd = openat (dfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return errno == ENOENT || errno == ENOTDIR || throw_errno (error, "open folder '%s'", path);
  if ((kinds & SIGN_KEYS_TRUSTED) != 0 && !add_kind (self, self->trusted, fd, "trusted", error))
    return prefix_error (error, "'%s'", path);
  if ((kinds & SIGN_KEYS_REVOKED) != 0 && !add_kind (self, self->revoked, fd, "revoked", error))
    return prefix_error (error, "'%s'", path);
  return TRUE;
}

/* ---- Secrets ---- */

GPtrArray *
sign_secrets_read (const SignEngine *engine, int fd, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  if (!fd_read_all (fd, FILE_MAX_BYTES, &bytes, error))
    return NULL;
  g_autoptr (GPtrArray) texts = sign_keys_split (bytes, engine->pem_secret, error);
  if (texts == NULL)
    return NULL;
  if (texts->len == 0)
    return throw_null (error, TREE_ERROR_INVALID, "there is no key in it");
  g_autoptr (GPtrArray) secrets = g_ptr_array_new_with_free_func (unref_bytes);
  for (guint i = 0; i < texts->len; i++) {
    GBytes *secret = engine->parse_secret (texts->pdata[i], error);
    if (secret == NULL)
      return NULL;
    g_ptr_array_add (secrets, secret);
  }
  return g_steal_pointer (&secrets);
}
