/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making a static delta:
 *
 *   plan -> workers compare pairs -> one thread puts objects into parts, in the plan's order
 *        -> workers pack parts -> superblock -> all of it into its place (delta/output.h)
 *
 * What a worker finds waits for its turn; no more than a few are ahead, and large patches wait on
 * disk. What takes much memory (sorting suffixes, packing) takes it from one budget. */
#include "config.h"

#include "delta/generate.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/pool.h"
#include "base/xz.h"
#include "delta/bsdiff.h"
#include "delta/content.h"
#include "delta/output.h"
#include "delta/part-writer.h"
#include "plain/layout.h"
#include "sign/signer.h"

enum {
  AHEAD = 64, /* files that are compared before it is their turn */
};
#define PROGRESS_INTERVAL_US (100 * 1000)

/* A part that was packed. */
typedef struct {
  PartWriter *writer; /* owned: keeps the list of objects */
  DeltaPartInfo info;
  GBytes *bytes; /* owned: of an inline part */
} PackedPart;

typedef struct {
  TreeRepo *repo;
  const TreeGenerateDeltaOptions *options;
  int tmp_dfd;
  DeltaName name;
  Commit to;
  DeltaPlan plan;
  Budget budget;
  EncodeConfig encode;
  guint32 window;
  DeltaOutput output;
  Pool *pool;
  PartWriter *writer; /* the part that objects go into */
  GPtrArray *parts;   /* owned PackedPart */
  GArray *fallbacks;  /* DeltaFallback */
  Encoded **encoded;  /* of each file of the plan, owned, until its turn */
  guint n_pushed;     /* files whose comparison was begun, or that need none */
  GMutex lock;        /* guards what is in encoded, and failed */
  GCond changed;
  gboolean failed;
  gint64 next_progress_us;
  guint64 done_bytes;
  guint64 total_bytes;
  TreeGenerateDeltaResult result;
} Generate;

typedef struct {
  guint file;       /* of the plan, to be compared … */
  PackedPart *part; /* … or, if not NULL, what to pack; borrowed */
  guint number;
} Job;

static void
packed_part_free (gpointer data)
{
  PackedPart *part = data;
  part_writer_free (part->writer);
  g_clear_pointer (&part->bytes, g_bytes_unref);
  g_free (part);
}

static void
encoded_free (Encoded *encoded)
{
  if (encoded == NULL)
    return;
  encoded_clear (encoded);
  g_free (encoded);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Encoded, encoded_free)

/* ---- The workers ---- */

/* Where the bytes of a packed part go. */
typedef struct {
  TempFile *temp; /* NULL: to fd */
  int fd;
  Hasher *hasher;
  guint64 size;
} PartSink;

static gboolean
write_part (const void *data, gsize len, gpointer user_data, GError **error)
{
  PartSink *self = user_data;
  hasher_update (self->hasher, data, len);
  self->size += len;
  return self->temp != NULL ? temp_file_append (self->temp, data, len, error)
                            : fd_write_all (self->fd, data, len, error);
}

static gboolean
pack (const Generate *self, const Job *job, PartSink *sink, GError **error)
{
  PackedPart *part = job->part;
  g_auto (TempFile) temp = TEMP_FILE_INIT;
  autofd int fd = -1;
  if (self->options->inline_parts) {
    sink->temp = &temp;
    if (!temp_file_open (&temp, self->tmp_dfd, error))
      return FALSE;
  } else {
    char file[16];
    (void)g_snprintf (file, sizeof file, "%u", job->number);
    sink->fd = fd = delta_output_create (&self->output, file, error);
    if (fd < 0)
      return FALSE;
  }
  if (!part_writer_pack (part->writer, self->window, write_part, sink, error))
    return FALSE;
  if (fd >= 0)
    return delta_output_finish (&self->output, fd, error);
  part->bytes = temp_file_take_bytes (&temp, error);
  return part->bytes != NULL;
}

static gboolean
run_pack (Generate *self, const Job *job, GError **error)
{
  PackedPart *part = job->part;
  g_autoptr (Hasher) hasher = hasher_new ();
  PartSink sink = {.fd = -1, .hasher = hasher};
  guint64 memory = xz_pack_memory (part_writer_payload_size (part->writer), self->window);
  budget_take (&self->budget, memory);
  gboolean ok = pack (self, job, &sink, error);
  budget_give_back (&self->budget, memory);
  part->info.size = sink.size;
  hasher_final (hasher, &part->info.checksum);
  part_writer_drop_data (part->writer);
  return ok;
}

static gboolean
run_encode (Generate *self, const Job *job, GError **error)
{
  g_autoptr (Encoded) encoded = g_new0 (Encoded, 1);
  const PlanFile *file = &g_array_index (self->plan.files, PlanFile, job->file);
  encoded->temp = (TempFile)TEMP_FILE_INIT;
  if (!encode_file (&self->encode, file, encoded, error))
    return FALSE;
  g_mutex_lock (&self->lock);
  self->encoded[job->file] = g_steal_pointer (&encoded);
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static gboolean
run_job (gpointer data, gpointer worker, gpointer user_data, GError **error)
{
  Generate *self = user_data;
  g_autofree Job *job = data;
  gboolean ok = job->part != NULL ? run_pack (self, job, error) : run_encode (self, job, error);
  if (ok)
    return TRUE;
  g_mutex_lock (&self->lock);
  self->failed = TRUE;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
  return FALSE;
}

static const PoolFuncs pool_funcs = {NULL, NULL, run_job, g_free};

static gboolean
push (Generate *self, guint file, PackedPart *part, guint number)
{
  Job *job = g_new0 (Job, 1);
  *job = (Job){file, part, number};
  return pool_push (self->pool, job);
}

/* ---- Putting objects into parts ---- */

static void
report_progress (Generate *self)
{
  gint64 now = g_get_monotonic_time ();
  if (self->options->progress == NULL || now < self->next_progress_us)
    return;
  self->next_progress_us = now + PROGRESS_INTERVAL_US;
  self->options->progress (self->done_bytes, self->total_bytes, self->done_bytes,
                           "Generating delta", self->options->user_data);
}

static gboolean
begin_part (Generate *self, GError **error)
{
  if (self->writer == NULL)
    self->writer = part_writer_new (self->tmp_dfd, error);
  return self->writer != NULL;
}

/* FALSE without an error: the pool failed, and tells why. */
static gboolean
end_part (Generate *self)
{
  PackedPart *part = g_new0 (PackedPart, 1);
  const GByteArray *objects = part_writer_objects (self->writer);
  part->writer = g_steal_pointer (&self->writer);
  part->info.unpacked = part_writer_unpacked (part->writer);
  part->info.objects = objects->data;
  part->info.n_objects = (guint)(objects->len / DELTA_OBJECT_LEN);
  g_ptr_array_add (self->parts, part);
  return push (self, 0, part, self->parts->len - 1);
}

static gboolean
end_full_part (Generate *self)
{
  return part_writer_unpacked (self->writer) < self->options->max_chunk_bytes || end_part (self);
}

static gboolean
add_metadata (Generate *self, GError **error)
{
  for (guint i = 0; i < self->plan.metadata->len; i++) {
    const ObjectName *name = &g_array_index (self->plan.metadata, ObjectName, i);
    g_autoptr (GBytes) bytes = NULL;
    if (!begin_part (self, error) ||
        !object_load (self->repo, name->type, &name->checksum, &bytes, error) ||
        !part_writer_add_metadata (self->writer, name, bytes, error) || !end_full_part (self))
      return FALSE;
    self->result.n_metadata++;
  }
  return TRUE;
}

/* A file that has no old one needs no worker. */
static gboolean
push_ahead (Generate *self, guint file)
{
  for (; self->n_pushed < MIN (file + AHEAD, self->plan.files->len); self->n_pushed++) {
    const PlanFile *ahead = &g_array_index (self->plan.files, PlanFile, self->n_pushed);
    if (ahead->has_old && !push (self, self->n_pushed, NULL, 0))
      return FALSE;
  }
  return TRUE;
}

/* NULL without an error: the pool failed. */
static Encoded *
take_encoded (Generate *self, guint i, GError **error)
{
  const PlanFile *file = &g_array_index (self->plan.files, PlanFile, i);
  if (!push_ahead (self, i))
    return NULL;
  if (!file->has_old) {
    g_autoptr (Encoded) encoded = g_new0 (Encoded, 1);
    return encode_file (&self->encode, file, encoded, error) ? g_steal_pointer (&encoded) : NULL;
  }
  g_mutex_lock (&self->lock);
  while (self->encoded[i] == NULL && !self->failed)
    g_cond_wait (&self->changed, &self->lock);
  Encoded *encoded = g_steal_pointer (&self->encoded[i]);
  g_mutex_unlock (&self->lock);
  return encoded;
}

static gboolean
add_fallback (Generate *self, const PlanFile *file, GError **error)
{
  DeltaFallback fallback = {.name = {file->checksum, TREE_OBJECT_FILE}, .unpacked = file->size};
  if (!object_stored_size (self->repo, &fallback.name, &fallback.stored, error))
    return FALSE;
  g_array_append_val (self->fallbacks, fallback);
  self->result.n_fallbacks++;
  return TRUE;
}

static void
count_file (Generate *self, const Encoded *encoded)
{
  self->result.n_content++;
  if (encoded->kind == ENCODED_PATCH)
    self->result.n_patched++;
  if (encoded->kind != ENCODED_PIECES)
    return;
  self->result.n_rolled++;
  self->result.rolled_bytes += encoded->matched;
}

static gboolean
add_content (Generate *self, const PlanFile *file, Encoded *encoded, GError **error)
{
  g_auto (Content) content = CONTENT_INIT;
  const guint8 *data = NULL;
  if (encoded->kind != ENCODED_PATCH &&
      (!content_open (&content, self->repo, &file->checksum, self->tmp_dfd, error) ||
       !content_map (&content, &data, error)))
    return FALSE;
  return part_writer_add_file (self->writer, file, encoded, data, error);
}

static gboolean
add_file (Generate *self, guint i, GError **error)
{
  const PlanFile *file = &g_array_index (self->plan.files, PlanFile, i);
  g_autoptr (Encoded) encoded = take_encoded (self, i, error);
  self->done_bytes += file->size;
  report_progress (self);
  if (encoded == NULL)
    return FALSE;
  if (encoded->kind == ENCODED_FALLBACK)
    return add_fallback (self, file, error);
  if (!begin_part (self, error))
    return FALSE;
  count_file (self, encoded);
  gboolean ok = file->meta.target != NULL ? part_writer_add_link (self->writer, file, error)
                                          : add_content (self, file, encoded, error);
  return ok && end_full_part (self);
}

static gboolean
add_all (Generate *self, GError **error)
{
  for (guint i = 0; i < self->plan.files->len; i++)
    self->total_bytes += g_array_index (self->plan.files, PlanFile, i).size;
  if (!add_metadata (self, error))
    return FALSE;
  for (guint i = 0; i < self->plan.files->len; i++)
    if (!add_file (self, i, error))
      return FALSE;
  /* The peers make a part even of nothing. */
  if (self->writer == NULL && self->parts->len == 0 && !begin_part (self, error))
    return FALSE;
  return self->writer == NULL || end_part (self);
}

/* Of two errors, the owner's came first unless it only noticed that the pool had failed. */
static gboolean
make_parts (Generate *self, GError **error)
{
  g_autoptr (GError) own = NULL;
  g_autoptr (GError) pools = NULL;
  self->pool = pool_new (&pool_funcs, pool_default_workers (0), AHEAD, self);
  (void)add_all (self, &own);
  (void)pool_finish (g_steal_pointer (&self->pool), &pools);
  GError **first = own != NULL ? &own : &pools;
  if (*first == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (first));
  return FALSE;
}

/* ---- The superblock ---- */

static GBytes *
build_superblock (Generate *self, GError **error)
{
  guint n = self->parts->len;
  g_autofree DeltaPartInfo *infos = g_new0 (DeltaPartInfo, n);
  g_autofree GBytes **inline_parts = g_new0 (GBytes *, n);
  g_autoptr (GBytes) commit = g_variant_get_data_as_bytes (self->to.variant);
  g_autoptr (GBytes) commitmeta = NULL;
  for (guint i = 0; i < n; i++) {
    const PackedPart *part = self->parts->pdata[i];
    infos[i] = part->info;
    inline_parts[i] = part->bytes;
    self->result.unpacked_size += part->info.unpacked;
    if (part->bytes == NULL)
      self->result.size += part->info.size;
  }
  if (!object_load_optional (self->repo, TREE_OBJECT_COMMIT_META, &self->name.to, &commitmeta,
                             error))
    return NULL;
  if (commitmeta != NULL && g_bytes_get_size (commitmeta) == 0)
    g_clear_pointer (&commitmeta, g_bytes_unref);
  const DeltaDraft draft = {.name = self->name,
                            .timestamp = self->to.timestamp,
                            .commit = commit,
                            .commitmeta = commitmeta,
                            .parts = infos,
                            .inline_parts = self->options->inline_parts ? inline_parts : NULL,
                            .n_parts = n,
                            .fallbacks = (const DeltaFallback *)self->fallbacks->data,
                            .n_fallbacks = self->fallbacks->len,
                            .big_endian = self->options->big_endian};
  return delta_superblock_build (&draft);
}

static gboolean
write_file (Generate *self, const char *file, GBytes *bytes, GError **error)
{
  gsize len = 0;
  const void *data = g_bytes_get_data (bytes, &len);
  autofd int fd = delta_output_create (&self->output, file, error);
  self->result.size += len;
  return fd >= 0 && fd_write_all (fd, data, len, error) &&
         delta_output_finish (&self->output, fd, error);
}

static gboolean
write_superblock (Generate *self, GError **error)
{
  g_autoptr (GBytes) bytes = build_superblock (self, error);
  g_autoptr (GVariant) signatures = NULL;
  const GPtrArray *signers = self->options->signers;
  if (bytes == NULL)
    return FALSE;
  self->result.n_parts = self->parts->len;
  if (signers == NULL || signers->len == 0)
    return write_file (self, DELTA_SUPERBLOCK, bytes, error);
  if (!signers_sign (signers, bytes, &signatures, error))
    return FALSE;
  if (self->options->filename == NULL) {
    g_autoptr (GBytes) beside = g_variant_get_data_as_bytes (signatures);
    return write_file (self, DELTA_SIGNATURES, beside, error) &&
           write_file (self, DELTA_SUPERBLOCK, bytes, error);
  }
  g_autoptr (GBytes) wrapped = delta_wrap (bytes, signatures);
  return write_file (self, DELTA_SUPERBLOCK, wrapped, error);
}

/* ---- Setting up ---- */

/* As large as lets two threads pack at a time: not as many as there are, for what comes out must
 * not depend on the machine. */
static guint32
choose_window (guint64 memory)
{
  guint32 window = 32 * 1024 * 1024;
  while (window > 64 * 1024 && xz_pack_memory (G_MAXUINT64, window) > memory / 2)
    window /= 2;
  return window;
}

static gboolean
set_up (Generate *self, const TreeChecksum *from, const TreeChecksum *to, GError **error)
{
  const TreeGenerateDeltaOptions *options = self->options;
  g_auto (Commit) old = {0};
  self->name.has_from = from != NULL;
  self->name.to = *to;
  if (from != NULL)
    self->name.from = *from;
  self->tmp_dfd = dir_open_at (self->repo->dfd, REPO_TMP, error);
  if (self->tmp_dfd < 0 || !object_load_commit (self->repo, to, &self->to, error) ||
      (from != NULL && !object_load_commit (self->repo, from, &old, error)) ||
      !delta_output_open (&self->output, self->repo, options->filename, error) ||
      !delta_plan_make (&self->plan, self->repo, self->tmp_dfd, from != NULL ? &old : NULL,
                        &self->to, error))
    return FALSE;
  self->encoded = g_new0 (Encoded *, self->plan.files->len + 1);
  self->window = choose_window (options->max_memory_bytes);
  self->encode = (EncodeConfig){.repo = self->repo,
                                .tmp_dfd = self->tmp_dfd,
                                .budget = &self->budget,
                                .min_fallback_bytes = options->min_fallback_bytes,
                                .max_bsdiff_bytes = options->max_bsdiff_bytes,
                                .has_bsdiff = options->max_bsdiff_bytes > 0 &&
                                              bsdiff_is_available ()};
  return TRUE;
}

static void
init (Generate *self, TreeRepo *repo, const TreeGenerateDeltaOptions *options)
{
  self->repo = repo;
  self->options = options;
  self->tmp_dfd = -1;
  self->output = (DeltaOutput)DELTA_OUTPUT_INIT;
  self->parts = g_ptr_array_new_with_free_func (packed_part_free);
  self->fallbacks = g_array_new (FALSE, FALSE, sizeof (DeltaFallback));
  budget_init (&self->budget, options->max_memory_bytes);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
}

static void
generate_clear (Generate *self)
{
  for (guint i = 0; self->encoded != NULL && i < self->plan.files->len; i++)
    encoded_free (self->encoded[i]);
  g_free (self->encoded);
  part_writer_free (self->writer);
  g_ptr_array_unref (self->parts);
  g_array_unref (self->fallbacks);
  delta_plan_clear (&self->plan);
  delta_output_clear (&self->output);
  commit_clear (&self->to);
  fd_cleanup (&self->tmp_dfd);
  budget_clear (&self->budget);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Generate, generate_clear)

/* What the same objects are for a client that fetches each by itself. */
static gboolean
measure_plain (Generate *self, GError **error)
{
  const DeltaPlan *plan = &self->plan;
  for (guint i = 0; i < plan->metadata->len + plan->files->len && self->repo->mode->archive; i++) {
    ObjectName name = {.type = TREE_OBJECT_FILE};
    guint64 size = 0;
    if (i < plan->metadata->len)
      name = g_array_index (plan->metadata, ObjectName, i);
    else
      name.checksum = g_array_index (plan->files, PlanFile, i - plan->metadata->len).checksum;
    if (!object_stored_size (self->repo, &name, &size, error))
      return FALSE;
    self->result.plain_size += size;
  }
  return TRUE;
}

static gboolean
write_mark (Generate *self, GError **error)
{
  g_autoptr (GBytes) nothing = g_bytes_new (NULL, 0);
  return write_file (self, DELTA_POLICY_MARK, nothing, error);
}

gboolean
tree_repo_generate_delta (TreeRepo *self, const TreeChecksum *from, const TreeChecksum *to,
                          const TreeGenerateDeltaOptions *options, TreeGenerateDeltaResult *out,
                          GError **error)
{
  return delta_generate (self, from, to, options, /* by_policy= */ FALSE, out, error);
}

gboolean
delta_generate (TreeRepo *self, const TreeChecksum *from, const TreeChecksum *to,
                const TreeGenerateDeltaOptions *options, gboolean by_policy,
                TreeGenerateDeltaResult *out, GError **error)
{
  gint64 begin_us = g_get_monotonic_time ();
  g_auto (Generate) state = {0};
  init (&state, self, options);
  autofd int lock = repo_lock (self, REPO_LOCK_SHARED, error);
  if (lock < 0)
    return FALSE;
  if (!set_up (&state, from, to, error) || !make_parts (&state, error) ||
      !write_superblock (&state, error) || (by_policy && !write_mark (&state, error)) ||
      !measure_plain (&state, error))
    return prefix_error (error, "generate a static delta");
  guint n_files = options->inline_parts ? 0 : state.parts->len;
  if (!delta_output_publish (&state.output, &state.name, n_files, error))
    return prefix_error (error, "generate a static delta");
  state.result.elapsed_s = (double)(g_get_monotonic_time () - begin_us) / G_USEC_PER_SEC;
  if (out != NULL)
    *out = state.result;
  return TRUE;
}
