/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Publishing: the summary that clients read first, and the indexes of static deltas. The public
 * part is in tree-sign.h. */
#pragma once

#include "store/repo.h"

/* Makes the dictionary of signatures of some bytes, `a{sv}`. */
typedef gboolean (*PublishSign) (GBytes *data, GVariant **out, gconstpointer user_data,
                                 GError **error);

/* What `summary -u` does: where there is a collection, the commit of the ref ostree-metadata; then
 * the summary of what the repository holds now. @metadata: (nullable) `a{sv}` added. @sign: signs
 * both; NULL: a signature that no longer fits is removed. @generations: the signature names a copy
 * of its summary (store/generation.h). */
gboolean publish_all (TreeRepo *repo, GVariant *metadata, gboolean generations, PublishSign sign,
                      gconstpointer user_data, GError **error);
/* Writes the list of revoked keys, then its signature: who read the new signature finds the new
 * list. Last, a signed summary announces it. */
gboolean publish_revoked (TreeRepo *repo, GBytes *list, GBytes *signature, GError **error);
/* Only the summary, unsigned; the caller holds the repository's lock. */
gboolean publish_summary (TreeRepo *repo, GVariant *metadata, GError **error);
/* The same after a change of refs, where core.auto-update-summary says so. */
gboolean publish_automatically (TreeRepo *repo, GError **error);
/* Does the summary tell of the refs and deltas that there are and, with @is_signed, does its
 * signature name it? */
gboolean publish_is_current (const TreeRepo *repo, gboolean is_signed, gboolean *out,
                             GError **error);
