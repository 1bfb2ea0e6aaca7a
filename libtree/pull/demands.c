/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/demands.h"

#include <fcntl.h>
#include <string.h>

#include "base/error.h"
#include "sign/gpg.h"
#include "sign/judge.h"
#include "store/object-read.h"
#include "store/remote.h"
#include "store/time-floor.h"
#include "tree-pull.h"
#include "tree/trust.h"

struct PullDemands {
  char *remote;
  /* Owned SignKeys, by one of which there must be a good signature; NULL: none is asked for. */
  GPtrArray *commit;
  GPtrArray *summary;
  /* And an OpenPGP signature, whatever the others say. */
  gboolean gpg_commit;
  gboolean gpg_summary;
  GPtrArray *keyrings; /* GBytes; NULL when neither */
  GpgVerifier *gpg;    /* made when it is first needed */
};

void
demands_free (PullDemands *self)
{
  if (self == NULL)
    return;
  g_free (self->remote);
  g_clear_pointer (&self->commit, g_ptr_array_unref);
  g_clear_pointer (&self->summary, g_ptr_array_unref);
  g_clear_pointer (&self->keyrings, g_ptr_array_unref);
  gpg_verifier_free (self->gpg);
  g_free (self);
}

gboolean
demands_summary (const PullDemands *self)
{
  return self != NULL && (self->summary != NULL || self->gpg_summary);
}

gboolean
demands_only_commits (PullDemands *self, GError **error)
{
  if (!demands_commit (self))
    return throw_error (error, TREE_ERROR_SIGNATURE,
                        "remote '%s' demands no signatures of commits, and what lies on a medium "
                        "may be anybody's; set its gpg-verify or sign-verify",
                        self->remote);
  g_clear_pointer (&self->summary, g_ptr_array_unref);
  self->gpg_summary = FALSE;
  return TRUE;
}

gboolean
demands_commit (const PullDemands *self)
{
  return self != NULL && (self->commit != NULL || self->gpg_commit);
}

/* ---- Keys ---- */

/* The remote's own keys; *@out_any: there are options about them. */
static gboolean
add_own_keys (const TreeRepo *repo, const char *remote, SignKeys *keys, gboolean *out_any,
              GError **error)
{
  g_autofree char *key_option = g_strconcat ("verification-", keys->engine->name, "-key", NULL);
  g_autofree char *file_option = g_strconcat ("verification-", keys->engine->name, "-file", NULL);
  g_autofree char *text = NULL;
  g_autofree char *file = NULL;
  if (!tree_repo_remote_option (repo, remote, key_option, &text, error) ||
      !tree_repo_remote_option (repo, remote, file_option, &file, error))
    return FALSE;
  *out_any = text != NULL || file != NULL;
  if (text != NULL && !sign_keys_add_text (keys, text, error))
    return prefix_error (error, "remote '%s', %s", remote, key_option);
  if (file != NULL && !sign_keys_add_file (keys, AT_FDCWD, file, error))
    return prefix_error (error, "remote '%s', %s", remote, file_option);
  return TRUE;
}

/* The keys of the remote are instead of those that the system trusts, but never of those that it
 * has revoked. @named: asked for by its name, which takes a key of the remote's own. */
static gboolean
add_engine (const TreeRepo *repo, const char *remote, const SignEngine *engine, gboolean named,
            GPtrArray *out, GError **error)
{
  g_autoptr (SignKeys) keys = sign_keys_new (engine);
  gboolean has_own = FALSE;
  if (!engine->check_enabled (named ? error : NULL))
    return !named;
  if (!add_own_keys (repo, remote, keys, &has_own, error))
    return FALSE;
  if (named && !has_own)
    return throw_error (error, TREE_ERROR_SIGNATURE,
                        "No keys found for required signapi type %s; set verification-%s-key or "
                        "verification-%s-file of remote '%s'",
                        engine->name, engine->name, engine->name, remote);
  if (!trust_add_system_keys (repo, keys, SIGN_KEYS_REVOKED | (has_own ? 0 : SIGN_KEYS_TRUSTED),
                              error))
    return FALSE;
  if (keys->trusted->len > 0)
    g_ptr_array_add (out, g_steal_pointer (&keys));
  return TRUE;
}

static void
free_keys (gpointer keys)
{
  sign_keys_free (keys);
}

/* "true": any engine that there is a key for. A list: these engines. */
static gboolean
load_engines (const TreeRepo *repo, const char *remote, const char *option, GPtrArray **out,
              GError **error)
{
  g_auto (GStrv) names = NULL;
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (free_keys);
  gboolean wanted = FALSE;
  if (!remote_option_list (repo, remote, option, &names, error))
    return FALSE;
  gboolean is_list = names[0] != NULL &&
                     (names[1] != NULL || !remote_parse_boolean (names[0], &wanted));
  for (char **name = names; is_list && *name != NULL; name++) {
    const SignEngine *engine = sign_engine_find (*name, error);
    if (engine == NULL)
      return prefix_error (error, "remote '%s', %s", remote, option);
    if (!add_engine (repo, remote, engine, /* named= */ TRUE, all, error))
      return FALSE;
  }
  for (const SignEngine *const *engine = sign_engines; wanted && *engine != NULL; engine++)
    if (!add_engine (repo, remote, *engine, /* named= */ FALSE, all, error))
      return FALSE;
  if (!is_list && !wanted)
    return TRUE;
  if (all->len == 0)
    return throw_error (error, TREE_ERROR_SIGNATURE,
                        "remote '%s' demands signatures (%s), and there is no key to check them "
                        "with; set its verification-ed25519-key, or put one into "
                        "/etc/ostree/trusted.ed25519.d",
                        remote, option);
  *out = g_steal_pointer (&all);
  return TRUE;
}

static PullDemands *
demands_new (const char *remote)
{
  PullDemands *self = g_new0 (PullDemands, 1);
  self->remote = g_strdup (remote);
  return self;
}

static gboolean
load_keyrings (PullDemands *self, const TreeRepo *repo, GError **error)
{
  if (!self->gpg_commit && !self->gpg_summary)
    return TRUE;
  self->keyrings = gpg_keyrings_new ();
  return trust_add_keyrings (repo, self->remote, self->keyrings, error);
}

PullDemands *
demands_load (const TreeRepo *repo, const char *remote, GError **error)
{
  g_autoptr (PullDemands) self = demands_new (remote);
  if (!load_engines (repo, remote, REMOTE_SIGN_VERIFY, &self->commit, error) ||
      !load_engines (repo, remote, REMOTE_SIGN_VERIFY_SUMMARY, &self->summary, error) ||
      !remote_option_boolean (repo, remote, REMOTE_GPG_VERIFY, &self->gpg_commit, error) ||
      !remote_option_boolean (repo, remote, REMOTE_GPG_VERIFY_SUMMARY, &self->gpg_summary, error) ||
      !load_keyrings (self, repo, error))
    return NULL;
  return g_steal_pointer (&self);
}

PullDemands *
demands_new_gpg (const TreeRepo *repo, const char *remote, gboolean commit, gboolean summary,
                 GError **error)
{
  g_autoptr (PullDemands) self = demands_new (remote);
  self->gpg_commit = commit;
  self->gpg_summary = summary;
  return load_keyrings (self, repo, error) ? g_steal_pointer (&self) : NULL;
}

/* ---- Revoked keys ---- */

static SignKeys *
find_revocable (const GPtrArray *engines)
{
  for (guint i = 0; engines != NULL && i < engines->len; i++) {
    SignKeys *keys = engines->pdata[i];
    if (keys->engine == &sign_ed25519)
      return keys;
  }
  return NULL;
}

gboolean
demands_has_revocable (const PullDemands *self)
{
  return self != NULL &&
         (find_revocable (self->commit) != NULL || find_revocable (self->summary) != NULL);
}

void
demands_revoke (PullDemands *self, GBytes *key)
{
  SignKeys *const all[] = {find_revocable (self->commit), find_revocable (self->summary)};
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    if (all[i] != NULL)
      sign_keys_revoke (all[i], key);
}

/* ---- Checking ---- */

static gboolean
check_raw (const GPtrArray *engines, GBytes *data, GVariant *dict, GError **error)
{
  g_autoptr (GString) texts = g_string_new (NULL);
  for (guint i = 0; i < engines->len; i++) {
    g_autofree char *text = NULL;
    SignVerdict verdict = sign_judge (engines->pdata[i], data, dict, &text);
    if (verdict == SIGN_GOOD)
      return TRUE;
    if (verdict != SIGN_NONE)
      g_string_append_printf (texts, "%s%s", texts->len > 0 ? "; " : "", text);
  }
  return throw_error (error, TREE_ERROR_SIGNATURE, "%s",
                      texts->len > 0 ? texts->str : "No signatures found");
}

/* What is said of them all, in one line. */
static gboolean
throw_gpg (const GPtrArray *signatures, const char *remote, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gboolean missing = FALSE;
  for (guint i = 0; i < signatures->len; i++) {
    const GpgSignature *signature = signatures->pdata[i];
    g_autofree char *lines = gpg_signature_describe (signature, "");
    g_auto (GStrv) parts = g_strsplit (lines, "\n", -1);
    g_autofree char *line = g_strjoinv ("; ", parts);
    g_string_append_printf (text, "%s%s", text->len > 0 ? "; " : "", line);
    missing = missing || signature->key_missing;
  }
  return throw_error (error, TREE_ERROR_SIGNATURE, "%s%s%s%s", text->str,
                      missing ? " (`remote gpg-import " : "", missing ? remote : "",
                      missing ? "` adds it)" : "");
}

/* All signatures there are, judged. */
static gboolean
judge_gpg (PullDemands *self, GBytes *data, GVariant *dict, GPtrArray **out, GError **error)
{
  g_autoptr (GPtrArray) signatures = sign_dict_get (dict, GPG_METADATA_KEY);
  if (signatures->len == 0) {
    *out = g_ptr_array_new_with_free_func (gpg_signature_free);
    return TRUE;
  }
  if (self->gpg == NULL)
    self->gpg = gpg_verifier_new (self->keyrings, time_floor_s (), error);
  return self->gpg != NULL && gpg_verify (self->gpg, data, signatures, out, error);
}

static gboolean
check_gpg (PullDemands *self, GBytes *data, GVariant *dict, const char *option, GError **error)
{
  g_autoptr (GPtrArray) found = NULL;
  if (!judge_gpg (self, data, dict, &found, error))
    return FALSE;
  if (found->len == 0)
    return throw_error (error, TREE_ERROR_SIGNATURE,
                        "GPG verification enabled, but no signatures found (use %s=false in remote "
                        "config to disable)",
                        option);
  for (guint i = 0; i < found->len; i++)
    if (((const GpgSignature *)found->pdata[i])->is_good)
      return TRUE;
  return throw_gpg (found, self->remote, error);
}

gboolean
demands_describe_summary (PullDemands *self, GBytes *summary, GBytes *signature, GPtrArray **out,
                          GError **error)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GVariant) dict = sign_dict_parse (signature);
  g_autoptr (GPtrArray) found = NULL;
  if (self->gpg_summary && summary != NULL && !judge_gpg (self, summary, dict, &found, error))
    return FALSE;
  for (guint i = 0; found != NULL && i < found->len; i++)
    g_ptr_array_add (texts, gpg_signature_describe (found->pdata[i], ""));
  *out = g_steal_pointer (&texts);
  return TRUE;
}

gboolean
demands_check_commit (PullDemands *self, GBytes *commit, GBytes *detached, GError **error)
{
  if (!demands_commit (self))
    return TRUE;
  g_autoptr (GVariant) dict = sign_dict_parse (detached);
  return ((self->commit == NULL || check_raw (self->commit, commit, dict, error)) &&
          (!self->gpg_commit || check_gpg (self, commit, dict, REMOTE_GPG_VERIFY, error))) ||
         prefix_error (error, "Can't verify commit, as remote '%s' demands", self->remote);
}

gboolean
demands_check_summary (PullDemands *self, GBytes *summary, GBytes *signature, GError **error)
{
  if (!demands_summary (self))
    return TRUE;
  const char *kind = self->gpg_summary ? "GPG" : "Signature";
  if (summary == NULL)
    return throw_error (error, TREE_ERROR_SIGNATURE,
                        "%s verification enabled, but no summary found (check that the configured "
                        "URL in remote config is correct)",
                        kind);
  if (signature == NULL)
    return throw_error (error, TREE_ERROR_SIGNATURE,
                        "%s verification enabled, but no summary.sig found (use %s=false in remote "
                        "config to disable)",
                        kind,
                        self->gpg_summary ? REMOTE_GPG_VERIFY_SUMMARY : REMOTE_SIGN_VERIFY_SUMMARY);
  g_autoptr (GVariant) dict = sign_dict_parse (signature);
  return ((self->summary == NULL || check_raw (self->summary, summary, dict, error)) &&
          (!self->gpg_summary ||
           check_gpg (self, summary, dict, REMOTE_GPG_VERIFY_SUMMARY, error))) ||
         prefix_error (error, "Can't verify summary, as remote '%s' demands", self->remote);
}

static gboolean
has_any (GVariant *dict, const char *key)
{
  g_autoptr (GPtrArray) signatures = sign_dict_get (dict, key);
  return signatures->len > 0;
}

static gboolean
has_any_raw (const GPtrArray *engines, GVariant *dict)
{
  for (guint i = 0; engines != NULL && i < engines->len; i++)
    if (has_any (dict, ((const SignKeys *)engines->pdata[i])->engine->metadata_key))
      return TRUE;
  return FALSE;
}

gboolean
demands_check_delta (PullDemands *self, GBytes *superblock, GVariant *signatures,
                     gboolean *out_good, GError **error)
{
  *out_good = FALSE;
  if (!demands_commit (self))
    return TRUE;
  gboolean raw = has_any_raw (self->commit, signatures);
  gboolean gpg = self->gpg_commit && has_any (signatures, GPG_METADATA_KEY);
  if ((raw && !check_raw (self->commit, superblock, signatures, error)) ||
      (gpg && !check_gpg (self, superblock, signatures, REMOTE_GPG_VERIFY, error)))
    return prefix_error (error,
                         "Can't verify its signatures by the keys of remote '%s' (without static "
                         "deltas, --disable-static-deltas, they are not needed)",
                         self->remote);
  *out_good = raw || gpg;
  return TRUE;
}

/* ---- By hand ---- */

gboolean
tree_repo_verify_commit_of_remote (const TreeRepo *self, const char *remote,
                                   const TreeChecksum *commit, GError **error)
{
  g_autoptr (PullDemands) demands = demands_load (self, remote, error);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) detached = NULL;
  return demands != NULL && object_load (self, TREE_OBJECT_COMMIT, commit, &bytes, error) &&
         object_load_optional (self, TREE_OBJECT_COMMIT_META, commit, &detached, error) &&
         demands_check_commit (demands, bytes, detached, error);
}
