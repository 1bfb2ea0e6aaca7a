/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pull/space.h"

#include "base/error.h"
#include "base/fd.h"
#include "core/checksum.h"
#include "core/object-set.h"
#include "core/sizes.h"
#include "pull/deltas.h"

/* Old writers left the types out of sizes: sets of them go by the checksum alone. */
#define ANY_TYPE TREE_OBJECT_FILE
/* So many files must be there before others are taken to be like them. */
#define ESTIMATE_MIN_FILES 16

struct PullSpace {
  PullContext *context; /* borrowed */
  ObjectSet *counted;   /* of ANY_TYPE: what is to come */
  guint64 n_objects;
  guint64 before_bytes;  /* that came before the first object */
  guint64 fetched_bytes; /* as a server has them */
  guint64 disk_bytes;    /* that they take here */
  guint n_known;         /* commits whose sizes are known */
  guint n_unknown;
  gboolean estimated; /* that is over, whatever came out */
};

PullSpace *
pull_space_new (PullContext *context)
{
  PullSpace *self = g_new0 (PullSpace, 1);
  self->context = context;
  self->counted = object_set_new ();
  return self;
}

void
pull_space_free (PullSpace *self)
{
  if (self == NULL)
    return;
  object_set_free (self->counted);
  g_free (self);
}

/* Numbers that a hostile commit makes too large stop at the largest. */
static void
add (guint64 *sum, guint64 size)
{
  *sum = size > G_MAXUINT64 - *sum ? G_MAXUINT64 : *sum + size;
}

/* ---- What a commit says ---- */

/* Old writers left the type out. */
static gboolean
is_here (const PullSpace *self, const ObjectName *name, gboolean *out, GError **error)
{
  static const TreeObjectType any[] = {TREE_OBJECT_FILE, TREE_OBJECT_DIR_TREE,
                                       TREE_OBJECT_DIR_META};
  Txn *txn = self->context->txn;
  if (name->type != 0)
    return txn_has_object (txn, name->type, &name->checksum, out, error);
  *out = FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (any) && !*out; i++)
    if (!txn_has_object (txn, any[i], &name->checksum, out, error))
      return FALSE;
  return TRUE;
}

static gboolean
count_object (PullSpace *self, const ObjectSizes *sizes, GError **error)
{
  gboolean here = FALSE;
  if (!is_here (self, &sizes->name, &here, error))
    return FALSE;
  if (here || !object_set_add (self->counted, ANY_TYPE, &sizes->name.checksum))
    return TRUE;
  gboolean archived = self->context->repo->mode->archive;
  self->n_objects++;
  add (&self->fetched_bytes, sizes->archived);
  add (&self->disk_bytes,
       txn_size_on_disk (self->context->txn, archived ? sizes->archived : sizes->unpacked));
  return TRUE;
}

static gboolean
count_objects (PullSpace *self, GVariant *list, GError **error)
{
  gsize n = g_variant_n_children (list);
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) element = g_variant_get_child_value (list, i);
    ObjectSizes sizes;
    if (!sizes_parse (element, &sizes, error) || !count_object (self, &sizes, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- What is left of a pull of something else ---- */

typedef struct {
  ObjectSet *wanted; /* of ANY_TYPE */
  gboolean archive;
} Leftovers;

static gboolean
remove_unwanted (const char *dir, int dfd, const char *name, gboolean settled, gpointer user_data,
                 GError **error)
{
  const Leftovers *self = user_data;
  ObjectName object;
  if (!object_from_path (dir, name, self->archive, &object) ||
      object_set_contains (self->wanted, ANY_TYPE, &object.checksum))
    return TRUE;
  return unlinkat (dfd, name, 0) == 0 || throw_errno (error, "remove '%s/%s'", dir, name);
}

/* Downloads that were cut carry the names of their objects; parts of deltas are wanted by nobody
 * when the commit says what it has. Who is using one has it open still. */
static gboolean
remove_partials (int dfd, const Leftovers *leftovers, GError **error)
{
  g_autoptr (GPtrArray) entries = NULL;
  if (!dir_list (dfd, &entries, error))
    return FALSE;
  for (guint i = 0; i < entries->len; i++) {
    const DirEntry *entry = entries->pdata[i];
    TreeChecksum checksum;
    if (checksum_is_hex (entry->name) && tree_checksum_from_hex (entry->name, &checksum, NULL) &&
        !object_set_contains (leftovers->wanted, ANY_TYPE, &checksum))
      (void)unlinkat (dfd, entry->name, 0); /* at worst it expires */
  }
  return TRUE;
}

static gboolean
remove_leftovers (PullSpace *self, GVariant *list, GError **error)
{
  const PullContext *context = self->context;
  g_autoptr (ObjectSet) wanted = object_set_new ();
  Leftovers leftovers = {wanted, context->repo->mode->archive};
  gsize n = g_variant_n_children (list);
  gboolean ok = TRUE;
  for (gsize i = 0; i < n && ok; i++) {
    g_autoptr (GVariant) element = g_variant_get_child_value (list, i);
    ObjectSizes sizes;
    ok = sizes_parse (element, &sizes, error);
    if (ok)
      (void)object_set_add (wanted, ANY_TYPE, &sizes.name.checksum);
  }
  return ok && txn_each_staged (context->txn, remove_unwanted, &leftovers, error) &&
         (context->partial_dfd < 0 || remove_partials (context->partial_dfd, &leftovers, error));
}

/* ---- All together ---- */

/* What is linked or copied from a folder takes no room, or nobody knows how much. */
static gboolean
is_countable (const PullContext *context)
{
  return !context->options->commit_metadata_only && context->subpaths == NULL &&
         context->sources->len == 0;
}

gboolean
pull_space_add (PullSpace *self, const TreeChecksum *checksum, const Commit *commit, gboolean alone,
                GError **error)
{
  PullContext *context = self->context;
  guint64 fetched = 0, unpacked = 0;
  if (!is_countable (context)) {
    self->n_unknown++;
    return TRUE;
  }
  g_autoptr (GVariant)
      list = g_variant_lookup_value (commit->metadata, COMMIT_KEY_SIZES, G_VARIANT_TYPE ("aay"));
  gboolean has_delta = pull_deltas_commit (context->deltas, checksum) != NULL;
  if (has_delta) {
    if (!pull_deltas_sizes (context->deltas, checksum, &fetched, &unpacked, error))
      return FALSE;
    add (&self->fetched_bytes, fetched);
    add (&self->disk_bytes, unpacked);
  } else if (list != NULL) {
    if ((alone && txn_is_resumed (context->txn) && !remove_leftovers (self, list, error)) ||
        !count_objects (self, list, error))
      return prefix_error (error, "sizes of its objects");
  } else {
    self->n_unknown++;
    return TRUE;
  }
  if (self->n_known++ == 0 && context->fetcher != NULL)
    self->before_bytes = fetcher_received_bytes (context->fetcher);
  return txn_check_room (context->txn, self->disk_bytes, error);
}

gboolean
pull_space_total (const PullSpace *self, guint64 *out_bytes, guint64 *out_objects)
{
  *out_bytes = self->before_bytes;
  add (out_bytes, self->fetched_bytes);
  *out_objects = self->n_objects;
  return self->n_known > 0 && self->n_unknown == 0;
}

void
pull_space_estimate (PullSpace *self, guint64 n_left)
{
  const PullContext *context = self->context;
  TxnStats stats;
  if (self->estimated || self->n_unknown == 0 || context->is_local)
    return;
  txn_get_stats (context->txn, &stats);
  if (stats.n_content_written < ESTIMATE_MIN_FILES)
    return;
  self->estimated = TRUE;
  guint64 each = txn_size_on_disk (context->txn,
                                   stats.content_bytes_written / stats.n_content_written);
  g_autoptr (GError) error = NULL;
  if (context->options->warn == NULL || n_left > G_MAXUINT64 / each ||
      txn_check_room (context->txn, each * n_left, &error))
    return;
  g_autofree char *text = g_strdup_printf ("%s; this is an estimate from the %" G_GUINT64_FORMAT
                                           " files that have come, for the commit "
                                           "does not say how large it is (commit --generate-sizes)",
                                           error->message, stats.n_content_written);
  context->options->warn (text, context->options->user_data);
}
