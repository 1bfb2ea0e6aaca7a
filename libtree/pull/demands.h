/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a remote demands to be signed, and the keys that count. A commit is checked before it is
 * stored and before anything that it names is fetched, a summary before it is read; whatever goes
 * wrong, the answer is no. */
#pragma once

#include "store/repo.h"

typedef struct PullDemands PullDemands;

/* Reads the remote's options and loads the keys. Errors: TREE_ERROR_SIGNATURE when signatures are
 * demanded and there is no key to check them with. */
PullDemands *demands_load (const TreeRepo *repo, const char *remote, GError **error);
/* Not what the remote's options say but OpenPGP signatures of these two, by the remote's keys. */
PullDemands *demands_new_gpg (const TreeRepo *repo, const char *remote, gboolean commit,
                              gboolean summary, GError **error);
void demands_free (PullDemands *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PullDemands, demands_free)

/* Must the summary be there and be signed? Must commits be? @self: (nullable) */
gboolean demands_summary (const PullDemands *self);
gboolean demands_commit (const PullDemands *self);

/* For a source that others than the remote's owner have written: commits must be signed, which is
 * an error where it is not demanded, and the summary, which is theirs, need not. */
gboolean demands_only_commits (PullDemands *self, GError **error);

/* Is a signature demanded by keys of the type that lists of revoked keys name? @self: (nullable) */
gboolean demands_has_revocable (const PullDemands *self);
/* From now on this key, an ed25519 one, counts for nothing. */
void demands_revoke (PullDemands *self, GBytes *key);

/* What people are told of the OpenPGP signatures of a summary, a text of some lines each; empty
 * when none are demanded. @signature: (nullable) */
gboolean demands_describe_summary (PullDemands *self, GBytes *summary, GBytes *signature,
                                   GPtrArray **out, GError **error);

/* @self: (nullable). @detached, @signature: (nullable): hostile. Errors: TREE_ERROR_SIGNATURE */
gboolean demands_check_commit (PullDemands *self, GBytes *commit, GBytes *detached, GError **error);
gboolean demands_check_summary (PullDemands *self, GBytes *summary, GBytes *signature,
                                GError **error);
/* Signatures of a static delta need not be there, for what it brings is checked like all else; but
 * those of the kinds that commits must have must be good. *@out_good: there are such. @signatures:
 * (nullable) */
gboolean demands_check_delta (PullDemands *self, GBytes *superblock, GVariant *signatures,
                              gboolean *out_good, GError **error);
