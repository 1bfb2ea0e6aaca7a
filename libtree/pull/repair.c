/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is bad is asked for by name, object by object: a remote that has dropped the commit since
 * may still have its objects. Signatures play no part: the name says which bytes are right, and it
 * comes from a commit that is here.
 *
 * The commit point is the transaction's. A damaged object is replaced by rename, so that a reader
 * finds the old bytes or the right ones. */
#include "config.h"

#include "pull/repair.h"

#include <string.h>
#include <sys/statvfs.h>

#include "base/error.h"
#include "base/fd.h"
#include "plain/layout.h"
#include "pull/answer.h"
#include "pull/mirrors.h"
#include "store/object-import.h"
#include "store/object-list.h"
#include "store/object-read.h"
#include "store/txn.h"

typedef struct {
  ObjectName name;
  gboolean staged;
  char *source;     /* where the good one came from */
  GString *reasons; /* why others failed */
} Case;

typedef struct {
  TreeRepo *repo;
  const TreeRepairOptions *options;
  const RepairLinks *links; /* or NULL */
  GPtrArray *cases;         /* owned Case, of all attempts */
  /* Of one attempt. */
  Txn *txn;
  ObjectWriter *writer;
  GPtrArray *open; /* Case; borrowed */
  const char *source;
  guint n_pending;
  GError *error; /* that ends the attempt */
} Repair;

static void
case_free (gpointer data)
{
  Case *self = data;
  g_free (self->source);
  (void)g_string_free (self->reasons, TRUE);
  g_free (self);
}

/* Another source may help, or nothing at all. Takes @error. */
static void
note_failure (Repair *self, Case *bad, GError *error)
{
  if (self->error == NULL && (g_error_matches (error, TREE_ERROR, TREE_ERROR_NO_SPACE) ||
                              g_error_matches (error, TREE_ERROR, TREE_ERROR_DENIED))) {
    self->error = error;
    return;
  }
  g_string_append_printf (bad->reasons, "%s%s: %s", bad->reasons->len > 0 ? "; " : "", self->source,
                          error->message);
  g_error_free (error);
}

static void
note_staged (Repair *self, Case *bad)
{
  bad->staged = TRUE;
  bad->source = g_strdup (self->source);
}

static gboolean
put_metadata (Repair *self, const Case *bad, GBytes *bytes, GError **error)
{
  if (bad->name.type == TREE_OBJECT_COMMIT_META) {
    g_autoptr (GVariant) variant = g_variant_ref_sink (
        g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, FALSE));
    if (!g_variant_is_normal_form (variant))
      return throw_error (error, TREE_ERROR_CORRUPT, "damaged there, too");
  }
  return txn_put_metadata (self->txn, bad->name.type, bytes, &bad->name.checksum, NULL, error);
}

/* ---- From a repository ---- */

static gboolean
put_from_repo (Repair *self, TreeRepo *source, const Case *bad, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  if (bad->name.type == TREE_OBJECT_FILE)
    return object_import_file (self->writer, source, &bad->name.checksum, /* trusted= */ FALSE,
                               error);
  return object_load (source, bad->name.type, &bad->name.checksum, &bytes, error) &&
         put_metadata (self, bad, bytes, error);
}

static gboolean
try_repo (Repair *self, const char *path, GError **error)
{
  g_autoptr (TreeRepo) source = tree_repo_open (AT_FDCWD, path, error);
  if (source == NULL)
    return FALSE;
  for (guint i = 0; i < self->open->len && self->error == NULL; i++) {
    Case *bad = self->open->pdata[i];
    GError *local = NULL;
    if (put_from_repo (self, source, bad, &local))
      note_staged (self, bad);
    else
      note_failure (self, bad, local);
  }
  return TRUE;
}

/* ---- From a remote ---- */

typedef struct {
  Repair *self;
  Case *bad;
} Ticket;

static gboolean
put_body (Repair *self, const Case *bad, FetchBody *body, GError **error)
{
  int fd = bad->name.type == TREE_OBJECT_FILE ? fetch_body_fd (body) : -1;
  const guint8 *data;
  gsize len;
  if (fd >= 0)
    return object_writer_put_archive_fd (self->writer, fd, &bad->name.checksum, error);
  if (!fetch_body_data (body, &data, &len, error))
    return FALSE;
  if (bad->name.type == TREE_OBJECT_FILE)
    return object_writer_put_archive_data (self->writer, data, len, &bad->name.checksum, error);
  g_autoptr (GBytes) bytes = g_bytes_new (data, len);
  return put_metadata (self, bad, bytes, error);
}

static void
on_object (FetchResult *result, gpointer user_data)
{
  g_autofree Ticket *ticket = user_data;
  Repair *self = ticket->self;
  GError *local = NULL;
  self->n_pending--;
  if (result->status != FETCH_OK)
    note_failure (self, ticket->bad, g_error_copy (result->error));
  else if (put_body (self, ticket->bad, result->body, &local))
    note_staged (self, ticket->bad);
  else
    note_failure (self, ticket->bad, local);
}

/* This server is given up; the next one counts from zero. */
static void
drop_object (gpointer user_data)
{
  g_autofree Ticket *ticket = user_data;
  ticket->self->n_pending--;
}

static void
request (Repair *self, const PullRemote *remote, Fetcher *fetcher, Case *bad, guint64 max_bytes)
{
  gboolean is_content = bad->name.type == TREE_OBJECT_FILE;
  char path[sizeof REPO_OBJECTS + OBJECT_PATH_MAX] = REPO_OBJECTS "/";
  object_path (&bad->name, /* archive= */ TRUE, path + strlen (REPO_OBJECTS "/"));
  Ticket *ticket = g_new0 (Ticket, 1);
  ticket->self = self;
  ticket->bad = bad;
  FetchRequest wanted = {.bases = (const char *const *)remote->content_bases,
                         .path = path,
                         .max_bytes = is_content ? max_bytes : OBJECT_METADATA_MAX,
                         .priority = is_content ? FETCH_PRIORITY_CONTENT : FETCH_PRIORITY_METADATA,
                         .done = on_object,
                         .user_data = ticket,
                         .drop = drop_object};
  self->n_pending++;
  fetcher_start (fetcher, &wanted);
}

static gboolean
is_waiting (gpointer user_data)
{
  const Repair *self = user_data;
  return self->n_pending > 0;
}

static gboolean
try_server (Repair *self, PullRemote *remote, GError **error)
{
  struct statvfs st;
  autofd int tmp = dir_open_at (self->repo->dfd, REPO_TMP, error);
  if (tmp < 0)
    return FALSE;
  if (fstatvfs (tmp, &st) < 0)
    return throw_errno (error, "statvfs");
  /* What a pull takes; on a full disk it is the disk that is wrong, not the object. */
  guint64 max_bytes = MAX ((guint64)st.f_bavail * st.f_frsize, 1024 * 1024);
  remote->fetch.tmp_dfd = tmp;
  g_autoptr (Fetcher) fetcher = fetcher_new (&remote->fetch, error);
  if (fetcher == NULL || !pull_remote_find_mirrors (remote, fetcher, NULL, error))
    return FALSE;
  for (guint i = 0; i < self->open->len; i++)
    request (self, remote, fetcher, self->open->pdata[i], max_bytes);
  return fetcher_run (fetcher, is_waiting, self, error);
}

static gboolean
try_remote (Repair *self, const char *name, GError **error)
{
  const TreePullOptions defaults = TREE_PULL_OPTIONS_INIT;
  g_autoptr (PullRemote) remote = pull_remote_load (self->repo, name, &defaults,
                                                    /* verify= */ FALSE, error);
  if (remote == NULL)
    return FALSE;
  return remote->file_path != NULL ? try_repo (self, remote->file_path, error)
                                   : try_server (self, remote, error);
}

/* ---- One attempt ---- */

static void
close_staged (Repair *self)
{
  for (guint i = self->open->len; i-- > 0;)
    if (((const Case *)self->open->pdata[i])->staged)
      g_ptr_array_remove_index (self->open, i);
}

/* A source that does not work at all is a reason for each object. */
static gboolean
try_source (Repair *self, const char *name, gboolean is_remote, GError **error)
{
  g_autoptr (GError) local = NULL;
  if (self->open->len == 0)
    return TRUE;
  self->source = name;
  gboolean ok = is_remote ? try_remote (self, name, &local) : try_repo (self, name, &local);
  for (guint i = 0; !ok && i < self->open->len; i++)
    note_failure (self, self->open->pdata[i], g_error_copy (local));
  close_staged (self);
  if (self->error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&self->error));
  return FALSE;
}

static gboolean
try_sources (Repair *self, GError **error)
{
  if (self->options->from != NULL)
    return try_source (self, self->options->from, /* is_remote= */ FALSE, error);
  g_auto (GStrv) remotes = tree_repo_remote_list (self->repo);
  for (char **remote = remotes; *remote != NULL; remote++)
    if (!try_source (self, *remote, /* is_remote= */ TRUE, error))
      return FALSE;
  return TRUE;
}

/* Files of which damaged bytes are in use elsewhere. */
static gboolean
relink (Repair *self, GPtrArray *cases, GError **error)
{
  g_autoptr (GArray) files = g_array_new (FALSE, FALSE, sizeof (RepairFile));
  for (guint i = 0; i < cases->len; i++) {
    const Case *bad = cases->pdata[i];
    char path[OBJECT_PATH_MAX];
    struct stat st;
    object_path (&bad->name, self->repo->mode->archive, path);
    if (!bad->staged || bad->name.type != TREE_OBJECT_FILE ||
        fstatat (self->repo->objects_dfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_nlink < 2)
      continue;
    RepairFile file = {bad->name, st.st_dev, st.st_ino, st.st_nlink - 1};
    g_array_append_val (files, file);
  }
  if (files->len == 0)
    return TRUE;
  /* The names of deployments must not lead to bytes that a power cut takes away. */
  if (self->links != NULL && self->repo->fsync && syncfs (self->repo->dfd) < 0)
    return throw_errno (error, "sync the file system");
  if (self->links != NULL)
    return self->links->relink ((const RepairFile *)files->data, files->len,
                                txn_get_staging_dfd (self->txn), self->links->user_data, error);
  for (guint i = 0; i < files->len; i++) {
    const RepairFile *file = &g_array_index (files, RepairFile, i);
    g_autofree char *name = object_to_string (&file->name);
    fsck_report (&self->options->fsck, TRUE,
                 "%" G_GUINT64_FORMAT " files that were checked out share the damaged %s: check "
                 "them out again",
                 file->n_others, name);
  }
  return TRUE;
}

static gboolean
fetch_and_place (Repair *self, GPtrArray *cases, GError **error)
{
  if (!try_sources (self, error) || !relink (self, cases, error))
    return FALSE;
  g_clear_pointer (&self->writer, object_writer_free);
  if (!txn_commit (self->txn, NULL, error))
    return FALSE;
  for (guint i = 0; i < cases->len; i++) {
    const Case *bad = cases->pdata[i];
    g_autofree char *name = object_to_string (&bad->name);
    if (bad->staged)
      fsck_report (&self->options->fsck, FALSE, "Repaired %s from '%s'", name, bad->source);
  }
  return TRUE;
}

/* A tombstone says nothing but its name, and nobody needs a payload link, or the name of xattrs
 * that files have by themselves. *@out_done is FALSE for what has to come from elsewhere. */
static gboolean
mend_here (Repair *self, const ObjectName *name, gboolean *out_done, GError **error)
{
  *out_done = TRUE;
  if (name->type == TREE_OBJECT_TOMBSTONE)
    return commit_write_tombstone (self->repo, &name->checksum, error);
  if (name->type == TREE_OBJECT_PAYLOAD_LINK || name->type == TREE_OBJECT_FILE_XATTRS)
    return object_delete (self->repo, name, error);
  *out_done = FALSE;
  return TRUE;
}

static gboolean
attempt (GPtrArray *findings, guint *out_n, gpointer user_data, GError **error)
{
  Repair *self = user_data;
  g_autoptr (ObjectSet) damaged = object_set_new ();
  g_autoptr (GPtrArray) cases = g_ptr_array_new ();
  g_autoptr (Txn) txn = txn_begin (self->repo, /* fsync= */ TRUE, error);
  guint n = 0;
  if (txn == NULL)
    return prefix_error (error, "repair");
  for (guint i = 0; i < findings->len; i++) {
    const ObjectName *name = &((const VerifyFinding *)findings->pdata[i])->name;
    gboolean done = FALSE;
    if (!mend_here (self, name, &done, error))
      return prefix_error (error, "repair");
    if (done) {
      n++;
      continue;
    }
    Case *bad = g_new0 (Case, 1);
    bad->name = *name;
    bad->reasons = g_string_new (NULL);
    g_ptr_array_add (self->cases, bad);
    g_ptr_array_add (cases, bad);
    (void)object_set_add (damaged, name->type, &name->checksum);
  }
  g_autoptr (GPtrArray) open = g_ptr_array_copy (cases, NULL, NULL);
  txn_replace (txn, damaged);
  self->txn = txn;
  self->open = open;
  self->writer = object_writer_new (txn);
  gboolean ok = fetch_and_place (self, cases, error);
  g_clear_pointer (&self->writer, object_writer_free);
  if (!ok)
    return prefix_error (error, "repair");
  *out_n = n + cases->len - open->len;
  return TRUE;
}

/* ---- What is left ---- */

static const Case *
find_case (const Repair *self, const ObjectName *name)
{
  for (guint i = 0; i < self->cases->len; i++) {
    const Case *bad = self->cases->pdata[i];
    if (object_equal (&bad->name, name))
      return bad;
  }
  return NULL;
}

static gboolean
tell_left (GPtrArray *findings, gpointer user_data, GError **error)
{
  Repair *self = user_data;
  for (guint i = 0; i < findings->len; i++) {
    const ObjectName *name = &((const VerifyFinding *)findings->pdata[i])->name;
    const Case *bad = find_case (self, name);
    g_autofree char *text = object_to_string (name);
    const char *reason = bad == NULL              ? "it became bad meanwhile"
                         : bad->staged            ? "it is bad again"
                         : bad->reasons->len == 0 ? "there is no remote; give another repository "
                                                    "by --from"
                                                  : bad->reasons->str;
    fsck_report (&self->options->fsck, TRUE, "Cannot repair %s: %s", text, reason);
  }
  return repair_name_users (self->repo, findings, &self->options->fsck, error);
}

gboolean
repair_repo (TreeRepo *repo, const TreeRepairOptions *options, const RepairLinks *links,
             TreeFsckResult *out, GError **error)
{
  g_autoptr (GPtrArray) cases = g_ptr_array_new_with_free_func (case_free);
  Repair self = {.repo = repo, .options = options, .links = links, .cases = cases};
  const FsckRepair repair = {attempt, tell_left, &self};
  gboolean ok = fsck_run (repo, &options->fsck, &repair, out, error);
  g_clear_error (&self.error);
  return ok;
}
