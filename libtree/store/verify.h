/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verifying objects, on all cores: are the bytes those that the name says, and are they what the
 * type says? */
#pragma once

#include "core/object-set.h"
#include "store/mode.h"
#include "store/repo.h"

/* Are the bytes of a metadata object what its type says, whoever made them? */
gboolean verify_structure (TreeObjectType type, GBytes *bytes, GError **error);
/* Reads one object. Errors: TREE_ERROR_NOT_FOUND; TREE_ERROR_CORRUPT; others when it could not be
 * read. */
gboolean verify_object (const TreeRepo *repo, ModeWorker *worker, const ObjectName *name,
                        GError **error);
/* Reads an open file object: which is it? */
gboolean verify_hash_file (ModeWorker *worker, StoreFile *file, TreeChecksum *out, GError **error);
/* … is it @checksum? */
gboolean verify_open_file (ModeWorker *worker, StoreFile *file, const TreeChecksum *checksum,
                           GError **error);

typedef struct {
  ObjectName name;
  GError *error; /* owned; code as of verify_object() */
} VerifyFinding;
void verify_finding_free (gpointer finding);

/* Verifies all of @objects. @out_findings (transfer full): VerifyFinding, sorted by name; with
 * @stop_at_first it may have only some of them once there is one that is not merely missing.
 * @progress (nullable) */
gboolean verify_objects (const TreeRepo *repo, const ObjectSet *objects, gboolean stop_at_first,
                         TreeProgress progress, gpointer user_data, GPtrArray **out_findings,
                         GError **error);
