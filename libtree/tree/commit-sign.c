/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signatures of commits and of the summary: between the store, which keeps them, and the engines,
 * which make and judge them.
 *
 * Changing the detached metadata of a commit that exists is read, change, replace; it has a lock of
 * its own, so that two who sign at the same time lose nothing. The commit point is the
 * transaction's. */
#include "config.h"

#include "tree/commit-sign.h"

#include "base/error.h"
#include "base/fd.h"
#include "plain/layout.h"
#include "sign/judge.h"
#include "sign/signer.h"
#include "store/object-read.h"
#include "store/publish.h"
#include "tree/trust.h"

gboolean
commit_put_detached (Txn *txn, const TreeChecksum *commit, GBytes *bytes, GVariant *dict,
                     const GPtrArray *signers, GError **error)
{
  g_autoptr (GVariant) all = dict != NULL ? g_variant_ref (dict) : NULL;
  if (signers != NULL && !signers_sign (signers, bytes, &all, error))
    return FALSE;
  if (all == NULL)
    return TRUE;
  g_autoptr (GBytes) detached = g_variant_get_data_as_bytes (all);
  return txn_put_metadata (txn, TREE_OBJECT_COMMIT_META, detached, commit, NULL, error);
}

/* ---- Commits that exist ---- */

typedef struct {
  int lock;           /* owned; -1 for who only reads */
  GBytes *bytes;      /* owned: of the commit */
  GVariant *detached; /* owned; or NULL */
} Signed;

static void
signed_clear (Signed *self)
{
  fd_cleanup (&self->lock);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_pointer (&self->detached, g_variant_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Signed, signed_clear)

static gboolean
load (const TreeRepo *repo, const TreeChecksum *commit, Signed *out, GError **error)
{
  g_autoptr (TreeCommitInfo) info = tree_repo_load_commit (repo, commit, error);
  if (info == NULL)
    return FALSE;
  out->bytes = g_variant_get_data_as_bytes (info->variant);
  out->detached = g_steal_pointer (&info->detached);
  return TRUE;
}

static gboolean
load_to_change (TreeRepo *repo, const TreeChecksum *commit, Signed *out, GError **error)
{
  out->lock = repo_lock_file (repo, REPO_SIGN_LOCK, error);
  return out->lock >= 0 && load (repo, commit, out, error);
}

static gboolean
save (TreeRepo *repo, const TreeChecksum *commit, GVariant *detached, GError **error)
{
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (detached);
  g_autoptr (Txn) txn = txn_begin (repo, repo->fsync, error);
  return txn != NULL &&
         txn_put_metadata (txn, TREE_OBJECT_COMMIT_META, bytes, commit, NULL, error) &&
         txn_commit (txn, NULL, error);
}

gboolean
tree_repo_sign_commit (TreeRepo *self, const TreeChecksum *commit, const GPtrArray *signers,
                       GError **error)
{
  g_auto (Signed) it = {.lock = -1};
  return load_to_change (self, commit, &it, error) &&
         signers_sign (signers, it.bytes, &it.detached, error) &&
         save (self, commit, it.detached, error);
}

gboolean
commit_sign_missing (TreeRepo *repo, const TreeChecksum *commit, const GPtrArray *signers,
                     gboolean *out_signed, GError **error)
{
  g_auto (Signed) it = {.lock = -1};
  if (!load_to_change (repo, commit, &it, error))
    return FALSE;
  g_autoptr (GVariant) before = it.detached != NULL ? g_variant_ref (it.detached) : NULL;
  if (!signers_sign_missing (signers, it.bytes, &it.detached, error))
    return FALSE;
  *out_signed = it.detached != NULL && (before == NULL || !g_variant_equal (before, it.detached));
  return !*out_signed || save (repo, commit, it.detached, error);
}

/* The keys that were given by hand. */
static gboolean
add_given (SignKeys *keys, const TreeVerifyKeys *given, GError **error)
{
  for (const char *const *key = given->keys; key != NULL && *key != NULL; key++)
    if (!sign_keys_add_text (keys, *key, error))
      return FALSE;
  return given->keys_file == NULL || sign_keys_add_file (keys, AT_FDCWD, given->keys_file, error);
}

SignKeys *
given_keys_load (const TreeVerifyKeys *given, GError **error)
{
  const SignEngine *engine = sign_engine_find (given->type, error);
  if (engine == NULL)
    return NULL;
  if (!engine->check_enabled (error))
    return prefix_null (error, "No valid signatures found");
  g_autoptr (SignKeys) keys = sign_keys_new (engine);
  return add_given (keys, given, error) ? g_steal_pointer (&keys) : NULL;
}

SignKeys *
verify_keys_load (const TreeRepo *repo, const TreeVerifyKeys *given, GError **error)
{
  g_autoptr (SignKeys) all = given_keys_load (given, error);
  if (all == NULL)
    return NULL;
  gboolean has_given = given->keys_file != NULL || (given->keys != NULL && given->keys[0] != NULL);
  gboolean ok = given->keys_dir != NULL
                    ? sign_keys_add_folder (all, AT_FDCWD, given->keys_dir,
                                            SIGN_KEYS_TRUSTED | SIGN_KEYS_REVOKED, error)
                    : trust_add_system_keys (
                          repo, all, SIGN_KEYS_REVOKED | (has_given ? 0 : SIGN_KEYS_TRUSTED),
                          error);
  return ok ? g_steal_pointer (&all) : NULL;
}

gboolean
tree_repo_verify_commit (const TreeRepo *self, const TreeChecksum *commit,
                         const TreeVerifyKeys *keys, char **out_text, GError **error)
{
  g_auto (Signed) it = {.lock = -1};
  g_autoptr (SignKeys) all = verify_keys_load (self, keys, error);
  if (all == NULL || !load (self, commit, &it, error))
    return FALSE;
  g_autofree char *text = NULL;
  if (sign_judge (all, it.bytes, it.detached, &text) != SIGN_GOOD)
    return throw_error (error, TREE_ERROR_SIGNATURE, "%s", text);
  *out_text = g_steal_pointer (&text);
  return TRUE;
}

static gboolean
is_by_any (const SignKeys *keys, GBytes *data, GBytes *signature)
{
  for (guint i = 0; i < keys->trusted->len; i++)
    if (keys->engine->verify (keys->trusted->pdata[i], data, signature))
      return TRUE;
  return FALSE;
}

gboolean
commit_remove_signatures (TreeRepo *repo, const TreeChecksum *commit, const char *key,
                          CommitRemove remove, gpointer user_data, guint *out_n, GError **error)
{
  g_auto (Signed) it = {.lock = -1};
  guint n = 0;
  if (!load_to_change (repo, commit, &it, error))
    return FALSE;
  g_autoptr (GPtrArray) signatures = sign_dict_get (it.detached, key);
  if (!remove (it.bytes, signatures, user_data, &n, error))
    return FALSE;
  if (n > 0) {
    g_autoptr (GVariant) rest = sign_dict_set (it.detached, key, signatures);
    if (!save (repo, commit, rest, error))
      return FALSE;
  }
  *out_n = n;
  return TRUE;
}

static gboolean
remove_by_keys (GBytes *data, GPtrArray *signatures, gpointer user_data, guint *out_n,
                GError **error)
{
  guint n = signatures->len;
  for (guint i = signatures->len; i-- > 0;)
    if (is_by_any (user_data, data, signatures->pdata[i]))
      g_ptr_array_remove_index (signatures, i);
  *out_n = n - signatures->len;
  return TRUE;
}

gboolean
tree_repo_unsign_commit (TreeRepo *self, const TreeChecksum *commit, const TreeVerifyKeys *keys,
                         guint *out_n, GError **error)
{
  g_autoptr (SignKeys) which = given_keys_load (keys, error);
  return which != NULL && commit_remove_signatures (self, commit, which->engine->metadata_key,
                                                    remove_by_keys, which, out_n, error);
}

/* ---- The summary ---- */

static gboolean
sign_bytes (GBytes *data, GVariant **out, gconstpointer user_data, GError **error)
{
  return signers_sign (user_data, data, out, error);
}

gboolean
tree_repo_update_summary (TreeRepo *self, GVariant *metadata, const GPtrArray *signers,
                          gboolean generations, GError **error)
{
  gboolean has_signers = signers != NULL && signers->len > 0;
  return publish_all (self, metadata, generations, has_signers ? sign_bytes : NULL, signers, error);
}
