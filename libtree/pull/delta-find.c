/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/delta-find.h"

#include "base/error.h"
#include "base/fd.h"
#include "core/checksum.h"
#include "core/delta-sizes.h"
#include "pull/answer.h"
#include "pull/delta-cost.h"
#include "pull/refs.h"
#include "sign/judge.h"
#include "store/delta-index.h"
#include "store/object-read.h"

#define INDEX_MAX_BYTES ((gsize)16 * 1024 * 1024)
#define SIGNATURES_MAX_BYTES ((gsize)1024 * 1024)
/* No server has use for more deltas to one commit; a hostile one must not keep us busy. */
#define MAX_OFFERS 256

typedef struct {
  PullContext *context;
  const TreeChecksum *to;
  const char *ref;
  GArray *offers;      /* DeltaEntry */
  gboolean has_commit; /* the ref points at one, and most of this one is probably here */
  /* What people are told, and the names in it. */
  TreePullEstimate estimate;
  char delta_name[DELTA_NAME_MAX];
  char empty_name[DELTA_NAME_MAX];
} Finder;

/* ---- What is offered ---- */

/* Of what the summary or an index says, the deltas that lead to the commit. Others, and what is no
 * name, are passed over. */
static void
add_offers (Finder *self, GVariant *metadata)
{
  g_autoptr (GVariant)
      map = g_variant_lookup_value (metadata, SUMMARY_KEY_DELTAS, G_VARIANT_TYPE_VARDICT);
  gsize n = map != NULL ? g_variant_n_children (map) : 0;
  for (gsize i = 0; i < n && self->offers->len < MAX_OFFERS; i++) {
    const char *name;
    g_autoptr (GVariant) value = NULL;
    DeltaEntry offer = {0};
    g_variant_get_child (map, i, "{&sv}", &name, &value);
    if (!delta_name_from_text (name, &offer.name) ||
        !tree_checksum_equal (&offer.name.to, self->to) ||
        !g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING) ||
        !checksum_from_variant (value, &offer.superblock))
      continue;
    offer.has_sizes = delta_sizes_find (metadata, &offer.name, &offer.sizes);
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
  add_offers (self, index);
  return TRUE;
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
    add_offers (self, summary->parsed.metadata);
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
    add_offers (self, summary.parsed.metadata);
  return TRUE;
}

/* ---- Which one ---- */

/* By what it costs, where that is known; else the one from the newer commit. */
static gboolean
is_better (const DeltaEntry *offer, guint64 timestamp, const DeltaEntry *best,
           guint64 best_timestamp)
{
  if (best == NULL)
    return TRUE;
  if (offer->has_sizes && best->has_sizes)
    return offer->sizes.download < best->sizes.download;
  return timestamp > best_timestamp;
}

/* From one of the commits that are here, whole. */
static gboolean
find_origin (Finder *self, const DeltaEntry **out, GError **error)
{
  const TreeRepo *repo = self->context->repo;
  guint64 timestamp = 0;
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
    if (!is_better (offer, commit.timestamp, *out, timestamp))
      continue;
    *out = offer;
    timestamp = commit.timestamp;
  }
  return TRUE;
}

static const DeltaEntry *
find_empty (const Finder *self)
{
  for (guint i = 0; i < self->offers->len; i++) {
    const DeltaEntry *offer = &g_array_index (self->offers, DeltaEntry, i);
    if (!offer->name.has_from)
      return offer;
  }
  return NULL;
}

static gint64
offered_bytes (const DeltaEntry *offer)
{
  return offer->has_sizes ? (gint64)offer->sizes.download : -1;
}

/* Before anything of them is fetched. NULL: none is of use. Where there is a commit already, the
 * one from nothing is looked into only if the server says what it costs. */
static gboolean
choose (Finder *self, const DeltaEntry **out, GError **error)
{
  TreePullEstimate *estimate = &self->estimate;
  gboolean required = self->context->options->require_static_deltas;
  const DeltaEntry *origin = NULL;
  const DeltaEntry *empty = find_empty (self);
  if (!find_origin (self, &origin, error))
    return FALSE;
  estimate->delta = origin != NULL ? self->delta_name : NULL;
  estimate->from_empty = empty != NULL ? self->empty_name : NULL;
  if (origin != NULL) {
    delta_name_to_text (&origin->name, self->delta_name);
    estimate->delta_bytes = offered_bytes (origin);
  }
  if (empty != NULL) {
    delta_name_to_text (&empty->name, self->empty_name);
    estimate->from_empty_bytes = offered_bytes (empty);
  }
  gboolean prefer_empty = empty != NULL && origin != NULL && empty->has_sizes &&
                          origin->has_sizes && empty->sizes.download < origin->sizes.download;
  gboolean try_empty = empty != NULL && (!self->has_commit || required || empty->has_sizes);
  *out = prefer_empty || (origin == NULL && try_empty) ? empty : origin;
  if (*out == NULL)
    estimate->why = empty != NULL ? "most of it is probably here"
                                  : "the remote offers no static delta that is of use here";
  return TRUE;
}

/* It was not there after all: it is not offered any more. */
static void
forget (Finder *self, const DeltaEntry *offer)
{
  g_array_remove_index (self->offers, (guint)(offer - (const DeltaEntry *)self->offers->data));
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

/* The signatures beside the superblock are asked for at the same time where there are keys for
 * them; those in it, if there are any, come first. */
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

/* ---- Delta or objects ---- */

/* With the superblock, what is here already is known. */
static gboolean
compare (Finder *self, const DeltaEntry *chosen, const Delta *delta, gboolean *out_use,
         GError **error)
{
  TreePullEstimate *estimate = &self->estimate;
  DeltaCost cost;
  if (!delta_cost_estimate (self->context, &delta->superblock, &cost, error))
    return FALSE;
  gint64 bytes = (gint64)MIN (cost.delta, G_MAXINT64);
  if (chosen->name.has_from)
    estimate->delta_bytes = bytes;
  else
    estimate->from_empty_bytes = bytes;
  estimate->objects_bytes = (gint64)MIN (cost.objects, G_MAXINT64);
  estimate->is_guess = cost.is_guess;
  gboolean required = self->context->options->require_static_deltas;
  *out_use = required || cost.delta <= cost.objects;
  estimate->why = required ? "static deltas are required" : "the least to fetch";
  return TRUE;
}

static char *
describe_bytes (const char *what, gint64 bytes)
{
  g_autofree char *size = g_format_size ((guint64)MAX (bytes, 0));
  return g_strdup_printf ("%s: %s", what, bytes >= 0 ? size : "unknown");
}

static void
tell (const Finder *self)
{
  const TreePullEstimate *estimate = &self->estimate;
  const TreePullOptions *options = self->context->options;
  g_autofree char *delta = describe_bytes ("static delta", estimate->delta_bytes);
  g_autofree char *empty = describe_bytes ("from nothing", estimate->from_empty_bytes);
  g_autofree char *objects = describe_bytes ("objects", estimate->objects_bytes);
  g_debug ("%s: %s, %s, %s: %s %s (%s)", self->ref != NULL ? self->ref : "commit", delta, empty,
           objects, estimate->chosen != NULL ? "using static delta" : "fetching objects",
           estimate->chosen != NULL ? estimate->chosen : "", estimate->why);
  if (options->estimated != NULL)
    options->estimated (estimate, options->user_data);
}

/* Its superblock, its signatures, and is it worth it? */
static gboolean
look_into (Finder *self, const DeltaEntry *chosen, Delta *delta, gboolean *out_use, GError **error)
{
  if (!load (self, chosen, delta, error) || !check_signatures (self, delta, out_use, error))
    return FALSE;
  if (*out_use)
    return compare (self, chosen, delta, out_use, error);
  self->estimate.why = "the static delta is not signed, and must be";
  return TRUE;
}

/* Of what is offered; one that the server lost meanwhile is as good as none. */
static gboolean
find (Finder *self, gboolean *out_found, Delta *out, GError **error)
{
  for (;;) {
    const DeltaEntry *chosen = NULL;
    g_autoptr (GError) local = NULL;
    if (!choose (self, &chosen, error))
      return FALSE;
    if (chosen == NULL)
      return TRUE;
    const char *name = chosen->name.has_from ? self->delta_name : self->empty_name;
    if (look_into (self, chosen, out, out_found, &local)) {
      self->estimate.chosen = *out_found ? name : NULL;
      return TRUE;
    }
    if (!g_error_matches (local, TREE_ERROR, TREE_ERROR_NOT_FOUND) ||
        self->context->options->require_static_deltas) {
      g_propagate_prefixed_error (error, g_steal_pointer (&local), "static delta %s: ", name);
      return FALSE;
    }
    g_debug ("static delta %s: %s", name, local->message);
    delta_clear (out);
    forget (self, chosen);
  }
}

gboolean
delta_find (PullContext *context, const PullSummary *summary, const TreeChecksum *commit,
            const char *ref, gboolean *out_found, Delta *out, GError **error)
{
  g_autoptr (GArray) offers = g_array_new (FALSE, FALSE, sizeof (DeltaEntry));
  Finder self = {.context = context, .to = commit, .ref = ref, .offers = offers};
  TreeChecksum current;
  g_auto (Delta) delta = DELTA_INIT;
  self.estimate = (TreePullEstimate){.ref = ref,
                                     .commit = *commit,
                                     .delta_bytes = -1,
                                     .from_empty_bytes = -1,
                                     .objects_bytes = -1};
  *out_found = FALSE;
  if ((ref != NULL && !pull_current_commit (context, ref, &self.has_commit, &current, error)) ||
      !(context->is_local ? list_in_folder (&self, error)
                          : list_on_server (&self, summary, error)) ||
      !find (&self, out_found, &delta, error))
    return FALSE;
  tell (&self);
  if (!*out_found)
    return TRUE;
  *out = delta;
  delta = (Delta)DELTA_INIT;
  return TRUE;
}
