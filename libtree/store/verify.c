/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "store/verify.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/pool.h"
#include "store/object-read.h"
#include "store/payload.h"

enum {
  SLOTS_PER_JOB = 64,
  QUEUED_JOBS = 64,
  PROGRESS_US = 100 * 1000,
};

/* ---- One object ---- */

static gboolean
check_dictionary (GBytes *bytes, GError **error)
{
  g_autoptr (GVariant) variant = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, FALSE));
  return g_variant_is_normal_form (variant) ||
         throw_error (error, TREE_ERROR_CORRUPT, "it is not a dictionary in normal form");
}

gboolean
verify_structure (TreeObjectType type, GBytes *bytes, GError **error)
{
  g_auto (Commit) commit = {0};
  g_auto (DirTree) tree = {0};
  g_auto (FileMeta) meta = {0};
  g_autoptr (GVariant) xattrs = NULL;
  switch (type) {
  case TREE_OBJECT_COMMIT:
    return commit_parse (bytes, &commit, error);
  case TREE_OBJECT_DIR_TREE:
    return dirtree_parse (bytes, &tree, error);
  case TREE_OBJECT_TOMBSTONE:
  case TREE_OBJECT_COMMIT_META:
    return check_dictionary (bytes, error);
  case TREE_OBJECT_FILE_XATTRS:
    return filemeta_parse_xattrs (bytes, &xattrs, error);
  default:
    return filemeta_parse_dirmeta (bytes, S_IFDIR, &meta, error);
  }
}

/* Detached metadata and tombstones go by the name of a commit, and need not be there. */
static gboolean
verify_named_by_commit (const TreeRepo *repo, const ObjectName *name, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  return object_load_optional (repo, name->type, &name->checksum, &bytes, error) &&
         (bytes == NULL || verify_structure (name->type, bytes, error));
}

static gboolean
verify_metadata (const TreeRepo *repo, ModeWorker *worker, const ObjectName *name, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  /* Files have links of their own to their xattrs. */
  if (name->type == TREE_OBJECT_FILE_XATTRS
          ? !object_load_optional (repo, name->type, &name->checksum, &bytes, error)
          : !object_load (repo, name->type, &name->checksum, &bytes, error))
    return FALSE;
  if (bytes == NULL)
    return TRUE;
  gsize len = 0;
  gconstpointer data = g_bytes_get_data (bytes, &len);
  TreeChecksum actual;
  hasher_reset (worker->hasher);
  hasher_update (worker->hasher, data, len);
  hasher_final (worker->hasher, &actual);
  return object_check_sum (name, &actual, error) && verify_structure (name->type, bytes, error);
}

static gboolean
hash_content (ModeWorker *worker, StoreFile *file, GError **error)
{
  guint64 n_bytes = 0;
  if (file->content != NULL &&
      !source_hash (file->content, worker->hasher, worker->buffer, MODE_BUFFER, &n_bytes, error))
    return FALSE;
  if (file->content != NULL && n_bytes != file->size)
    return throw_error (error, TREE_ERROR_CORRUPT,
                        "%" G_GUINT64_FORMAT " bytes instead of %" G_GUINT64_FORMAT, n_bytes,
                        file->size);
  return TRUE;
}

gboolean
verify_hash_file (ModeWorker *worker, StoreFile *file, TreeChecksum *out, GError **error)
{
  g_byte_array_set_size (worker->header, 0);
  filemeta_content_header (&file->meta, worker->header);
  hasher_reset (worker->hasher);
  hasher_update (worker->hasher, worker->header->data, worker->header->len);
  if (file->content != NULL && file->content->data != NULL) {
    if (file->content->data_len != file->size)
      return throw_error (error, TREE_ERROR_CORRUPT, "the content has another size than it says");
    hasher_update (worker->hasher, file->content->data, file->content->data_len);
  } else if (!hash_content (worker, file, error))
    return FALSE;
  hasher_final (worker->hasher, out);
  return TRUE;
}

gboolean
verify_open_file (ModeWorker *worker, StoreFile *file, const TreeChecksum *checksum, GError **error)
{
  TreeChecksum actual;
  return verify_hash_file (worker, file, &actual, error) &&
         object_check_sum (&(ObjectName){*checksum, TREE_OBJECT_FILE}, &actual, error);
}

static gboolean
verify_file (const TreeRepo *repo, ModeWorker *worker, const ObjectName *name, GError **error)
{
  g_auto (StoreFile) file = {.fd = -1};
  return object_open_file (repo, worker, &name->checksum, &file, error) &&
         verify_open_file (worker, &file, &name->checksum, error);
}

/* Is the content of the file that it leads to what its name says? That either is gone is no fault.
 */
static gboolean
verify_payload_link (const TreeRepo *repo, ModeWorker *worker, const ObjectName *name,
                     GError **error)
{
  char path[OBJECT_PATH_MAX];
  ObjectName target;
  TreeChecksum actual;
  g_auto (StoreFile) file = {.fd = -1};
  g_autoptr (GError) local = NULL;
  object_path (name, repo->mode->archive, path);
  if (!payload_read_link (repo->objects_dfd, path, &target))
    return faccessat (repo->objects_dfd, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 ||
           throw_error (error, TREE_ERROR_CORRUPT, "it does not lead to a file object");
  if (!object_open_file (repo, NULL, &target.checksum, &file, &local)) {
    if (g_error_matches (local, TREE_ERROR, TREE_ERROR_NOT_FOUND))
      return TRUE;
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  hasher_reset (worker->hasher);
  if (!hash_content (worker, &file, error))
    return FALSE;
  hasher_final (worker->hasher, &actual);
  return object_check_sum (name, &actual, error);
}

gboolean
verify_object (const TreeRepo *repo, ModeWorker *worker, const ObjectName *name, GError **error)
{
  if (name->type == TREE_OBJECT_PAYLOAD_LINK)
    return verify_payload_link (repo, worker, name, error);
  if (name->type == TREE_OBJECT_COMMIT_META || name->type == TREE_OBJECT_TOMBSTONE)
    return verify_named_by_commit (repo, name, error);
  return name->type == TREE_OBJECT_FILE ? verify_file (repo, worker, name, error)
                                        : verify_metadata (repo, worker, name, error);
}

/* ---- All of them ---- */

typedef struct {
  const TreeRepo *repo;
  const ObjectSet *objects;
  gboolean stop_at_first;
  int stopped;    /* atomic */
  guint64 n_done; /* guarded by the lock, as are the findings */
  GMutex lock;
  GPtrArray *findings;
} Verify;

void
verify_finding_free (gpointer data)
{
  VerifyFinding *finding = data;
  g_clear_error (&finding->error);
  g_free (finding);
}

static int
compare_findings (gconstpointer a, gconstpointer b)
{
  const ObjectName *left = &(*(const VerifyFinding *const *)a)->name;
  const ObjectName *right = &(*(const VerifyFinding *const *)b)->name;
  int order = memcmp (left->checksum.bytes, right->checksum.bytes, sizeof left->checksum.bytes);
  return order != 0 ? order : (int)left->type - (int)right->type;
}

static void
add_finding (Verify *self, const ObjectName *name, GError *error)
{
  VerifyFinding *finding = g_new0 (VerifyFinding, 1);
  finding->name = *name;
  finding->error = error;
  if (self->stop_at_first && !g_error_matches (error, TREE_ERROR, TREE_ERROR_NOT_FOUND))
    g_atomic_int_set (&self->stopped, TRUE);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->findings, finding);
  g_mutex_unlock (&self->lock);
}

static gpointer
worker_new (gpointer user_data)
{
  const Verify *self = user_data;
  ModeWorker *worker = g_new0 (ModeWorker, 1);
  mode_worker_init (worker, self->repo->deflate_level);
  return worker;
}

static void
worker_free (gpointer worker)
{
  mode_worker_clear (worker);
  g_free (worker);
}

/* A job is a number, one more than that of its first slot: zero would be no job. */
static gboolean
run_job (gpointer job, gpointer worker, gpointer user_data, GError **error)
{
  Verify *self = user_data;
  gsize first = GPOINTER_TO_SIZE (job) - 1;
  gsize end = MIN (first + SLOTS_PER_JOB, object_set_n_slots (self->objects));
  guint64 n_done = 0;
  for (gsize slot = first; slot < end && !g_atomic_int_get (&self->stopped); slot++) {
    ObjectName name;
    GError *local = NULL;
    if (!object_set_slot (self->objects, slot, &name))
      continue;
    n_done++;
    if (!verify_object (self->repo, worker, &name, &local))
      add_finding (self, &name, local);
  }
  g_mutex_lock (&self->lock);
  self->n_done += n_done;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static void
job_free (gpointer job)
{
}

static void
report_progress (Verify *self, TreeProgress progress, gint64 *last, gpointer user_data)
{
  gint64 now = g_get_monotonic_time ();
  if (progress == NULL || now - *last < PROGRESS_US)
    return;
  *last = now;
  g_mutex_lock (&self->lock);
  guint64 n_done = self->n_done;
  g_mutex_unlock (&self->lock);
  progress (n_done, object_set_size (self->objects), 0, "fsck objects", user_data);
}

gboolean
verify_objects (const TreeRepo *repo, const ObjectSet *objects, gboolean stop_at_first,
                TreeProgress progress, gpointer user_data, GPtrArray **out_findings, GError **error)
{
  static const PoolFuncs funcs = {worker_new, worker_free, run_job, job_free};
  Verify self = {
      .repo = repo,
      .objects = objects,
      .stop_at_first = stop_at_first,
      .findings = g_ptr_array_new_with_free_func (verify_finding_free),
  };
  g_mutex_init (&self.lock);
  Pool *pool = pool_new (&funcs, pool_default_workers (0), QUEUED_JOBS, &self);
  gint64 last = 0;
  gsize n = object_set_n_slots (objects);
  for (gsize slot = 0; slot < n && pool_push (pool, GSIZE_TO_POINTER (slot + 1));
       slot += SLOTS_PER_JOB)
    report_progress (&self, progress, &last, user_data);
  gboolean ok = pool_finish (pool, error);
  if (progress != NULL)
    progress (self.n_done, object_set_size (objects), 0, "fsck objects", user_data);
  g_mutex_clear (&self.lock);
  g_ptr_array_sort (self.findings, compare_findings);
  if (ok)
    *out_findings = self.findings;
  else
    g_ptr_array_unref (self.findings);
  return ok;
}
