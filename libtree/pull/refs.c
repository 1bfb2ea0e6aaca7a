/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/refs.h"

#include <string.h>

#include "base/error.h"
#include "core/checksum.h"
#include "core/refspec.h"
#include "plain/layout.h"
#include "pull/answer.h"
#include "store/refs-list.h"
#include "store/refs.h"

/* 64 digits and a line end; a page of HTML, whose beginning is shown, may be longer. */
#define REF_MAX_BYTES ((guint64)64 * 1024)

static void
wanted_free (gpointer data)
{
  WantedRef *wanted = data;
  g_free (wanted->name);
  g_free (wanted);
}

/* One word of the user: "REF", "REF@CHECKSUM" or a checksum. *@out_pinned: the commit is known. */
static WantedRef *
parse_word (const char *word, gboolean *out_pinned, GError **error)
{
  g_autofree WantedRef *wanted = g_new0 (WantedRef, 1);
  const char *at = strrchr (word, '@');
  const char *pin = checksum_is_hex (word) ? word : at != NULL ? at + 1 : NULL;
  *out_pinned = pin != NULL;
  if (pin != NULL && !tree_checksum_from_hex (pin, &wanted->commit, error))
    return prefix_null (error, "'%s'", word);
  if (pin == word)
    return g_steal_pointer (&wanted);
  g_autofree char *name = pin != NULL ? g_strndup (word, (gsize)(at - word)) : g_strdup (word);
  if (!refspec_check_ref (name, error))
    return NULL;
  wanted->name = g_steal_pointer (&name);
  return g_steal_pointer (&wanted);
}

/* The mode is the first thing that a summary of a wrong repository tells. */
static gboolean
check_mode (const PullContext *context, const PullSummary *summary, GError **error)
{
  const char *mode = NULL;
  if (summary->bytes == NULL ||
      !g_variant_lookup (summary->parsed.metadata, SUMMARY_KEY_MODE, "&s", &mode) ||
      g_str_equal (mode, "archive-z2") || g_str_equal (mode, "archive"))
    return TRUE;
  return throw_error (
      error, TREE_ERROR_UNSUPPORTED,
      "the repository at '%s' is of mode %s; only archive repositories can be pulled "
      "from over HTTP",
      context->remote->url, mode);
}

/* ---- From a folder ---- */

GPtrArray *
pull_list_heads (const TreeRepo *repo, GError **error)
{
  g_autoptr (GPtrArray) refs = tree_repo_list_refs (repo, NULL, error);
  for (guint i = refs != NULL ? refs->len : 0; i-- > 0;) {
    if (strchr (((const TreeRef *)refs->pdata[i])->name, ':') != NULL)
      g_ptr_array_remove_index (refs, i);
  }
  return g_steal_pointer (&refs);
}

/* The collection whose refs the source keeps apart from its own; or NULL. */
static const char *
foreign_collection (const PullContext *context, const TreeRepo *source)
{
  const char *collection = context->collection_id;
  return g_strcmp0 (collection, source->collection_id) != 0 ? collection : NULL;
}

static gboolean
resolve_in_folder (const PullContext *context, WantedRef *wanted, GError **error)
{
  const TreeRepo *source = context->sources->pdata[0];
  const char *collection = foreign_collection (context, source);
  gboolean found = FALSE;
  if ((collection != NULL && !refs_read_in (source, REF_MIRRORS, collection, wanted->name, &found,
                                            &wanted->commit, NULL, error)) ||
      (!found && !refs_read (source, wanted->name, &found, &wanted->commit, error)))
    return FALSE;
  return found ||
         throw_error (error, TREE_ERROR_NOT_FOUND, "Refspec '%s' not found in repository '%s'",
                      wanted->name, source->path);
}

static void
want_ref (GPtrArray *all, const char *name, const TreeChecksum *commit, guint64 commit_size)
{
  WantedRef *wanted = g_new0 (WantedRef, 1);
  wanted->name = g_strdup (name);
  wanted->commit = *commit;
  wanted->commit_size = commit_size;
  g_ptr_array_add (all, wanted);
}

static gboolean
want_mirrored (const TreeRepo *source, const char *collection, GPtrArray *all, GError **error)
{
  g_autoptr (GPtrArray) refs = refs_list_mirrors (source, error);
  for (guint i = 0; refs != NULL && i < refs->len; i++) {
    const TreeCollectionRef *ref = refs->pdata[i];
    if (strcmp (ref->collection, collection) == 0)
      want_ref (all, ref->name, &ref->checksum, 0);
  }
  return refs != NULL;
}

/* Of a remote there are the refs of its collection, or the heads; from a folder without a name all
 * refs are wanted, and those of the source's own remotes have no place here. */
static gboolean
want_folder (const PullContext *context, GPtrArray *all, GError **error)
{
  const TreeRepo *source = context->sources->pdata[0];
  const char *collection = foreign_collection (context, source);
  if (collection != NULL && !want_mirrored (source, collection, all, error))
    return FALSE;
  if (all->len > 0)
    return TRUE;
  g_autoptr (GPtrArray) refs = context->remote != NULL ? pull_list_heads (source, error)
                                                       : tree_repo_list_refs (source, NULL, error);
  for (guint i = 0; refs != NULL && i < refs->len; i++) {
    const TreeRef *ref = refs->pdata[i];
    if (strchr (ref->name, ':') != NULL)
      return throw_error (
          error, TREE_ERROR_INVALID,
          "Invalid ref name %s: refs that '%s' has from its remotes are not copied; "
          "name the refs to copy",
          ref->name, source->path);
    want_ref (all, ref->name, &ref->checksum, 0);
  }
  return refs != NULL;
}

/* ---- From a summary ---- */

/* A folder is asked for its summary only where that must be signed; its refs are at hand. */
static gboolean
fetch_summary (PullContext *context, PullSummary *summary, GError **error)
{
  if (context->is_local)
    return pull_summary_read (context->sources->pdata[0], context->demands, summary, error);
  return pull_summary_fetch (context->repo, context->remote, context->fetcher, context->options,
                             summary, error) &&
         check_mode (context, summary, error);
}

/* The beginning of what should have been a checksum, in one line. */
static char *
show_beginning (const char *text)
{
  g_autofree char *head = g_strndup (text, TREE_CHECKSUM_HEX_LEN);
  for (char *at = head; *at != '\0'; at++)
    if (g_ascii_iscntrl (*at))
      *at = ' ';
  return g_utf8_make_valid (head, -1);
}

static gboolean
parse_ref_file (const PullContext *context, const char *name, const PullAnswer *answer,
                TreeChecksum *out, GError **error)
{
  gsize len;
  const char *data = g_bytes_get_data (answer->bytes, &len);
  g_autofree char *text = g_strchomp (g_strndup (data, len));
  if (checksum_is_hex (text) && tree_checksum_from_hex (text, out, NULL))
    return TRUE;
  const char *collection = context->collection_id;
  g_autofree char *shown = show_beginning (text);
  return throw_error (error, TREE_ERROR_CORRUPT,
                      "Fetching checksum for ref (%s, %s): Invalid rev %s, from '%s'",
                      collection != NULL ? collection : "(empty)", name, shown, answer->url);
}

static gboolean
ask_for_ref (const PullContext *context, const char *path, PullAnswer *answer, GError **error)
{
  PullAnswer *const answers[] = {answer};
  answer_request (answer, context->fetcher, (const char *const *)context->remote->bases, path,
                  REF_MAX_BYTES, NULL, NULL);
  return answers_wait (context->fetcher, answers, 1, context->options->interrupted, error) &&
         answer_check (answer, error);
}

/* Among the server's own refs; else among those that it mirrors of the collection. */
static gboolean
fetch_ref_file (const PullContext *context, WantedRef *wanted, GError **error)
{
  g_auto (PullAnswer) answer = {0};
  g_autofree char *path = g_build_filename (REPO_HEADS, wanted->name, NULL);
  if (!ask_for_ref (context, path, &answer, error))
    return FALSE;
  if (answer.status != FETCH_OK && context->collection_id != NULL) {
    g_autofree char *mirrored = g_build_filename (REPO_MIRRORS, context->collection_id,
                                                  wanted->name, NULL);
    if (!ask_for_ref (context, mirrored, &answer, error))
      return FALSE;
  }
  if (answer.status != FETCH_OK) {
    g_propagate_prefixed_error (
        error, g_steal_pointer (&answer.error),
        "No such branch '%s', and the remote has no summary: ", wanted->name);
    return FALSE;
  }
  return parse_ref_file (context, wanted->name, &answer, &wanted->commit, error);
}

/* The refs of the remote's collection, which may have a list of their own; (transfer full) */
static GVariant *
list_refs (const PullContext *context, const PullSummary *summary)
{
  GVariant *refs = context->collection_id != NULL
                       ? summary_collection (&summary->parsed, context->collection_id)
                       : NULL;
  return refs != NULL ? refs : g_variant_ref (summary->parsed.refs);
}

static gboolean
resolve (PullContext *context, const PullSummary *summary, WantedRef *wanted, GError **error)
{
  if (summary->bytes == NULL)
    return context->is_local ? resolve_in_folder (context, wanted, error)
                             : fetch_ref_file (context, wanted, error);
  g_autoptr (GVariant) refs = list_refs (context, summary);
  SummaryRef found;
  if (!summary_find (refs, wanted->name, &found))
    return throw_error (error, TREE_ERROR_NOT_FOUND,
                        "No such branch '%s' in repository summary (if it is new, the server has "
                        "to update its summary)",
                        wanted->name);
  wanted->commit = found.checksum;
  wanted->commit_size = found.commit_size;
  return TRUE;
}

static gboolean
want_all (PullContext *context, const PullSummary *summary, GPtrArray *all, GError **error)
{
  if (context->is_local && summary->bytes == NULL)
    return want_folder (context, all, error);
  if (summary->bytes == NULL)
    return throw_error (
        error, TREE_ERROR_NOT_FOUND,
        "Fetching all refs was requested in mirror mode, but remote repository does not "
        "have a summary; name the refs");
  g_autoptr (GVariant) refs = list_refs (context, summary);
  for (guint i = 0; i < summary_n_refs (refs); i++) {
    SummaryRef ref;
    summary_ref (refs, i, &ref);
    want_ref (all, ref.name, &ref.checksum, ref.commit_size);
  }
  return TRUE;
}

/* ---- Both ---- */

static gboolean
want_words (PullContext *context, const char *const *words, PullSummary *summary, GPtrArray *all,
            GError **error)
{
  gboolean asked = context->is_local || demands_summary (context->demands);
  for (; *words != NULL; words++) {
    gboolean pinned = FALSE;
    WantedRef *wanted = parse_word (*words, &pinned, error);
    if (wanted == NULL)
      return FALSE;
    g_ptr_array_add (all, wanted);
    if (pinned)
      continue;
    if (!asked && !fetch_summary (context, summary, error))
      return FALSE;
    asked = TRUE;
    if (!resolve (context, summary, wanted, error))
      return FALSE;
  }
  return TRUE;
}

GPtrArray *
pull_resolve_refs (PullContext *context, PullSummary *out_summary, GError **error)
{
  const TreePullOptions *options = context->options;
  const char *const *words = options->refs;
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (wanted_free);
  g_auto (PullSummary) summary = {0};
  gboolean has_words = words != NULL && words[0] != NULL;
  if (!has_words && context->remote != NULL && context->remote->branches[0] != NULL) {
    words = (const char *const *)context->remote->branches;
    has_words = TRUE;
  }
  gboolean is_all = !has_words && (context->remote == NULL || options->mirror);
  if (!has_words && !is_all)
    return throw_null (error, TREE_ERROR_INVALID,
                       "No configured branches for remote %s; name the refs to pull",
                       context->remote->name);
  /* One that must be signed is looked at in any case, also where each commit is pinned. */
  if ((demands_summary (context->demands) || (is_all && !context->is_local)) &&
      !fetch_summary (context, &summary, error))
    return NULL;
  if (!(is_all ? want_all (context, &summary, all, error)
               : want_words (context, words, &summary, all, error)))
    return NULL;
  *out_summary = summary;
  summary = (PullSummary){0};
  return g_steal_pointer (&all);
}

/* ---- Here ---- */

static char *
refspec_here (const PullContext *context, const char *ref)
{
  return context->ref_remote != NULL ? g_strconcat (context->ref_remote, ":", ref, NULL)
                                     : g_strdup (ref);
}

gboolean
pull_current_commit (const PullContext *context, const char *ref, gboolean *out_found,
                     TreeChecksum *out, GError **error)
{
  const char *collection = context->ref_collection;
  if (collection != NULL && g_strcmp0 (collection, context->repo->collection_id) != 0)
    return refs_read_in (context->repo, REF_MIRRORS, collection, ref, out_found, out, NULL, error);
  g_autofree char *refspec = refspec_here (context, ref);
  return refs_read (context->repo, refspec, out_found, out, error);
}

void
pull_set_ref (const PullContext *context, const WantedRef *ref)
{
  if (context->ref_collection != NULL) {
    txn_set_collection_ref (context->txn, context->ref_collection, ref->name, &ref->commit);
    return;
  }
  g_autofree char *refspec = refspec_here (context, ref->name);
  txn_set_ref (context->txn, refspec, &ref->commit);
}
