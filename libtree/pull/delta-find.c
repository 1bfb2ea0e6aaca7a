/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/delta-find.h"

#include "base/error.h"
#include "base/fd.h"
#include "core/checksum.h"
#include "pull/answer.h"
#include "pull/refs.h"
#include "sign/judge.h"
#include "store/delta-index.h"
#include "store/object-read.h"

#define INDEX_MAX_BYTES ((gsize)16 * 1024 * 1024)
#define SIGNATURES_MAX_BYTES ((gsize)1024 * 1024)

typedef struct {
  PullContext *context;
  const TreeChecksum *to;
  const char *ref;
  GArray *offers; /* DeltaEntry */
} Finder;

/* ---- What is offered ---- */

/* Of a map from names to checksums, those that lead to the commit. Others, and what is no name, are
 * passed over. */
static void
add_offers (Finder *self, GVariant *map)
{
  gsize n = map != NULL ? g_variant_n_children (map) : 0;
  for (gsize i = 0; i < n; i++) {
    const char *name;
    g_autoptr (GVariant) value = NULL;
    DeltaEntry offer;
    g_variant_get_child (map, i, "{&sv}", &name, &value);
    if (delta_name_from_text (name, &offer.name) &&
        tree_checksum_equal (&offer.name.to, self->to) &&
        g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING) &&
        checksum_from_variant (value, &offer.superblock))
      g_array_append_val (self->offers, offer);
  }
}

static gboolean
add_from_index (Finder *self, GBytes *bytes, GError **error)
{
  g_autoptr (GVariant)
      index = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, FALSE));
  if (!g_variant_is_normal_form (index))
    return throw_error (error, TREE_ERROR_CORRUPT, "the index of static deltas is damaged");
  g_autoptr (GVariant)
      map = g_variant_lookup_value (index, SUMMARY_KEY_DELTAS, G_VARIANT_TYPE_VARDICT);
  add_offers (self, map);
  return TRUE;
}

static void
add_from_metadata (Finder *self, GVariant *metadata)
{
  g_autoptr (GVariant)
      map = g_variant_lookup_value (metadata, SUMMARY_KEY_DELTAS, G_VARIANT_TYPE_VARDICT);
  add_offers (self, map);
}

static gboolean
fetch_index (Finder *self, GBytes **out, GError **error)
{
  PullContext *context = self->context;
  g_auto (PullAnswer) answer = {0};
  PullAnswer *const answers[] = {&answer};
  g_autofree char *path = delta_index_path (self->to);
  answer_request (&answer, context->fetcher, (const char *const *)context->remote->content_bases,
                  path, INDEX_MAX_BYTES, NULL, NULL);
  if (!answers_wait (context->fetcher, answers, 1, context->options->interrupted, error) ||
      !answer_check (&answer, error))
    return FALSE;
  *out = g_steal_pointer (&answer.bytes);
  return TRUE;
}

/* A server whose summary does not say that it has indexes has all deltas in the summary. Who pulls
 * a commit by its checksum has not asked for the summary, and does so only when there must be a
 * delta. */
static gboolean
list_on_server (Finder *self, const PullSummary *summary, GError **error)
{
  PullContext *context = self->context;
  g_autoptr (GBytes) index = NULL;
  g_auto (PullSummary) fetched = {0};
  gboolean indexed = FALSE;
  if (summary->bytes != NULL)
    (void)g_variant_lookup (summary->parsed.metadata, SUMMARY_KEY_INDEXED_DELTAS, "b", &indexed);
  if ((indexed || summary->bytes == NULL) && !fetch_index (self, &index, error))
    return FALSE;
  if (index != NULL)
    return add_from_index (self, index, error);
  if (summary->bytes == NULL && context->options->require_static_deltas) {
    if (!pull_summary_fetch (context->repo, context->remote, context->fetcher, context->options,
                             &fetched, error))
      return FALSE;
    summary = &fetched;
  }
  if (summary->bytes != NULL && !indexed)
    add_from_metadata (self, summary->parsed.metadata);
  return TRUE;
}

static gboolean
list_in_folder (Finder *self, GError **error)
{
  const TreeRepo *source = self->context->sources->pdata[0];
  g_autofree char *path = delta_index_path (self->to);
  g_autoptr (GBytes) index = NULL;
  g_auto (PullSummary) summary = {0};
  if (!file_read_at (source->dfd, path, INDEX_MAX_BYTES, &index, error))
    return FALSE;
  if (index != NULL)
    return add_from_index (self, index, error);
  if (!pull_summary_read (source, self->context->demands, &summary, error))
    return FALSE;
  if (summary.bytes != NULL)
    add_from_metadata (self, summary.parsed.metadata);
  return TRUE;
}

/* ---- Which one ---- */

/* From the newest of the commits that are here, whole. */
static gboolean
choose_origin (Finder *self, const DeltaEntry **out, GError **error)
{
  const TreeRepo *repo = self->context->repo;
  guint64 newest = 0;
  *out = NULL;
  for (guint i = 0; i < self->offers->len; i++) {
    const DeltaEntry *offer = &g_array_index (self->offers, DeltaEntry, i);
    gboolean complete = FALSE;
    g_auto (Commit) commit = {0};
    if (!offer->name.has_from)
      continue;
    if (!commit_is_complete (repo, &offer->name.from, &complete, error))
      return FALSE;
    if (!complete)
      continue;
    if (!object_load_commit (repo, &offer->name.from, &commit, error))
      return FALSE;
    if (*out == NULL || commit.timestamp > newest)
      *out = offer;
    newest = MAX (newest, commit.timestamp);
  }
  return TRUE;
}

/* From nothing, when there is nothing: else most of it is here already. */
static gboolean
choose (Finder *self, const DeltaEntry **out, GError **error)
{
  gboolean has_commit = FALSE;
  TreeChecksum current;
  if (!choose_origin (self, out, error))
    return FALSE;
  if (*out != NULL)
    return TRUE;
  if (self->ref != NULL &&
      !pull_current_commit (self->context, self->ref, &has_commit, &current, error))
    return FALSE;
  for (guint i = 0; i < self->offers->len; i++) {
    const DeltaEntry *offer = &g_array_index (self->offers, DeltaEntry, i);
    if (!offer->name.has_from && (!has_commit || self->context->options->require_static_deltas))
      *out = offer;
  }
  return TRUE;
}

/* ---- Its superblock ---- */

static gboolean
check_file (const Delta *delta, const DeltaEntry *offer, GError **error)
{
  TreeChecksum found;
  hash_data (g_bytes_get_data (delta->file, NULL), g_bytes_get_size (delta->file), &found);
  return tree_checksum_equal (&found, &offer->superblock) ||
         throw_error (error, TREE_ERROR_CORRUPT,
                      "the superblock is not the one that summary and index tell of");
}

/* The signatures beside the superblock are asked for at the same time where there are keys for them;
 * those in it, if there are any, come first. */
static gboolean
fetch_both (Finder *self, const char *dir, PullAnswer *superblock, PullAnswer *signatures,
            GError **error)
{
  PullContext *context = self->context;
  const char *const *bases = (const char *const *)context->remote->content_bases;
  PullAnswer *const answers[] = {superblock, signatures};
  g_autofree char *path = g_build_filename (dir, DELTA_SUPERBLOCK, NULL);
  g_autofree char *sig_path = g_build_filename (dir, DELTA_SIGNATURES, NULL);
  gboolean with_signatures = demands_commit (context->demands);
  answer_request_body (superblock, context->fetcher, bases, path, DELTA_SUPERBLOCK_MAX);
  if (with_signatures)
    answer_request (signatures, context->fetcher, bases, sig_path, SIGNATURES_MAX_BYTES, NULL,
                    NULL);
  return answers_wait (context->fetcher, answers, with_signatures ? 2 : 1,
                       context->options->interrupted, error) &&
         answer_check (signatures, error);
}

static gboolean
fetch_superblock (Finder *self, const DeltaEntry *offer, Delta *out, GError **error)
{
  g_auto (PullAnswer) answer = {0};
  g_auto (PullAnswer) signatures = {.status = FETCH_NOT_FOUND};
  g_autofree char *dir = delta_name_to_path (&offer->name);
  if (!fetch_both (self, dir, &answer, &signatures, error))
    return FALSE;
  if (answer.status != FETCH_OK) {
    g_propagate_error (error, g_steal_pointer (&answer.error));
    return FALSE;
  }
  out->file = g_steal_pointer (&answer.bytes);
  if (!check_file (out, offer, error) ||
      !delta_unwrap (out->file, &out->plain, &out->signatures, error) ||
      !delta_superblock_parse (out->plain, &out->superblock, error))
    return prefix_error (error, "fetched '%s'", answer.url);
  if (out->signatures == NULL)
    out->signatures = sign_dict_parse (signatures.bytes);
  return TRUE;
}

/* Does it have what the remote's keys and this repository's configuration ask for? */
static gboolean
check_signatures (const Finder *self, const Delta *delta, gboolean *out_use, GError **error)
{
  const PullContext *context = self->context;
  gboolean demanded = FALSE;
  gboolean good = FALSE;
  if (!repo_config_boolean (context->repo, "core", "sign-verify-deltas", FALSE, &demanded, error) ||
      !demands_check_delta (context->demands, delta->plain, delta->signatures, &good, error))
    return FALSE;
  *out_use = good || !demanded;
  if (!*out_use && context->options->require_static_deltas)
    return throw_error (error, TREE_ERROR_SIGNATURE,
                        "it has no signature by a key that the remote's commits must be signed by, "
                        "and core.sign-verify-deltas demands one");
  return TRUE;
}

static gboolean
load (Finder *self, const DeltaEntry *offer, Delta *out, GError **error)
{
  PullContext *context = self->context;
  if (!(context->is_local ? delta_open_name (out, context->repo, context->sources->pdata[0],
                                             &offer->name, error) &&
                                check_file (out, offer, error)
                          : fetch_superblock (self, offer, out, error)))
    return FALSE;
  return delta_name_compare (&out->superblock.name, &offer->name) == 0 ||
         throw_error (error, TREE_ERROR_CORRUPT, "the superblock is that of another delta");
}

gboolean
delta_find (PullContext *context, const PullSummary *summary, const TreeChecksum *commit,
            const char *ref, gboolean *out_found, Delta *out, GError **error)
{
  g_autoptr (GArray) offers = g_array_new (FALSE, FALSE, sizeof (DeltaEntry));
  Finder self = {context, commit, ref, offers};
  const DeltaEntry *chosen = NULL;
  g_auto (Delta) delta = DELTA_INIT;
  char name[DELTA_NAME_MAX];
  *out_found = FALSE;
  if (!(context->is_local ? list_in_folder (&self, error)
                          : list_on_server (&self, summary, error)) ||
      !choose (&self, &chosen, error))
    return FALSE;
  if (chosen == NULL)
    return TRUE;
  delta_name_to_text (&chosen->name, name);
  gboolean use = FALSE;
  if (!load (&self, chosen, &delta, error) || !check_signatures (&self, &delta, &use, error))
    return prefix_error (error, "static delta %s", name);
  if (!use) {
    g_debug ("static delta %s is not signed, and must be", name);
    return TRUE;
  }
  g_debug ("using static delta %s, %" G_GUINT64_FORMAT " bytes in %u parts", name,
           delta.superblock.part_bytes, delta.superblock.n_parts);
  *out = delta;
  delta = (Delta)DELTA_INIT;
  *out_found = TRUE;
  return TRUE;
}
