/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/revoked.h"

#include "base/error.h"
#include "core/revoked-keys.h"
#include "plain/layout.h"
#include "pull/answer.h"
#include "pull/summary-cache.h"
#include "sign/judge.h"
#include "store/publish.h"
#include "store/revoked.h"
#include "tree/revocations.h"
#include "tree/trust.h"

struct PullRevoked {
  TreeRepo *repo;
  PullDemands *demands;
  SignKeys *revokers; /* owned */
  SummaryCache cache;
  char *list_name; /* owned: in the cache */
  char *sig_name;
  GBytes *list;    /* owned: the newest that is known here; NULL: none */
  Cached sig;      /* its signature; empty, or by a revoker */
  gboolean looked; /* the server was asked */
};

void
pull_revoked_free (PullRevoked *self)
{
  if (self == NULL)
    return;
  sign_keys_free (self->revokers);
  summary_cache_clear (&self->cache);
  g_free (self->list_name);
  g_free (self->sig_name);
  g_clear_pointer (&self->list, g_bytes_unref);
  cached_clear (&self->sig);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PullRevoked, pull_revoked_free)

static gboolean
is_signed (const PullRevoked *self, GBytes *list, GBytes *signature, char **out_text)
{
  g_autoptr (GVariant) dict = sign_dict_parse (signature);
  return sign_judge (self->revokers, list, dict, out_text) == SIGN_GOOD;
}

/* Who may not write there, such as a user in a repository of his own, goes by the list all the
 * same, as long as the server has it. */
static gboolean
keep (const PullRevoked *self, const RevokedKeys *list, GError **error)
{
  g_autoptr (GError) local = NULL;
  if (revocations_keep (self->repo, list, &local))
    return TRUE;
  if (g_error_matches (local, TREE_ERROR, TREE_ERROR_DENIED)) {
    g_debug ("%s", local->message);
    return TRUE;
  }
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/* A list whose signature is good. One that is older than what is kept changes nothing, and is not
 * remembered: *@out_is_current. */
static gboolean
take (PullRevoked *self, GBytes *bytes, gboolean *out_is_current, GError **error)
{
  g_auto (RevokedKeys) list = {0};
  guint64 kept = 0;
  if (!revoked_keys_parse (bytes, &list, error) || !revocations_serial (self->repo, &kept, error))
    return FALSE;
  *out_is_current = list.serial >= kept;
  if (!*out_is_current)
    return TRUE;
  for (guint i = 0; i < list.keys->len; i++)
    demands_revoke (self->demands, list.keys->pdata[i]);
  if (list.serial > kept && !keep (self, &list, error))
    return FALSE;
  g_clear_pointer (&self->list, g_bytes_unref);
  self->list = g_bytes_ref (bytes);
  return TRUE;
}

/* What the server had the last time. It also brings back what is kept, where etc went back to that
 * of an older deployment. */
static gboolean
take_cached (PullRevoked *self, GError **error)
{
  g_auto (Cached) list = {0};
  g_autofree char *text = NULL;
  gboolean is_current = FALSE;
  cached_load (&self->cache, self->list_name, &list);
  cached_load (&self->cache, self->sig_name, &self->sig);
  if (list.bytes != NULL && is_signed (self, list.bytes, self->sig.bytes, &text) &&
      !take (self, list.bytes, &is_current, error))
    return FALSE;
  if (!is_current)
    cached_clear (&self->sig);
  return TRUE;
}

gboolean
pull_revoked_load (TreeRepo *repo, const char *remote, const TreePullOptions *options,
                   PullDemands *demands, PullRevoked **out, GError **error)
{
  g_autoptr (SignKeys) revokers = NULL;
  *out = NULL;
  if (!demands_has_revocable (demands))
    return TRUE;
  if (!trust_load_revokers (repo, &revokers, error))
    return FALSE;
  if (revokers == NULL)
    return TRUE;
  g_autoptr (PullRevoked) self = g_new0 (PullRevoked, 1);
  self->repo = repo;
  self->demands = demands;
  self->revokers = g_steal_pointer (&revokers);
  self->list_name = g_strconcat (remote, "." REPO_REVOKED, NULL);
  self->sig_name = g_strconcat (remote, "." REPO_REVOKED_SIG, NULL);
  summary_cache_init (&self->cache, repo, options);
  if (!take_cached (self, error))
    return FALSE;
  *out = g_steal_pointer (&self);
  return TRUE;
}

gboolean
pull_revoked_is_announced (const PullRevoked *self, GBytes *summary_signature)
{
  return self == NULL || self->looked || revoked_is_announced (summary_signature, self->list);
}

/* ---- Of a server ---- */

typedef struct {
  PullAnswer list;
  PullAnswer sig;
} Answers;

static void
answers_clear (Answers *self)
{
  answer_clear (&self->list);
  answer_clear (&self->sig);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answers, answers_clear)

typedef struct {
  const PullRemote *remote;
  Fetcher *fetcher;
  const volatile int *interrupted;
} Server;

static gboolean
ask (const Server *server, PullAnswer *answer, const char *path, gsize max_bytes,
     const Cached *cached, GError **error)
{
  PullAnswer *const answers[] = {answer};
  answer_request (answer, server->fetcher, (const char *const *)server->remote->bases, path,
                  max_bytes, cached->etag, cached->last_modified);
  return answers_wait (server->fetcher, answers, 1, server->interrupted, error) &&
         answer_check (answer, error);
}

/* The signature, which changes with the list and is published after it; then the list. The
 * signature's status is FETCH_OK when both came. */
static gboolean
ask_both (const Server *server, const Cached *cached, Answers *answers, GError **error)
{
  static const Cached nothing = {0};
  if (!ask (server, &answers->sig, REPO_REVOKED_SIG, REVOKED_SIG_MAX_BYTES, cached, error))
    return FALSE;
  if (answers->sig.status != FETCH_OK)
    return TRUE;
  if (!ask (server, &answers->list, REPO_REVOKED, REVOKED_KEYS_MAX_BYTES, &nothing, error))
    return FALSE;
  if (answers->list.status == FETCH_OK)
    return TRUE;
  g_propagate_prefixed_error (error, g_steal_pointer (&answers->list.error),
                              "there is a signature of a list of revoked keys, and no list: ");
  return FALSE;
}

static gboolean
throw_unsigned (const char *place, const char *text, GError **error)
{
  return throw_error (error, TREE_ERROR_SIGNATURE,
                      "'%s/" REPO_REVOKED "' is not signed by who may revoke keys "
                      "(/" ROOT_KEYS_SHARED "/" ROOT_REVOKERS "): %s",
                      place, text);
}

static gboolean
take_answers (PullRevoked *self, const Answers *answers, GError **error)
{
  gboolean is_current = FALSE;
  if (!take (self, answers->list.bytes, &is_current, error))
    return prefix_error (error, "fetched '%s'", answers->list.url);
  if (is_current) {
    cached_store (&self->cache, self->list_name, &answers->list);
    cached_store (&self->cache, self->sig_name, &answers->sig);
  }
  return TRUE;
}

/* Between the two requests the server may have published another list. */
#define MAX_ATTEMPTS 2

gboolean
pull_revoked_look (PullRevoked *self, const PullRemote *remote, Fetcher *fetcher,
                   const volatile int *interrupted, GError **error)
{
  const Server server = {remote, fetcher, interrupted};
  if (self == NULL || self->looked)
    return TRUE;
  for (guint attempt = 1;; attempt++) {
    g_auto (Answers) answers = {0};
    g_autofree char *text = NULL;
    if (!ask_both (&server, &self->sig, &answers, error))
      return FALSE;
    self->looked = TRUE;
    if (answers.sig.status != FETCH_OK) /* the same as ever, or none: then what is kept counts */
      return TRUE;
    if (is_signed (self, answers.list.bytes, answers.sig.bytes, &text))
      return take_answers (self, &answers, error);
    if (attempt == MAX_ATTEMPTS)
      return throw_unsigned (remote->bases[0], text, error);
  }
}

/* ---- Of a folder ---- */

gboolean
pull_revoked_read (PullRevoked *self, const TreeRepo *source, GError **error)
{
  g_autoptr (GBytes) list = NULL;
  g_autoptr (GBytes) signature = NULL;
  g_autofree char *text = NULL;
  gboolean is_current = FALSE;
  if (self == NULL)
    return TRUE;
  if (!revoked_read (source, &list, &signature, error))
    return prefix_error (error, "'%s'", source->path);
  if (list == NULL || signature == NULL)
    return TRUE;
  if (!is_signed (self, list, signature, &text))
    return throw_unsigned (source->path, text, error);
  return take (self, list, &is_current, error) || prefix_error (error, "'%s'", source->path);
}

/* ---- For others ---- */

static gboolean
publish_newer (TreeRepo *repo, GBytes *list, GBytes *signature, GError **error)
{
  g_auto (RevokedKeys) theirs = {0};
  g_auto (RevokedKeys) ours = {0};
  g_autoptr (GBytes) old = NULL;
  g_autoptr (GBytes) old_signature = NULL;
  if (!revoked_keys_parse (list, &theirs, error) ||
      !revoked_read (repo, &old, &old_signature, error))
    return FALSE;
  gboolean same = old != NULL && old_signature != NULL && g_bytes_equal (old, list) &&
                  g_bytes_equal (old_signature, signature);
  if (same || (old != NULL && revoked_keys_parse (old, &ours, NULL) && ours.serial > theirs.serial))
    return TRUE;
  return publish_revoked (repo, list, signature, error);
}

gboolean
pull_revoked_mirror (TreeRepo *repo, const TreeRepo *source, const PullRemote *remote,
                     Fetcher *fetcher, const volatile int *interrupted, GError **error)
{
  static const Cached nothing = {0};
  const Server server = {remote, fetcher, interrupted};
  g_auto (Answers) answers = {0};
  g_autoptr (GBytes) list = NULL;
  g_autoptr (GBytes) signature = NULL;
  if (source != NULL && !revoked_read (source, &list, &signature, error))
    return FALSE;
  if (source == NULL) {
    if (!ask_both (&server, &nothing, &answers, error))
      return FALSE;
    list = answers.list.bytes != NULL ? g_bytes_ref (answers.list.bytes) : NULL;
    signature = answers.sig.bytes != NULL ? g_bytes_ref (answers.sig.bytes) : NULL;
  }
  return list == NULL || signature == NULL || publish_newer (repo, list, signature, error) ||
         prefix_error (error, "mirror the list of revoked keys");
}
