/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stolen keys. A server has beside its summary a list of keys that count no more, signed by one
 * that signs nothing else (core/revoked-keys.h, tree/trust.h). What a system has seen once it keeps
 * (tree/revocations.h), so that neither a server without a list nor one with an older list takes
 * anything back.
 *
 * A thief with a key that is still trusted here can sign any summary. So what a summary says of the
 * list is never a reason not to ask for it when something new is about to be taken: a summary or a
 * commit is believed after the server was asked for the list, and after what it has counts. Only a
 * check in which nothing at all is new goes without: summary.sig is what it was, and says that the
 * list is the one that is known here (store/revoked.h). A server that has nothing but old things to
 * give cannot be told from one where nothing happened; it gains nothing by it that is new. */
#pragma once

#include "net/fetcher.h"
#include "pull/remote.h"

/* *@out is NULL where nobody may revoke keys, or where no signature by such keys is demanded of the
 * remote. @demands: in which keys are revoked; borrowed, as is @repo. */
gboolean pull_revoked_load (TreeRepo *repo, const char *remote, const TreePullOptions *options,
                            PullDemands *demands, PullRevoked **out, GError **error);
void pull_revoked_free (PullRevoked *self);

/* @self of these is nullable: then nothing needs to be done. */

/* Does summary.sig (nullable; hostile) say that there is no other list than the one known here? */
gboolean pull_revoked_is_announced (const PullRevoked *self, GBytes *summary_signature);
/* Asks the server for a list, once in a pull, and takes it over. Errors: TREE_ERROR_SIGNATURE for
 * one that is signed by nobody who may */
gboolean pull_revoked_look (PullRevoked *self, const PullRemote *remote, Fetcher *fetcher,
                            const volatile int *interrupted, GError **error);
/* The same of a repository on this machine. */
gboolean pull_revoked_read (PullRevoked *self, const TreeRepo *source, GError **error);

/* Publishes in @repo the list of what it is a mirror of, unless it has a newer one: of @source, or
 * where that is NULL, of the server. */
gboolean pull_revoked_mirror (TreeRepo *repo, const TreeRepo *source, const PullRemote *remote,
                              Fetcher *fetcher, const volatile int *interrupted, GError **error);
