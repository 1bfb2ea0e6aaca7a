/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/remote.h"

#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "core/refspec.h"
#include "net/speed.h"
#include "net/url.h"
#include "pull/mirrors.h"
#include "pull/revoked.h"
#include "store/remote.h"
#include "store/time-floor.h"

#define DEFAULT_RETRIES 5
/* More than any server takes. */
#define MAX_REQUESTS 1024

void
pull_remote_free (PullRemote *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_free (self->url);
  g_free (self->content_url);
  g_free (self->file_path);
  g_strfreev (self->bases);
  g_strfreev (self->content_bases);
  g_free (self->collection_id);
  g_strfreev (self->branches);
  g_free ((char *)self->fetch.tls_ca_path);
  g_free ((char *)self->fetch.tls_client_cert_path);
  g_free ((char *)self->fetch.tls_client_key_path);
  g_free ((char *)self->fetch.proxy);
  g_free ((char *)self->fetch.cookie_path);
  g_free ((char *)self->fetch.user_agent);
  g_strfreev ((char **)self->fetch.headers);
  metalink_clear (&self->metalink);
  pull_revoked_free (self->revoked);
  demands_free (self->demands);
  g_free (self);
}

/* What was asked for wins over the configuration. */
static gboolean
load_limits (PullRemote *self, TreeRepo *repo, const TreePullOptions *options, GError **error)
{
  g_autofree char *rate = g_strdup (options->max_rate);
  g_autofree char *requests = NULL;
  guint64 n = options->max_requests;
  if (rate == NULL && !tree_repo_remote_option (repo, self->name, REMOTE_MAX_RATE, &rate, error))
    return FALSE;
  if (rate != NULL && !speed_parse (rate, &self->fetch.max_rate))
    return throw_error (error, TREE_ERROR_INVALID,
                        "max-rate is '%s', but must be bytes a second, like 500k or 2M, and at "
                        "least 1k; 0 is no limit",
                        rate);
  if (n == 0 && !tree_repo_remote_option (repo, self->name, REMOTE_MAX_REQUESTS, &requests, error))
    return FALSE;
  if (requests != NULL && !g_ascii_string_to_unsigned (requests, 10, 1, MAX_REQUESTS, &n, NULL))
    return throw_error (error, TREE_ERROR_INVALID,
                        "max-requests of remote '%s' is '%s', but must be 1 to %d", self->name,
                        requests, MAX_REQUESTS);
  self->fetch.max_requests = (guint)MIN (n, MAX_REQUESTS);
  return TRUE;
}

static gboolean
load_fetch_config (PullRemote *self, TreeRepo *repo, const TreePullOptions *options, GError **error)
{
  FetchConfig *fetch = &self->fetch;
  if (!remote_option_boolean (repo, self->name, REMOTE_HTTP2, &fetch->http2, error) ||
      !remote_option_boolean (repo, self->name, REMOTE_TLS_PERMISSIVE, &fetch->tls_permissive,
                              error))
    return FALSE;
  const struct {
    const char *key;
    const char **slot;
  } texts[] = {
      {REMOTE_TLS_CA, &fetch->tls_ca_path},
      {REMOTE_TLS_CLIENT_CERT, &fetch->tls_client_cert_path},
      {REMOTE_TLS_CLIENT_KEY, &fetch->tls_client_key_path},
      {REMOTE_PROXY, &fetch->proxy},
  };
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    if (!tree_repo_remote_option (repo, self->name, texts[i].key, (char **)texts[i].slot, error))
      return FALSE;
  }
  g_autofree char *jar = g_strconcat (self->name, REMOTE_COOKIES_SUFFIX, NULL);
  if (faccessat (repo->dfd, jar, R_OK, AT_SYMLINK_NOFOLLOW) == 0)
    fetch->cookie_path = g_strdup_printf ("/proc/self/fd/%d/%s", repo->dfd, jar);
  /* Servers know clients of such repositories by this name. */
  fetch->user_agent = g_strconcat ("libostree/" PACKAGE_VERSION,
                                   options->user_agent_suffix != NULL ? " " : "",
                                   options->user_agent_suffix, NULL);
  fetch->headers = (const char *const *)g_strdupv ((char **)options->http_headers);
  fetch->max_retries = options->network_retries < 0 ? DEFAULT_RETRIES
                                                    : (guint)options->network_retries;
  fetch->retry_all = options->retry_all;
  fetch->low_speed_bytes = options->low_speed_bytes;
  fetch->low_speed_s = options->low_speed_s;
  fetch->time_floor_s = time_floor_s ();
  return load_limits (self, repo, options, error);
}

static char **
one_base (const char *url)
{
  char **bases = g_new0 (char *, 2);
  bases[0] = g_strdup (url);
  return bases;
}

/* Is it one that we can fetch from? *@out_bases stays NULL where it is the URL of a list. */
static gboolean
check_url (const PullRemote *self, const char *url, char ***out_bases, GError **error)
{
  const char *real = url;
  if (g_str_has_prefix (url, MIRRORLIST_PREFIX))
    real += strlen (MIRRORLIST_PREFIX);
  else if (g_str_has_prefix (url, REMOTE_METALINK_PREFIX))
    real += strlen (REMOTE_METALINK_PREFIX);
  if (!url_is_http (real)) {
    g_autofree char *shown = url_for_display (url);
    return throw_error (error, TREE_ERROR_UNSUPPORTED,
                        "Invalid URI scheme in %s of remote '%s': http, https and file are known",
                        shown, self->name);
  }
  if (real == url)
    *out_bases = one_base (url);
  return TRUE;
}

/* Content has no summary, so no metalink either. */
static gboolean
check_content_url (PullRemote *self, GError **error)
{
  if (self->content_url == NULL)
    return TRUE;
  if (g_str_has_prefix (self->content_url, REMOTE_METALINK_PREFIX))
    return throw_error (error, TREE_ERROR_INVALID, "remote '%s': contenturl cannot be a metalink",
                        self->name);
  return check_url (self, self->content_url, &self->content_bases, error);
}

static gboolean
load_urls (PullRemote *self, TreeRepo *repo, const TreePullOptions *options, GError **error)
{
  g_autofree char *metalink = NULL;
  if (options->url != NULL)
    self->url = g_strdup (options->url);
  else if (!tree_repo_remote_option (repo, self->name, REMOTE_URL, &self->url, error) ||
           !tree_repo_remote_option (repo, self->name, REMOTE_CONTENT_URL, &self->content_url,
                                     error) ||
           !tree_repo_remote_option (repo, self->name, REMOTE_METALINK, &metalink, error))
    return FALSE;
  if (metalink != NULL) {
    g_free (self->url);
    self->url = g_strconcat (REMOTE_METALINK_PREFIX, metalink, NULL);
  }
  if (self->url == NULL)
    return throw_error (error, TREE_ERROR_INVALID,
                        "No \"url\" option in remote \"%s\"; set it, or give one by --url",
                        self->name);
  if (g_str_has_prefix (self->url, "file:")) {
    self->file_path = url_to_file (self->url, error);
    return self->file_path != NULL;
  }
  return check_url (self, self->url, &self->bases, error) && check_content_url (self, error);
}

/* It becomes the name of a directory. */
static gboolean
load_collection (PullRemote *self, TreeRepo *repo, GError **error)
{
  return tree_repo_remote_option (repo, self->name, REMOTE_COLLECTION_ID, &self->collection_id,
                                  error) &&
         (self->collection_id == NULL || refspec_check_collection (self->collection_id, error) ||
          prefix_error (error, "remote '%s'", self->name));
}

/* Is it one that we can pull from? */
static gboolean
check_remote (TreeRepo *repo, const char *name, GError **error)
{
  g_autofree char *unconfigured = NULL;
  g_autofree char *backend = NULL;
  if (!tree_repo_remote_option (repo, name, REMOTE_UNCONFIGURED_STATE, &unconfigured, error) ||
      !tree_repo_remote_option (repo, name, REMOTE_CUSTOM_BACKEND, &backend, error))
    return FALSE;
  if (unconfigured != NULL)
    return throw_error (error, TREE_ERROR_INVALID, "remote unconfigured-state: %s", unconfigured);
  return backend == NULL ||
         throw_error (error, TREE_ERROR_UNSUPPORTED,
                      "remote '%s' uses custom backend '%s': another program pulls from it", name,
                      backend);
}

PullRemote *
pull_remote_load (TreeRepo *repo, const char *name, const TreePullOptions *options, gboolean verify,
                  GError **error)
{
  g_autoptr (PullRemote) self = g_new0 (PullRemote, 1);
  self->name = g_strdup (name);
  if (verify && (!check_remote (repo, name, error) ||
                 (self->demands = demands_load (repo, name, error)) == NULL))
    return NULL;
  if (verify && !pull_revoked_load (repo, name, options, self->demands, &self->revoked, error))
    return NULL;
  if (!load_urls (self, repo, options, error) || !load_fetch_config (self, repo, options, error) ||
      !load_collection (self, repo, error) ||
      !remote_option_list (repo, name, REMOTE_BRANCHES, &self->branches, error))
    return NULL;
  return g_steal_pointer (&self);
}
