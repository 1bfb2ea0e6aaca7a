/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/delta-cost.h"

#include "base/error.h"
#include "core/commit.h"
#include "core/sizes.h"

/* What a request costs beside its bytes: its headers, and those of the answer. */
#define REQUEST_BYTES 512

static void
add (guint64 *sum, guint64 bytes)
{
  *sum = bytes > G_MAXUINT64 - *sum ? G_MAXUINT64 : *sum + bytes;
}

static gboolean
is_missing (const PullContext *context, const ObjectName *name, gboolean *out, GError **error)
{
  gboolean found = FALSE;
  if (!txn_has_object (context->txn, name->type, &name->checksum, &found, error))
    return FALSE;
  *out = !found;
  return TRUE;
}

static gboolean
count_missing (const PullContext *context, const DeltaPartInfo *part, guint *out, GError **error)
{
  *out = 0;
  for (guint i = 0; i < part->n_objects; i++) {
    ObjectName name;
    gboolean missing = FALSE;
    delta_part_object (part, i, &name);
    if (!is_missing (context, &name, &missing, error))
      return FALSE;
    *out += missing ? 1 : 0;
  }
  return TRUE;
}

static guint64
guess_objects (const DeltaPartInfo *part, guint n_missing)
{
  guint64 packed = MAX (part->unpacked / 5 * 2, part->size + part->size / 10);
  guint64 share = (guint64)((double)packed * n_missing / part->n_objects);
  add (&share, (guint64)n_missing * REQUEST_BYTES);
  return share;
}

static gboolean
add_part (const PullContext *context, const DeltaSuperblock *superblock, guint i, DeltaCost *cost,
          GError **error)
{
  g_autoptr (GBytes) carried = delta_superblock_inline_part (superblock, i);
  DeltaPartInfo part;
  guint n_missing = 0;
  delta_superblock_part (superblock, i, &part);
  if (!count_missing (context, &part, &n_missing, error))
    return FALSE;
  if (n_missing == 0)
    return TRUE;
  if (carried == NULL)
    add (&cost->delta, part.size + REQUEST_BYTES);
  add (&cost->objects, guess_objects (&part, n_missing));
  return TRUE;
}

/* What the delta leaves out is fetched either way. */
static gboolean
add_fallback (const PullContext *context, const DeltaSuperblock *superblock, guint i,
              DeltaCost *cost, GError **error)
{
  DeltaFallback fallback;
  gboolean missing = FALSE;
  delta_superblock_fallback (superblock, i, &fallback);
  if (!is_missing (context, &fallback.name, &missing, error))
    return FALSE;
  if (!missing)
    return TRUE;
  add (&fallback.stored, REQUEST_BYTES);
  add (&cost->delta, fallback.stored);
  add (&cost->objects, fallback.stored);
  return TRUE;
}

/* @sizes: `aay`, hostile until the commit is verified: a lie costs the client a dearer way. */
static gboolean
add_known (const PullContext *context, GVariant *sizes, guint64 *out, GError **error)
{
  gsize n = g_variant_n_children (sizes);
  *out = 0;
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) element = g_variant_get_child_value (sizes, i);
    ObjectSizes entry;
    gboolean missing = FALSE;
    if (!sizes_parse (element, &entry, error) ||
        !is_missing (context, &entry.name, &missing, error))
      return FALSE;
    if (missing)
      add (out, entry.archived);
    if (missing)
      add (out, REQUEST_BYTES);
  }
  return TRUE;
}

/* Sizes without types, or damaged ones, say nothing. */
static gboolean
are_useful (GVariant *sizes)
{
  gsize n = sizes != NULL ? g_variant_n_children (sizes) : 0;
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) element = g_variant_get_child_value (sizes, i);
    ObjectSizes entry;
    if (!sizes_parse (element, &entry, NULL) || entry.name.type == 0)
      return FALSE;
  }
  return n > 0;
}

gboolean
delta_cost_estimate (const PullContext *context, const DeltaSuperblock *superblock, DeltaCost *out,
                     GError **error)
{
  DeltaCost cost = {.is_guess = TRUE};
  g_auto (Commit) commit = {0};
  for (guint i = 0; i < superblock->n_parts; i++)
    if (!add_part (context, superblock, i, &cost, error))
      return FALSE;
  for (guint i = 0; i < superblock->n_fallbacks; i++)
    if (!add_fallback (context, superblock, i, &cost, error))
      return FALSE;
  if (!commit_parse (superblock->commit, &commit, error))
    return FALSE;
  g_autoptr (GVariant)
      sizes = g_variant_lookup_value (commit.metadata, COMMIT_KEY_SIZES, G_VARIANT_TYPE ("aay"));
  if (are_useful (sizes)) {
    cost.is_guess = FALSE;
    if (!add_known (context, sizes, &cost.objects, error))
      return FALSE;
  }
  *out = cost;
  return TRUE;
}
