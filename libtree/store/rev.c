/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The syntax of revisions: what a user may type to name a commit (tree_repo_resolve_rev). */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "core/checksum.h"
#include "core/refspec.h"
#include "store/object-list.h"
#include "store/object-read.h"
#include "store/refs-list.h"
#include "store/refs.h"

typedef struct {
  guint n_found;
  TreeChecksum checksum; /* of the last */
} PrefixMatch;

static gboolean
match_commit (const ObjectName *name, int dfd, const char *file_name, gpointer user_data,
              GError **error)
{
  PrefixMatch *match = user_data;
  /* A commit that a parent repository has, too, is still one. */
  if (name->type == TREE_OBJECT_COMMIT &&
      (match->n_found == 0 || !tree_checksum_equal (&match->checksum, &name->checksum))) {
    match->n_found++;
    match->checksum = name->checksum;
  }
  return TRUE;
}

/* The beginning of a checksum, if only one commit begins so. */
static gboolean
resolve_digits (const TreeRepo *self, const char *rev, gboolean *out_found, TreeChecksum *out,
                GError **error)
{
  PrefixMatch match = {0};
  *out_found = FALSE;
  if (rev[strspn (rev, "0123456789abcdef")] != '\0' || strlen (rev) >= TREE_CHECKSUM_HEX_LEN)
    return TRUE;
  for (const TreeRepo *at = self; at != NULL; at = at->parent)
    if (!object_list (at, rev, match_commit, &match, error))
      return FALSE;
  if (match.n_found > 1)
    return throw_error (error, TREE_ERROR_INVALID, "Refspec '%s' not unique", rev);
  *out_found = match.n_found == 1;
  *out = match.checksum;
  return TRUE;
}

/* A name without a colon: a local ref, "REMOTE/REF", or the ref of any remote. */
static gboolean
resolve_name (const TreeRepo *repo, const char *ref, gboolean *out_found, TreeChecksum *out,
              GError **error)
{
  if (!refs_read_in (repo, REF_HEADS, NULL, ref, out_found, out, NULL, error))
    return FALSE;
  if (*out_found)
    return TRUE;
  const char *slash = strchr (ref, '/');
  if (slash != NULL) {
    g_autofree char *remote = g_strndup (ref, (gsize)(slash - ref));
    if (!refs_read_in (repo, REF_REMOTES, remote, slash + 1, out_found, out, NULL, error))
      return FALSE;
    if (*out_found)
      return TRUE;
  }
  return refs_find_remote (repo, ref, out_found, out, error);
}

static gboolean
resolve_ref (const TreeRepo *self, const char *rev, gboolean *out_found, TreeChecksum *out,
             GError **error)
{
  g_autofree char *remote = NULL;
  g_autofree char *ref = NULL;
  if (!refspec_parse (rev, &remote, &ref, error))
    return FALSE;
  *out_found = FALSE;
  for (const TreeRepo *at = self; at != NULL && !*out_found; at = at->parent) {
    gboolean ok = remote != NULL
                      ? refs_read_in (at, REF_REMOTES, remote, ref, out_found, out, NULL, error)
                      : resolve_name (at, ref, out_found, out, error);
    if (!ok)
      return FALSE;
  }
  return TRUE;
}

static gboolean
resolve_base (const TreeRepo *self, const char *rev, TreeChecksum *out, GError **error)
{
  gboolean found = FALSE;
  if (*rev == '\0')
    return throw_error (error, TREE_ERROR_INVALID, "an empty name is no revision");
  if (strlen (rev) == TREE_CHECKSUM_HEX_LEN && tree_checksum_from_hex (rev, out, NULL))
    return TRUE;
  if (!resolve_digits (self, rev, &found, out, error) ||
      (!found && !resolve_ref (self, rev, &found, out, error)))
    return FALSE;
  return found || throw_error (error, TREE_ERROR_NOT_FOUND, "Refspec '%s' not found", rev);
}

gboolean
tree_repo_resolve_rev (const TreeRepo *self, const char *rev, TreeChecksum *out, GError **error)
{
  gsize len = strlen (rev);
  gsize base_len = len;
  while (base_len > 0 && rev[base_len - 1] == '^')
    base_len--;
  g_autofree char *base = g_strndup (rev, base_len);
  TreeChecksum at;
  if (!resolve_base (self, base, &at, error))
    return FALSE;
  for (gsize i = base_len; i < len; i++) {
    g_auto (Commit) commit = {0};
    if (!object_load_commit (self, &at, &commit, error))
      return FALSE;
    if (!commit.has_parent) {
      char hex[TREE_CHECKSUM_HEX_LEN + 1];
      tree_checksum_to_hex (&at, hex);
      return throw_error (error, TREE_ERROR_NOT_FOUND, "Commit %s has no parent", hex);
    }
    at = commit.parent;
  }
  *out = at;
  return TRUE;
}
